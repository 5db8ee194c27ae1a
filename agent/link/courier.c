/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/link/courier.h"

#include "agent/base/cli.h"
#include "agent/base/clock.h"
#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/base/log.h"
#include "agent/net/loop.h"
#include "agent/till/identity.h"
#include "sync/protocol/frame.h"
#include "sync/protocol/message_mac.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { OUTPUT_MAX = 4 * 1024 * 1024, READ_BYTES = 64 * 1024, READS_PER_TURN = 4, LISTEN_PAUSE_MS = 1000 };

/* One question under way. */
struct asked {
    bool used;
    int64_t id;
    uint64_t n;
    enum operation op;
    int64_t due_mono_ms;
    courier_answer_fn *fn;
    void *context;
};

struct courier {
    struct courier_options options;
    char socket_path[108];
    int listen_fd, fd; /* -1: none */
    struct loop_watch *listen_watch, *watch;
    struct loop_timer *timer;     /* the nearest deadline, or listening again */
    int64_t listen_again_mono_ms; /* 0: it listens */
    struct frame_reader reader;
    struct strbuf output;
    bool reading; /* a message of the reader is in use */
    bool greeted;
    const char *distrusted; /* why the last answer was none, said once; NULL: it was one */
    char peer_version[32];
    int64_t certificate_until_unix_s; /* as loyald-sync says; 0: not known, or none */
    struct asked asked[COURIER_ASKED_MAX];
    int64_t next_id;
    uint64_t next_n;
    char input[READ_BYTES]; /* scratch of one read */
};

/* ---- answering ---- */

static void set_timer(struct courier *courier)
{
    int64_t now = clock_mono_ms(courier->options.clock), nearest = INT64_MAX;

    for (int i = 0; i < COURIER_ASKED_MAX; i++) {
        if (courier->asked[i].used && courier->asked[i].due_mono_ms < nearest)
            nearest = courier->asked[i].due_mono_ms;
    }
    if (courier->listen_again_mono_ms != 0 && courier->listen_again_mono_ms < nearest)
        nearest = courier->listen_again_mono_ms;
    if (nearest == INT64_MAX)
        loop_timer_stop(courier->timer);
    else
        loop_timer_set(courier->timer, nearest > now ? nearest - now : 0, 0);
}

static void finish(struct asked *one, const struct courier_answer *answer)
{
    courier_answer_fn *fn = one->fn;

    one->used = false; /* first: the callback may ask again */
    fn(one->context, answer);
}

static void finish_all(struct courier *courier, enum courier_outcome outcome, const char *text)
{
    struct courier_answer answer = {.outcome = outcome, .text = text, .body = ""};
    struct asked all[COURIER_ASKED_MAX];

    /* Those asked by the callbacks of this round are not of this round. */
    memcpy(all, courier->asked, sizeof all);
    memset(courier->asked, 0, sizeof courier->asked);
    for (int i = 0; i < COURIER_ASKED_MAX; i++) {
        if (all[i].used)
            finish(&all[i], &answer);
    }
}

void courier_drop_all(struct courier *courier, const char *text)
{
    finish_all(courier, COURIER_DROPPED, text);
    set_timer(courier);
}

static void on_timer(void *context)
{
    struct courier *courier = context;
    struct courier_answer answer = {.outcome = COURIER_LATE, .text = "no answer in time", .body = ""};
    int64_t now = clock_mono_ms(courier->options.clock);

    for (int i = 0; i < COURIER_ASKED_MAX; i++) {
        if (courier->asked[i].used && courier->asked[i].due_mono_ms <= now)
            finish(&courier->asked[i], &answer);
    }
    if (courier->listen_again_mono_ms != 0 && courier->listen_again_mono_ms <= now) {
        courier->listen_again_mono_ms = 0;
        loop_watch_change(courier->listen_watch, LOOP_READABLE);
    }
    set_timer(courier);
}

/* ---- the connection ---- */

