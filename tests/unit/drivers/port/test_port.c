/* SPDX-License-Identifier: Apache-2.0 */
/* What a port is and becomes: there, not there, refused, lost, back. */
#include "tests/unit/drivers/port/port_fixture.h"

#include "agent/base/clock.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

static struct port_fixture f;

static void teardown(void)
{
    fixture_clear(&f);
}

static struct port_status status_now(void)
{
    struct port_status status;

    port_status(f.port, &status);
    return status;
}

Test(port, refuses_a_wrong_uri_in_words, .fini = NULL)
{
    struct port_options options = {.uri = "pipe:/dev/x", .name = "scanner"};
    struct port *port = NULL;
    struct errmsg err = ERRMSG_INIT;

    cr_expect_eq(port_create(&options, &port, &err), ST_UNSUPPORTED);
    cr_expect_str_eq(err.text, "device \"pipe:/dev/x\": there is no pipe:, only serial:, usb:, tty: and tcp:");
    options.uri = "tty:x";
    cr_expect_eq(port_create(&options, &port, &err), ST_INVALID);
    options.uri = "tty:/x";
    options.name = "a name that is longer than it may be";
    cr_expect_eq(port_create(&options, &port, &err), ST_INVALID);
    cr_expect_null(port);
}

Test(port, is_ready_and_hears_every_byte, .fini = teardown)
{
    unsigned char all[256];
    int64_t before_ns = clock_measure_ns();

    for (int i = 0; i < 256; i++)
        all[i] = (unsigned char)i;
    fixture_init(&f, "tty", "");
    fixture_plug(&f);
    fixture_create(&f);
    cr_assert(fixture_until_state(&f, PORT_READY));
    cr_expect_str_eq(status_now().reason, "");
    fixture_device_writes(&f, all, sizeof all);
    cr_assert(fixture_until_heard(&f, sizeof all));
    cr_expect_arr_eq(f.heard, all, sizeof all);
    cr_expect(f.heard_ns > before_ns && f.heard_ns <= clock_measure_ns());
    cr_expect_eq(status_now().bytes_in, sizeof all);
    cr_expect_eq(status_now().open_count, 1u);
    cr_expect_str_eq(port_uri_text(f.port), f.uri);
    cr_expect_str_eq(port_name(f.port), "device");
}

Test(port, waits_for_a_device_that_is_absent, .fini = teardown)
{
    fixture_init(&f, "tty", "");
    fixture_create(&f);
    for (int i = 0; i < 3; i++)
        loop_step(f.loop, 10);
    cr_expect_eq(status_now().state, PORT_ABSENT);
    cr_expect(strstr(status_now().reason, "is not there"), "%s", status_now().reason);
    cr_expect_eq(f.state_count, 0, "absent is where it begins");
    cr_expect_eq(port_write(f.port, "x", 1, 1000, NULL, NULL), ST_OFFLINE);
    fixture_plug(&f);
    cr_assert(fixture_until_state(&f, PORT_READY));
    cr_expect_eq(f.state_count, 1);
}

Test(port, is_ready_at_once_however_long_it_waited, .fini = teardown)
{
    int64_t begun_ns = clock_measure_ns(), plugged_ns;

    fixture_init(&f, "tty", "");
    fixture_create(&f);
    /* It asks after 0, 250 and 750 ms, and then only after 1750. */
    while (clock_measure_ns() - begun_ns < INT64_C(850000000))
        loop_step(f.loop, 100);
    fixture_plug(&f);
    plugged_ns = clock_measure_ns();
    cr_assert(fixture_until_state(&f, PORT_READY));
    cr_expect_lt(clock_measure_ns() - plugged_ns, INT64_C(500000000));
}

