/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/client/daemon_link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/base/crypto.h"
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/net/loop.h"
#include "sync/protocol/frame.h"

enum {
    RECONNECT_FIRST_MS = 100,
    RECONNECT_MAX_MS = 5000,
    HELLO_MS = 5000,
    HELD_MS = 3000, /* a connection that lasted this long was a good one */
    READ_BYTES = 64 * 1024,
    OUTPUT_PAUSE = 2 * MESSAGE_PAYLOAD_MAX, /* unread answers beyond this: no more requests are read */
    OUTPUT_MAX = 12 * MESSAGE_PAYLOAD_MAX,  /* and the answers to the 8 then under way still fit */
    DEV_DIGITS = 16,
};

enum link_state { LINK_WAITING, LINK_GREETING, LINK_OPEN };

struct daemon_link {
    struct daemon_link_options options;
    char *socket_path;
    enum link_state state;
    int fd;
    struct loop_watch *watch;
    struct loop_timer *timer; /* WAITING: to the next attempt; GREETING: for the hello; OPEN: until it has held */
    struct loop_timer *flush_timer;
    struct frame_reader reader;
    struct strbuf output;
    int64_t wait_ms;
    bool failed;                 /* the output has failed; dropped from the loop, not from inside a send */
    char said[ERRMSG_BYTES_MAX]; /* the last reason logged: a loyald away for a night is one line, not thousands */
};

static void say_once(struct daemon_link *link, const char *reason)
{
    if (strcmp(link->said, reason) == 0)
        return;
    strncpy(link->said, reason, sizeof link->said - 1);
    log_warn("daemon-09", "no connection to loyald: %s", reason);
}

static int64_t first_wait_ms(const struct daemon_link *link)
{
    return link->options.reconnect_max_ms < RECONNECT_FIRST_MS ? link->options.reconnect_max_ms : RECONNECT_FIRST_MS;
}

/* Full jitter over the upper half: clocks of many tills that lost power together must not beat together. */
static void wait_for_next(struct daemon_link *link)
{
    uint16_t random;
    int64_t half = link->wait_ms / 2;

    crypto_random(&random, sizeof random);
    loop_timer_set(link->timer, half + (half + 1) * random / (UINT16_MAX + 1), 0);
    link->wait_ms =
        link->wait_ms * 2 < link->options.reconnect_max_ms ? link->wait_ms * 2 : link->options.reconnect_max_ms;
}

static void drop(struct daemon_link *link, const char *reason)
{
    bool was_open = link->state == LINK_OPEN;

    say_once(link, reason);
    loop_watch_destroy(link->watch);
    link->watch = NULL;
    if (link->fd >= 0)
        (void)close(link->fd);
    link->fd = -1;
    link->failed = false;
    loop_timer_stop(link->flush_timer);
    frame_reader_clear(&link->reader);
    strbuf_free(&link->output);
    link->state = LINK_WAITING;
    wait_for_next(link);
    if (was_open)
        link->options.closed(link->options.context);
}

static void watch_what_is_needed(struct daemon_link *link)
{
    int events = 0;

    if (link->output.len > 0)
        events |= LOOP_WRITABLE;
    if (link->output.len <= OUTPUT_PAUSE)
        events |= LOOP_READABLE;
    loop_watch_change(link->watch, events);
}

/* Writes what the socket takes. False when the connection is of no use any more. */
static bool flush(struct daemon_link *link)
{
    while (link->output.len > 0) {
        ssize_t n = send(link->fd, link->output.data, link->output.len, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        strbuf_consume(&link->output, (size_t)n);
    }
    return true;
}

static enum status take_hello(struct daemon_link *link, const struct message *message, struct errmsg *err)
{
    const char *name = "", *dev = "";
    int64_t protocol = 0;
    enum status st = json_text(message->header, "hello", 32, &name, err);

    if (st == ST_OK)
        st = json_int(message->header, "protocol", 1, 1, &protocol, err);
    if (st == ST_OK)
        st = json_text(message->header, "dev", DEV_DIGITS, &dev, err);
    if (st != ST_OK)
        return st;
    if (strcmp(name, "loyald") != 0 || strlen(dev) != DEV_DIGITS || strspn(dev, "0123456789abcdef") != DEV_DIGITS) {
        errmsg_set(err, "the hello is not loyald's");
        return ST_INVALID;
    }
    link->state = LINK_OPEN;
    link->said[0] = '\0';
    loop_timer_set(link->timer, HELD_MS, 0);
    log_info("daemon-10", "connected to loyald dev=%s", dev);
    link->options.opened(link->options.context, dev);
    return ST_OK;
}

/* Hands out the whole messages that came; false after the connection was dropped. */
static bool take_messages(struct daemon_link *link)
{
    struct errmsg err = ERRMSG_INIT;
    struct message message;
    enum status st;

    while ((st = frame_reader_next(&link->reader, &message, &err)) == ST_OK) {
        if (link->state == LINK_GREETING)
            st = take_hello(link, &message, &err);
        else
            st = link->options.message(link->options.context, &message, &err);
        if (st != ST_OK)
            break;
    }
    if (st == ST_AGAIN)
        return true;
    errmsg_wrap(&err, "loyald broke the protocol");
    drop(link, err.text);
    return false;
}

/* One piece a turn, so that others of the loop have their turn too. */
static bool read_some(struct daemon_link *link)
{
    char piece[READ_BYTES];
    ssize_t n = recv(link->fd, piece, sizeof piece, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (n <= 0) {
        drop(link, n == 0 ? "loyald closed the connection" : strerror(errno));
        return false;
    }
    if (frame_reader_feed(&link->reader, piece, (size_t)n) != ST_OK) {
        drop(link, "out of memory for what loyald sends");
        return false;
    }
    return take_messages(link);
}

static void socket_ready(void *context, int events)
{
    struct daemon_link *link = context;

    if ((events & LOOP_READABLE) && !read_some(link))
        return;
    if (((events & LOOP_WRITABLE) && !flush(link)) || ((events & LOOP_GONE) && !(events & LOOP_READABLE))) {
        drop(link, "loyald closed the connection");
        return;
    }
    watch_what_is_needed(link);
}

static int open_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd, code;

    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        code = errno;
        (void)close(fd);
        errno = code;
        return -1;
    }
    return fd;
}

