/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/agent/link/rig.h"

#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/db/journal.h"
#include "agent/link/link_internal.h"
#include "agent/net/loop.h"
#include "sync/protocol/message_mac.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { TURN_MS = 10, TURNS_MAX = 1000, QUIET_TURNS = 5, KEY_BYTE = 9 };

/* ---- the link in the world ---- */

static enum status report_holdings(void *context, const char *incarnation, struct errmsg *err)
{
    return till_report_holdings(((struct world *)context)->till, incarnation, err);
}

static struct till_central plug(struct world *world, void *context)
{
    struct rig *rig = context;
    struct errmsg err = ERRMSG_INIT;
    struct link_options options = {.loop = world->loop,
                                   .clock = &world->clock,
                                   .journal = world->journal,
                                   .cache = world->cache,
                                   .identity = &world->identity,
                                   .rulebook = world->rulebook,
                                   .socket_path = rig->socket_path,
                                   .socket_mode = 0600,
                                   .retry_max_ms = rig->retry_max_ms,
                                   .poll_wait_s = rig->poll_wait_s,
                                   .report_holdings = report_holdings,
                                   .holdings_context = world};

    if (rig->not_enrolled) {
        world->identity.enrolled = false;
        world->identity.chain[0] = '\0';
        rig->not_enrolled = false; /* a restart reads what the journal says */
    } else if (rig->mac_key[0] == KEY_BYTE) {
        memcpy(world->identity.mac_key, rig->mac_key, sizeof rig->mac_key);
    }
    cr_assert_eq(link_create(&options, &rig->link, &err), ST_OK, "%s", err.text);
    return link_central(rig->link);
}

static void unplug(struct world *world, void *context)
{
    struct rig *rig = context;

    (void)world;
    link_destroy(rig->link);
    rig->link = NULL;
}

static void fetch(void *context, const char *sha256_hex, int64_t from, int64_t to)
{
    struct rig *rig = context;

    link_fetch(rig->link, sha256_hex, from, to);
}

static void fetch_root(void *context, int64_t version)
{
    struct rig *rig = context;

    link_fetch_root(rig->link, version);
}

static void begin(struct rig *rig, bool on_disk, bool enrolled)
{
    *rig = (struct rig){.fd = -1, .not_enrolled = !enrolled, .retry_max_ms = RIG_RETRY_MAX_MS, .poll_wait_s = 25};
    (void)snprintf(rig->dir, sizeof rig->dir, "/tmp/loyald-link-XXXXXX");
    cr_assert(mkdtemp(rig->dir) != NULL);
    (void)snprintf(rig->socket_path, sizeof rig->socket_path, "%s/sync.sock", rig->dir);
    memset(rig->mac_key, KEY_BYTE, sizeof rig->mac_key);
    rig->plug = (struct world_plug){plug, unplug, fetch, fetch_root, rig};
    frame_reader_init(&rig->reader);
    world_begin_plugged(&rig->world, on_disk ? rig->dir : NULL, &rig->plug);
    link_start(rig->link);
}

void rig_begin(struct rig *rig, bool on_disk)
{
    begin(rig, on_disk, true);
}

void rig_begin_fresh(struct rig *rig)
{
    begin(rig, true, false);
}

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *walk)
{
    (void)stat;
    (void)kind;
    (void)walk;
    return remove(path);
}

void rig_hang_up(struct rig *rig)
{
    if (rig->fd >= 0)
        (void)close(rig->fd);
    rig->fd = -1;
    rig->closed = false;
    frame_reader_clear(&rig->reader);
    for (int i = 0; i < RIG_QUESTIONS; i++)
        question_clear(&rig->questions[i]);
}

