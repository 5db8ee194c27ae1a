/* SPDX-License-Identifier: Apache-2.0 */
/* Eight devices with nothing to do cost nothing: no timer runs, nothing wakes the loop. */
#include "drivers/scanner/scanner.h"
#include "drivers/sim/sim_pty.h"
#include "tests/devices/virtual_loop.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { DEVICES = 8, HOUR_MS = 3600 * 1000 };

static void on_scan(void *context, const struct scan *scan)
{
    (void)scan;
    ++*(int *)context;
}

Test(idle, eight_devices_wake_nobody)
{
    static struct sim_pty ptys[DEVICES];
    struct scanner *scanners[DEVICES];
    char folder[] = "/tmp/loyald-idle-XXXXXX", link[64], uri[80];
    struct loop *loop;
    int64_t wakes;
    int scans = 0;

    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(loop_create(&loop, NULL), ST_OK);
    for (int i = 0; i < DEVICES; i++) {
        struct scanner_options options = {
            .name = "scanner", .uri = uri, .loop = loop, .on_scan = on_scan, .context = &scans};

        (void)snprintf(link, sizeof link, "%s/%d", folder, i);
        (void)snprintf(uri, sizeof uri, "tty:%s", link);
        ptys[i] = (struct sim_pty)SIM_PTY_INIT;
        cr_assert_eq(sim_pty_plug(&ptys[i], link, NULL), ST_OK);
        cr_assert_eq(scanner_create(&options, &scanners[i], NULL), ST_OK);
    }
    for (int i = 0; i < 100; i++)
        loop_step(loop, 10);
    cr_assert_eq(write(ptys[3].fd, "4006381333931\r", 14), 14);
    for (int i = 0; i < 100 && scans == 0; i++)
        loop_step(loop, 10);
    cr_assert_eq(scans, 1);
    cr_expect_eq(virtual_loop_timers(loop), 0);
    wakes = virtual_loop_wakes(loop);
    for (int i = 0; i < 60; i++)
        loop_step(loop, HOUR_MS / 60);
    cr_expect_eq(virtual_loop_wakes(loop), wakes, "nothing woke the loop in an hour");
    for (int i = 0; i < DEVICES; i++) {
        scanner_destroy(scanners[i]);
        sim_pty_unplug(&ptys[i]);
    }
    loop_destroy(loop);
    cr_expect_eq(rmdir(folder), 0);
}
