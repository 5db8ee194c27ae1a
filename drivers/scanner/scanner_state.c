/* SPDX-License-Identifier: Apache-2.0 */
/* scanner_state - how the device is, from its line, its dialogue and what can be read of it. */
#include "drivers/scanner/scanner_internal.h"

#include "agent/base/clock.h"
#include "agent/net/loop.h"

#include <string.h>

static enum device_state state_of_ready(const struct scanner *scanner)
{
    if (scanner->reader.health == READER_PROBING)
        return DEVICE_PROBING;
    if (scanner->reader.health == READER_DEGRADED || scanner->unreadable >= SCANNER_UNREADABLE_MAX)
        return DEVICE_DEGRADED;
    return DEVICE_READY;
}

/* The one place where the state changes. */
static void settle(struct scanner *scanner)
{
    enum device_state state;
    struct port_status port;

    port_status(scanner->port, &port);
    state = port.state == PORT_READY ? state_of_ready(scanner) : device_state_of_line(port.state);
    if (port.state != PORT_READY)
        scanner->unreadable = 0;
    if (state == scanner->state)
        return;
    scanner->state = state;
    scanner->since_mono_ms = clock_mono_ms(clock_system());
}

void scanner_await(struct scanner *scanner)
{
    int64_t after_ms;

    if (scanner->destroyed)
        return;
    settle(scanner);
    after_ms = scanner->reader.due_ms - loop_now_ms(scanner->options.loop);
    if (scanner->reader.due_ms == 0)
        loop_timer_stop(scanner->due_timer);
    else
        loop_timer_set(scanner->due_timer, after_ms > 0 ? after_ms : 0, 0);
}

void scanner_on_due(void *context)
{
    struct scanner *scanner = context;

    scanner_enter(scanner);
    reader_tick(&scanner->reader, loop_now_ms(scanner->options.loop));
    scanner_await(scanner);
    scanner_leave(scanner);
}

void scanner_note_readable(struct scanner *scanner)
{
    scanner->unreadable = 0;
}

void scanner_note_unreadable(struct scanner *scanner, const char *why)
{
    size_t len = strnlen(why, sizeof scanner->unreadable_why - 1);

    if (scanner->unreadable < SCANNER_UNREADABLE_MAX)
        scanner->unreadable++;
    memcpy(scanner->unreadable_why, why, len);
    scanner->unreadable_why[len] = '\0';
}

static const char *reason(const struct scanner *scanner, const struct port_status *port)
{
    switch (scanner->state) {
    case DEVICE_READY:
        return "";
    case DEVICE_PROBING:
        return scanner->reader.why;
    case DEVICE_DEGRADED:
        return scanner->reader.health == READER_DEGRADED ? scanner->reader.why : scanner->unreadable_why;
    case DEVICE_ABSENT:
    case DEVICE_OPENING:
    case DEVICE_LOST:
        break;
    }
    return port->reason;
}

void scanner_status(const struct scanner *scanner, struct scanner_status *out_status)
{
    size_t len;
    const char *why;

    *out_status = scanner->counts;
    port_status(scanner->port, &out_status->port);
    out_status->state = scanner->state;
    out_status->since_mono_ms = scanner->since_mono_ms ? scanner->since_mono_ms : out_status->port.since_mono_ms;
    out_status->resent_count = scanner->reader.resent_count;
    why = reason(scanner, &out_status->port);
    len = strnlen(why, sizeof out_status->reason - 1);
    memcpy(out_status->reason, why, len);
    out_status->reason[len] = '\0';
    memcpy(out_status->device, scanner->reader.device, sizeof out_status->device);
}
