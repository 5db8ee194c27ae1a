/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/link/courier_internal.h"

#include "agent/base/cli.h"
#include "agent/base/clock.h"
#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/base/log.h"
#include "agent/net/loop.h"
#include "agent/till/identity.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { READS_PER_TURN = 4, LISTEN_PAUSE_MS = 1000 };

/* ---- time ---- */

void courier_set_timer(struct courier *courier)
{
    int64_t now = clock_mono_ms(courier->options.clock), nearest = courier_nearest_due(courier);

    if (courier->listen_again_mono_ms != 0 && courier->listen_again_mono_ms < nearest)
        nearest = courier->listen_again_mono_ms;
    if (nearest == INT64_MAX)
        loop_timer_stop(courier->timer);
    else
        loop_timer_set(courier->timer, nearest > now ? nearest - now : 0, 0);
}

static void on_timer(void *context)
{
    struct courier *courier = context;
    int64_t now = clock_mono_ms(courier->options.clock);

    courier_answer_late(courier, now);
    if (courier->listen_again_mono_ms != 0 && courier->listen_again_mono_ms <= now) {
        courier->listen_again_mono_ms = 0;
        loop_watch_change(courier->listen_watch, LOOP_READABLE);
    }
    courier_set_timer(courier);
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
    courier->behind_max = courier->certificate_until_unix_s = 0;
    if (!courier->reading) /* a callback that sends may find the peer gone while it still reads its answer */
        frame_reader_clear(&courier->reader);
    strbuf_clear(&courier->output);
    courier_answer_all(courier, COURIER_ABSENT, "loyald-sync went away");
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

void courier_send(struct courier *courier, const struct strbuf *header, int64_t id, const char *payload, size_t len)
{
    if (courier->output.len + len > COURIER_OUTPUT_MAX / 2)
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
    (void)json_int(header, "behind", 0, JSON_INT_MAX, &courier->behind_max, NULL);
    if (courier->behind_max > COURIER_BEHIND_MAX)
        courier->behind_max = COURIER_BEHIND_MAX;
    hex_from_u64(courier->options.identity->dev, dev);
    jw_object_begin(&w);
    jw_field_text(&w, "hello", "loyald");
    jw_field_text(&w, "version", cli_version());
    jw_field_int(&w, "protocol", 1);
    jw_field_text(&w, "dev", dev);
    jw_object_end(&w);
    courier->greeted = true;
    log_info("link-02", "loyald-sync is here version=%s", courier->peer_version);
    courier_send(courier, &hello, 0, NULL, 0);
    strbuf_free(&hello);
    if (courier->fd >= 0) /* not yet a central: but worth trying now */
        courier->options.link_changed(courier->options.context, true, "");
}

static void take_message(struct courier *courier, const struct message *message)
{
    const char *text = "";
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
    courier_take_answer(courier, message);
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
        courier_set_timer(courier);
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
    courier->output = (struct strbuf)STRBUF_INIT(COURIER_OUTPUT_MAX);
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
    courier_answer_all(courier, COURIER_ABSENT, "the agent stops");
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
