/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every capture of a scanner or card reader, through framing and symbology: whole, byte by byte, in random pieces,
 * and with garbage between its codes. LOYALD_TEST_SEED repeats a run.
 */
#include "agent/base/clock.h"
#include "drivers/scanner/code_ids.h"
#include "drivers/scanner/framing.h"
#include "drivers/scanner/symbology.h"
#include "tests/devices/capture.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct replay {
    const struct capture *capture;
    struct framing framing;
    char results[CAPTURE_TEXT_MAX * 2];
    bool skip_garbage; /* what the garbage made is not written down, but counted */
    int garbage_count;
};

static struct capture capture;
static struct replay replay;

static void write_result(struct replay *r, const char *kind, const char *id, const char *text, size_t len)
{
    size_t at = strlen(r->results), max = sizeof r->results;

    at += (size_t)snprintf(r->results + at, max - at, "%s%s%s%s", kind, id[0] ? " " : "", id, len > 0 ? " " : "");
    for (size_t i = 0; i < len && at < max; i++) {
        unsigned char c = (unsigned char)text[i];

        at += (size_t)snprintf(r->results + at, max - at, c < 0x20 || c > 0x7e ? "\\x%02x" : "%c", c);
    }
    cr_assert_lt(at, max - 2);
    (void)strcat(r->results, "\n");
}

static void write_fault(struct replay *r, enum scanner_fault fault)
{
    if (fault == SCANNER_FAULT_GARBAGE && r->skip_garbage)
        r->garbage_count++;
    else
        write_result(r, "fault", scanner_fault_code(fault), "", 0);
}

static void on_frame(void *context, const struct frame *frame)
{
    static const enum scanner_fault faults[] = {[FRAME_OVERSIZE] = SCANNER_FAULT_OVERSIZE,
                                                [FRAME_BROKEN] = SCANNER_FAULT_BROKEN,
                                                [FRAME_STRAY] = SCANNER_FAULT_GARBAGE};
    struct replay *r = context;
    struct scan scan;
    const char *why = "";

    if (frame->kind != FRAME_WHOLE) {
        write_fault(r, faults[frame->kind]);
        return;
    }
    switch (symbology_read(frame->bytes, frame->len, r->capture->code_ids, code_ids_of(r->capture->code_ids), frame->enclosed, &scan, &why)) {
    case SYMBOLOGY_SCAN:
        write_result(r, "scan", scan.symbology[0] ? scan.symbology : "-", scan.text, scan.len);
        break;
    case SYMBOLOGY_GARBAGE:
        write_fault(r, SCANNER_FAULT_GARBAGE);
        break;
    case SYMBOLOGY_CHECK_DIGIT:
        write_fault(r, SCANNER_FAULT_CHECK_DIGIT);
        break;
    case SYMBOLOGY_PAYMENT_CARD:
        write_result(r, "card", "", "", 0);
        break;
    case SYMBOLOGY_BROKEN:
    case SYMBOLOGY_NOTHING:
        break;
    }
}

static void begin(const char *path)
{
    capture_read(path, &capture);
    memset(&replay, 0, sizeof replay);
    replay.capture = &capture;
    framing_init(&replay.framing, capture.framing, on_frame, &replay);
}

/* Feeds the bytes in pieces of the length that next says, never across a silence. */
static void feed(size_t (*next)(unsigned *seed), unsigned *seed)
{
    size_t at = 0;
    int gap = 0;

    while (at < capture.len || gap < capture.gap_count) {
        size_t end = gap < capture.gap_count ? capture.gaps[gap] : capture.len;
        size_t len = next(seed);

        if (at == end) {
            framing_gap(&replay.framing);
            gap++;
            continue;
        }
        if (len > end - at)
            len = end - at;
        framing_feed(&replay.framing, capture.bytes + at, len, 1);
        at += len;
    }
    cr_expect_not(framing_waits(&replay.framing), "something is left over");
}

static size_t next_all(unsigned *seed)
{
    (void)seed;
    return CAPTURE_BYTES_MAX;
}

static size_t next_one(unsigned *seed)
{
    (void)seed;
    return 1;
}

static size_t next_random(unsigned *seed)
{
    return 1 + (size_t)rand_r(seed) % 70;
}

