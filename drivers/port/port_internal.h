/* SPDX-License-Identifier: Apache-2.0 */
/* port_internal - a port's inside, shared by port.c (state) and port_io.c (bytes). */
#ifndef LOYALD_PORT_PORT_INTERNAL_H
#define LOYALD_PORT_PORT_INTERNAL_H

#include "agent/net/loop.h"
#include "drivers/port/port.h"
#include "drivers/port/port_queue.h"
#include "drivers/port/port_watch.h"
#include "drivers/port/transport.h"

#include <stdbool.h>

struct port {
    struct port_options options; /* its strings are not kept: see below */
    char name[PORT_NAME_BYTES_MAX];
    char uri_text[PORT_URI_BYTES_MAX];
    struct port_uri uri;

    enum port_state state;
    int64_t since_mono_ms;
    char reason[PORT_REASON_BYTES_MAX];
    uint64_t bytes_in, bytes_out;
    uint32_t open_count, lost_count;
    int64_t heard_mono_ms; /* of the last bytes that came; 0: never */

    /* Away. */
    struct loop_timer *open_timer;
    int64_t open_due_ms;             /* of the loop's time */
    int64_t backoff_ms;              /* the wait after the next try that fails */
    struct port_watch *folder_watch; /* NULL while ready, or without inotify */

    /* Ready. */
    struct port_line line;
    struct loop_watch *line_watch;
    bool connecting; /* the line is being opened; open_timer is its deadline */
    struct port_queue queue;
    struct loop_timer *write_timer;
    int64_t ready_ms; /* of the loop's time */
    bool heard;       /* bytes came since it was opened */
    bool stalled;     /* the line said writable and took nothing: only write_timer tries again */

    /* What was said of the present outage. */
    int fault_lines;
    int64_t fault_ms; /* of the last line, of the loop's time */
    bool back_said;

    int depth; /* callbacks under way; a destroyed port is freed when the outermost one ends */
    bool destroyed;
};

/* Bracket every entry from the loop. */
void port_enter(struct port *port);
void port_leave(struct port *port);
/* Closes a line that is gone; reason in err. */
void port_lose(struct port *port, const struct errmsg *err);

/* Callbacks of the ready line's watch and of write_timer. */
void port_on_line(void *context, int events);
void port_on_write_timer(void *context);
/* Takes every write out of the queue and tells its writer. */
void port_fail_writes(struct port *port, enum status st);

#endif
