/* SPDX-License-Identifier: Apache-2.0 */
/*
 * port_io - bytes of a line that is ready: reading what comes, writing what waits, in small pieces and within its
 * time.
 */
#include "drivers/port/port_internal.h"

#include "agent/base/clock.h"

#include <stdlib.h>

enum {
    READ_BYTES_MAX = 4096,
    READS_PER_TURN = 4,
    CHUNKS_PER_TURN = 8,
    STALL_RETRY_MS = 20, /* at 9600 baud that is 19 bytes out of a buffer of thousands */
};

static void tell(struct queued_write *write, enum status st)
{
    port_done_fn *done = write->done;
    void *context = write->context;
    size_t written = write->written;

    free(write); /* first, since the writer may destroy the port */
    if (done)
        done(context, st, written);
}

void port_fail_writes(struct port *port, enum status st)
{
    struct queued_write *write;

    while ((write = port_queue_take(&port->queue)) != NULL)
        tell(write, st);
}

/* Sets watch and timer by what waits. */
static void arm(struct port *port)
{
    int64_t now_ms = loop_now_ms(port->options.loop), after_ms;
    bool writing = port->queue.head && !port->stalled;

    loop_watch_change(port->line_watch, LOOP_READABLE | (writing ? LOOP_WRITABLE : 0));
    if (!port->queue.head) {
        loop_timer_stop(port->write_timer);
        return;
    }
    after_ms = port_queue_next_due(&port->queue) - now_ms;
    if (port->stalled && after_ms > STALL_RETRY_MS)
        after_ms = STALL_RETRY_MS;
    loop_timer_set(port->write_timer, after_ms > 0 ? after_ms : 0, 0);
}

/* Reads until the line is empty or the turn is up; false when it is gone. */
static bool read_line(struct port *port, struct errmsg *err)
{
    char bytes[READ_BYTES_MAX];

    for (int i = 0; i < READS_PER_TURN && port->state == PORT_READY; i++) {
        size_t len = 0;
        enum status st = port->line.transport->read(&port->line, bytes, sizeof bytes, &len, err);

        if (st == ST_AGAIN)
            break;
        if (st != ST_OK)
            return false;
        port->bytes_in += len;
        port->heard = true;
        port->heard_mono_ms = clock_mono_ms(clock_system());
        if (port->options.on_bytes)
            port->options.on_bytes(port->options.context, bytes, len, clock_measure_ns());
    }
    return true;
}

/* Writes a few pieces; false when the line is gone. */
static bool write_line(struct port *port, struct errmsg *err)
{
    int taken_count = 0;

    for (int i = 0; i < CHUNKS_PER_TURN && port->state == PORT_READY && port->queue.head; i++) {
        struct queued_write *write = port->queue.head;
        size_t len = write->len - write->written, taken = 0;
        enum status st = ST_OK;

        if (len > PORT_CHUNK_BYTES_MAX)
            len = PORT_CHUNK_BYTES_MAX;
        if (len > 0)
            st = port->line.transport->write(&port->line, write->bytes + write->written, len, &taken, err);
        if (st == ST_AGAIN) {
            port->stalled = taken_count == 0;
            break;
        }
        if (st != ST_OK)
            return false;
        taken_count++;
        port->stalled = false;
        port->bytes_out += taken;
        port_queue_advance(&port->queue, taken);
        if (write->written == write->len)
            tell(port_queue_take(&port->queue), ST_OK);
    }
    return true;
}

/* After the line was read or written: it is watched further, or it is lost. */
static void settle(struct port *port, bool there, const struct errmsg *err)
{
    if (port->state == PORT_READY && there)
        arm(port);
    else if (port->state == PORT_READY)
        port_lose(port, err);
}

void port_on_line(void *context, int events)
{
    struct port *port = context;
    struct errmsg err = ERRMSG_INIT;
    bool there;

    port_enter(port);
    there = read_line(port, &err);
    if (there && (events & LOOP_GONE)) {
        errmsg_set(&err, "unplugged or switched off (line hung up)");
        there = false;
    }
    if (there && (events & LOOP_WRITABLE))
        there = write_line(port, &err);
    settle(port, there, &err);
    port_leave(port);
}

void port_on_write_timer(void *context)
{
    struct port *port = context;
    struct errmsg err = ERRMSG_INIT;
    struct queued_write *write;
    bool there = true;

    port_enter(port);
    while (port->state == PORT_READY &&
           (write = port_queue_take_due(&port->queue, loop_now_ms(port->options.loop))) != NULL)
        tell(write, ST_TIMEOUT);
    if (port->state == PORT_READY && port->stalled)
        there = write_line(port, &err);
    settle(port, there, &err);
    port_leave(port);
}

enum status port_write(struct port *port, const void *bytes, size_t len, int64_t timeout_ms, port_done_fn *done,
                       void *context)
{
    enum status st;

    if (timeout_ms < 1)
        return ST_INVALID;
    if (port->state != PORT_READY)
        return ST_OFFLINE;
    st = port_queue_add(&port->queue, bytes, len, loop_now_ms(port->options.loop) + timeout_ms, done, context);
    if (st == ST_OK)
        arm(port);
    return st;
}