static void hang_up(struct courier *courier, const char *why)
{
    if (courier->fd < 0)
        return;
    log_info("link-01", "loyald-sync is gone: %s", why);
    loop_watch_destroy(courier->watch);
    (void)close(courier->fd);
    courier->watch = NULL;
    courier->fd = -1;
    courier->greeted = false;
    courier->peer_version[0] = '\0';
    courier->certificate_until_unix_s = 0;
    if (!courier->reading) /* a callback that sends may find the peer gone while it still reads its answer */
        frame_reader_clear(&courier->reader);
    strbuf_clear(&courier->output);
    finish_all(courier, COURIER_ABSENT, "loyald-sync went away");
    courier->options.link_changed(courier->options.context, false, "loyald-sync is not running");
}

static void flush(struct courier *courier)
{
    while (courier->output.len > 0) {
        ssize_t sent = send(courier->fd, courier->output.data, courier->output.len, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        if (sent < 0) {
            hang_up(courier, strerror(errno));
            return;
        }
        strbuf_consume(&courier->output, (size_t)sent);
    }
    loop_watch_change(courier->watch, LOOP_READABLE | (courier->output.len > 0 ? LOOP_WRITABLE : 0));
}

/* The bounds of one message were looked at by the caller. */
static void send_message(struct courier *courier, const struct strbuf *header, int64_t id, const char *payload,
                         size_t len)
{
    if (courier->output.len + len > OUTPUT_MAX / 2)
        hang_up(courier, "it reads too slowly");
    else if (frame_write(header->data, header->len, id, payload, len, &courier->output) != ST_OK)
        hang_up(courier, "no memory for what it is to carry");
    else
        flush(courier);
}

static void note_certificate(struct courier *courier, const struct cJSON *header)
{
    (void)json_int(header, "cert_not_after", 0, JSON_INT_MAX / 1000, &courier->certificate_until_unix_s, NULL);
}

static void greet(struct courier *courier, const struct cJSON *header)
{
    struct strbuf hello = STRBUF_INIT(FRAME_HEADER_MAX);
    struct json_writer w = JSON_WRITER_INIT(&hello);
    const char *text;
    char dev[17];

    (void)snprintf(courier->peer_version, sizeof courier->peer_version, "%s",
                   json_text(header, "version", 31, &text, NULL) == ST_OK ? text : "unknown");
    note_certificate(courier, header);
    hex_from_u64(courier->options.identity->dev, dev);
    jw_object_begin(&w);
    jw_field_text(&w, "hello", "loyald");
    jw_field_text(&w, "version", cli_version());
    jw_field_int(&w, "protocol", 1);
    jw_field_text(&w, "dev", dev);
    jw_object_end(&w);
    courier->greeted = true;
    log_info("link-02", "loyald-sync is here version=%s", courier->peer_version);
    send_message(courier, &hello, 0, NULL, 0);
    strbuf_free(&hello);
    if (courier->fd >= 0) /* not yet a central: but worth trying now */
        courier->options.link_changed(courier->options.context, true, "");
}

/* ---- answers ---- */

static bool mac_fits(struct courier *courier, const struct asked *one, int http_status, const struct message *message,
                     const uint8_t mac[CRYPTO_MAC_BYTES], struct strbuf *prefix)
{
    const struct identity *identity = courier->options.identity;
    uint8_t expected[CRYPTO_MAC_BYTES];

    message_mac_answer(identity->dev, identity->epoch, one->n, one->op, http_status, prefix);
    if (strbuf_status(prefix) != ST_OK)
        return false;
    if (one->op == OP_ENROL)
        return true; /* checked by identity_finish with the key that the answer itself agrees */
    crypto_hmac(identity->mac_key,
                (const struct crypto_part[]){{prefix->data, prefix->len}, {message->payload, message->payload_len}},
                2, expected);
    return crypto_equal(expected, mac, sizeof expected);
}

/* loyald-sync's own word; one of a later version is read as the commonest. */
static enum courier_outcome outcome_of(const char *error)
{
    static const struct {
        const char *error;
        enum courier_outcome outcome;
    } known[] = {{"not_enrolled", COURIER_ABSENT},
                 {"deadline", COURIER_LATE},
                 {"busy", COURIER_DROPPED},
                 {"bad_request", COURIER_DROPPED}};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i].error, error) == 0)
            return known[i].outcome;
    }
    return COURIER_OFFLINE;
}

