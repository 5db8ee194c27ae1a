/* SPDX-License-Identifier: Apache-2.0 */
/* rfid - the numbers of radio cards, as text (EM4100) and as packets of desk readers, in one form. */
#include "drivers/scanner/family.h"

#include "agent/codes/check_digit.h"

#include <string.h>

enum { EM_HEX = 10, EM_HEX_CHECKED = 12, DECIMAL_MAX = 13, SITE_MAX = 255, CARD_MAX = 65535 };

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool take_hex(const uint8_t *text, size_t len, uint8_t out_bytes[READER_UID_BYTES_MAX])
{
    if (len == 0 || len % 2 != 0 || len / 2 > READER_UID_BYTES_MAX)
        return false;
    for (size_t i = 0; i < len; i += 2) {
        int high = hex_value(text[i]), low = hex_value(text[i + 1]);

        if (high < 0 || low < 0)
            return false;
        out_bytes[i / 2] = (uint8_t)(high * 16 + low);
    }
    return true;
}

/* A decimal number; false for none, or one above max. */
static bool take_decimal(const uint8_t *text, size_t len, uint64_t max, uint64_t *out_value)
{
    uint64_t value = 0;

    if (len == 0 || len > DECIMAL_MAX || !check_all_digits((const char *)text, len))
        return false;
    for (size_t i = 0; i < len; i++)
        value = value * 10 + (uint64_t)(text[i] - '0');
    *out_value = value;
    return value <= max;
}

static size_t put_bytes(uint64_t value, size_t count, uint8_t out_bytes[READER_UID_BYTES_MAX])
{
    for (size_t i = 0; i < count; i++)
        out_bytes[i] = (uint8_t)(value >> (8 * (count - 1 - i)));
    return count;
}

/* By the reader's way of writing; 0 when the text is not written so. */
static size_t take_number(enum scanner_uid_format format, const uint8_t *text, size_t len,
                          uint8_t out_bytes[READER_UID_BYTES_MAX])
{
    const uint8_t *comma = memchr(text, ',', len);
    uint64_t site = 0, card = 0;

    switch (format) {
    case SCANNER_UID_HEX:
    case SCANNER_UID_HEX_LSB:
        return take_hex(text, len, out_bytes) ? len / 2 : 0;
    case SCANNER_UID_DEC:
        if (!take_decimal(text, len, UINT64_C(0xffffffffff), &card))
            return 0;
        return put_bytes(card, card > UINT32_MAX ? 5 : 4, out_bytes);
    case SCANNER_UID_WIEGAND:
        if (!comma || !take_decimal(text, (size_t)(comma - text), SITE_MAX, &site) ||
            !take_decimal(comma + 1, len - (size_t)(comma + 1 - text), CARD_MAX, &card))
            return 0;
        return put_bytes(site << 16 | card, 3, out_bytes);
    }
    return 0;
}

enum symbology_verdict em4100_read(struct reader *reader, const struct frame *frame, struct scan *out_scan,
                                   const char **out_why)
{
    enum scanner_uid_format format = reader->settings.uid_format;
    uint8_t uid[READER_UID_BYTES_MAX];
    size_t len = frame->len;
    bool hex = format == SCANNER_UID_HEX || format == SCANNER_UID_HEX_LSB;

    *out_why = "a radio card's number that is not written as the reader is set to; check uid_format";
    if (hex && len == EM_HEX_CHECKED) {
        uint8_t sum = 0;

        if (!take_hex(frame->bytes, len, uid))
            return SYMBOLOGY_GARBAGE;
        for (size_t i = 0; i < EM_HEX / 2; i++)
            sum ^= uid[i];
        if (sum != uid[EM_HEX / 2]) {
            *out_why = "the checksum of a radio card is wrong; hold it to the reader again";
            return SYMBOLOGY_CHECK_DIGIT;
        }
        return reader_take_uid(reader, uid, EM_HEX / 2, out_scan, out_why);
    }
    len = take_number(format, frame->bytes, len, uid);
    return len > 0 ? reader_take_uid(reader, uid, len, out_scan, out_why) : SYMBOLOGY_GARBAGE;
}

enum symbology_verdict desk_read(struct reader *reader, const struct frame *frame, struct scan *out_scan,
                                 const char **out_why)
{
    if (frame->kind != FRAME_WHOLE) {
        *out_why = "a packet of the card reader was damaged; hold the card to it again";
        return SYMBOLOGY_BROKEN;
    }
    /* STX, length, type before the number; BCC and ETX behind. */
    return reader_take_uid(reader, frame->bytes + 3, frame->len - 5, out_scan, out_why);
}
