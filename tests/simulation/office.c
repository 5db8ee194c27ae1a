/* SPDX-License-Identifier: Apache-2.0 */
/* The central: what till_server does with a request below its HTTP, and the office that sets it up. */
#include "agent/base/file.h"
#include "agent/base/json_writer.h"
#include "agent/base/log.h"
#include "agent/base/pk.h"
#include "sync/central/device.h"
#include "sync/central/enrol.h"
#include "sync/central/hold.h"
#include "sync/central/import.h"
#include "sync/central/interpret_return.h"
#include "sync/central/journal.h"
#include "sync/central/ledger.h"
#include "sync/central/office.h"
#include "sync/central/publish.h"
#include "sync/central/updates.h"
#include "sync/protocol/record.h"
#include "tests/powercut/must.h"
#include "tests/simulation/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CENTRAL_FOLDER DISK_FOLDER "9"

/* ---- small files of the central's: made once, and not what is tried here ---- */

enum status __wrap_file_read(const char *path, size_t len_max, char **out_bytes, size_t *out_len, struct errmsg *err);
enum status __wrap_file_write(const char *path, const void *bytes, size_t len, mode_t mode, struct errmsg *err);
enum status __wrap_file_mkdir(const char *path, mode_t mode, struct errmsg *err);
enum status __wrap_file_lock_dir(const char *dir, const char *program, int *out_fd, struct errmsg *err);

static struct {
    char path[96];
    char bytes[8192];
    size_t len;
} kept[8];

static int find_kept(const char *path)
{
    for (int i = 0; i < 8; i++) {
        if (kept[i].path[0] == '\0' || strcmp(kept[i].path, path) == 0)
            return i;
    }
    must(false, "more files than are kept");
    return 0;
}

enum status __wrap_file_read(const char *path, size_t len_max, char **out_bytes, size_t *out_len, struct errmsg *err)
{
    int at = find_kept(path);

    (void)len_max;
    if (kept[at].path[0] == '\0') {
        errmsg_set(err, "%s: is not there", path);
        return ST_NOT_FOUND;
    }
    *out_bytes = must_alloc(kept[at].len + 1);
    memcpy(*out_bytes, kept[at].bytes, kept[at].len);
    *out_len = kept[at].len;
    return ST_OK;
}

enum status __wrap_file_write(const char *path, const void *bytes, size_t len, mode_t mode, struct errmsg *err)
{
    int at = find_kept(path);

    (void)mode;
    (void)err;
    must(len < sizeof kept[at].bytes, "a file longer than is kept");
    (void)snprintf(kept[at].path, sizeof kept[at].path, "%s", path);
    memcpy(kept[at].bytes, bytes, len);
    kept[at].len = len;
    return ST_OK;
}

enum status __wrap_file_mkdir(const char *path, mode_t mode, struct errmsg *err)
{
    (void)path;
    (void)mode;
    (void)err;
    return ST_OK;
}

enum status __wrap_file_lock_dir(const char *dir, const char *program, int *out_fd, struct errmsg *err)
{
    (void)dir;
    (void)program;
    (void)err;
    *out_fd = -1;
    return ST_OK;
}

/* ---- mutants of the central ---- */

enum status __real_device_load(struct central *central, const char *dev, struct device *out, struct errmsg *err);
enum status __wrap_device_load(struct central *central, const char *dev, struct device *out, struct errmsg *err);
enum status __real_store_run(struct store *store, enum statement statement, const struct store_value *values,
                             size_t count, int64_t *out_changed, struct errmsg *err);
enum status __wrap_store_run(struct store *store, enum statement statement, const struct store_value *values,
                             size_t count, int64_t *out_changed, struct errmsg *err);
enum status __real_ledger_sale(struct central *central, struct ledger_posting *posting,
                               const struct ledger_move *move, struct errmsg *err);
enum status __wrap_ledger_sale(struct central *central, struct ledger_posting *posting,
                               const struct ledger_move *move, struct errmsg *err);
int __real_disk_sync(struct disk *disk, int handle);
int __wrap_disk_sync(struct disk *disk, int handle);

static struct record_head first_of_batch; /* of the request under way */
static bool in_batch;

enum status __wrap_device_load(struct central *central, const char *dev, struct device *out, struct errmsg *err)
{
    enum status st = __real_device_load(central, dev, out, err);

    if (st == ST_OK && in_batch && sim_world()->mutant == SIM_NO_DEDUP && first_of_batch.seq <= out->acked) {
        out->acked = first_of_batch.seq - 1; /* as if none of it were known */
        memcpy(out->head_hash, first_of_batch.prev, SHA256_BYTES);
    }
    return st;
}

