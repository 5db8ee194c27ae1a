/* SPDX-License-Identifier: Apache-2.0 */
/* port_fixture - a loop, a pty with a link in a folder of its own, a port on it, and what the port told. */
#ifndef LOYALD_TESTS_PORT_FIXTURE_H
#define LOYALD_TESTS_PORT_FIXTURE_H

#include "agent/net/loop.h"
#include "drivers/port/port.h"
#include "drivers/sim/sim_pty.h"

#include <stdbool.h>

enum { FIXTURE_BYTES_MAX = 256 * 1024, FIXTURE_STATES_MAX = 64, FIXTURE_WAIT_MS = 10 * 1000 };

struct port_fixture {
    struct loop *loop;
    char folder[64], link[96], uri[256];
    struct sim_pty pty;
    struct port *port;
    unsigned char heard[FIXTURE_BYTES_MAX]; /* by the port */
    size_t heard_len;
    int64_t heard_ns;
    enum port_state states[FIXTURE_STATES_MAX];
    int state_count;
};

/* Makes loop and folder; settings is what stands after the path, such as "?flow=none". */
void fixture_init(struct port_fixture *f, const char *scheme, const char *settings);
void fixture_clear(struct port_fixture *f);
void fixture_plug(struct port_fixture *f);
void fixture_unplug(struct port_fixture *f);
void fixture_create(struct port_fixture *f);

/* Turns the loop until the condition holds; false when FIXTURE_WAIT_MS are over. */
bool fixture_until(struct port_fixture *f, bool (*holds)(void *context), void *context);
bool fixture_until_state(struct port_fixture *f, enum port_state state);
bool fixture_until_heard(struct port_fixture *f, size_t len);
/* Reads from the device's end what the port wrote, until len bytes came. */
bool fixture_device_reads(struct port_fixture *f, unsigned char *out_bytes, size_t len);
void fixture_device_writes(struct port_fixture *f, const void *bytes, size_t len);

#endif
