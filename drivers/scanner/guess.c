/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/scanner/guess.h"

#include "agent/codes/check_digit.h"
#include "drivers/scanner/family.h"

#include <string.h>

enum { STX = 0x02, ETX = 0x03, TAB = 0x09, LF = 0x0a, CR = 0x0d };

/* Whether the bytes hold a packet of the kind. */
static bool holds_packet(framing_find *find, const uint8_t *bytes, size_t len)
{
    for (size_t at = 0; at < len; at++)
        if (find(bytes + at, len - at) > 0)
            return true;
    return false;
}

static enum scanner_framing find_framing(const uint8_t *bytes, size_t len, const uint8_t **out_text, size_t *out_len)
{
    static const uint8_t ends[] = {CR, LF, TAB};
    static const enum scanner_framing framings[] = {SCANNER_FRAMING_CR, SCANNER_FRAMING_LF, SCANNER_FRAMING_TAB};
    const uint8_t *start = memchr(bytes, STX, len);
    const uint8_t *end = start ? memchr(start, ETX, len - (size_t)(start - bytes)) : NULL;

    if (end) {
        *out_text = start + 1;
        *out_len = (size_t)(end - start) - 1;
        while (*out_len > 0 && ((*out_text)[*out_len - 1] == CR || (*out_text)[*out_len - 1] == LF))
            (*out_len)--;
        return SCANNER_FRAMING_STX;
    }
    *out_text = bytes;
    for (size_t i = 0; i < sizeof ends; i++) {
        const uint8_t *at = memchr(bytes, ends[i], len);

        if (at) {
            *out_len = (size_t)(at - bytes);
            return framings[i];
        }
    }
    *out_len = len;
    return SCANNER_FRAMING_GAP;
}

/* Between STX and ETX the ends of lines are data. */
static bool is_printable(const uint8_t *text, size_t len, bool enclosed)
{
    for (size_t i = 0; i < len; i++)
        if ((text[i] < 0x20 && text[i] != 0x1d && !(enclosed && strchr("\t\n\r", text[i]))) || text[i] == 0 ||
            text[i] == 0x7f)
            return false;
    return len > 0;
}

/* 10 hexadecimal digits and their checksum. */
static bool is_em4100(const uint8_t *text, size_t len)
{
    struct reader_settings settings = {.family = SCANNER_EM4100};
    struct frame frame = {.kind = FRAME_WHOLE, .bytes = text, .len = len};
    struct reader reader = {.settings = settings};
    struct scan scan;
    const char *why;

    return len == 12 && em4100_read(&reader, &frame, &scan, &why) == SYMBOLOGY_SCAN;
}

/* A letter and an EAN or UPC behind it say whose letters they are; other codes do not. */
static enum scanner_code_ids find_code_ids(const uint8_t *text, size_t len, const char **out_why)
{
    const char *digits = (const char *)text + 1;
    bool ean13 = len == 14 && check_mod10(digits, 13), ean8 = len == 9 && check_mod10(digits, 8);
    bool upc_a = len == 13 && check_mod10(digits, 12);

    *out_why = "text with AIM identifiers";
    if (len > 3 && text[0] == ']')
        return SCANNER_CODE_IDS_AIM;
    *out_why = "text with a maker's letter before the code";
    if (text[0] == 'A' && (ean13 || upc_a))
        return SCANNER_CODE_IDS_ZEBRA;
    if ((text[0] == 'd' && ean13) || (text[0] == 'c' && upc_a) || (text[0] == 'D' && ean8))
        return SCANNER_CODE_IDS_HONEYWELL;
    if ((text[0] == 'B' && ean13) || (text[0] == 'C' && upc_a) || (text[0] == 'A' && ean8))
        return SCANNER_CODE_IDS_DATALOGIC;
    *out_why =
        "text without identifiers; switch the AIM identifiers on at the scanner, so that kinds of codes are known";
    return SCANNER_CODE_IDS_NONE;
}

enum guess_verdict scanner_guess(const uint8_t *bytes, size_t len, struct scanner_guess *out_guess)
{
    struct scanner_guess guess = {.family = SCANNER_ASCII};
    const uint8_t *text;
    size_t text_len;

    if (len == 0)
        return GUESS_NOTHING;
    guess.framing = SCANNER_FRAMING_AUTO;
    if (holds_packet(ssi_find, bytes, len)) {
        guess.family = SCANNER_SSI;
        guess.why = "packets of Zebra's SSI";
    } else if (holds_packet(desk_find, bytes, len)) {
        guess.family = SCANNER_DESK;
        guess.why = "binary packets of a card reader";
    } else {
        guess.framing = find_framing(bytes, len, &text, &text_len);
        if (!is_printable(text, text_len, guess.framing == SCANNER_FRAMING_STX))
            return GUESS_GARBAGE;
        if (is_em4100(text, text_len)) {
            guess.family = SCANNER_EM4100;
            guess.why = "the number of an EM4100 card";
        } else if ((text[0] == '%' || text[0] == ';' || text[0] == '+') && memchr(text, '?', text_len)) {
            guess.family = SCANNER_STRIPE;
            guess.why = "tracks of a magnetic stripe";
        } else {
            guess.code_ids = find_code_ids(text, text_len, &guess.why);
        }
    }
    *out_guess = guess;
    return GUESS_FOUND;
}
