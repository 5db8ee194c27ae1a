/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replug - a scanner whose cable is pulled and put back again and again, at every bad moment: in the middle of a
 * code, during the dialogue, with garbage before it, for long and for short, with inotify and without.
 *
 *   replug [CYCLES] [SEED]     default: 300 cycles, seed 1
 *
 * After each cycle the scanner must be ready within the longest back-off, read a code, have as many files open as
 * before, and have been woken a bounded number of times. Time is virtual.
 */
#include "drivers/scanner/scanner.h"
#include "drivers/scanner/ssi.h"
#include "drivers/sim/sim_pty.h"
#include "tests/devices/virtual_loop.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    WAKES_MAX = 80,      /* of a cycle with its dialogue and its scan */
    AWAY_WAKES_MAX = 14, /* of a minute away: the back-off's steps, then one in ten seconds */
    COME_MS = PORT_REOPEN_LAST_MS + 100,
};

static struct loop *loop;
static struct sim_pty pty = SIM_PTY_INIT;
static struct scanner *scanner;
static char folder[] = "/tmp/loyald-replug-XXXXXX", link_path[64];
static unsigned seed;
static int scans;
static bool ssi;

__attribute__((noreturn)) static void fail(int cycle, const char *what)
{
    struct scanner_status status;

    scanner_status(scanner, &status);
    (void)printf("FAILED: cycle %d: %s; scanner %s: %s\n", cycle, what, device_state_text(status.state),
                 status.reason);
    exit(1);
}

static void on_scan(void *context, const struct scan *scan)
{
    (void)context;
    scans += strcmp(scan->text, "4006381333931") == 0;
}

static int open_files(void)
{
    DIR *files = opendir("/proc/self/fd");
    int count = 0;

    while (files && readdir(files))
        count++;
    if (files)
        (void)closedir(files);
    return count;
}

static enum device_state state(void)
{
    struct scanner_status status;

    scanner_status(scanner, &status);
    return status.state;
}

static void type(const void *bytes, size_t len)
{
    if (len > 0 && write(pty.fd, bytes, len) < 0)
        perror("write");
}

/* What a decoder answers, so that the dialogue goes on: enough of it for the driver to be content. */
static void answer_dialogue(void)
{
    uint8_t heard[256], packet[SSI_PACKET_MAX];
    ssize_t len = read(pty.fd, heard, sizeof heard);

    for (ssize_t at = 0; at + 1 < len; at += heard[at] + 2) {
        uint8_t opcode = heard[at + 1];

        if (heard[at] < 4)
            return;
        if (opcode == SSI_REQUEST_REVISION)
            type(packet, ssi_make(SSI_REPLY_REVISION, SSI_FROM_DECODER, 0, (const uint8_t *)"SIM", 3, packet));
        else if (opcode != SSI_CMD_ACK && opcode != SSI_CMD_NAK)
            type(packet, ssi_make(SSI_CMD_ACK, SSI_FROM_DECODER, 0, NULL, 0, packet));
    }
}

static void until_ready(int cycle)
{
    int64_t end_ms = loop_now_ms(loop) + COME_MS + 3000; /* and the dialogue */

    while (state() != DEVICE_READY) {
        if (loop_now_ms(loop) > end_ms)
            fail(cycle, "is not ready in time");
        loop_step(loop, 100);
        if (ssi)
            answer_dialogue();
    }
}

static void scan_once(int cycle)
{
    static const char code[] = "]E04006381333931\r";
    uint8_t packet[SSI_PACKET_MAX];
    size_t len = ssi_make(SSI_DECODE_DATA, SSI_FROM_DECODER, 0,
                          (const uint8_t *)"\x0b"
                                           "4006381333931",
                          14, packet);
    int before = scans;

    if (ssi)
        type(packet, len);
    else
        type(code, sizeof code - 1);
    for (int i = 0; i < 50 && scans == before; i++)
        loop_step(loop, 10);
    if (scans != before + 1)
        fail(cycle, "did not read a code, once");
    for (int i = 0; i < 6; i++) /* the repeat's time passes on the real clock; the next cycle is another scan */
        loop_step(loop, 100);
    while (ssi && read(pty.fd, packet, sizeof packet) > 0)
        ;
}