/* Calls check for each capture of the folder. */
static void for_each_capture(void (*check)(const char *path, unsigned *seed))
{
    const char *folder = LOYALD_SOURCE_DIR "/tests/devices", *fixed = getenv("LOYALD_TEST_SEED");
    unsigned seed = fixed ? (unsigned)strtoul(fixed, NULL, 10) : (unsigned)clock_measure_ns();
    struct dirent **names = NULL;
    int count = scandir(folder, &names, NULL, alphasort), checked = 0;

    fprintf(stderr, "LOYALD_TEST_SEED=%u\n", seed);
    cr_assert_gt(count, 0);
    for (int i = 0; i < count; i++) {
        char path[512];
        char *ending = strstr(names[i]->d_name, ".cap");

        if (ending && ending[4] == '\0' && strncmp(names[i]->d_name, "scanner", 7) == 0) {
            *ending = '\0';
            (void)snprintf(path, sizeof path, "%s/%.200s", folder, names[i]->d_name);
            check(path, &seed);
            checked++;
        }
        free(names[i]);
    }
    free(names);
    cr_expect_geq(checked, 6);
}

static void check_whole(const char *path, unsigned *seed)
{
    begin(path);
    feed(next_all, seed);
    cr_expect_str_eq(replay.results, capture.expected, "%s\n%s", path, replay.results);
}

static void check_bytes(const char *path, unsigned *seed)
{
    begin(path);
    feed(next_one, seed);
    cr_expect_str_eq(replay.results, capture.expected, "%s\n%s", path, replay.results);
}

static void check_pieces(const char *path, unsigned *seed)
{
    for (int round = 0; round < 50; round++) {
        begin(path);
        feed(next_random, seed);
        cr_expect_str_eq(replay.results, capture.expected, "%s\n%s", path, replay.results);
    }
}

/* Noise that no framing takes for a mark, and no symbology for text. */
static void feed_garbage(unsigned *seed)
{
    unsigned char noise[300];
    size_t len = 1 + (size_t)rand_r(seed) % sizeof noise;

    noise[0] = 0x01;
    for (size_t i = 1; i < len; i++) {
        do {
            noise[i] = (unsigned char)rand_r(seed);
        } while (strchr("\x02\x03\t\n\r", noise[i]));
    }
    framing_feed(&replay.framing, noise, len, 1);
    if (capture.framing != SCANNER_FRAMING_GAP && capture.framing != SCANNER_FRAMING_STX)
        framing_feed(&replay.framing, (const uint8_t *)(capture.framing == SCANNER_FRAMING_TAB ? "\t" : "\r\n"), 2,
                     1);
    else
        framing_gap(&replay.framing);
}

static void check_garbage(const char *path, unsigned *seed)
{
    size_t at = 0;
    int gap = 0, fed = 0;

    begin(path);
    for (at = 0; at < capture.len; at++) {
        framing_feed(&replay.framing, capture.bytes + at, 1, 1);
        for (; gap < capture.gap_count && capture.gaps[gap] == at + 1; gap++)
            framing_gap(&replay.framing);
        /* Between two codes, and not between a CR and its LF. */
        if (!framing_waits(&replay.framing) && !(at + 1 < capture.len && capture.bytes[at + 1] == '\n')) {
            bool skipped = replay.skip_garbage;

            replay.skip_garbage = true;
            feed_garbage(seed);
            replay.skip_garbage = skipped;
            fed++;
        }
    }
    cr_expect_gt(fed, 0);
    cr_expect_eq(replay.garbage_count, fed, "%s: each piece of garbage is told once", path);
    /* A device of unknown manners has shown an end mark now, so that a silence alone ends nothing any more. */
    if (capture.framing != SCANNER_FRAMING_AUTO || capture.gap_count == 0)
        cr_expect_str_eq(replay.results, capture.expected, "%s\n%s", path, replay.results);
}

Test(scanner_captures, are_understood_whole)
{
    for_each_capture(check_whole);
}

Test(scanner_captures, are_understood_byte_by_byte)
{
    for_each_capture(check_bytes);
}

Test(scanner_captures, are_understood_in_random_pieces)
{
    for_each_capture(check_pieces);
}

Test(scanner_captures, are_understood_between_garbage)
{
    for_each_capture(check_garbage);
}