enum status __wrap_store_run(struct store *store, enum statement statement, const struct store_value *values,
                             size_t count, int64_t *out_changed, struct errmsg *err)
{
    enum status st = __real_store_run(store, statement, values, count, out_changed, err);

    if (st == ST_CONFLICT && statement == STATEMENT_JOURNAL_INSERT && sim_world()->mutant == SIM_NO_DEDUP)
        return ST_OK;
    return st;
}

enum status __wrap_ledger_sale(struct central *central, struct ledger_posting *posting,
                               const struct ledger_move *move, struct errmsg *err)
{
    struct ledger_move twice = *move;

    if (sim_world()->mutant == SIM_TWICE && sim_world()->order % 7 == 0)
        twice.earned *= 2;
    return __real_ledger_sale(central, posting, &twice, err);
}

int __wrap_disk_sync(struct disk *disk, int handle)
{
    const struct sim_world *world = sim_world();

    if (world && world->mutant == SIM_ACK_FIRST && disk == world->central_disk && !disk_is_off(disk))
        return 0; /* it says so, and has not */
    return __real_disk_sync(disk, handle);
}

/* ---- one request ---- */

static void answer_op(struct sim_world *world, const struct sim_request *request, const struct device *device,
                      struct answer *answer)
{
    struct central *central = world->central;
    const char *body;
    size_t len;

    switch ((enum operation)request->op) {
    case OP_JOURNAL:
        in_batch =
            record_parse(request->body, strcspn(request->body, "\n"), &first_of_batch, &body, &len, NULL) == ST_OK;
        journal_accept(central, device, request->body, request->len, answer);
        in_batch = false;
        break;
    case OP_MEMBER:
        updates_member(central, device, request->args->values[0], answer);
        break;
    case OP_SALE:
        return_sale_answer(central, device, request->args->values[0], answer);
        break;
    case OP_HOLD:
        hold_answer(central, device, request->body, request->len, answer);
        break;
    case OP_BLOB:
        publish_blob(central, device, request->args, answer);
        break;
    default:
        device_status(central, device, request->body, request->len, answer);
        break;
    }
}

/* False: there is nothing to tell yet, and the till may wait. */
static bool answer_updates(struct sim_world *world, const struct sim_request *request, const struct device *device,
                           struct answer *answer)
{
    struct updates_cursor cursor;
    struct errmsg err = ERRMSG_INIT;
    bool waiting = true;
    enum status st = updates_read_cursor(world->central, request->args->values[0], &cursor, &err);

    if (st == ST_OK && request->may_wait)
        st = updates_waiting(world->central, device, &cursor, &waiting, &err);
    if (st == ST_OK && !waiting)
        return false;
    if (st == ST_OK)
        updates_answer(world->central, device, &cursor, answer);
    else
        answer_status(answer, st, &err);
    return true;
}

/* What was acked must never be unknown again, but to a central put back. */
static void note_ack(struct sim_world *world, const char *dev)
{
    struct device device;

    for (int i = 0; i < TILLS; i++) {
        if (strcmp(world->tills[i].dev, dev) == 0 &&
            __real_device_load(world->central, dev, &device, NULL) == ST_OK) {
            if (device.acked < world->told_acked[i])
                sim_wrong(world, "till %d was told %lld records are acked, now it is %lld", i,
                          (long long)world->told_acked[i], (long long)device.acked);
            world->told_acked[i] = device.acked;
        }
    }
}

bool office_answer(struct sim_world *world, const struct sim_request *request, int *out_status, char out_mac[65],
                   struct strbuf *out_body)
{
    struct till_request asked = {.op = (enum operation)request->op,
                                 .peer = request->text.dev,
                                 .peer_key = request->text.cert_key,
                                 .dev = request->text.dev,
                                 .epoch = request->text.epoch,
                                 .n = request->text.n,
                                 .mac = request->text.mac,
                                 .args = *request->args,
                                 .body = request->body,
                                 .body_len = request->len};
    struct answer answer = ANSWER_INIT;
    struct device device = {0};
    uint8_t key[CRYPTO_KEY_BYTES];
    bool known = false, good = true;

    if (asked.op == OP_ENROL) {
        good = known = enrol_till(world->central, asked.dev, asked.epoch, asked.body, asked.body_len, key, &answer);
    } else {
        if (device_check_request(world->central, &asked, &device, &known, &answer)) {
            if (asked.op == OP_UPDATES)
                good = answer_updates(world, request, &device, &answer);
            else
                answer_op(world, request, &device, &answer);
        }
        memcpy(key, device.mac_key, sizeof key);
    }
    if (disk_is_off(world->central_disk) || (!good && asked.op == OP_UPDATES)) {
        strbuf_free(&answer.body);
        return false;
    }
    if (asked.op == OP_JOURNAL && answer.status == 200)
        note_ack(world, asked.dev);
    out_mac[0] = '\0';
    if (known)
        device_answer_mac(key, asked.dev, asked.epoch, asked.n, asked.op, answer.status, strbuf_text(&answer.body),
                          answer.body.len, out_mac);
    *out_status = answer.status;
    *out_body = answer.body;
    return true;
}