Test(port, is_lost_at_unplug_and_comes_back_at_once, .fini = teardown)
{
    fixture_init(&f, "tty", "");
    fixture_plug(&f);
    fixture_create(&f);
    cr_assert(fixture_until_state(&f, PORT_READY));
    for (int round = 1; round <= 5; round++) {
        int64_t plugged_ns;

        fixture_unplug(&f);
        cr_assert(fixture_until_state(&f, PORT_LOST));
        cr_expect(strstr(status_now().reason, "unplugged"), "%s", status_now().reason);
        cr_expect_eq(status_now().lost_count, (uint32_t)round);
        fixture_plug(&f);
        plugged_ns = clock_measure_ns();
        cr_assert(fixture_until_state(&f, PORT_READY));
        /* The back-off of a line that flickers is seconds by round 5; its folder tells earlier. */
        cr_expect_lt(clock_measure_ns() - plugged_ns, INT64_C(1000000000), "round %d", round);
    }
    fixture_device_writes(&f, "scan\r", 5);
    cr_assert(fixture_until_heard(&f, 5));
    cr_expect_eq(f.state_count, 11);
}

Test(port, drops_what_came_before_it_was_opened, .fini = teardown)
{
    fixture_init(&f, "tty", "");
    fixture_plug(&f);
    fixture_device_writes(&f, "stale\r", 6);
    fixture_create(&f);
    cr_assert(fixture_until_state(&f, PORT_READY));
    fixture_device_writes(&f, "fresh\r", 6);
    cr_assert(fixture_until_heard(&f, 6));
    cr_expect_arr_eq(f.heard, "fresh\r", 6);
}

Test(port, is_the_only_one_on_its_line, .fini = teardown)
{
    struct port_options options;
    struct port *second;
    struct port_status status;
    struct errmsg err = ERRMSG_INIT;

    fixture_init(&f, "tty", "");
    fixture_plug(&f);
    fixture_create(&f);
    cr_assert(fixture_until_state(&f, PORT_READY));
    options = (struct port_options){.uri = f.uri, .loop = f.loop, .name = "second"};
    cr_assert_eq(port_create(&options, &second, &err), ST_OK);
    for (int i = 0; i < 5; i++)
        loop_step(f.loop, 10);
    port_status(second, &status);
    cr_expect_eq(status.state, PORT_OPENING);
    cr_expect(strstr(status.reason, "another program has it open"), "%s", status.reason);
    port_destroy(f.port);
    f.port = second; /* and gets it when the first lets go */
    cr_expect(fixture_until_state(&f, PORT_READY));
}

Test(port, sets_raw_mode_and_flow_control_without_ixany, .fini = teardown)
{
    struct termios settings;

    fixture_init(&f, "tty", "?flow=xonxoff");
    fixture_plug(&f);
    fixture_create(&f);
    cr_assert(fixture_until_state(&f, PORT_READY));
    cr_assert_eq(tcgetattr(f.pty.other_fd, &settings), 0);
    cr_expect_eq(settings.c_iflag & (IXON | IXOFF), (tcflag_t)(IXON | IXOFF));
    cr_expect_eq(settings.c_iflag & (IXANY | ICRNL | ISTRIP), 0u);
    cr_expect_eq(settings.c_lflag & (ICANON | ECHO | ISIG), 0u);
    cr_expect_eq(settings.c_cflag & (CRTSCTS | HUPCL), 0u);
    cr_expect_eq(settings.c_oflag & OPOST, 0u);
    cr_expect_eq(cfgetospeed(&settings), (speed_t)B9600);
}

Test(port, sets_rts_cts, .fini = teardown)
{
    struct termios settings;

    fixture_init(&f, "tty", "?flow=rtscts&baud=115200");
    fixture_plug(&f);
    fixture_create(&f);
    cr_assert(fixture_until_state(&f, PORT_READY));
    cr_assert_eq(tcgetattr(f.pty.other_fd, &settings), 0);
    cr_expect(settings.c_cflag & CRTSCTS);
    cr_expect_eq(settings.c_iflag & (IXON | IXOFF | IXANY), 0u);
    cr_expect_eq(cfgetospeed(&settings), (speed_t)B115200);
}

Test(port, opens_a_serial_path_to_a_pty_through_termios, .fini = teardown)
{
    fixture_init(&f, "serial", "");
    fixture_plug(&f);
    fixture_create(&f);
    cr_assert(fixture_until_state(&f, PORT_READY));
    fixture_device_writes(&f, "x", 1);
    cr_expect(fixture_until_heard(&f, 1));
}

