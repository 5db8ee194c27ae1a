/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What loyald reads from the socket of loyald-sync: a real courier on a real socket, with questions under way, is
 * sent the input; every question must be answered exactly once. Before that, the frames alone: cut into bytes they
 * must give the same messages as whole.
 */
#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/link/courier.h"
#include "agent/net/loop.h"
#include "agent/till/identity.h"
#include "sync/protocol/frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { INPUT_BYTES_MAX = 200 * 1024, QUESTIONS = 3, TURNS_MAX = 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds)
{
    if (!holds)
        abort();
}

/* ---- frames ---- */

struct tally {
    size_t messages, payload;
    enum status st;
};

static struct tally read_frames(const uint8_t *data, size_t size, size_t chunk)
{
    struct tally tally = {.st = ST_AGAIN};
    struct frame_reader reader;
    struct message message;
    struct errmsg err = ERRMSG_INIT;

    frame_reader_init(&reader);
    for (size_t at = 0; at < size && tally.st == ST_AGAIN; at += chunk) {
        must(frame_reader_feed(&reader, data + at, size - at < chunk ? size - at : chunk) == ST_OK);
        while ((tally.st = frame_reader_next(&reader, &message, &err)) == ST_OK) {
            must(message.header && message.payload_len <= MESSAGE_PAYLOAD_MAX);
            tally.messages++;
            tally.payload += message.payload_len;
        }
        must(tally.st == ST_AGAIN || (tally.st == ST_INVALID && err.text[0]));
    }
    frame_reader_clear(&reader);
    return tally;
}

/* ---- the courier ---- */

static int answers[QUESTIONS];

static void answered(void *context, const struct courier_answer *answer)
{
    must(answer->body != NULL && (answer->outcome != COURIER_ANSWERED || answer->mac_prefix_len > 0));
    must(answer->outcome == COURIER_ANSWERED || answer->text);
    ++*(int *)context;
}

static void link_changed(void *context, bool up, const char *text)
{
    (void)context;
    (void)up;
    must(text != NULL);
}

static int dial(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    must(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    return fd;
}

/* Until the courier has taken all, or has hung up. */
static void say(struct loop *loop, int fd, const void *bytes, size_t len)
{
    const char *at = bytes;

    for (int turn = 0; turn < TURNS_MAX && len > 0; turn++) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent > 0) {
            at += sent;
            len -= (size_t)sent;
        }
        loop_step(loop, 0);
    }
    loop_step(loop, 0);
}

static void run(struct loop *loop, struct identity *identity, const char *path, const uint8_t *data, size_t size)
{
    static const char hello[] = "{\"hello\":\"loyald-sync\",\"version\":\"1\"}";
    static const enum operation asked[QUESTIONS] = {OP_MEMBER, OP_ENROL, OP_JOURNAL};
    struct strbuf frame = STRBUF_INIT(FRAME_HEADER_MAX);
    struct courier_options options = {.loop = loop, .clock = clock_system(), .identity = identity, .socket_path = path,
                                      .socket_mode = 0600, .link_changed = link_changed};
    struct courier *courier = NULL;
    int fd;

    must(courier_create(&options, &courier, NULL) == ST_OK);
    fd = dial(path);
    must(frame_write(hello, sizeof hello - 1, 0, NULL, 0, &frame) == ST_OK);
    if (size > 0 && data[0] != 'h') /* 'h': the input has to say hello by itself */
        say(loop, fd, frame.data, frame.len);
    strbuf_free(&frame);
    memset(answers, 0, sizeof answers);
    for (int i = 0; i < QUESTIONS; i++)
        courier_ask(courier, asked[i], NULL, "x", 1, 60 * 1000, answered, &answers[i]);
    say(loop, fd, data + (size > 0), size - (size > 0));
    (void)close(fd);
    for (int turn = 0; turn < TURNS_MAX && courier_is_connected(courier); turn++)
        loop_step(loop, 10);
    courier_destroy(courier);
    loop_step(loop, 0);
    for (int i = 0; i < QUESTIONS; i++)
        must(answers[i] == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct loop *loop; /* one for the whole run */
    static struct identity identity = {.dev = 0xd1, .epoch = 0xe1, .enrolled = true};
    static char path[64];
    struct tally whole, bytes;

    if (size > INPUT_BYTES_MAX)
        return 0;
    if (!loop) {
        log_set_level(LOG_LEVEL_ERROR);
        must(loop_create(&loop, NULL) == ST_OK);
        (void)snprintf(path, sizeof path, "/tmp/loyald-fuzz-%ld.sock", (long)getpid());
    }
    whole = read_frames(data + (size > 0), size - (size > 0), 64 * 1024);
    bytes = read_frames(data + (size > 0), size - (size > 0), 1);
    must(whole.messages == bytes.messages && whole.payload == bytes.payload && whole.st == bytes.st);
    run(loop, &identity, path, data, size);
    return 0;
}
