/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_scan - from the last byte written into the line to the scan event, through pty, loop, framing and meaning.
 *
 *   bench_scan [SCANS]     default 2000
 */
#include "agent/base/clock.h"
#include "agent/net/loop.h"
#include "drivers/scanner/scanner.h"
#include "drivers/sim/sim_pty.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SCANS_MAX = 100000 };

static int64_t came_ns, heard_ns;
static int scans;

static void on_scan(void *context, const struct scan *scan)
{
    (void)context;
    came_ns = clock_measure_ns();
    heard_ns = scan->received_ns;
    scans++;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void show(const char *what, int64_t *ns, int count)
{
    qsort(ns, (size_t)count, sizeof *ns, compare);
    (void)printf("%-28s min %" PRId64 " us, median %" PRId64 " us, p99 %" PRId64 " us\n", what, ns[0] / 1000,
                 ns[count / 2] / 1000, ns[count * 99 / 100] / 1000);
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 2000;
    static int64_t from_write[SCANS_MAX], from_read[SCANS_MAX];
    char folder[] = "/tmp/loyald-bench-XXXXXX", link[64], uri[80];
    struct scanner_options options = {.name = "scanner", .uri = uri, .repeat_ms = -1, .on_scan = on_scan};
    struct sim_pty pty = SIM_PTY_INIT;
    struct scanner *scanner = NULL;

    if (count < 1 || count > SCANS_MAX || !mkdtemp(folder))
        return 1;
    (void)snprintf(link, sizeof link, "%s/scanner", folder);
    (void)snprintf(uri, sizeof uri, "tty:%s", link);
    if (loop_create(&options.loop, NULL) != ST_OK || sim_pty_plug(&pty, link, NULL) != ST_OK ||
        scanner_create(&options, &scanner, NULL) != ST_OK)
        return 1;
    for (int i = 0; i < 10; i++)
        loop_step(options.loop, 20);
    for (int i = 0; i < count; i++) {
        int64_t written_ns;

        if (write(pty.fd, "]E0400638133393", 15) != 15)
            return 1;
        loop_step(options.loop, 20);
        written_ns = clock_measure_ns();
        if (write(pty.fd, "1\r", 2) != 2)
            return 1;
        while (scans <= i)
            loop_step(options.loop, 100);
        from_write[i] = came_ns - written_ns;
        from_read[i] = came_ns - heard_ns;
    }
    show("last byte written to scan:", from_write, count);
    show("last byte read to scan:", from_read, count);
    scanner_destroy(scanner);
    sim_pty_unplug(&pty);
    loop_destroy(options.loop);
    return rmdir(folder);
}