/* An answer that cannot be trusted is none. One without a MAC is mostly the server's own word that it stops. */
static void distrust(struct courier *courier, const struct asked *one, struct courier_answer *answer)
{
    answer->outcome = COURIER_OFFLINE;
    if (!answer->mac && answer->http_status == 503) {
        answer->text = "the central is stopping or too busy";
        return;
    }
    answer->text = answer->mac ? "the answer is not from our central: its MAC is wrong"
                               : "the answer is not from our central: it bears no MAC";
    if (courier->distrusted != answer->text) /* a copied till would say it with each question */
        log_warn("link-03", "answers are refused, this one op=%s status=%d: %s", operation_spec(one->op)->name,
                 answer->http_status, answer->text);
    courier->distrusted = answer->text;
}

static void take_answer(struct courier *courier, struct asked *one, const struct message *message)
{
    struct strbuf prefix = STRBUF_INIT(MESSAGE_MAC_PREFIX_MAX);
    struct courier_answer answer = {
        .outcome = COURIER_ANSWERED, .body = message->payload, .len = message->payload_len};
    uint8_t mac[CRYPTO_MAC_BYTES];
    int64_t http_status = 0;
    const char *error;

    if (json_text(message->header, "error", 32, &error, NULL) == ST_OK) {
        answer.outcome = outcome_of(error);
        answer.text = error;
        (void)json_text(message->header, "text", 1024, &answer.text, NULL);
        (void)json_int(message->header, "retry_after_ms", 0, 3600000, &answer.retry_after_ms, NULL);
    } else {
        (void)json_int(message->header, "status", 100, 599, &http_status, NULL);
        (void)json_int(message->header, "retry_after_ms", 0, 3600000, &answer.retry_after_ms, NULL);
        answer.http_status = (int)http_status;
        if (json_hex(message->header, "mac", sizeof mac, mac, NULL) == ST_OK)
            answer.mac = mac;
        if (!mac_fits(courier, one, answer.http_status, message, answer.mac ? mac : (const uint8_t[32]){0}, &prefix))
            distrust(courier, one, &answer);
        else
            courier->distrusted = NULL;
        answer.mac_prefix = prefix.data;
        answer.mac_prefix_len = prefix.len;
    }
    finish(one, &answer);
    strbuf_free(&prefix);
}

static void take_message(struct courier *courier, const struct message *message)
{
    const char *text = "";
    int64_t id;
    bool up;

    if (!courier->greeted) {
        if (json_text(message->header, "hello", 32, &text, NULL) == ST_OK && strcmp(text, "loyald-sync") == 0)
            greet(courier, message->header);
        else
            hang_up(courier, "it did not say hello");
        return;
    }
    if (json_text(message->header, "notice", 32, &text, NULL) == ST_OK) {
        if (strcmp(text, "link") == 0 && json_bool(message->header, "up", &up, NULL) == ST_OK) {
            (void)json_text(message->header, "text", 1024, &text, NULL);
            courier->options.link_changed(courier->options.context, up, text);
        } else if (strcmp(text, "identity") == 0) {
            note_certificate(courier, message->header);
        }
        return;
    }
    if (json_int(message->header, "id", 0, JSON_INT_MAX, &id, NULL) != ST_OK)
        return; /* a word of a later version */
    for (int i = 0; i < COURIER_ASKED_MAX; i++) {
        if (courier->asked[i].used && courier->asked[i].id == id) {
            take_answer(courier, &courier->asked[i], message);
            set_timer(courier);
            return;
        }
    }
    /* An answer past its deadline: whoever asked has gone on. */
}

static void read_messages(struct courier *courier)
{
    struct errmsg err = ERRMSG_INIT;
    struct message message;
    int fd = courier->fd;
    enum status st = ST_OK;

    courier->reading = true;
    while (st == ST_OK && courier->fd == fd) {
        st = frame_reader_next(&courier->reader, &message, &err);
        if (st == ST_OK)
            take_message(courier, &message);
    }
    courier->reading = false;
    if (courier->fd != fd)
        frame_reader_clear(&courier->reader);
    else if (st != ST_AGAIN)
        hang_up(courier, err.text);
}

