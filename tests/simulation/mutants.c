/* SPDX-License-Identifier: Apache-2.0 */
/* What is broken on purpose, in the place of the calls that keep the promises. */
#include "agent/db/cache.h"
#include "agent/db/journal.h"
#include "agent/engine/engine.h"
#include "agent/link/courier.h"
#include "agent/till/trust.h"
#include "sync/central/carried.h"
#include "sync/central/device.h"
#include "sync/central/history.h"
#include "sync/central/journal.h"
#include "sync/central/hold.h"
#include "sync/central/ledger.h"
#include "sync/central/lot.h"
#include "sync/central/restore.h"
#include "sync/protocol/record.h"
#include "tests/powercut/must.h"
#include "tests/simulation/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- of the central ---- */

enum status __real_device_lock(struct central *central, const char *dev, struct device *out, struct errmsg *err);
enum status __wrap_device_lock(struct central *central, const char *dev, struct device *out, struct errmsg *err);
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

/* What is known is dropped, whatever its hash. */
static const char *drop_known(const char *body, size_t len, int64_t acked)
{
    const char *at = body, *inner;
    struct record_head head;
    size_t inner_len;

    while (at < body + len && record_parse(at, strcspn(at, "\n"), &head, &inner, &inner_len, NULL) == ST_OK &&
           head.seq <= acked)
        at += strcspn(at, "\n") + 1;
    return at < body + len ? at : body;
}

const char *mutants_batch(const char *body, size_t len, int64_t acked)
{
    const char *inner;
    size_t inner_len;

    if (body && sim_world()->mutant == SIM_NO_FORK)
        body = drop_known(body, len, acked);
    in_batch = body && record_parse(body, strcspn(body, "\n"), &first_of_batch, &inner, &inner_len, NULL) == ST_OK;
    return body;
}

/* As if none of the batch were known. */
enum status __wrap_device_lock(struct central *central, const char *dev, struct device *out, struct errmsg *err)
{
    enum status st = __real_device_lock(central, dev, out, err);

    if (st == ST_OK && in_batch && sim_world()->mutant == SIM_NO_DEDUP && first_of_batch.seq <= out->acked) {
        out->acked = first_of_batch.seq - 1;
        memcpy(out->head_hash, first_of_batch.prev, SHA256_BYTES);
        if (out->counted > out->acked) /* nor booked */
            st = STORE_RUN(central->store, STATEMENT_DEVICE_COUNTED, err, V_TEXT(dev), V_INT(out->acked), V_INT(0));
    }
    if (st == ST_OK && in_batch && sim_world()->mutant == SIM_NO_FORK && first_of_batch.seq == out->acked + 1)
        memcpy(out->head_hash, first_of_batch.prev, SHA256_BYTES);
    return st;
}

/* ---- what both lives of a till have ---- */

enum status __real_carried_look(struct central *central, const struct device *device, const struct record_head *head,
                                const char *body, size_t body_len, struct carried *out_carried, struct errmsg *err);
enum status __wrap_carried_look(struct central *central, const struct device *device, const struct record_head *head,
                                const char *body, size_t body_len, struct carried *out_carried, struct errmsg *err);

enum status __wrap_carried_look(struct central *central, const struct device *device, const struct record_head *head,
                                const char *body, size_t body_len, struct carried *out_carried, struct errmsg *err)
{
    enum status st = __real_carried_look(central, device, head, body, body_len, out_carried, err);

    if (st == ST_OK && sim_world()->mutant == SIM_CARRIED_TWICE)
        out_carried->booked = false;
    return st;
}

/* ---- a central put back that takes a new epoch for all there is ---- */

enum status __real_history_check(struct central *central, const char *dev, const char *chain,
                                 const struct cJSON *history, struct history_gap *out_gap, struct errmsg *err);
enum status __wrap_history_check(struct central *central, const char *dev, const char *chain,
                                 const struct cJSON *history, struct history_gap *out_gap, struct errmsg *err);

enum status __wrap_history_check(struct central *central, const char *dev, const char *chain,
                                 const struct cJSON *history, struct history_gap *out_gap, struct errmsg *err)
{
    return sim_world()->mutant == SIM_ENDED_NOT_ASKED
               ? ST_OK
               : __real_history_check(central, dev, chain, history, out_gap, err);
}

/* ---- what a clock must not do ---- */

struct release {
    char dev[HEX64_TEXT], id[40];
};

static void release_hold(struct sim_world *world, void *context)
{
    struct release *release = context;
    struct device device;

    if (!world->ended && world->central && device_load(world->central, release->dev, &device, NULL) == ST_OK)
        (void)hold_end(world->central, &device, release->id, false, NULL);
    free(release);
}

