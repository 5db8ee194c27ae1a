/* SPDX-License-Identifier: Apache-2.0 */
/* language - the rows' table, and the shortest of them: bare text, of which nothing is asked. */
#include "drivers/printer/language.h"

enum { TEAR_OFF_LINES = 6 };

void put_bytes2(struct strbuf *out, uint8_t a, uint8_t b)
{
    const uint8_t bytes[] = {a, b};

    strbuf_add(out, bytes, sizeof bytes);
}

void put_bytes3(struct strbuf *out, uint8_t a, uint8_t b, uint8_t c)
{
    const uint8_t bytes[] = {a, b, c};

    strbuf_add(out, bytes, sizeof bytes);
}

static void text_begin(struct strbuf *out)
{
    strbuf_puts(out, "\r"); /* whatever another program left in the line is printed over or ended */
}

static void text_end(struct strbuf *out)
{
    (void)out;
}

static void text_feed(struct strbuf *out, uint8_t lines)
{
    while (lines-- > 0)
        strbuf_puts(out, "\r\n");
}

static void text_cut(struct strbuf *out, enum profile_cut cut)
{
    (void)cut;
    text_feed(out, TEAR_OFF_LINES);
}

const struct language text_language = {
    .newline = "\r\n",
    .begin = text_begin,
    .end = text_end,
    .feed = text_feed,
    .cut = text_cut,
    .push = escpos_reader_push,
};

const struct language *language_of(const struct profile *profile)
{
    switch (profile->language) {
    case PROFILE_ESCPOS:
        return &escpos_language;
    case PROFILE_STAR:
        return &star_language;
    case PROFILE_TEXT:
        return &text_language;
    }
    return &text_language;
}
