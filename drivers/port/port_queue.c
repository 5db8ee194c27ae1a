/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/port/port_queue.h"

#include <stdlib.h>
#include <string.h>

enum status port_queue_add(struct port_queue *queue, const void *bytes, size_t len, int64_t due_ms,
                           port_done_fn *done, void *context)
{
    struct queued_write *write;

    if (queue->count >= PORT_QUEUE_WRITES_MAX || len > PORT_QUEUE_BYTES_MAX - queue->bytes)
        return ST_FULL;
    write = malloc(sizeof *write + len);
    if (!write)
        return ST_NOMEM;
    *write = (struct queued_write){.done = done, .context = context, .due_ms = due_ms, .len = len};
    if (len > 0)
        memcpy(write->bytes, bytes, len);
    if (queue->tail)
        queue->tail->next = write;
    else
        queue->head = write;
    queue->tail = write;
    queue->count++;
    queue->bytes += len;
    return ST_OK;
}

void port_queue_advance(struct port_queue *queue, size_t len)
{
    queue->head->written += len;
    queue->bytes -= len;
}

/* link points at the pointer that leads to the write. */
static struct queued_write *unlink_write(struct port_queue *queue, struct queued_write **link,
                                         struct queued_write *before)
{
    struct queued_write *write = *link;

    *link = write->next;
    if (queue->tail == write)
        queue->tail = before;
    queue->count--;
    queue->bytes -= write->len - write->written;
    write->next = NULL;
    return write;
}

struct queued_write *port_queue_take(struct port_queue *queue)
{
    return queue->head ? unlink_write(queue, &queue->head, NULL) : NULL;
}

struct queued_write *port_queue_take_due(struct port_queue *queue, int64_t now_ms)
{
    struct queued_write *before = NULL;

    for (struct queued_write **link = &queue->head; *link; link = &(*link)->next) {
        if ((*link)->due_ms <= now_ms)
            return unlink_write(queue, link, before);
        before = *link;
    }
    return NULL;
}

int64_t port_queue_next_due(const struct port_queue *queue)
{
    int64_t due_ms = INT64_MAX;

    for (const struct queued_write *write = queue->head; write; write = write->next)
        if (write->due_ms < due_ms)
            due_ms = write->due_ms;
    return due_ms;
}
