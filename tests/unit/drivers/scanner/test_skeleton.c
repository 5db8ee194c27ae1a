/* SPDX-License-Identifier: Apache-2.0 */
/* The driver to copy works, so that what is copied does. */
#include "drivers/scanner/skeleton.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct reader reader;
static struct framing framing;
static struct scan scan;
static enum symbology_verdict last;
static char sent[16];

static void on_send(void *context, const uint8_t *bytes, size_t len)
{
    (void)context;
    (void)snprintf(sent, sizeof sent, "%.*s", (int)len, (const char *)bytes);
}

static void on_frame(void *context, const struct frame *frame)
{
    const char *why = "";

    (void)context;
    last = reader_read(&reader, 1, frame, &scan, &why);
}

static void begin(void)
{
    struct reader_settings settings = {.family = SCANNER_ASCII};

    last = SYMBOLOGY_NOTHING;
    reader_init(&reader, &settings, on_send, NULL);
    reader.family = &skeleton_family;
    framing_init(&framing, SCANNER_FRAMING_AUTO, on_frame, NULL);
    framing_speak(&framing, skeleton_family.find, skeleton_family.reply);
    reader_begin(&reader, 1);
}

static void say(const void *bytes, size_t len)
{
    framing_feed(&framing, bytes, len, 1);
}

TestSuite(skeleton, .init = begin);

Test(skeleton, asks_and_hears_a_name)
{
    cr_expect_str_eq(sent, "?");
    cr_expect_eq(reader.health, READER_PROBING);
    say("\xaa\x04!ABC\x65", 7);
    cr_expect_eq(reader.health, READER_READY);
    cr_expect_str_eq(reader.device, "ABC");
    cr_expect_eq(reader.due_ms, 0);
}

Test(skeleton, tells_a_card_and_acknowledges_it)
{
    say("noise\xaa\x03"
        "C\x8e\x6d\xa3",
        11);
    cr_expect_eq(last, SYMBOLOGY_SCAN);
    cr_expect_str_eq(scan.text, "8E6D");
    cr_expect_str_eq(sent, "\x06");
}

Test(skeleton, says_that_nobody_answers_and_asks_on)
{
    sent[0] = '\0';
    reader_tick(&reader, 1001);
    cr_expect_eq(reader.health, READER_DEGRADED);
    cr_expect_str_eq(sent, "?");
    cr_expect_eq(reader.due_ms, 6001);
}

Test(skeleton, calls_a_wrong_check_broken)
{
    say("\xaa\x03"
        "C\x8e\x6d\xa4",
        6);
    framing_gap(&framing);
    cr_expect_eq(last, SYMBOLOGY_BROKEN);
}