static void connect_now(struct daemon_link *link)
{
    struct strbuf hello = STRBUF_INIT(FRAME_HEADER_MAX);
    struct errmsg err = ERRMSG_INIT;
    enum status st;

    link->fd = open_socket(link->socket_path);
    if (link->fd < 0) {
        errmsg_set(&err, "%s: %s", link->socket_path, strerror(errno));
        drop(link, err.text);
        return;
    }
    if (loop_watch_create(link->options.loop, link->fd, LOOP_READABLE | LOOP_WRITABLE, socket_ready, link,
                          &link->watch, &err) != ST_OK) {
        drop(link, err.text);
        return;
    }
    link->state = LINK_GREETING;
    link->output = (struct strbuf)STRBUF_INIT(OUTPUT_MAX);
    loop_timer_set(link->timer, HELLO_MS, 0);
    link->options.write_hello(link->options.context, &hello);
    st = frame_write(strbuf_text(&hello), hello.len, 0, NULL, 0, &link->output);
    strbuf_free(&hello);
    if (st != ST_OK)
        drop(link, status_text(st));
}

static void timer_due(void *context)
{
    struct daemon_link *link = context;

    switch (link->state) {
    case LINK_WAITING:
        connect_now(link);
        break;
    case LINK_GREETING:
        drop(link, "loyald does not answer the hello");
        break;
    case LINK_OPEN:
        link->wait_ms = first_wait_ms(link);
        break;
    }
}

static void flush_due(void *context)
{
    struct daemon_link *link = context;

    if (link->failed || !flush(link))
        drop(link, link->failed ? "loyald does not read its answers" : "loyald closed the connection");
    else
        watch_what_is_needed(link);
}

enum status daemon_link_create(const struct daemon_link_options *options, struct daemon_link **out_link,
                               struct errmsg *err)
{
    struct daemon_link *link = calloc(1, sizeof *link);
    enum status st = link ? ST_OK : ST_NOMEM;

    if (st == ST_OK) {
        link->options = *options;
        if (link->options.reconnect_max_ms <= 0)
            link->options.reconnect_max_ms = RECONNECT_MAX_MS;
        link->fd = -1;
        link->wait_ms = first_wait_ms(link);
        frame_reader_init(&link->reader);
        link->socket_path = strdup(options->socket_path);
        if (!link->socket_path)
            st = ST_NOMEM;
    }
    if (st == ST_OK)
        st = loop_timer_create(options->loop, timer_due, link, &link->timer);
    if (st == ST_OK)
        st = loop_timer_create(options->loop, flush_due, link, &link->flush_timer);
    if (st != ST_OK) {
        errmsg_set(err, "connection to loyald: %s", status_text(st));
        daemon_link_destroy(link);
        return st;
    }
    loop_timer_set(link->timer, 0, 0);
    *out_link = link;
    return ST_OK;
}

void daemon_link_destroy(struct daemon_link *link)
{
    if (!link)
        return;
    if (link->fd >= 0)
        (void)flush(link); /* the last answers, as far as they go */
    loop_watch_destroy(link->watch);
    if (link->fd >= 0)
        (void)close(link->fd);
    loop_timer_destroy(link->timer);
    loop_timer_destroy(link->flush_timer);
    frame_reader_clear(&link->reader);
    strbuf_free(&link->output);
    free(link->socket_path);
    free(link);
}

bool daemon_link_is_open(const struct daemon_link *link)
{
    return link->state == LINK_OPEN;
}

void daemon_link_send(struct daemon_link *link, const struct strbuf *header_json, int64_t id, const void *payload,
                      size_t payload_len)
{
    if (link->state != LINK_OPEN || link->failed)
        return;
    if (strbuf_status(header_json) != ST_OK ||
        frame_write(strbuf_text(header_json), header_json->len, id, payload, payload_len, &link->output) != ST_OK)
        link->failed = true;
    loop_timer_set(link->flush_timer, 0, 0);
}
