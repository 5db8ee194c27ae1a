/* SPDX-License-Identifier: Apache-2.0 */
/* What captures do not show (tests/devices): the bounds, the modes' differences, loss of the line. */
#include "drivers/scanner/framing.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct framing framing;
static char told[16 * 1024];

static void on_frame(void *context, const struct frame *frame)
{
    static const char *const words[] = {
        [FRAME_WHOLE] = "", [FRAME_OVERSIZE] = "oversize", [FRAME_BROKEN] = "broken", [FRAME_STRAY] = "stray"};
    size_t at = strlen(told);

    (void)context;
    if (frame->kind == FRAME_WHOLE)
        (void)snprintf(told + at, sizeof told - at, "[%.*s]", (int)frame->len, (const char *)frame->bytes);
    else
        (void)snprintf(told + at, sizeof told - at, "<%s>", words[frame->kind]);
}

static void begin(enum scanner_framing mode)
{
    framing_init(&framing, mode, on_frame, NULL);
    told[0] = '\0';
}

static void feed(const char *text)
{
    framing_feed(&framing, (const uint8_t *)text, strlen(text), 1);
}

static void expect(const char *words)
{
    cr_expect_str_eq(told, words);
    told[0] = '\0';
}

Test(framing, auto_takes_every_end)
{
    begin(SCANNER_FRAMING_AUTO);
    feed("a\rb\r\nc\nd\te\r\n\r\n\x02"
         "f\rg\r\n\x03"
         "h\r");
    expect("[a][b][c][d][e][f\rg][h]");
    cr_expect_not(framing_waits(&framing));
}

Test(framing, swallows_an_lf_that_comes_late)
{
    begin(SCANNER_FRAMING_CR);
    feed("a\r");
    framing_gap(&framing);
    feed("\nb\r");
    expect("[a][b]");
}

Test(framing, each_mode_knows_its_own_end_only)
{
    begin(SCANNER_FRAMING_CR);
    feed("a\tb\x02"
         "c\r");
    expect("[a\tb\x02"
           "c]");
    begin(SCANNER_FRAMING_LF);
    feed("a\rb\r\n");
    expect("[a\rb]");
    begin(SCANNER_FRAMING_TAB);
    feed("a\rb\t");
    expect("[a\rb]");
    begin(SCANNER_FRAMING_STX);
    feed("a\r\x02"
         "b\x03\r\n");
    expect("<stray>[b]");
    begin(SCANNER_FRAMING_GAP);
    feed("a\tb\r\n");
    expect("");
    framing_gap(&framing);
    expect("[a\tb]");
}

Test(framing, silence_ends_a_frame_until_an_end_was_seen)
{
    begin(SCANNER_FRAMING_AUTO);
    feed("a");
    framing_gap(&framing);
    expect("[a]");
    feed("b\rc");
    framing_gap(&framing);
    expect("[b]<broken>");
    framing_lost(&framing);
    feed("d");
    framing_gap(&framing);
    expect("[d]");
    framing_gap(&framing);
    expect("");
}

Test(framing, tells_what_was_half_there_when_the_line_was_lost)
{
    begin(SCANNER_FRAMING_AUTO);
    feed("a");
    framing_lost(&framing);
    expect("<broken>");
    framing_lost(&framing);
    expect("");
}

Test(framing, a_new_stx_ends_what_was_before)
{
    begin(SCANNER_FRAMING_AUTO);
    feed("noise\x02"
         "a\x02"
         "b\x03");
    expect("<broken><broken>[b]");
}

Test(framing, holds_the_most_there_may_be_and_no_more)
{
    static char most[FRAME_BYTES_MAX + 2];

    memset(most, 'x', FRAME_BYTES_MAX);
    begin(SCANNER_FRAMING_CR);
    feed(most);
    cr_expect_eq(framing.len, (size_t)FRAME_BYTES_MAX);
    feed("\r");
    cr_expect_eq(strlen(told), (size_t)FRAME_BYTES_MAX + 2);
    told[0] = '\0';
    most[FRAME_BYTES_MAX] = 'x';
    feed(most);
    feed(most);
    expect("<oversize>");
    feed("end\rnext\r");
    expect("[next]");
    feed(most);
    expect("<oversize>");
    framing_gap(&framing);
    feed("next\r");
    expect("[next]");
}

Test(framing, an_enclosed_oversize_ends_at_its_etx)
{
    static char most[FRAME_BYTES_MAX + 2];

    memset(most, 'x', FRAME_BYTES_MAX + 1);
    begin(SCANNER_FRAMING_STX);
    feed("\x02");
    feed(most);
    feed("\r\n more \x03\x02"
         "next\x03");
    expect("<oversize>[next]");
}

Test(framing, keeps_nothing_of_what_it_read)
{
    begin(SCANNER_FRAMING_AUTO);
    feed("4111111111111111\r");
    for (size_t i = 0; i < sizeof framing.bytes; i++)
        cr_assert_eq(framing.bytes[i], 0);
}
