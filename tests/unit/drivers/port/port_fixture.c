/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/drivers/port/port_fixture.h"

#include "agent/base/clock.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void on_bytes(void *context, const void *bytes, size_t len, int64_t received_ns)
{
    struct port_fixture *f = context;

    cr_assert_leq(f->heard_len + len, sizeof f->heard);
    memcpy(f->heard + f->heard_len, bytes, len);
    f->heard_len += len;
    f->heard_ns = received_ns;
}

static void on_state(void *context, enum port_state state)
{
    struct port_fixture *f = context;

    cr_assert_lt(f->state_count, FIXTURE_STATES_MAX);
    f->states[f->state_count++] = state;
}

void fixture_init(struct port_fixture *f, const char *scheme, const char *settings)
{
    struct errmsg err = ERRMSG_INIT;

    memset(f, 0, sizeof *f);
    f->pty = (struct sim_pty)SIM_PTY_INIT;
    (void)strcpy(f->folder, "/tmp/loyald-port-XXXXXX");
    cr_assert_not_null(mkdtemp(f->folder));
    (void)snprintf(f->link, sizeof f->link, "%s/device", f->folder);
    (void)snprintf(f->uri, sizeof f->uri, "%s:%s%s", scheme, f->link, settings);
    cr_assert_eq(loop_create(&f->loop, &err), ST_OK, "%s", err.text);
}

void fixture_clear(struct port_fixture *f)
{
    port_destroy(f->port);
    sim_pty_unplug(&f->pty);
    loop_destroy(f->loop);
    (void)unlink(f->link);
    cr_expect_eq(rmdir(f->folder), 0, "%s: %s", f->folder, strerror(errno));
}

void fixture_plug(struct port_fixture *f)
{
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(sim_pty_plug(&f->pty, f->link, &err), ST_OK, "%s", err.text);
}

void fixture_unplug(struct port_fixture *f)
{
    sim_pty_unplug(&f->pty);
}

void fixture_create(struct port_fixture *f)
{
    struct port_options options = {
        .uri = f->uri, .loop = f->loop, .name = "device", .on_bytes = on_bytes, .on_state = on_state, .context = f};
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(port_create(&options, &f->port, &err), ST_OK, "%s", err.text);
    cr_assert_eq(f->state_count, 0, "no callback from within port_create");
}

bool fixture_until(struct port_fixture *f, bool (*holds)(void *context), void *context)
{
    int64_t end_ns = clock_measure_ns() + FIXTURE_WAIT_MS * INT64_C(1000000);

    while (!holds(context)) {
        if (clock_measure_ns() > end_ns)
            return false;
        loop_step(f->loop, 100);
    }
    return true;
}

struct goal {
    struct port_fixture *f;
    enum port_state state;
    size_t len;
};

static bool in_state(void *context)
{
    struct goal *goal = context;
    struct port_status status;

    port_status(goal->f->port, &status);
    return status.state == goal->state;
}

static bool has_heard(void *context)
{
    struct goal *goal = context;

    return goal->f->heard_len >= goal->len;
}

bool fixture_until_state(struct port_fixture *f, enum port_state state)
{
    return fixture_until(f, in_state, &(struct goal){.f = f, .state = state});
}

bool fixture_until_heard(struct port_fixture *f, size_t len)
{
    return fixture_until(f, has_heard, &(struct goal){.f = f, .len = len});
}

bool fixture_device_reads(struct port_fixture *f, unsigned char *out_bytes, size_t len)
{
    int64_t end_ns = clock_measure_ns() + FIXTURE_WAIT_MS * INT64_C(1000000);
    size_t got = 0;

    while (got < len && clock_measure_ns() < end_ns) {
        ssize_t more = read(f->pty.fd, out_bytes + got, len - got);

        if (more > 0)
            got += (size_t)more;
        else
            loop_step(f->loop, 5);
    }
    return got == len;
}

void fixture_device_writes(struct port_fixture *f, const void *bytes, size_t len)
{
    size_t done = 0;

    while (done < len) {
        ssize_t taken = write(f->pty.fd, (const char *)bytes + done, len - done);

        if (taken > 0)
            done += (size_t)taken;
        else
            cr_assert(taken < 0 && errno == EAGAIN, "%s", strerror(errno));
        loop_step(f->loop, 0);
    }
}
