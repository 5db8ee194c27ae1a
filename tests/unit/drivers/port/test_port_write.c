/* SPDX-License-Identifier: Apache-2.0 */
/* Writing to a port: in order, told once each, never for ever. */
#include "tests/unit/drivers/port/port_fixture.h"

#include "agent/base/clock.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct port_fixture f;
static unsigned char page[PORT_QUEUE_BYTES_MAX], printed[PORT_QUEUE_BYTES_MAX];

/* What became of one write. */
struct outcome {
    int calls;
    enum status st;
    size_t written;
    int order;
};
static struct outcome outcomes[PORT_QUEUE_WRITES_MAX + 1];
static int told;

static void on_done(void *context, enum status st, size_t written)
{
    struct outcome *outcome = context;

    *outcome = (struct outcome){.calls = outcome->calls + 1, .st = st, .written = written, .order = told++};
}

static bool is_told(void *context)
{
    const struct outcome *outcome = context;

    return outcome->calls > 0;
}

static void setup(void)
{
    for (size_t i = 0; i < sizeof page; i++)
        page[i] = (unsigned char)(i * 31 + i / 256);
    fixture_init(&f, "tty", "");
    fixture_plug(&f);
    fixture_create(&f);
    cr_assert(fixture_until_state(&f, PORT_READY));
}

static void teardown(void)
{
    fixture_clear(&f);
}

Test(port_write, sends_whole_pages_in_order, .init = setup, .fini = teardown)
{
    const size_t first = 40000, second = 20000;
    struct port_status status;

    cr_assert_eq(port_write(f.port, page, first, 5000, on_done, &outcomes[0]), ST_OK);
    cr_assert_eq(port_write(f.port, NULL, 0, 5000, on_done, &outcomes[1]), ST_OK);
    cr_assert_eq(port_write(f.port, page + first, second, 5000, on_done, &outcomes[2]), ST_OK);
    cr_expect_eq(told, 0, "never from within port_write");
    port_status(f.port, &status);
    cr_expect_eq(status.queued_bytes, first + second);
    cr_assert(fixture_device_reads(&f, printed, first + second));
    cr_expect_arr_eq(printed, page, first + second);
    cr_assert(fixture_until(&f, is_told, &outcomes[2]));
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(outcomes[i].calls, 1);
        cr_expect_eq(outcomes[i].st, ST_OK);
        cr_expect_eq(outcomes[i].order, i);
    }
    cr_expect_eq(outcomes[0].written, first);
    port_status(f.port, &status);
    cr_expect_eq(status.bytes_out, first + second);
    cr_expect_eq(status.queued_bytes, 0u);
}

Test(port_write, gives_up_on_a_stalled_device_and_stays_ready, .init = setup, .fini = teardown)
{
    int64_t begun_ns = clock_measure_ns(), took_ms;
    struct port_status status;
    char byte = 'x', got[1];

    /* Nobody reads: a pty takes a dozen kilobytes or so, then nothing. */
    cr_assert_eq(port_write(f.port, page, 60000, 300, on_done, &outcomes[0]), ST_OK);
    cr_assert(fixture_until(&f, is_told, &outcomes[0]));
    /* The loop counts whole milliseconds, from its last turn. */
    took_ms = (clock_measure_ns() - begun_ns) / 1000000;
    cr_expect_eq(outcomes[0].st, ST_TIMEOUT);
    cr_expect(outcomes[0].written > 0 && outcomes[0].written < 60000, "%zu", outcomes[0].written);
    cr_expect(took_ms >= 290 && took_ms < 3000, "%d ms", (int)took_ms);
    port_status(f.port, &status);
    cr_expect_eq(status.state, PORT_READY);
    cr_expect_eq(status.queued_bytes, 0u);

    /* The device reads on: what it gets is exactly what was said to be written, then the next write. */
    cr_assert_eq(port_write(f.port, &byte, 1, 5000, on_done, &outcomes[1]), ST_OK);
    cr_assert(fixture_device_reads(&f, printed, outcomes[0].written));
    cr_expect_arr_eq(printed, page, outcomes[0].written);
    cr_assert(fixture_device_reads(&f, (unsigned char *)got, 1));
    cr_expect_eq(got[0], 'x');
    cr_assert(fixture_until(&f, is_told, &outcomes[1]));
    cr_expect_eq(outcomes[1].st, ST_OK);
    cr_expect_eq(outcomes[0].calls, 1);
}

/* Counts turns of the loop that had something to do while a write is stalled. */
Test(port_write, does_not_spin_on_a_stalled_device, .init = setup, .fini = teardown)
{
    int turns = 0;

    cr_assert_eq(port_write(f.port, page, 60000, 1000, on_done, &outcomes[0]), ST_OK);
    while (outcomes[0].calls == 0) {
        loop_step(f.loop, 1000);
        turns++;
    }
    cr_expect_lt(turns, 300, "%d turns in a second", turns);
}

