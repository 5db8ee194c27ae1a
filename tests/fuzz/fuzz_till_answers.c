/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the central answers to loyald, with a good MAC: a whole till with its real link asks, the target plays
 * loyald-sync and the central behind it. The first byte says what is asked: 'm' a member, 's' a sale, 'h' a hold, 'c'
 * a claim, 'u' updates, 'j' the records, 'r' a root, 'b' a piece of the rules, 'e' an enrolment (whose
 * keys the target cannot agree: fuzz_till_identity does); the second with which status it is
 * answered; the rest is the body, in which 0x01 stands for the hash of the last record, 0x02 for its epoch, 0x03 for
 * its number. Each asker hears once; a right is granted only where the body plainly says so; the journal counts as
 * taken what it holds; then a sale goes through as ever.
 */
#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/db/journal.h"
#include "agent/link/link.h"
#include "agent/net/loop.h"
#include "sync/protocol/frame.h"
#include "sync/protocol/message_mac.h"
#include "sync/protocol/operation.h"
#include "tests/unit/agent/till/world.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { INPUT_BYTES_MAX = 64 * 1024, BODY_BYTES_MAX = 256 * 1024, TURNS_MAX = 400, QUIET_TURNS = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct world world;
static struct link *till_link; /* "link" is a call of the system's */
static char path[64];
static int fd = -1;
static struct frame_reader reader;

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* ---- the till and its link ---- */

static struct till_central plug(struct world *at, void *context)
{
    struct link_options options = {.loop = at->loop,
                                   .clock = &at->clock,
                                   .journal = at->journal,
                                   .cache = at->cache,
                                   .identity = &at->identity,
                                   .rulebook = at->rulebook,
                                   .socket_path = path,
                                   .socket_mode = 0600,
                                   .retry_max_ms = 20,
                                   .poll_wait_s = 25};

    (void)context;
    must(link_create(&options, &till_link, NULL) == ST_OK);
    return link_central(till_link);
}

static void unplug(struct world *at, void *context)
{
    (void)at;
    (void)context;
    link_destroy(till_link);
}

static void fetch(void *context, const char *sha256_hex, int64_t from, int64_t to)
{
    (void)context;
    link_fetch(till_link, sha256_hex, from, to);
}

static void fetch_root(void *context, int64_t version)
{
    (void)context;
    link_fetch_root(till_link, version);
}

static void sell(const char *id)
{
    int64_t records = world_records(&world);

    must(world_do(&world, "put", id, WORLD_ONE_LINE, NULL) == PROBLEM_NONE);
    must(world_do(&world, "commit", id, "{}", NULL) == PROBLEM_NONE && world_records(&world) > records);
}

static void sell_on(void)
{
    static int64_t count;
    char id[32];

    (void)snprintf(id, sizeof id, "after-%" PRId64, count++);
    sell(id);
}

static void say(const char *header, int64_t id, const char *body, size_t len)
{
    struct strbuf bytes = STRBUF_INIT(2 * MESSAGE_PAYLOAD_MAX);
    size_t at = 0;

    must(frame_write(header, strlen(header), id, body, len, &bytes) == ST_OK);
    for (int turn = 0; turn < TURNS_MAX && at < bytes.len; turn++) {
        ssize_t sent = send(fd, bytes.data + at, bytes.len - at, MSG_NOSIGNAL | MSG_DONTWAIT);

        at += sent > 0 ? (size_t)sent : 0;
        loop_step(world.loop, 0);
    }
    must(at == bytes.len);
    strbuf_free(&bytes);
}

static void end(void)
{
    if (fd < 0)
        return;
    (void)close(fd);
    fd = -1;
    frame_reader_clear(&reader);
    world_end(&world);
}