static void release_soon(struct sim_world *world, const char *dev, const char *id)
{
    struct release *release = must_alloc(sizeof *release);

    (void)snprintf(release->dev, sizeof release->dev, "%s", dev);
    (void)snprintf(release->id, sizeof release->id, "%s", id);
    sim_after(world, 2000, release_hold, release);
}

enum status __wrap_store_run(struct store *store, enum statement statement, const struct store_value *values,
                             size_t count, int64_t *out_changed, struct errmsg *err)
{
    struct sim_world *world = sim_world();
    struct store_value changed[STORE_PARAMETERS_MAX];
    enum status st;

    for (size_t i = 0; i < count; i++)
        changed[i] = values[i];
    if (statement == STATEMENT_LEASE_END && world->mutant == SIM_TIMER_LEASE)
        changed[1] = store_text("closed"); /* not written off, as if the till had said so */
    st = __real_store_run(store, statement, changed, count, out_changed, err);
    if (st == ST_CONFLICT && statement == STATEMENT_JOURNAL_INSERT && world->mutant == SIM_NO_DEDUP)
        return ST_OK;
    if (st == ST_OK && statement == STATEMENT_HOLD_PUT && world->mutant == SIM_TIMER_HOLD)
        release_soon(world, values[0].bytes, values[2].bytes);
    if (st == ST_OK)
        grants_note(world, statement, values);
    return st;
}

/* ---- what was promised is promised again ---- */

enum status __real_lot_sum(struct central *central, const char *chain, const char *member, const char *currency,
                           struct lot_sums *out_sums, struct errmsg *err);
enum status __wrap_lot_sum(struct central *central, const char *chain, const char *member, const char *currency,
                           struct lot_sums *out_sums, struct errmsg *err);
enum status __wrap_lot_sum(struct central *central, const char *chain, const char *member, const char *currency,
                           struct lot_sums *out_sums, struct errmsg *err)
{
    enum status st = __real_lot_sum(central, chain, member, currency, out_sums, err);

    if (st == ST_OK && sim_world()->mutant == SIM_PROMISED_TWICE)
        out_sums->leased = out_sums->held = 0;
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

enum status __real_ledger_expire(struct central *central, struct ledger_posting *posting, const char *currency,
                                 int64_t amount, struct errmsg *err);
enum status __wrap_ledger_expire(struct central *central, struct ledger_posting *posting, const char *currency,
                                 int64_t amount, struct errmsg *err);
enum status __wrap_ledger_expire(struct central *central, struct ledger_posting *posting, const char *currency,
                                 int64_t amount, struct errmsg *err)
{
    return __real_ledger_expire(central, posting, currency,
                                sim_world()->mutant == SIM_EXPIRED_TWICE ? 2 * amount : amount, err);
}

int __wrap_disk_sync(struct disk *disk, int handle)
{
    const struct sim_world *world = sim_world();

    if (world && world->mutant == SIM_ACK_FIRST && disk == world->central_disk && !disk_is_off(disk))
        return 0; /* it says so, and has not */
    return __real_disk_sync(disk, handle);
}

/* ---- of the till ---- */

enum status __real_journal_set_counted(struct journal *journal, uint64_t epoch, int64_t seq, int64_t told_unix_ms,
                                       struct errmsg *err);
enum status __real_journal_set_acked(struct journal *journal, uint64_t epoch, int64_t seq, const uint8_t *hash,
                                     struct errmsg *err);
enum status __wrap_journal_set_acked(struct journal *journal, uint64_t epoch, int64_t seq, const uint8_t *hash,
                                     struct errmsg *err);

/* The mutant takes what is acked for counted. */
enum status __wrap_journal_set_acked(struct journal *journal, uint64_t epoch, int64_t seq, const uint8_t *hash,
                                     struct errmsg *err)
{
    enum status st = __real_journal_set_acked(journal, epoch, seq, hash, err);

    if (st == ST_OK && sim_world()->mutant == SIM_PRUNE_FIRST)
        (void)__real_journal_set_counted(journal, epoch, seq, 0, err);
    return st;
}

/* The mutant removes what is acked at once. */
enum status __real_journal_prunable(struct journal *journal, int64_t *out_position, struct errmsg *err);
enum status __wrap_journal_prunable(struct journal *journal, int64_t *out_position, struct errmsg *err);
enum status __wrap_journal_prunable(struct journal *journal, int64_t *out_position, struct errmsg *err)
{
    struct journal_head head;

