/* SPDX-License-Identifier: Apache-2.0 */
/* The socket between the two daemons, and loyald-sync's hello. */
#include "tests/powercut/must.h"
#include "tests/simulation/sim.h"

#include <cjson/cJSON.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { OUTPUT_MAX = 8 * 1024 * 1024 };

/* ---- the socket: these calls of the courier come here ---- */

int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags);
ssize_t __wrap_recv(int fd, void *bytes, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *bytes, size_t len, int flags);

int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags)
{
    struct sim_till *till = &sim_world()->tills[fd - WIRE_LISTEN];

    (void)address;
    (void)len;
    (void)flags;
    if (!till->knocks) {
        errno = EAGAIN;
        return -1;
    }
    till->knocks = false;
    till->open = true;
    return WIRE_OPEN + (fd - WIRE_LISTEN);
}

ssize_t __wrap_recv(int fd, void *bytes, size_t len, int flags)
{
    struct sim_till *till = &sim_world()->tills[fd - WIRE_OPEN];

    (void)flags;
    if (till->to_till.len == 0 && till->hung_up)
        return 0;
    if (till->to_till.len == 0) {
        errno = EAGAIN;
        return -1;
    }
    if (len > till->to_till.len)
        len = till->to_till.len;
    memcpy(bytes, till->to_till.data, len);
    strbuf_consume(&till->to_till, len);
    return (ssize_t)len;
}

ssize_t __wrap_send(int fd, const void *bytes, size_t len, int flags)
{
    struct sim_till *till = &sim_world()->tills[fd - WIRE_OPEN];

    (void)flags;
    if (disk_is_off(till->disk)) /* a process without power says nothing */
        return (ssize_t)len;
    if (len > FRAME_PAYLOAD_MAX)
        len = FRAME_PAYLOAD_MAX;
    must(frame_reader_feed(&till->reader, bytes, len) == ST_OK, "the courier sent more than a frame");
    wire_pump(sim_world(), till);
    return (ssize_t)len;
}

void wire_drop(struct sim_till *till)
{
    strbuf_free(&till->to_till);
    till->to_till = (struct strbuf)STRBUF_INIT(OUTPUT_MAX);
    frame_reader_clear(&till->reader);
    frame_reader_init(&till->reader);
    till->knocks = till->open = till->hung_up = false;
    carry_forget(till);
    till->generation++;
}

struct knock {
    struct sim_till *till;
    int generation;
};

void wire_put(struct sim_till *till, const struct strbuf *header, int64_t id, const char *body, size_t len)
{
    must(frame_write(strbuf_text(header), header->len, id, body, len, &till->to_till) == ST_OK, "a frame");
}

static void knock(struct sim_world *world, void *context)
{
    struct knock *knock = context;
    struct sim_till *till = knock->till;
    struct strbuf hello = STRBUF_INIT(FRAME_HEADER_MAX);

    if (!world->ended && till->up && knock->generation == till->generation) {
        strbuf_printf(&hello,
                      "{\"hello\":\"loyald-sync\",\"version\":\"0\",\"protocol\":1,\"enrolled\":true,\"dev\":\"%s\","
                      "\"behind\":%d}",
                      till->dev, COURIER_BEHIND_MAX);
        wire_put(till, &hello, 0, NULL, 0);
        till->knocks = true;
        loop_tell(till->loop, WIRE_LISTEN + (int)(till - world->tills));
        loop_tell(till->loop, WIRE_OPEN + (int)(till - world->tills));
    }
    strbuf_free(&hello);
    free(knock);
}

void wire_knock(struct sim_world *world, struct sim_till *till, int64_t after_ms)
{
    struct knock *one = must_alloc(sizeof *one);

    *one = (struct knock){till, till->generation};
    sim_after(world, after_ms, knock, one);
}

void wire_pump(struct sim_world *world, struct sim_till *till)
{
    struct message message;
    struct errmsg err = ERRMSG_INIT;

    while (frame_reader_next(&till->reader, &message, &err) == ST_OK) {
        if (cJSON_HasObjectItem(message.header, "op"))
            carry_take(world, till, &message);
    }
}