static void on_event(void *context, int events)
{
    struct courier *courier = context;
    int fd = courier->fd;

    if (events & LOOP_WRITABLE)
        flush(courier);
    for (int i = 0; i < READS_PER_TURN && courier->fd == fd && (events & (LOOP_READABLE | LOOP_GONE)); i++) {
        ssize_t got = recv(fd, courier->input, sizeof courier->input, MSG_DONTWAIT);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        if (got <= 0) {
            hang_up(courier, got == 0 ? "it closed the connection" : strerror(errno));
            return;
        }
        if (frame_reader_feed(&courier->reader, courier->input, (size_t)got) != ST_OK) {
            hang_up(courier, "it sent more than a frame may hold");
            return;
        }
        read_messages(courier);
    }
}

static void on_connection(void *context, int events)
{
    struct courier *courier = context;
    struct errmsg err = ERRMSG_INIT;
    int fd = accept4(courier->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    (void)events;
    if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
        /* Who knocks stays at the door: without a pause the loop would do nothing but look. */
        log_warn("link-04", "loyald-sync cannot be let in now: %s", strerror(errno));
        loop_watch_change(courier->listen_watch, 0);
        courier->listen_again_mono_ms = clock_mono_ms(courier->options.clock) + LISTEN_PAUSE_MS;
        set_timer(courier);
    }
    if (fd < 0)
        return;
    hang_up(courier, "another one connected");
    courier->fd = fd;
    if (loop_watch_create(courier->options.loop, fd, LOOP_READABLE, on_event, courier, &courier->watch, &err) !=
        ST_OK) {
        log_error("link-05", "cannot watch the connection of loyald-sync: %s", err.text);
        (void)close(fd);
        courier->fd = -1;
    }
}

/* ---- asking ---- */

static void write_request(struct courier *courier, const struct asked *one, const struct operation_args *args,
                          const char *body, size_t len, int64_t deadline_ms, struct strbuf *out)
{
    const struct operation_spec *spec = operation_spec(one->op);
    const struct identity *identity = courier->options.identity;
    struct strbuf prefix = STRBUF_INIT(MESSAGE_MAC_PREFIX_MAX);
    struct json_writer w = JSON_WRITER_INIT(out);
    uint8_t mac[CRYPTO_MAC_BYTES];
    char hex[17];

    jw_object_begin(&w);
    jw_field_int(&w, "id", one->id);
    jw_field_text(&w, "op", spec->name);
    jw_name(&w, "arg");
    jw_object_begin(&w);
    for (int i = 0; i < OPERATION_ARG_MAX && spec->args[i]; i++) {
        if (args->values[i][0] != '\0')
            jw_field_text(&w, spec->args[i], args->values[i]);
    }
    jw_object_end(&w);
    hex_from_u64(one->n, hex);
    jw_field_text(&w, "n", hex);
    hex_from_u64(identity->epoch, hex);
    jw_field_text(&w, "epoch", hex);
    if (spec->certificate) {
        message_mac_request(identity->dev, identity->epoch, one->n, one->op, args, &prefix);
        crypto_hmac(identity->mac_key, (const struct crypto_part[]){{prefix.data, prefix.len}, {body, len}}, 2, mac);
        jw_field_hex(&w, "mac", mac, sizeof mac);
    }
    jw_field_int(&w, "deadline_ms", deadline_ms);
    jw_object_end(&w);
    strbuf_free(&prefix);
}