void rig_end(struct rig *rig)
{
    rig_hang_up(rig);
    world_end(&rig->world);
    (void)nftw(rig->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void rig_restart(struct rig *rig, bool cache_lost)
{
    rig_hang_up(rig);
    world_restart(&rig->world, cache_lost);
    link_start(rig->link);
}

/* ---- loyald-sync's end of the socket ---- */

int rig_dial(struct rig *rig)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(address.sun_path, rig->socket_path, strlen(rig->socket_path) + 1);
    cr_assert(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0, "%s: %s", rig->socket_path,
              strerror(errno));
    return fd;
}

static bool has_hello(struct rig *rig)
{
    return rig->hello[0] != '\0';
}

void rig_connect(struct rig *rig)
{
    char hello[160], behind[32] = "";

    rig_hang_up(rig);
    rig->hello[0] = '\0';
    rig->fd = rig_dial(rig);
    if (rig->behind > 0)
        (void)snprintf(behind, sizeof behind, ",\"behind\":%d", rig->behind);
    (void)snprintf(hello, sizeof hello,
                   "{\"hello\":\"loyald-sync\",\"version\":\"9.9\",\"protocol\":1,\"enrolled\":true,\"dev\":\"\"%s}",
                   behind);
    rig_say(rig, hello, 0, NULL, 0);
    rig_until(rig, has_hello, "loyald's hello");
}

void rig_send(struct rig *rig, const void *bytes, size_t len)
{
    const char *at = bytes;

    while (len > 0) {
        ssize_t sent = send(rig->fd, at, len, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent < 0 && errno == EAGAIN) {
            loop_step(rig->world.loop, TURN_MS); /* loyald reads */
            continue;
        }
        if (sent < 0)
            return; /* loyald has closed: the test looks at that */
        at += sent;
        len -= (size_t)sent;
    }
}

void rig_say(struct rig *rig, const char *header, int64_t id, const char *body, size_t len)
{
    struct strbuf bytes = STRBUF_INIT(2 * MESSAGE_PAYLOAD_MAX);

    cr_assert_eq(frame_write(header, strlen(header), id, body, len, &bytes), ST_OK);
    rig_send(rig, bytes.data, bytes.len);
    strbuf_free(&bytes);
}

void question_clear(struct question *question)
{
    free(question->body);
    *question = (struct question){0};
}

static void check_mac(struct rig *rig, const struct question *q, const struct cJSON *header)
{
    struct strbuf prefix = STRBUF_INIT(MESSAGE_MAC_PREFIX_MAX);
    uint8_t mac[CRYPTO_MAC_BYTES], expected[CRYPTO_MAC_BYTES];

    if (!operation_spec(q->op)->certificate)
        return;
    message_mac_request(q->dev, q->epoch, q->n, q->op, &q->args, &prefix);
    crypto_hmac(rig->mac_key, (const struct crypto_part[]){{prefix.data, prefix.len}, {q->body, q->len}}, 2,
                expected);
    cr_assert_eq(json_hex(header, "mac", sizeof mac, mac, NULL), ST_OK);
    cr_assert_arr_eq(mac, expected, sizeof mac, "a request's MAC is wrong");
    strbuf_free(&prefix);
}

static void take_request(struct rig *rig, const struct message *message)
{
    struct question q = {.there = true, .dev = rig->world.identity.dev, .len = message->payload_len};
    const struct cJSON *header = message->header, *arg;
    const struct operation_spec *spec;
    const char *text;

    cr_assert_eq(json_text(header, "op", 32, &text, NULL), ST_OK);
    cr_assert_eq(operation_by_name(text, &q.op), ST_OK);
    cr_assert_eq(json_int(header, "id", 0, JSON_INT_MAX, &q.id, NULL), ST_OK);
    cr_assert_eq(json_int(header, "deadline_ms", 0, JSON_INT_MAX, &q.deadline_ms, NULL), ST_OK);
    (void)json_int(header, "after", 1, JSON_INT_MAX, &q.after, NULL);
    cr_assert(json_text(header, "n", 16, &text, NULL) == ST_OK && hex_to_u64(text, &q.n) == ST_OK);
    cr_assert(json_text(header, "epoch", 16, &text, NULL) == ST_OK && hex_to_u64(text, &q.epoch) == ST_OK);
    spec = operation_spec(q.op);
    cr_assert_eq(json_object(header, "arg", &arg, NULL), ST_OK);
    for (int i = 0; i < OPERATION_ARG_MAX && spec->args[i]; i++) {
        if (json_text(arg, spec->args[i], OPERATION_ARG_BYTES_MAX, &text, NULL) == ST_OK)
            (void)snprintf(q.args.values[i], sizeof q.args.values[i], "%s", text);
    }
    q.body = malloc(q.len + 1);
    memcpy(q.body, message->payload, q.len);
    q.body[q.len] = '\0';
    check_mac(rig, &q, header);
    rig->asked[q.op]++;
    for (int i = 0; i < RIG_QUESTIONS; i++) {
        if (!rig->questions[i].there) {
            rig->questions[i] = q;
            return;
        }
    }
    cr_assert_fail("more than %d questions wait", RIG_QUESTIONS);
}

static void take_message(struct rig *rig, const struct message *message)
{
    char *text;

    if (!cJSON_HasObjectItem(message->header, "hello")) {
        take_request(rig, message);
        return;
    }
    text = cJSON_PrintUnformatted(message->header);
    (void)snprintf(rig->hello, sizeof rig->hello, "%s", text);
    cJSON_free(text);
}

static void read_messages(struct rig *rig)
{
    static char bytes[64 * 1024];
    struct errmsg err = ERRMSG_INIT;
    struct message message;
    enum status st = ST_OK;
    ssize_t got;

    if (rig->fd < 0 || rig->closed)
        return;
    while ((got = recv(rig->fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0) {
        cr_assert_eq(frame_reader_feed(&rig->reader, bytes, (size_t)got), ST_OK);
        while ((st = frame_reader_next(&rig->reader, &message, &err)) == ST_OK)
            take_message(rig, &message);
        cr_assert_eq(st, ST_AGAIN, "%s", err.text);
    }
    if (got == 0 || errno != EAGAIN)
        rig->closed = true;
}

void rig_turn(struct rig *rig)
{
    loop_step(rig->world.loop, TURN_MS);
    read_messages(rig);
}

void rig_until(struct rig *rig, bool (*done)(struct rig *rig), const char *what)
{
    read_messages(rig);
    for (int turn = 0; turn < TURNS_MAX && !done(rig); turn++)
        rig_turn(rig);
    cr_assert(done(rig), "%s never came", what);
}

static struct question *find(struct rig *rig, enum operation op)
{
    struct question *first = NULL;

    for (int i = 0; i < RIG_QUESTIONS; i++) {
        struct question *q = &rig->questions[i];

        if (q->there && q->op == op && (!first || q->id < first->id))
            first = q;
    }
    return first;
}

struct question rig_take(struct rig *rig, enum operation op)
{
    struct question taken = {0}, *found = find(rig, op);

    for (int turn = 0; turn < TURNS_MAX && !found; turn++) {
        rig_turn(rig);
        found = find(rig, op);
    }
    cr_assert(found, "%s was never asked", operation_spec(op)->name);
    taken = *found;
    *found = (struct question){0};
    return taken;
}

bool rig_has(struct rig *rig, enum operation op)
{
    for (int turn = 0; turn < QUIET_TURNS; turn++)
        rig_turn(rig);
    return find(rig, op) != NULL;
}

/* ---- the central's answers ---- */

void rig_answer_n(struct rig *rig, struct question *q, int status, const char *body, size_t len,
                  const char *more_header)
{
    struct strbuf header = STRBUF_INIT(FRAME_HEADER_MAX), prefix = STRBUF_INIT(MESSAGE_MAC_PREFIX_MAX);
    uint8_t mac[CRYPTO_MAC_BYTES];
    char hex[2 * CRYPTO_MAC_BYTES + 1];

    message_mac_answer(q->dev, q->epoch, q->n, q->op, status, &prefix);
    crypto_hmac(rig->mac_key, (const struct crypto_part[]){{prefix.data, prefix.len}, {body, len}}, 2, mac);
    hex_encode(mac, sizeof mac, hex);
    strbuf_printf(&header, "{\"id\":%" PRId64 ",\"status\":%d,\"mac\":\"%s\"%s}", q->id, status, hex, more_header);
    rig_say(rig, header.data, q->id, body, len);
    strbuf_free(&header);
    strbuf_free(&prefix);
}

void rig_answer(struct rig *rig, struct question *question, int status, const char *body)
{
    rig_answer_n(rig, question, status, body, strlen(body), "");
}

void rig_refuse(struct rig *rig, struct question *question, const char *error, int64_t retry_after_ms)
{
    char header[256];

    (void)snprintf(header, sizeof header,
                   "{\"id\":%" PRId64 ",\"error\":\"%s\",\"text\":\"%s, says the test\",\"retry_after_ms\":%" PRId64
                   "}",
                   question->id, error, error, retry_after_ms);
    rig_say(rig, header, question->id, NULL, 0);
}

/* ---- acting and looking ---- */

bool rig_is_put(struct rig *rig)
{
    return !rig->link->updates.tree;
}

struct question rig_put(struct rig *rig, const char *body)
{
    struct question q = rig_take(rig, OP_UPDATES), next;

    rig_answer(rig, &q, 200, body);
    next = rig_take(rig, OP_UPDATES);
    rig_until(rig, rig_is_put, "the end of the rows");
    question_clear(&q);
    return next;
}

int64_t rig_position_of(void *context, uint64_t epoch, int64_t seq)
{
    (void)context;
    return epoch == 0xe1 ? seq : 0;
}

void rig_sell(struct rig *rig, const char *sale_id)
{
    cr_assert_eq(world_do(&rig->world, "put", sale_id, WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&rig->world, "tender", sale_id, NULL, NULL), PROBLEM_NONE);
    cr_assert_eq(
        world_do(&rig->world, "commit", sale_id, "{\"tenders\":[{\"kind\":\"cash\",\"amount_minor\":10000}]}", NULL),
        PROBLEM_NONE);
}

int64_t rig_acked(const struct rig *rig)
{
    return journal_acked_position(rig->world.journal);
}

void rig_ack(struct rig *rig, struct question *question, int64_t seq, const char *more)
{
    struct journal_head head;
    uint8_t hash[SHA256_BYTES] = {0};
    char hex[SHA256_TEXT], body[512];
    int64_t position;

    journal_head(rig->world.journal, &head);
    if (seq > 0) {
        cr_assert_eq(journal_position(rig->world.journal, head.epoch, seq, &position), ST_OK);
        cr_assert_eq(journal_hash_at(rig->world.journal, position, hash, NULL), ST_OK);
    }
    hex_encode(hash, sizeof hash, hex);
    (void)snprintf(body, sizeof body,
                   "{\"epoch\":\"%016" PRIx64 "\",\"acked\":%" PRId64 ",\"hash\":\"%s\",\"counted\":%" PRId64
                   ",\"incarnation\":\"00000000000000aa\"%s}",
                   head.epoch, seq, hex, seq, more);
    rig_answer(rig, question, 200, body);
}

static struct cJSON *link_tree(const struct rig *rig)
{
    struct strbuf text = STRBUF_INIT(4096);
    struct json_writer w = JSON_WRITER_INIT(&text);
    struct cJSON *root = NULL;

    link_write(rig->link, &w);
    cr_assert_eq(json_parse(text.data, text.len, text.len, &root, NULL), ST_OK);
    strbuf_free(&text);
    return root;
}

static bool link_says(const struct rig *rig, const char *name)
{
    struct cJSON *root = link_tree(rig);
    bool value = false;

    (void)json_bool(root, name, &value, NULL);
    json_free(root);
    return value;
}

bool rig_is_up(const struct rig *rig)
{
    return link_says(rig, "up");
}

bool rig_is_forked(const struct rig *rig)
{
    return link_says(rig, "forked");
}

void rig_link_text(const struct rig *rig, const char *name, char *out_text, size_t size)
{
    struct cJSON *root = link_tree(rig);
    const char *text = "";

    (void)json_text(root, name, size - 1, &text, NULL);
    (void)snprintf(out_text, size, "%s", text);
    json_free(root);
}
