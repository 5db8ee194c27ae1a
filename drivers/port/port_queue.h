/* SPDX-License-Identifier: Apache-2.0 */
/*
 * port_queue - what waits to be written to a line: copies, in order, each with its due time. Inside drivers/port
 * only.
 *
 * Bounded by PORT_QUEUE_BYTES_MAX and PORT_QUEUE_WRITES_MAX; the queue calls nobody, its owner tells the writers.
 */
#ifndef LOYALD_PORT_PORT_QUEUE_H
#define LOYALD_PORT_PORT_QUEUE_H

#include "drivers/port/port.h"

struct queued_write {
    struct queued_write *next;
    port_done_fn *done; /* may be NULL */
    void *context;
    int64_t due_ms; /* of the loop's time */
    size_t len, written;
    uint8_t bytes[];
};

struct port_queue {
    struct queued_write *head, *tail;
    size_t count;
    size_t bytes; /* not yet written */
};

/* Copies. ST_FULL at a bound, ST_NOMEM. */
enum status port_queue_add(struct port_queue *queue, const void *bytes, size_t len, int64_t due_ms,
                           port_done_fn *done, void *context);
/* Notes that the first len bytes of what is left of the head were written. */
void port_queue_advance(struct port_queue *queue, size_t len);
/* Returns owned the head (free()); NULL when the queue is empty. */
struct queued_write *port_queue_take(struct port_queue *queue);
/* Returns owned the first write that is due; NULL when none is. */
struct queued_write *port_queue_take_due(struct port_queue *queue, int64_t now_ms);
/* The earliest due time, INT64_MAX when the queue is empty. */
int64_t port_queue_next_due(const struct port_queue *queue);

#endif
