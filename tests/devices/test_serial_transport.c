/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The transport through libserialport, on a pty that a preloaded shim (serial_shim.c) makes it take for a serial
 * line: above all, that what version 0.1.1 gets wrong is right in the end.
 */
#include "tests/unit/drivers/port/port_fixture.h"

#include "agent/base/clock.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct port_fixture f;
static unsigned char page[60000], printed[60000];

static void *shim(const char *name)
{
    void *symbol = dlsym(RTLD_DEFAULT, name);

    cr_assert_not_null(symbol, "%s: the shim is not preloaded; run this through ctest", name);
    return symbol;
}

static void begin(const char *settings)
{
    for (size_t i = 0; i < sizeof page; i++)
        page[i] = (unsigned char)(i * 31 + i / 256);
    (void)shim("serial_shim_lookups");
    fixture_init(&f, "serial", settings);
    fixture_plug(&f);
    fixture_create(&f);
}

static void begin_ready(const char *settings)
{
    struct port_status status;

    begin(settings);
    if (!fixture_until_state(&f, PORT_READY)) {
        port_status(f.port, &status);
        cr_assert_fail("%s: %s", port_state_text(status.state), status.reason);
    }
    cr_assert_gt(atomic_load((atomic_int *)shim("serial_shim_lookups")), 0, "libserialport was not asked");
}

static void teardown(void)
{
    fixture_clear(&f);
}

static struct termios settings_now(void)
{
    struct termios settings;

    cr_assert_eq(tcgetattr(f.pty.other_fd, &settings), 0);
    return settings;
}

static struct port_status status_now(void)
{
    struct port_status status;

    port_status(f.port, &status);
    return status;
}

TestSuite(serial_transport, .fini = teardown);

Test(serial_transport, carries_every_byte_both_ways)
{
    struct termios settings;

    begin_ready("?strict=1&baud=115200");
    fixture_device_writes(&f, page, 1024);
    cr_assert(fixture_until_heard(&f, 1024));
    cr_expect_arr_eq(f.heard, page, 1024);
    cr_assert_eq(port_write(f.port, page, 40000, 10000, NULL, NULL), ST_OK);
    cr_assert(fixture_device_reads(&f, printed, 40000));
    cr_expect_arr_eq(printed, page, 40000);
    settings = settings_now();
    cr_expect_eq(cfgetospeed(&settings), (speed_t)B115200);
}

Test(serial_transport, has_rts_cts_really_on)
{
    begin_ready("?strict=1&flow=rtscts");
    cr_expect(settings_now().c_cflag & CRTSCTS);
    cr_expect_eq(settings_now().c_iflag & (IXON | IXOFF | IXANY), 0u);
}

Test(serial_transport, has_xon_xoff_without_ixany)
{
    begin_ready("?strict=1&flow=xonxoff");
    cr_expect_eq(settings_now().c_iflag & (IXON | IXOFF), (tcflag_t)(IXON | IXOFF));
    cr_expect_eq(settings_now().c_iflag & IXANY, 0u);
    cr_expect_not(settings_now().c_cflag & CRTSCTS);
}

Test(serial_transport, leaves_no_flow_control_on_when_none_is_asked)
{
    begin_ready("?strict=1");
    cr_expect_eq(settings_now().c_iflag & (IXON | IXOFF | IXANY), 0u);
    cr_expect_not(settings_now().c_cflag & CRTSCTS);
    cr_expect_not(settings_now().c_cflag & HUPCL);
    cr_expect_eq(settings_now().c_lflag & (ICANON | ECHO | ISIG), 0u);
    cr_expect_eq(settings_now().c_cc[VMIN], 1);
}

Test(serial_transport, refuses_to_go_without_the_flow_control_asked_for)
{
    atomic_store((atomic_uint *)shim("serial_shim_forgotten_cflag"), CRTSCTS);
    begin("?strict=1&flow=rtscts");
    cr_assert(fixture_until_state(&f, PORT_OPENING));
    cr_expect(strstr(status_now().reason, "does not do RTS/CTS"), "%s", status_now().reason);
    /* The device learns it: the port asks again by itself. */
    atomic_store((atomic_uint *)shim("serial_shim_forgotten_cflag"), 0);
    cr_expect(fixture_until_state(&f, PORT_READY));
}

Test(serial_transport, says_when_other_settings_are_not_kept)
{
    atomic_store((atomic_uint *)shim("serial_shim_forgotten_iflag"), IXOFF);
    begin("?strict=1&flow=xonxoff");
    cr_assert(fixture_until_state(&f, PORT_OPENING));
    cr_expect(strstr(status_now().reason, "did not take its settings"), "%s", status_now().reason);
}

/* The descriptors of this process that lead to the pty, but for the fixture's own. */
static int find_fd(void)
{
    char name[64], path[64], target[64];
    DIR *folder = opendir("/proc/self/fd");
    struct dirent *entry;
    int found = -1;

    cr_assert_not_null(folder);
    cr_assert_eq(ptsname_r(f.pty.fd, name, sizeof name), 0);
    while ((entry = readdir(folder)) != NULL) {
        int fd = (int)strtol(entry->d_name, NULL, 10);
        ssize_t len;

        (void)snprintf(path, sizeof path, "/proc/self/fd/%.10s", entry->d_name);
        len = readlink(path, target, sizeof target - 1);
        if (len < 0 || fd == f.pty.other_fd)
            continue;
        target[len] = '\0';
        if (strcmp(target, name) == 0)
            found = fd;
    }
    (void)closedir(folder);
    return found;
}