static void begin(void)
{
    static const char hello[] =
        "{\"hello\":\"loyald-sync\",\"version\":\"1\",\"protocol\":1,\"enrolled\":true,\"dev\":\"\"}";
    static const struct world_plug world_plug = {plug, unplug, fetch, fetch_root, NULL};
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    log_set_level(LOG_LEVEL_ERROR);
    if (!path[0])
        must(atexit(end) == 0);
    (void)snprintf(path, sizeof path, "/tmp/loyald-fuzz-%ld.sock", (long)getpid());
    world_begin_plugged(&world, NULL, &world_plug);
    link_start(till_link);
    sell("before");
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    must(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    frame_reader_init(&reader);
    say(hello, 0, NULL, 0);
}

/* ---- its questions ---- */

/* The next of the kind; the others stay without an answer. False: none comes. */
static bool next_question(enum operation wanted, int64_t *out_id, uint64_t *out_n)
{
    struct errmsg err = ERRMSG_INIT;
    struct message message;
    char piece[4096];
    const char *op, *n;
    ssize_t got;

    for (int turn = 0; turn < TURNS_MAX; turn++) {
        while (frame_reader_next(&reader, &message, &err) == ST_OK) {
            if (json_text(message.header, "op", 32, &op, NULL) != ST_OK ||
                strcmp(op, operation_spec(wanted)->name) != 0)
                continue;
            must(json_int(message.header, "id", 0, JSON_INT_MAX, out_id, NULL) == ST_OK);
            must(json_text(message.header, "n", 16, &n, NULL) == ST_OK && hex_to_u64(n, out_n) == ST_OK);
            return true;
        }
        loop_step(world.loop, 1);
        got = recv(fd, piece, sizeof piece, MSG_DONTWAIT);
        must(got != 0);
        if (got > 0)
            must(frame_reader_feed(&reader, piece, (size_t)got) == ST_OK);
    }
    return false;
}

static void answer(enum operation op, int status, const struct strbuf *body)
{
    struct strbuf header = STRBUF_INIT(FRAME_HEADER_MAX), prefix = STRBUF_INIT(MESSAGE_MAC_PREFIX_MAX);
    uint8_t mac[CRYPTO_MAC_BYTES];
    char hex[2 * CRYPTO_MAC_BYTES + 1];
    int64_t id = 0;
    uint64_t n = 0;

    must(next_question(op, &id, &n));
    message_mac_answer(world.identity.dev, world.identity.epoch, n, op, status, &prefix);
    crypto_hmac(world.identity.mac_key,
                (const struct crypto_part[]){{prefix.data, prefix.len}, {strbuf_text(body), body->len}}, 2, mac);
    hex_encode(mac, sizeof mac, hex);
    strbuf_printf(&header, "{\"id\":%" PRId64 ",\"status\":%d,\"mac\":\"%s\"}", id, status, hex);
    say(strbuf_text(&header), id, strbuf_text(body), body->len);
    strbuf_free(&header);
    strbuf_free(&prefix);
    for (int turn = 0; turn < QUIET_TURNS; turn++)
        loop_step(world.loop, op == OP_UPDATES ? 1 : 0); /* signatures are looked at by a worker */
}

static bool is_up(void)
{
    int64_t since;

    return link_central(till_link).is_up(till_link, &since);
}

/* The till asks for a sale only where the central was heard. */
static void come_up(void)
{
    struct strbuf body = STRBUF_INIT(16);

    strbuf_puts(&body, "{}");
    if (!is_up())
        answer(OP_UPDATES, 503, &body);
    strbuf_free(&body);
}

/* ---- what the askers hear ---- */

static int heard;
static enum till_hold right;
static bool is_known;
static char *text_heard; /* owned */

static void hear_right(void *context, enum till_hold outcome, const char *reason)
{
    (void)context;
    must(reason != NULL);
    heard++;
    right = outcome;
}

static void hear_text(void *context, bool known, const char *text, size_t len)
{
    (void)context;
    heard++;
    is_known = known;
    free(text_heard);
    text_heard = text ? strndup(text, len) : NULL;
    must(known || !text);
}

static void hear_enrolment(void *context, enum problem problem, const char *detail)
{
    (void)context;
    must(problem != PROBLEM_NONE && detail && detail[0]);
    heard++;
}

static bool body_says(const struct strbuf *body, const char *name, const char *value)
{
    struct cJSON *root = NULL;
    const char *text = "";
    bool says = json_parse(strbuf_text(body), body->len, BODY_BYTES_MAX, &root, NULL) == ST_OK &&
                json_text(root, name, 16, &text, NULL) == ST_OK && strcmp(text, value) == 0;

    json_free(root);
    return says;
}

static void ask_right(char what, int status, const struct strbuf *body)
{
    struct till_central central = link_central(till_link);

    come_up();
    if (what == 'h')
        central.ask_hold(
            central.link,
            &(const struct till_hold_question){
                .hold = "00000000000000aa", .sale_id = "s", .member = "M1", .currency = "bonus", .amount = 5},
            1000, hear_right, NULL);
    else
        central.ask_claim(
            central.link,
            &(const struct till_claim_question){.code = "ABC1", .sale_id = "s", .member = "", .uses_max = 1}, 1000,
            hear_right, NULL);
    answer(what == 'h' ? OP_HOLD : OP_CLAIM, status, body);
    must(heard == 1);
    must((right == TILL_HOLD_GRANTED) == (status == 200 && body_says(body, "state", "granted")));
}

static void ask_text(char what, int status, const struct strbuf *body)
{
    static const uint8_t identifier[16] = {1, 2, 3};
    struct till_central central = link_central(till_link);
    struct cJSON *root = NULL;

    come_up();
    if (what == 'm')
        central.ask_member(central.link, identifier, 1000, hear_text, NULL);
    else
        central.ask_sale(central.link, "S-1", 1000, hear_text, NULL);
    answer(what == 'm' ? OP_MEMBER : OP_SALE, status, body);
    must(heard == 1 && (!is_known || status == 200));
    if (text_heard)
        must(json_parse(text_heard, strlen(text_heard), BODY_BYTES_MAX, &root, NULL) == ST_OK &&
             cJSON_IsObject(root));
    json_free(root);
}

/* An ack is one only with the hash of the record it names. */
static void take_ack(int status, const struct strbuf *body)
{
    int64_t before = journal_acked_position(world.journal);

    answer(OP_JOURNAL, status, body);
    must(journal_acked_position(world.journal) <= world_records(&world));
    must(status == 200 || journal_acked_position(world.journal) <= before);
}

static void run(char what, int status, const struct strbuf *body)
{
    static const char sha256_hex[] = "0000000000000000000000000000000000000000000000000000000000000001";

    heard = 0;
    switch (what) {
    case 'h':
    case 'c':
        ask_right(what, status, body);
        break;
    case 'm':
    case 's':
        ask_text(what, status, body);
        break;
    case 'u':
        answer(OP_UPDATES, status, body);
        break;
    case 'j':
        take_ack(status, body);
        break;
    case 'r':
        come_up();
        link_fetch_root(till_link, 1);
        answer(OP_ROOT, status, body);
        break;
    case 'b':
        come_up();
        link_fetch(till_link, sha256_hex, 0, 100);
        answer(OP_BLOB, status, body);
        break;
    case 'e':
        come_up();
        link_enrol(till_link, "ABCD-EFGH", hear_enrolment, NULL);
        answer(OP_ENROL, status, body);
        must(heard == 1);
        break;
    default:
        break;
    }
}

/* ---- one input ---- */

static void expand(const uint8_t *data, size_t size, struct strbuf *out)
{
    struct journal_head head;
    char hex[SHA256_TEXT];

    journal_head(world.journal, &head);
    hex_encode(head.hash, SHA256_BYTES, hex);
    for (size_t i = 0; i < size; i++) {
        if (data[i] == 1)
            strbuf_puts(out, hex);
        else if (data[i] == 2)
            strbuf_printf(out, "%016" PRIx64, head.epoch);
        else if (data[i] == 3)
            strbuf_put_int(out, head.seq);
        else
            strbuf_putc(out, (char)data[i]);
    }
}

static bool changes_much(uint8_t what)
{
    return what == 'u' || what == 'j';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 400, 401, 403, 404, 409, 413, 429, 500, 503};
    struct strbuf body = STRBUF_INIT(BODY_BYTES_MAX);

    if (size < 2 || size > INPUT_BYTES_MAX)
        return 0;
    /* Answers to questions leave no trace; updates and acks find a till of their own, and leave none. */
    if (changes_much(data[0]))
        end();
    if (fd < 0)
        begin();
    expand(data + 2, size - 2, &body);
    if (strbuf_status(&body) == ST_OK)
        run((char)data[0], statuses[data[1] % (sizeof statuses / sizeof statuses[0])], &body);
    sell_on();
    if (changes_much(data[0]) || !is_up())
        end();
    free(text_heard);
    text_heard = NULL;
    strbuf_free(&body);
    return 0;
}
