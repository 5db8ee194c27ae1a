/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every capture of a scanner or card reader, through framing and symbology: whole, byte by byte, in random pieces,
 * and with garbage between its codes. LOYALD_TEST_SEED repeats a run, LOYALD_CAPTURES names another folder.
 */
#include "agent/base/clock.h"
#include "tests/devices/capture_file.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct replay {
    const struct capture *capture;
    struct framing framing;
    struct reader reader;
    struct strbuf results;
    bool skip_garbage; /* what the garbage made is not written down, but counted */
    int garbage_count;
};

static struct capture capture;
static struct replay replay = {.results = STRBUF_INIT(2 * CAPTURE_TEXT_MAX)};

static const char *results(void)
{
    return strbuf_text(&replay.results);
}

static void ignore(void *context, const uint8_t *bytes, size_t len)
{
    (void)context;
    (void)bytes;
    (void)len;
}

static void on_frame(void *context, const struct frame *frame)
{
    static const enum scanner_fault faults[] = {[FRAME_OVERSIZE] = SCANNER_FAULT_OVERSIZE,
                                                [FRAME_BROKEN] = SCANNER_FAULT_BROKEN,
                                                [FRAME_STRAY] = SCANNER_FAULT_GARBAGE};
    struct replay *r = context;
    enum symbology_verdict verdict;
    struct scan scan;
    const char *why = "";

    if (frame->kind != FRAME_WHOLE && !r->framing.find) {
        if (r->skip_garbage && frame->kind == FRAME_STRAY)
            r->garbage_count++;
        else
            capture_write_fault(faults[frame->kind], &r->results);
        return;
    }
    verdict = reader_read(&r->reader, 1, frame, &scan, &why);
    if (r->skip_garbage && (verdict == SYMBOLOGY_GARBAGE || verdict == SYMBOLOGY_BROKEN || r->framing.find))
        r->garbage_count++;
    else
        capture_write_result(verdict, &scan, &r->results);
}

static void begin(const char *path)
{
    capture_file_read(path, &capture);
    replay.capture = &capture;
    strbuf_clear(&replay.results);
    replay.skip_garbage = false;
    replay.garbage_count = 0;
    reader_init(&replay.reader, &capture.settings, ignore, NULL);
    reader_begin(&replay.reader, 1);
    framing_init(&replay.framing, capture.framing, on_frame, &replay);
    framing_speak(&replay.framing, replay.reader.family->find, replay.reader.family->reply);
}

/* Feeds the bytes in pieces of the length that next says, never across a silence. */
static void feed(size_t (*next)(unsigned *seed), unsigned *seed)
{
    size_t at = 0;
    size_t gap = 0;

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
    const char *other = getenv("LOYALD_CAPTURES"), *fixed = getenv("LOYALD_TEST_SEED");
    const char *folder = other ? other : LOYALD_SOURCE_DIR "/tests/devices";
    unsigned seed = fixed ? (unsigned)strtoul(fixed, NULL, 10) : (unsigned)clock_measure_ns();
    struct dirent **names = NULL;
    int count = scandir(folder, &names, NULL, alphasort), checked = 0;

    fprintf(stderr, "LOYALD_TEST_SEED=%u\n", seed);
    cr_assert_gt(count, 0);
    for (int i = 0; i < count; i++) {
        char path[512];
        char *ending = strstr(names[i]->d_name, ".cap");

        if (ending && ending[4] == '\0' && strncmp(names[i]->d_name, "printer", 7) != 0) {
            *ending = '\0';
            (void)snprintf(path, sizeof path, "%s/%.200s", folder, names[i]->d_name);
            check(path, &seed);
            checked++;
        }
        free(names[i]);
    }
    free(names);
    cr_expect_geq(checked, other ? 1 : 6);
}

static void check_whole(const char *path, unsigned *seed)
{
    begin(path);
    feed(next_all, seed);
    cr_expect_str_eq(results(), capture.expected, "%s\n%s", path, results());
}

static void check_bytes(const char *path, unsigned *seed)
{
    begin(path);
    feed(next_one, seed);
    cr_expect_str_eq(results(), capture.expected, "%s\n%s", path, results());
}

static void check_pieces(const char *path, unsigned *seed)
{
    for (int round = 0; round < 50; round++) {
        begin(path);
        feed(next_random, seed);
        cr_expect_str_eq(results(), capture.expected, "%s\n%s", path, results());
    }
}

static void feed_garbage(unsigned *seed)
{
    const char *end = capture_file_noise_end(&capture, replay.framing.find != NULL);
    uint8_t noise[300];

    framing_feed(&replay.framing, noise, capture_file_noise(seed, noise, sizeof noise), 1);
    if (end[0])
        framing_feed(&replay.framing, (const uint8_t *)end, strlen(end), 1);
    else
        framing_gap(&replay.framing);
}

static void check_garbage(const char *path, unsigned *seed)
{
    size_t at = 0;
    size_t gap = 0;
    int fed = 0;

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
        cr_expect_str_eq(results(), capture.expected, "%s\n%s", path, results());
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