Test(serial_transport, claims_the_line_and_keeps_it_from_children)
{
    int fd;

    begin_ready("?strict=1");
    fd = find_fd();
    cr_assert_geq(fd, 0);
    cr_expect(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    cr_expect(fcntl(fd, F_GETFL) & O_NONBLOCK);
    cr_expect_eq(flock(f.pty.other_fd, LOCK_EX | LOCK_NB), -1, "the line is locked");
}

Test(serial_transport, tells_an_idle_line_from_one_that_hung_up)
{
    begin_ready("?strict=1");
    for (int round = 0; round < 20; round++) {
        fixture_device_writes(&f, "x", 1);
        cr_assert(fixture_until_heard(&f, (size_t)round + 1));
        loop_step(f.loop, 5);
        cr_assert_eq(status_now().state, PORT_READY);
    }
    cr_expect_eq(status_now().lost_count, 0u);
    fixture_unplug(&f);
    cr_assert(fixture_until_state(&f, PORT_LOST));
    cr_expect(strstr(status_now().reason, "unplugged"), "%s", status_now().reason);
    fixture_plug(&f);
    cr_assert(fixture_until_state(&f, PORT_READY));
    fixture_device_writes(&f, "y", 1);
    cr_expect(fixture_until_heard(&f, 21));
}

struct outcome {
    int calls;
    enum status st;
    size_t written;
};

static void on_done(void *context, enum status st, size_t written)
{
    struct outcome *outcome = context;

    *outcome = (struct outcome){.calls = outcome->calls + 1, .st = st, .written = written};
}

static bool is_told(void *context)
{
    return ((struct outcome *)context)->calls > 0;
}

Test(serial_transport, takes_a_full_buffer_for_patience_not_for_loss)
{
    static struct outcome outcome;

    begin_ready("?strict=1");
    cr_assert_eq(port_write(f.port, page, sizeof page, 200, on_done, &outcome), ST_OK);
    cr_assert(fixture_until(&f, is_told, &outcome));
    cr_expect_eq(outcome.st, ST_TIMEOUT);
    cr_expect(outcome.written > 0 && outcome.written < sizeof page);
    cr_expect_eq(status_now().state, PORT_READY);
    cr_assert(fixture_device_reads(&f, printed, outcome.written));
    cr_expect_arr_eq(printed, page, outcome.written);
}

Test(serial_transport, tells_writers_when_the_device_goes)
{
    static struct outcome outcome;

    begin_ready("?strict=1");
    cr_assert_eq(port_write(f.port, page, sizeof page, 60000, on_done, &outcome), ST_OK);
    for (int i = 0; i < 20; i++)
        loop_step(f.loop, 1);
    cr_assert_eq(outcome.calls, 0);
    fixture_unplug(&f);
    cr_assert(fixture_until(&f, is_told, &outcome));
    cr_expect_eq(outcome.st, ST_OFFLINE);
    cr_expect_eq(status_now().state, PORT_LOST);
}

/* Some devices say they are writable and take nothing: the library calls that a failure. */
Test(serial_transport, waits_for_a_device_that_takes_nothing_without_spinning)
{
    static struct outcome outcome;
    atomic_int *busy = shim("serial_shim_busy_writes");
    int left;

    begin_ready("?strict=1");
    atomic_store(busy, 1000000);
    cr_assert_eq(port_write(f.port, page, 1000, 500, on_done, &outcome), ST_OK);
    cr_assert(fixture_until(&f, is_told, &outcome));
    cr_expect_eq(outcome.st, ST_TIMEOUT);
    cr_expect_eq(outcome.written, 0u);
    cr_expect_eq(status_now().state, PORT_READY);
    left = atomic_load(busy);
    cr_expect_gt(left, 1000000 - 100, "%d tries in half a second", 1000000 - left);

    /* It recovers in the middle of the next one. */
    atomic_store(busy, 3);
    outcome.calls = 0;
    cr_assert_eq(port_write(f.port, page, 1000, 5000, on_done, &outcome), ST_OK);
    cr_assert(fixture_until(&f, is_told, &outcome));
    cr_expect_eq(outcome.st, ST_OK);
    cr_assert(fixture_device_reads(&f, printed, 1000));
    cr_expect_arr_eq(printed, page, 1000);
}

Test(serial_transport, takes_an_empty_read_for_the_end)
{
    begin_ready("?strict=1");
    atomic_store((atomic_int *)shim("serial_shim_empty_reads"), 1);
    fixture_device_writes(&f, "x", 1);
    cr_assert(fixture_until_state(&f, PORT_LOST));
    cr_expect(strstr(status_now().reason, "line hung up"), "%s", status_now().reason);
    cr_expect(fixture_until_state(&f, PORT_READY));
}