void courier_ask(struct courier *courier, enum operation op, const struct operation_args *args, const char *body,
                 size_t len, int64_t deadline_ms, courier_answer_fn *fn, void *context)
{
    static const struct operation_args none;
    struct strbuf header = STRBUF_INIT(FRAME_HEADER_MAX);
    struct courier_answer refusal = {.outcome = COURIER_ABSENT, .text = "loyald-sync is not running", .body = ""};
    struct asked *one = NULL;

    for (int i = 0; i < COURIER_ASKED_MAX && !one; i++)
        one = courier->asked[i].used ? NULL : &courier->asked[i];
    if (courier->greeted && (!one || len > MESSAGE_PAYLOAD_MAX)) {
        refusal.outcome = COURIER_DROPPED;
        refusal.text = one ? "longer than a message may be" : "too many questions are under way";
    }
    if (!one || !courier->greeted || len > MESSAGE_PAYLOAD_MAX) {
        fn(context, &refusal);
        return;
    }
    *one = (struct asked){.used = true,
                          .id = ++courier->next_id,
                          .n = ++courier->next_n,
                          .op = op,
                          .due_mono_ms = clock_mono_ms(courier->options.clock) + deadline_ms + COURIER_GRACE_MS,
                          .fn = fn,
                          .context = context};
    write_request(courier, one, args ? args : &none, body ? body : "", len, deadline_ms, &header);
    set_timer(courier);
    send_message(courier, &header, one->id, body ? body : "", len);
    strbuf_free(&header);
}

bool courier_is_connected(const struct courier *courier)
{
    return courier->greeted;
}

int64_t courier_certificate_until(const struct courier *courier)
{
    return courier->certificate_until_unix_s;
}

const char *courier_peer_version(const struct courier *courier)
{
    return courier->peer_version;
}

/* ---- making ---- */

static enum status bind_path(struct courier *courier, struct errmsg *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(courier->options.socket_path) >= sizeof courier->socket_path) {
        errmsg_set(err, "%s: a socket's path has at most %zu bytes", courier->options.socket_path,
                   sizeof courier->socket_path - 1);
        return ST_RANGE;
    }
    (void)snprintf(courier->socket_path, sizeof courier->socket_path, "%s", courier->options.socket_path);
    memcpy(address.sun_path, courier->socket_path, sizeof courier->socket_path);
    (void)unlink(courier->socket_path); /* of a run before: the state directory's lock says that it has ended */
    courier->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (courier->listen_fd < 0 || bind(courier->listen_fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        chmod(courier->socket_path, courier->options.socket_mode) != 0 || listen(courier->listen_fd, 4) != 0) {
        errmsg_set(err, "%s: cannot listen: %s", courier->socket_path, strerror(errno));
        return ST_IO;
    }
    return ST_OK;
}

static enum status listen_at(struct courier *courier, struct errmsg *err)
{
    enum status st = ST_OK;

    if (courier->options.listen_fd > 0)
        courier->listen_fd = courier->options.listen_fd;
    else
        st = bind_path(courier, err);
    if (st != ST_OK)
        return st;
    return loop_watch_create(courier->options.loop, courier->listen_fd, LOOP_READABLE, on_connection, courier,
                             &courier->listen_watch, err);
}

enum status courier_create(const struct courier_options *options, struct courier **out_courier, struct errmsg *err)
{
    struct courier *courier = calloc(1, sizeof *courier);
    enum status st;

    if (!courier)
        return ST_NOMEM;
    courier->options = *options;
    courier->fd = courier->listen_fd = -1;
    courier->output = (struct strbuf)STRBUF_INIT(OUTPUT_MAX);
    frame_reader_init(&courier->reader);
    crypto_random(&courier->next_n, sizeof courier->next_n);
    st = loop_timer_create(options->loop, on_timer, courier, &courier->timer);
    if (st == ST_OK)
        st = listen_at(courier, err);
    if (st != ST_OK) {
        courier_destroy(courier);
        return st;
    }
    *out_courier = courier;
    return ST_OK;
}

void courier_destroy(struct courier *courier)
{
    if (!courier)
        return;
    hang_up(courier, "we stop");
    finish_all(courier, COURIER_ABSENT, "the agent stops");
    loop_timer_destroy(courier->timer);
    loop_watch_destroy(courier->listen_watch);
    if (courier->listen_fd >= 0) {
        (void)close(courier->listen_fd);
        if (courier->socket_path[0] != '\0')
            (void)unlink(courier->socket_path); /* the next start removes it too */
    }
    frame_reader_clear(&courier->reader);
    strbuf_free(&courier->output);
    free(courier);
}