Test(port_write, refuses_beyond_its_bounds, .init = setup, .fini = teardown)
{
    int taken = 0;

    cr_expect_eq(port_write(f.port, page, 1, 0, on_done, &outcomes[0]), ST_INVALID);
    for (int i = 0; i < PORT_QUEUE_WRITES_MAX; i++)
        cr_assert_eq(port_write(f.port, page, 1, 5000, on_done, &outcomes[i]), ST_OK);
    cr_expect_eq(port_write(f.port, page, 1, 5000, on_done, &outcomes[PORT_QUEUE_WRITES_MAX]), ST_FULL);
    cr_assert(fixture_device_reads(&f, printed, PORT_QUEUE_WRITES_MAX));
    cr_assert(fixture_until(&f, is_told, &outcomes[PORT_QUEUE_WRITES_MAX - 1]));
    cr_expect_eq(port_write(f.port, page, PORT_QUEUE_BYTES_MAX, 5000, NULL, NULL), ST_OK);
    cr_expect_eq(port_write(f.port, page, 1, 5000, on_done, &outcomes[PORT_QUEUE_WRITES_MAX]), ST_FULL);
    cr_expect_eq(outcomes[PORT_QUEUE_WRITES_MAX].calls, 0);
    for (int i = 0; i < PORT_QUEUE_WRITES_MAX; i++)
        taken += outcomes[i].calls == 1 && outcomes[i].st == ST_OK;
    cr_expect_eq(taken, PORT_QUEUE_WRITES_MAX);
}

Test(port_write, tells_all_that_waits_when_the_device_goes, .init = setup, .fini = teardown)
{
    cr_assert_eq(port_write(f.port, page, 50000, 60000, on_done, &outcomes[0]), ST_OK);
    cr_assert_eq(port_write(f.port, page, 10, 60000, on_done, &outcomes[1]), ST_OK);
    for (int i = 0; i < 20; i++)
        loop_step(f.loop, 1);
    cr_assert_eq(outcomes[0].calls, 0);
    fixture_unplug(&f);
    cr_assert(fixture_until_state(&f, PORT_LOST));
    for (int i = 0; i < 2; i++) {
        cr_expect_eq(outcomes[i].calls, 1);
        cr_expect_eq(outcomes[i].st, ST_OFFLINE);
    }
    cr_expect(outcomes[0].written > 0 && outcomes[0].written < 50000);
    cr_expect_eq(outcomes[1].written, 0u);
    cr_expect_eq(port_write(f.port, page, 10, 60000, on_done, &outcomes[2]), ST_OFFLINE);
}

Test(port_write, tells_all_that_waits_when_destroyed, .init = setup, .fini = teardown)
{
    cr_assert_eq(port_write(f.port, page, 50000, 60000, on_done, &outcomes[0]), ST_OK);
    port_destroy(f.port);
    f.port = NULL;
    cr_expect_eq(outcomes[0].calls, 1);
    cr_expect_eq(outcomes[0].st, ST_OFFLINE);
}

static void destroy_when_done(void *context, enum status st, size_t written)
{
    on_done(context, st, written);
    port_destroy(f.port);
    f.port = NULL;
}

Test(port_write, may_be_destroyed_by_done, .init = setup, .fini = teardown)
{
    cr_assert_eq(port_write(f.port, page, 3, 5000, destroy_when_done, &outcomes[0]), ST_OK);
    cr_assert_eq(port_write(f.port, page, 3, 5000, on_done, &outcomes[1]), ST_OK);
    cr_assert(fixture_until(&f, is_told, &outcomes[1]));
    cr_expect_eq(outcomes[0].st, ST_OK);
    cr_expect_eq(outcomes[1].st, ST_OFFLINE);
}

static void write_again(void *context, enum status st, size_t written)
{
    struct outcome *outcome = context;

    on_done(outcome, st, written);
    if (outcome - outcomes < 4)
        cr_expect_eq(port_write(f.port, page, 3, 5000, write_again, outcome + 1), ST_OK);
}

Test(port_write, takes_the_next_write_from_done, .init = setup, .fini = teardown)
{
    cr_assert_eq(port_write(f.port, page, 3, 5000, write_again, &outcomes[0]), ST_OK);
    cr_assert(fixture_until(&f, is_told, &outcomes[4]));
    cr_assert(fixture_device_reads(&f, printed, 15));
}

/* Both ways at once, in pieces of random length. */
Test(port_write, loses_nothing_both_ways, .init = setup, .fini = teardown)
{
    const char *fixed = getenv("LOYALD_TEST_SEED");
    unsigned seed = fixed ? (unsigned)strtoul(fixed, NULL, 10) : (unsigned)clock_measure_ns();
    size_t sent = 0, got = 0, said = 0;

    cr_log_info("seed %u", seed);
    while (got < sizeof page || f.heard_len < sizeof page) {
        size_t piece = 1 + (size_t)rand_r(&seed) % 3000;
        ssize_t len = read(f.pty.fd, printed + got, sizeof printed - got);

        if (len > 0)
            got += (size_t)len;
        if (sent < sizeof page) {
            if (piece > sizeof page - sent)
                piece = sizeof page - sent;
            if (port_write(f.port, page + sent, piece, 10000, NULL, NULL) == ST_OK)
                sent += piece;
        }
        if (said < sizeof page) {
            piece = 1 + (size_t)rand_r(&seed) % 3000;
            len = write(f.pty.fd, page + said, piece < sizeof page - said ? piece : sizeof page - said);
            if (len > 0)
                said += (size_t)len;
        }
        loop_step(f.loop, 1);
    }
    cr_expect_arr_eq(printed, page, sizeof page);
    cr_expect_arr_eq(f.heard, page, sizeof page);
}