/* Something half said before the cable goes. */
static void trouble(void)
{
    uint8_t garbage[40];
    size_t len = (size_t)rand_r(&seed) % sizeof garbage;

    switch (rand_r(&seed) % 4) {
    case 0:
        type("]E040063", 8);
        break;
    case 1:
        type("\x12\xf3\x00\x00\x0b"
             "4006",
             9);
        break;
    case 2:
        for (size_t i = 0; i < len; i++)
            garbage[i] = (uint8_t)rand_r(&seed);
        type(garbage, len);
        break;
    default:
        break;
    }
    if (rand_r(&seed) % 2)
        loop_step(loop, 1);
}

static void stay_away(int cycle)
{
    int64_t wakes = virtual_loop_wakes(loop), end_ms = loop_now_ms(loop) + 60000;

    while (loop_now_ms(loop) < end_ms)
        loop_step(loop, 1000);
    if (virtual_loop_wakes(loop) - wakes > AWAY_WAKES_MAX)
        fail(cycle, "is busy while nothing is there");
}

static void run_cycle(int cycle)
{
    int64_t wakes = virtual_loop_wakes(loop);
    bool long_away = rand_r(&seed) % 20 == 0;

    trouble();
    virtual_loop_blind(loop, rand_r(&seed) % 3 == 0);
    sim_pty_unplug(&pty);
    for (int i = 0; i < 200 && state() != DEVICE_LOST; i++)
        loop_step(loop, 10);
    if (state() != DEVICE_LOST)
        fail(cycle, "did not notice that the cable is pulled");
    if (long_away) {
        stay_away(cycle);
        wakes = virtual_loop_wakes(loop);
    }
    if (sim_pty_plug(&pty, link_path, NULL) != ST_OK)
        fail(cycle, "no pty to be had");
    /* Sometimes gone again while it is being opened. */
    if (rand_r(&seed) % 10 == 0) {
        loop_step(loop, 20);
        sim_pty_unplug(&pty);
        loop_step(loop, 20);
        if (sim_pty_plug(&pty, link_path, NULL) != ST_OK)
            fail(cycle, "no pty to be had");
    }
    until_ready(cycle);
    scan_once(cycle);
    if (virtual_loop_wakes(loop) - wakes > WAKES_MAX)
        fail(cycle, "is woken too often");
}

static void run_family(enum scanner_family_id family, int cycles)
{
    struct scanner_options options = {.name = "scanner",
                                      .loop = loop,
                                      .family = family,
                                      .code_ids = SCANNER_CODE_IDS_AIM,
                                      .repeat_ms = -1,
                                      .on_scan = on_scan};
    char uri[80];
    int files;

    ssi = family == SCANNER_SSI;
    (void)snprintf(uri, sizeof uri, "tty:%s", link_path);
    options.uri = uri;
    if (sim_pty_plug(&pty, link_path, NULL) != ST_OK || scanner_create(&options, &scanner, NULL) != ST_OK)
        exit(1);
    until_ready(0);
    scan_once(0);
    files = open_files();
    for (int cycle = 1; cycle <= cycles; cycle++) {
        run_cycle(cycle);
        if (open_files() != files)
            fail(cycle, "has another number of files open");
    }
    if (virtual_loop_timers(loop) != 0)
        fail(cycles, "has a timer running while it is idle");
    (void)printf("%s: %d cycles, %d scans, %" PRId64 " wake-ups, %d files\n", scanner_family_text(family), cycles,
                 scans, virtual_loop_wakes(loop), files);
    scanner_destroy(scanner);
    sim_pty_unplug(&pty);
}

int main(int argc, char **argv)
{
    int cycles = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 300;

    seed = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1;
    (void)printf("seed %u\n", seed);
    if (!mkdtemp(folder) || loop_create(&loop, NULL) != ST_OK)
        return 1;
    (void)snprintf(link_path, sizeof link_path, "%s/scanner", folder);
    run_family(SCANNER_ASCII, cycles / 2);
    run_family(SCANNER_SSI, cycles - cycles / 2);
    loop_destroy(loop);
    return rmdir(folder) == 0 ? 0 : 1;
}
