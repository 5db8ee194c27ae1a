/* SPDX-License-Identifier: Apache-2.0 */
/* loyald-sync's end of the socket: what the till asks, and the central's answers. */
#include "tests/unit/agent/link/rig.h"

#include "agent/base/hex.h"
#include "agent/base/json.h"
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

enum { TURN_MS = 10, TURNS_MAX = 1000, QUIET_TURNS = 5 };

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