/* ---- its starts and stops ---- */

static int64_t central_wall(void *context)
{
    const struct sim_world *world = context;

    return INT64_C(1795000000000) + world->now_ms + world->days_ms;
}

static int64_t central_mono(void *context)
{
    return ((const struct sim_world *)context)->now_ms + 1000;
}

static void look_at_acks(struct sim_world *world)
{
    struct device device;

    for (int i = 0; i < TILLS; i++) {
        if (world->tills[i].dev[0] &&
            __real_device_load(world->central, world->tills[i].dev, &device, NULL) == ST_OK &&
            device.acked < world->told_acked[i])
            sim_wrong(world, "the central acked %lld records of till %d and has %lld after a power cut",
                      (long long)world->told_acked[i], i, (long long)device.acked);
    }
}

static void on_changed(void *context)
{
    ((struct sim_world *)context)->changes++;
}

void office_open(struct sim_world *world)
{
    struct errmsg err = ERRMSG_INIT;

    world->central_clock = (struct clock_source){central_wall, central_mono, world};
    if (central_open(&(struct central_place){CENTRAL_FOLDER, NULL}, &world->central_clock, &world->central, &err) != ST_OK) {
        sim_wrong(world, "the central does not start: %s", err.text);
        world->central = NULL;
        return;
    }
    world->changes++;
    world->central->changed = on_changed;
    world->central->changed_context = world;
    look_at_acks(world);
}

void office_stop(struct sim_world *world, bool power)
{
    if (!power)
        disk_cut(world->central_disk);
    central_close(world->central);
    world->central = NULL;
    disk_power_on(world->central_disk);
}

static void start_again(struct sim_world *world, void *context)
{
    free(context);
    if (!world->central && !world->ended)
        office_open(world);
}

void office_after(struct sim_world *world)
{
    if (!world->central || !disk_is_off(world->central_disk))
        return;
    world->cuts++;
    sim_note(world, "the central's power went");
    office_stop(world, false);
    sim_after(world, 1000 + dice_below(&world->dice, 30000), start_again, NULL);
}

static void publish(struct sim_world *world, const struct office *offers)
{
    struct strbuf text = STRBUF_INIT(65536);
    struct json_writer w = JSON_WRITER_INIT(&text);
    struct errmsg err = ERRMSG_INIT;
    int64_t version;

    jw_object_begin(&w);
    jw_field_text(&w, "text", offers->manifests[1]);
    jw_field_raw(&w, "signatures", offers->signatures[1], strlen(offers->signatures[1]));
    jw_object_end(&w);
    must(publish_bundle(world->central, strbuf_text(&text), text.len, offers->bundles[1], strlen(offers->bundles[1]),
                        &version, &err) == ST_OK,
         err.text);
    strbuf_free(&text);
}

static void import(struct sim_world *world)
{
    struct strbuf text = STRBUF_INIT(4096), out = STRBUF_INIT(4096);
    struct json_writer w = JSON_WRITER_INIT(&out);
    struct errmsg err = ERRMSG_INIT;
    size_t len;
    char *csv;

    strbuf_printf(&text, "member,card," SHOP_CURRENCY "\n");
    for (int i = 0; i < MEMBERS; i++)
        strbuf_printf(&text, "M%d,%s,50\n", i, sim_card(i));
    csv = strbuf_detach(&text, &len);
    must(import_members(world->central, "demo", csv, len, 1, &w, &err) == ST_OK, err.text);
    free(csv);
    strbuf_free(&out);
}

void office_init(struct sim_world *world, const struct office *offers, char codes[TILLS][16])
{
    const struct office_chain chain = {"demo", "Demo", "RUB", "en"};
    struct errmsg err = ERRMSG_INIT;
    char pem[PK_PEM_BYTES_MAX], id[17], name[8];

    world->central_clock = (struct clock_source){central_wall, central_mono, world};
    must(central_init(&(struct central_place){CENTRAL_FOLDER, NULL}, "", &world->central_clock, &err) == ST_OK, err.text);
    office_open(world);
    must(world->central != NULL, world->wrong);
    must(office_chain_create(world->central, &chain, &err) == ST_OK, err.text);
    must(pk_public_pem(offers->key, pem, &err) == ST_OK, err.text);
    must(office_key_add(world->central, "demo", pem, id, &err) == ST_OK, err.text);
    must(office_store_create(world->central, "demo", "S12", "Store", "{}", &err) == ST_OK, err.text);
    publish(world, offers);
    import(world);
    for (int i = 0; i < TILLS; i++) {
        (void)snprintf(name, sizeof name, "%d", i + 1);
        must(office_till_code(world->central, "demo", "S12", name, codes[i], &err) == ST_OK, err.text);
    }
}
