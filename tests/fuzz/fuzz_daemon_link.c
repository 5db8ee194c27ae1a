/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What loyald-sync reads from the socket of loyald: a real client, of a till that is not enrolled and has no central,
 * is sent the input over a real socket. 'h' as the first byte: the input has to say hello by itself. Whatever comes,
 * the client says hello first, goes on, and writes nothing into its state directory.
 */
#include "agent/base/json.h"
#include "agent/net/loop.h"
#include "sync/client/client.h"
#include "sync/protocol/frame.h"
#include "tests/fuzz/till_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { INPUT_BYTES_MAX = 200 * 1024, TURNS_MAX = 2000, QUIET_TURNS = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct loop *loop;
static int listening = -1;
static char socket_path[100];

static void end(void)
{
    loop_destroy(loop);
    (void)close(listening);
    (void)unlink(socket_path);
}

static void begin(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    till_set_begin();
    (void)snprintf(socket_path, sizeof socket_path, "%s.sock", till_set_dir());
    memcpy(address.sun_path, socket_path, sizeof socket_path);
    listening = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    must(listening >= 0 && bind(listening, (struct sockaddr *)&address, sizeof address) == 0);
    must(listen(listening, 4) == 0 && loop_create(&loop, NULL) == ST_OK && atexit(end) == 0);
}

static struct client *open_client(void)
{
    struct client_options options = {
        .loop = loop, .url = "", .ca_file = "", .proxy = "", .socket_path = socket_path, .state_dir = till_set_dir()};
    struct client *client = NULL;

    must(client_create(&options, &client, NULL) == ST_OK);
    return client;
}

/* The connection, its hello read. */
static int greeted(void)
{
    struct frame_reader reader;
    struct message message;
    struct errmsg err = ERRMSG_INIT;
    char piece[4096];
    const char *name;
    ssize_t got;
    int fd = -1;

    for (int turn = 0; turn < TURNS_MAX && (fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC)) < 0; turn++)
        loop_step(loop, 10);
    must(fd >= 0);
    frame_reader_init(&reader);
    while (frame_reader_next(&reader, &message, &err) == ST_AGAIN) {
        loop_step(loop, 0);
        got = recv(fd, piece, sizeof piece, MSG_DONTWAIT);
        must(got != 0);
        if (got > 0)
            must(frame_reader_feed(&reader, piece, (size_t)got) == ST_OK);
    }
    must(json_text(message.header, "hello", 32, &name, NULL) == ST_OK && strcmp(name, "loyald-sync") == 0);
    frame_reader_clear(&reader);
    return fd;
}

/* Until it has taken all, or has hung up; what it says meanwhile is read away. */
static void say(int fd, const void *bytes, size_t len)
{
    static char piece[64 * 1024];
    const char *at = bytes;
    ssize_t got = -1;

    for (int turn = 0; turn < TURNS_MAX && len > 0 && got != 0; turn++) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL | MSG_DONTWAIT);

        at += sent > 0 ? sent : 0;
        len -= sent > 0 ? (size_t)sent : 0;
        loop_step(loop, 0);
        while ((got = recv(fd, piece, sizeof piece, MSG_DONTWAIT)) > 0)
            ;
    }
    for (int turn = 0; turn < QUIET_TURNS; turn++)
        loop_step(loop, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char hello[] =
        "{\"hello\":\"loyald\",\"version\":\"1\",\"protocol\":1,\"dev\":\"" TILL_SET_DEV "\"}";
    struct strbuf frame = STRBUF_INIT(FRAME_HEADER_MAX);
    struct client *client;
    uint64_t files;
    int fd;

    if (size < 1 || size > INPUT_BYTES_MAX)
        return 0;
    if (!loop)
        begin();
    files = till_set_digest();
    client = open_client();
    fd = greeted();
    must(frame_write(hello, sizeof hello - 1, 0, NULL, 0, &frame) == ST_OK);
    if (data[0] != 'h')
        say(fd, frame.data, frame.len);
    say(fd, data + 1, size - 1);
    (void)close(fd);
    loop_step(loop, 0);
    must(till_set_digest() == files);
    client_destroy(client);
    loop_step(loop, 0);
    strbuf_free(&frame);
    return 0;
}