    if (sim_world()->mutant != SIM_PRUNE_FIRST)
        return __real_journal_prunable(journal, out_position, err);
    journal_head(journal, &head);
    *out_position = journal_acked_position(journal);
    if (*out_position >= head.position)
        *out_position = head.position - 1;
    return ST_OK;
}

/* ---- numbers given at sending ---- */

void __real_courier_ask(struct courier *courier, enum operation op, const struct operation_args *args,
                        const char *body, size_t len, int64_t deadline_ms, courier_answer_fn *fn, void *context);
void __wrap_courier_ask(struct courier *courier, enum operation op, const struct operation_args *args,
                        const char *body, size_t len, int64_t deadline_ms, courier_answer_fn *fn, void *context);

/* The records again, with the next numbers that were never sent. */
static void number_anew(const char *body, size_t len, struct strbuf *out)
{
    struct record_head head;
    const char *inner, *line = body;
    size_t inner_len;

    while (line < body + len) {
        size_t line_len = strcspn(line, "\n");
        const char *at = memmem(line, line_len, "\"seq\":", 6);

        must(at && record_parse(line, line_len, &head, &inner, &inner_len, NULL) == ST_OK, "a record");
        for (int i = 0; i < TILLS; i++) {
            if (0xd0 + (uint64_t)(i + 1) == head.dev)
                head.seq = ++sim_world()->tills[i].sent;
        }
        strbuf_add(out, line, (size_t)(at - line));
        strbuf_printf(out, "\"seq\":%lld", (long long)head.seq);
        at += 6 + strspn(at + 6, "0123456789");
        strbuf_add(out, at, (size_t)(line + line_len - at));
        strbuf_putc(out, '\n');
        line += line_len + 1;
    }
}

void __wrap_courier_ask(struct courier *courier, enum operation op, const struct operation_args *args,
                        const char *body, size_t len, int64_t deadline_ms, courier_answer_fn *fn, void *context)
{
    struct strbuf anew = STRBUF_INIT(4 * 1024 * 1024);

    if (op == OP_JOURNAL && sim_world()->mutant == SIM_SEQ_AT_SEND) {
        number_anew(body, len, &anew);
        body = anew.data;
        len = anew.len;
    }
    __real_courier_ask(courier, op, args, body, len, deadline_ms, fn, context);
    strbuf_free(&anew);
}

/* ---- a till that does not keep to its limits ---- */

const struct bundle_offline *__real_bundle_offline(const struct bundle *bundle);
const struct bundle_offline *__wrap_bundle_offline(const struct bundle *bundle);
const struct bundle_offline *__wrap_bundle_offline(const struct bundle *bundle)
{
    static const struct bundle_offline all = {
        .f_sale = 1000000, .f_member = 1000000, .e_device = 1000000, .sales_max = 1000, .hours_max = 1000};

    return sim_world()->mutant == SIM_NO_LIMIT ? &all : __real_bundle_offline(bundle);
}

/* ---- a cache thrown away that gives the whole lease again ---- */

enum status __real_cache_put_lease(struct cache *cache, const struct cache_lease *lease, struct errmsg *err);
enum status __wrap_cache_put_lease(struct cache *cache, const struct cache_lease *lease, struct errmsg *err);
enum status __wrap_cache_put_lease(struct cache *cache, const struct cache_lease *lease, struct errmsg *err)
{
    struct cache_lease whole = *lease;

    if (sim_world()->mutant == SIM_LEASE_ANEW)
        whole.used = 0;
    for (int i = 0; i < TILLS; i++)
        if (sim_world()->tills[i].cache == cache)
            promises_lease_told(&sim_world()->tills[i], lease->id, lease->expires_unix_ms);
    return __real_cache_put_lease(cache, &whole, err);
}

/* ---- the end of a lease by a clock that is set ---- */

int64_t __real_trust_now_ms(const struct trust *trust);
int64_t __wrap_trust_now_ms(const struct trust *trust);
bool __real_trust_knows_time(const struct trust *trust);
bool __wrap_trust_knows_time(const struct trust *trust);

int64_t __wrap_trust_now_ms(const struct trust *trust)
{
    return sim_world()->mutant == SIM_LEASE_BY_WALL ? trust_wall_ms(trust) : __real_trust_now_ms(trust);
}

bool __wrap_trust_knows_time(const struct trust *trust)
{
    return sim_world()->mutant == SIM_LEASE_BY_WALL || __real_trust_knows_time(trust);
}

/* ---- a central put back that grants before it was told what is granted ---- */

enum status __real_restore_waiting(struct central *central, const char *chain, int64_t *out_tills,
                                   struct errmsg *err);
enum status __wrap_restore_waiting(struct central *central, const char *chain, int64_t *out_tills,
                                   struct errmsg *err);

enum status __wrap_restore_waiting(struct central *central, const char *chain, int64_t *out_tills, struct errmsg *err)
{
    enum status st = __real_restore_waiting(central, chain, out_tills, err);

    if (sim_world()->mutant == SIM_GRANT_EARLY)
        *out_tills = 0;
    return st;
}
