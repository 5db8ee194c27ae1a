/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/scanner/symbology.h"

#include "agent/base/utf8.h"
#include "agent/codes/check_digit.h"
#include "agent/codes/payment_card.h"
#include "drivers/scanner/code_ids.h"

#include <string.h>

enum { GS = 0x1d };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Whether every character is one a code may hold: printable UTF-8, GS between GS1 elements, and in enclosed frames
 * the ends of lines that two-dimensional codes carry. */
static bool is_text(const char *text, size_t len, bool enclosed)
{
    for (size_t at = 0; at < len;) {
        uint32_t code;
        bool valid = true;

        at += utf8_next(text + at, len - at, &code, &valid);
        if (!valid || code == 0x7f || (code >= 0x80 && code < 0xa0))
            return false;
        if (code < 0x20 && code != GS && !(enclosed && (code == '\r' || code == '\n' || code == '\t')))
            return false;
    }
    return true;
}

static bool is_alphanumeric(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* "]E0" and the like: ], code letter, modifier. */
static bool has_aim_id(const char *text, size_t len)
{
    return len >= 3 && text[0] == ']' && is_alphanumeric(text[1]) && !is_digit(text[1]) && is_alphanumeric(text[2]);
}

/* The digits that carry a check digit at their end, of the EAN/UPC family; 0 when the length is none of theirs. The
 * add-on of 2 or 5 digits (newspapers, books) has none of its own. */
static size_t checked_digits(char modifier, size_t len)
{
    switch (modifier) {
    case '0':
        return len == 12 || len == 13 ? len : 0;
    case '3':
        if (len == 14 || len == 17) /* a UPC-A sent with its 12 digits */
            return 12;
        return len == 15 || len == 18 ? 13 : 0;
    case '4':
        return len == 8 ? 8 : 0;
    default:
        return 0;
    }
}

static enum symbology_verdict check_ean(char modifier, const char *text, size_t len, const char **out_why)
{
    size_t checked = checked_digits(modifier, len);

    if (!check_all_digits(text, len)) {
        *out_why = "an EAN or UPC that holds more than digits";
        return SYMBOLOGY_GARBAGE;
    }
    /* Add-ons alone (]E1, ]E2) and lengths a scanner makes when it leaves the check digit out cannot be checked. */
    if (checked == 0) {
        if (modifier == '1' || modifier == '2')
            return SYMBOLOGY_SCAN;
        *out_why = "an EAN or UPC of a wrong length; it may have been cut short, scan it again";
        return SYMBOLOGY_GARBAGE;
    }
    if (!check_mod10(text, checked)) {
        *out_why = "the check digit of an EAN or UPC is wrong; scan it again or key it in";
        return SYMBOLOGY_CHECK_DIGIT;
    }
    return SYMBOLOGY_SCAN;
}

/* In the EAN/UPC family nothing can be a payment card; a number of 13 digits that adds up as an EAN is taken for one,
 * since no 13-digit payment card was issued in decades and every tenth EAN with a 4 in front passes Luhn. */
static bool may_be_payment_card(const char *symbology, const char *text, size_t len)
{
    if (strncmp(symbology, "]E", 2) == 0)
        return false;
    if (len == 13 && check_mod10(text, len))
        return false;
    return payment_card_is_in(text, len);
}

enum symbology_verdict symbology_take(const char *symbology, const char *text, size_t len, bool enclosed,
                                      struct scan *out_scan, const char **out_why)
{
    /* Before everything else, so that no message is ever about a payment card. */
    if (may_be_payment_card(symbology, text, len))
        return SYMBOLOGY_PAYMENT_CARD;
    if (len == 0 || len > SCAN_TEXT_BYTES_MAX) {
        *out_why = "a code without content";
        return SYMBOLOGY_GARBAGE;
    }
    if (!is_text(text, len, enclosed)) {
        *out_why = "bytes that are no text; check the baud rate, parity and cable of the scanner";
        return SYMBOLOGY_GARBAGE;
    }
    if (strncmp(symbology, "]E", 2) == 0) {
        enum symbology_verdict verdict = check_ean(symbology[2], text, len, out_why);

        if (verdict != SYMBOLOGY_SCAN)
            return verdict;
    }
    memcpy(out_scan->symbology, symbology, strlen(symbology) + 1);
    memcpy(out_scan->text, text, len);
    out_scan->text[len] = '\0';
    out_scan->len = len;
    return SYMBOLOGY_SCAN;
}

/* With a maker's letters. What has none of them passes with an unknown symbology. */
static enum symbology_verdict read_lettered(const char *text, size_t len, const struct code_id_table *table,
                                            bool enclosed, struct scan *out_scan, const char **out_why)
{
    struct code_id_text found;

    /* Whatever the ids are set to, and behind any letter. */
    if (may_be_payment_card("", text, len) || (len > 1 && may_be_payment_card("", text + 1, len - 1)))
        return SYMBOLOGY_PAYMENT_CARD;
    code_ids_take(table, text, len, &found);
    return symbology_take(found.symbology, found.text, found.len, enclosed, out_scan, out_why);
}

enum symbology_verdict symbology_read(const uint8_t *bytes, size_t len, enum scanner_code_ids code_ids,
                                      const struct code_id_table *table, bool enclosed, struct scan *out_scan,
                                      const char **out_why)
{
    const char *text = (const char *)bytes;
    char symbology[4] = "";
    size_t id_len;

    if (code_ids >= SCANNER_CODE_IDS_ZEBRA)
        return read_lettered(text, len, table, enclosed, out_scan, out_why);
    id_len = has_aim_id(text, len) ? 3 : 0;
    memcpy(symbology, text, id_len);
    if (may_be_payment_card(symbology, text + id_len, len - id_len))
        return SYMBOLOGY_PAYMENT_CARD;
    if (code_ids == SCANNER_CODE_IDS_NONE) {
        id_len = 0;
        symbology[0] = '\0';
    }
    return symbology_take(symbology, text + id_len, len - id_len, enclosed, out_scan, out_why);
}