Test(port, leaves_a_strict_serial_path_to_libserialport, .fini = teardown)
{
    fixture_init(&f, "serial", "?strict=1");
    fixture_plug(&f);
    fixture_create(&f);
    cr_assert(fixture_until_state(&f, PORT_OPENING));
    cr_expect(strstr(status_now().reason, "libserialport knows no such serial line"), "%s", status_now().reason);
}

Test(port, says_that_a_path_is_no_serial_line, .fini = teardown)
{
    fixture_init(&f, "tty", "");
    (void)strcpy(f.uri, "tty:/dev/null");
    fixture_create(&f);
    cr_assert(fixture_until_state(&f, PORT_OPENING));
    cr_expect(strstr(status_now().reason, "/dev/null: is no serial line"), "%s", status_now().reason);
}

/* Runs until the port has asked count times more, by touching what it watches. */
static void ask_again(int count)
{
    for (int i = 0; i < count; i++) {
        int64_t end_ns = clock_measure_ns() + INT64_C(60000000);

        (void)unlink(f.link);
        cr_assert_eq(symlink("/nowhere/at/all", f.link), 0);
        while (clock_measure_ns() < end_ns) /* longer than the 20 ms after which a change leads to a try */
            loop_step(f.loop, 20);
    }
    cr_assert_eq(unlink(f.link), 0);
}

static int count_lines(int fd, const char *words)
{
    static char text[64 * 1024];
    ssize_t len = pread(fd, text, sizeof text - 1, 0);
    int count = 0;

    cr_assert_geq(len, 0);
    text[len] = '\0';
    for (const char *at = text; (at = strstr(at, words)) != NULL; at++)
        count++;
    return count;
}

Test(port, logs_a_fault_once_and_its_end_once, .fini = teardown)
{
    int log_fd = memfd_create("log", MFD_CLOEXEC), kept = dup(STDERR_FILENO);

    cr_assert(log_fd >= 0 && kept >= 0);
    (void)dup2(log_fd, STDERR_FILENO);
    fixture_init(&f, "tty", "");
    fixture_create(&f);
    ask_again(5);
    fixture_plug(&f);
    cr_assert(fixture_until_state(&f, PORT_READY));
    fixture_device_writes(&f, "x", 1);
    cr_assert(fixture_until_heard(&f, 1));
    fixture_unplug(&f);
    cr_assert(fixture_until_state(&f, PORT_LOST));
    ask_again(5);
    fixture_plug(&f);
    cr_assert(fixture_until_state(&f, PORT_READY));
    (void)dup2(kept, STDERR_FILENO);
    (void)close(kept);
    cr_expect_eq(count_lines(log_fd, "device is not usable"), 2);
    cr_expect_eq(count_lines(log_fd, "device is ready"), 1);
    cr_expect_eq(count_lines(log_fd, "device is back again"), 1);
    (void)close(log_fd);
}

static void destroy_on_state(void *context, enum port_state state)
{
    (void)context;
    (void)state;
    port_destroy(f.port);
    f.port = NULL;
}

static void destroy_on_bytes(void *context, const void *bytes, size_t len, int64_t received_ns)
{
    (void)bytes;
    (void)len;
    (void)received_ns;
    destroy_on_state(context, PORT_READY);
}

static bool is_destroyed(void *context)
{
    (void)context;
    return f.port == NULL;
}

Test(port, may_be_destroyed_by_any_callback, .fini = teardown)
{
    struct port_options options = {.name = "device"};
    struct errmsg err = ERRMSG_INIT;

    fixture_init(&f, "tty", "");
    fixture_plug(&f);
    options.uri = f.uri;
    options.loop = f.loop;
    options.on_state = destroy_on_state;
    cr_assert_eq(port_create(&options, &f.port, &err), ST_OK);
    cr_expect(fixture_until(&f, is_destroyed, NULL));

    options.on_state = NULL;
    options.on_bytes = destroy_on_bytes;
    cr_assert_eq(port_create(&options, &f.port, &err), ST_OK);
    cr_assert(fixture_until_state(&f, PORT_READY));
    fixture_device_writes(&f, "x", 1);
    cr_expect(fixture_until(&f, is_destroyed, NULL));
}
