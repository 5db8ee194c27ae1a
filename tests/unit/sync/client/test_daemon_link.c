/* SPDX-License-Identifier: Apache-2.0 */
#include "peers.h"
#include "sync/client/daemon_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <criterion/criterion.h>

static struct scratch scratch;
static struct loop *loop;
static struct daemon_peer peer;
static struct daemon_link *courier;
static int opened, messages, closed;
static char dev[32];
static enum status message_status;

static void write_hello(void *context, struct strbuf *out)
{
    (void)context;
    strbuf_puts(out, "{\"hello\":\"loyald-sync\",\"protocol\":1}");
}

static void on_opened(void *context, const char *name)
{
    (void)context;
    opened++;
    snprintf(dev, sizeof dev, "%s", name);
}

static enum status on_message(void *context, const struct message *message, struct errmsg *err)
{
    struct strbuf header = STRBUF_INIT(256);

    (void)context;
    messages++;
    errmsg_set(err, "as the test wants");
    strbuf_printf(&header, "{\"id\":%lld}", (long long)field_int(message, "id"));
    daemon_link_send(courier, &header, field_int(message, "id"), message->payload, message->payload_len);
    strbuf_free(&header);
    return message_status;
}

static void on_closed(void *context)
{
    (void)context;
    closed++;
}

static void setup(void)
{
    struct daemon_link_options options = {
        .write_hello = write_hello, .opened = on_opened, .message = on_message, .closed = on_closed};

    options.reconnect_max_ms = 2; /* the tests wait for its attempts: they shall not wait for time */

    scratch_make(&scratch);
    cr_assert_eq(loop_create(&loop, NULL), ST_OK);
    options.loop = loop;
    options.socket_path = scratch.socket;
    cr_assert_eq(daemon_link_create(&options, &courier, NULL), ST_OK);
}

static void teardown(void)
{
    daemon_link_destroy(courier);
    loop_destroy(loop);
    scratch_remove(&scratch);
}

TestSuite(daemon_link, .init = setup, .fini = teardown);

Test(daemon_link, waits_for_a_loyald_that_comes_later_and_for_one_that_restarts)
{
    struct message message;
    int turn;

    loop_step(loop, 50); /* the first attempts fail */
    loop_step(loop, 50);
    cr_expect_not(daemon_link_is_open(courier));
    for (turn = 1; turn <= 3; turn++) {
        daemon_listen(&peer, loop, scratch.socket);
        daemon_greet(&peer);
        daemon_send(&peer, "{\"id\":5}", 5, "abc", 3);
        cr_assert(daemon_next(&peer, &message));
        cr_expect_eq(field_int(&message, "id"), 5);
        cr_expect_eq(message.payload_len, 3);
        cr_expect_eq(opened, turn);
        cr_expect_str_eq(dev, TEST_DEV);
        daemon_unlisten(&peer);
        while (closed < turn)
            loop_step(loop, 20);
    }
}

Test(daemon_link, a_payload_of_the_greatest_size_passes_both_ways)
{
    char *payload = malloc(MESSAGE_PAYLOAD_MAX);
    struct message message;
    int i;

    cr_assert_not_null(payload);
    for (i = 0; i < MESSAGE_PAYLOAD_MAX; i++)
        payload[i] = (char)(i * 31 + i / 4096);
    daemon_listen(&peer, loop, scratch.socket);
    daemon_greet(&peer);
    daemon_send(&peer, "{\"id\":9}", 9, payload, MESSAGE_PAYLOAD_MAX);
    cr_assert(daemon_next(&peer, &message));
    cr_assert_eq(message.payload_len, MESSAGE_PAYLOAD_MAX);
    cr_expect_eq(memcmp(message.payload, payload, MESSAGE_PAYLOAD_MAX), 0);
    daemon_unlisten(&peer);
    free(payload);
}

Test(daemon_link, whatever_breaks_the_protocol_closes_the_connection_which_comes_again)
{
    static const struct {
        const char *name;
        const char *bytes;
        size_t len;
        bool before_hello;
    } cases[] = {
        {"no frame", "\xff\xff\xff\xff\xff\xff\xff\xff garbage", 16, true},
        {"no JSON", "\0\0\0\4\0\0\0\0abcd", 12, true},
        {"no hello", "\0\0\0\10\0\0\0\0{\"id\":1}", 16, true},
        {"another's hello", "\0\0\0\32\0\0\0\0{\"hello\":\"x\",\"protocol\":1}", 34, true},
        {"header of none", "\0\0\0\0\0\0\0\0", 8, false},
        {"payload too long", "\0\0\0\2\0\1\0\1{}", 10, false},
        {"more without id", "\0\0\0\15\0\0\0\0{\"more\":true}", 21, false},
    };
    struct message message;
    size_t i;

    daemon_listen(&peer, loop, scratch.socket);
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (cases[i].before_hello) {
            daemon_accept(&peer);
            cr_assert(daemon_next(&peer, &message));
        } else {
            daemon_greet(&peer);
        }
        daemon_send_raw(&peer, cases[i].bytes, cases[i].len);
        cr_expect_not(daemon_next(&peer, &message), "%s", cases[i].name);
        daemon_hang_up(&peer);
    }
    cr_expect_eq(messages, 0);
    message_status = ST_INVALID;
    daemon_greet(&peer);
    daemon_send(&peer, "{\"id\":1}", 1, NULL, 0);
    while (daemon_next(&peer, &message))
        ;
    cr_expect_eq(messages, 1);
    daemon_unlisten(&peer);
}

Test(daemon_link, a_loyald_that_reads_nothing_stops_being_read_and_loses_nothing)
{
    enum { COUNT = 40, BYTES = 256 * 1024 };
    char *payload = calloc(1, BYTES);
    struct message message;
    int i;

    daemon_listen(&peer, loop, scratch.socket);
    daemon_greet(&peer);
    /* 10 MiB of requests, each answered by as much; sending goes on by itself only as far as answers are not in the
     * way. */
    for (i = 0; i < COUNT; i++) {
        char header[32];
        struct strbuf out = STRBUF_INIT(2 * BYTES);
        size_t sent = 0;
        int stuck = 0;

        snprintf(header, sizeof header, "{\"id\":%d}", i);
        cr_assert_eq(frame_write(header, strlen(header), i, payload, BYTES, &out), ST_OK);
        while (sent < out.len) {
            ssize_t n = send(peer.fd, out.data + sent, out.len - sent, MSG_NOSIGNAL);

            if (n > 0) {
                sent += (size_t)n;
                stuck = 0;
                continue;
            }
            loop_step(loop, 5);
            if (++stuck == 40)
                break; /* it takes no more */
        }
        strbuf_free(&out);
        if (sent < out.len)
            break;
    }
    loop_step(loop, 5);
    cr_expect_leq(messages * BYTES, 4 * MESSAGE_PAYLOAD_MAX, "%d messages taken while none was read", messages);
    for (i = 0; i < messages; i++) {
        cr_assert(daemon_next(&peer, &message));
        cr_expect_eq(field_int(&message, "id"), i);
        cr_expect_eq(message.payload_len, BYTES);
    }
    daemon_unlisten(&peer);
    free(payload);
}
