/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stripe - magnetic stripe: tracks 1 to 3 as ISO/IEC 7811 lays them out, sent one behind the other.
 *
 * Told is a member's number: the account of track 2, else of track 1, else of track 3, without what stands behind its
 * separator. A stripe that holds a payment card in any track is dropped whole.
 */
#include "drivers/scanner/family.h"

#include "agent/codes/payment_card.h"

#include <string.h>

enum { ESC = 0x1b, TRACKS = 3 };

static const struct {
    char start;
    const char *symbology;
    size_t len_max;    /* sentinels left out */
    uint8_t low, high; /* of its characters */
    const char *separators;
} tracks[TRACKS] = {
    {'%', "MS1", 76, 0x20, 0x5f, "^"},
    {';', "MS2", 37, 0x30, 0x3f, "="},
    {'+', "MS3", 104, 0x30, 0x3f, "="},
};
static const int by_preference[TRACKS] = {1, 0, 2};

struct stripe {
    const char *text[TRACKS]; /* NULL: none */
    size_t len[TRACKS];
    bool failed[TRACKS]; /* the reader could not read it, or what it sent is damaged */
    bool foreign;        /* something that is no track */
};

/* The longitudinal check of a track, when the reader sends it: the four or six bits of all characters together. */
static bool lrc_fits(int track, const char *from_start, size_t len, char lrc)
{
    uint8_t sum = 0;

    for (size_t i = 0; i < len; i++)
        sum ^= (uint8_t)(from_start[i] - tracks[track].low);
    return sum == (uint8_t)(lrc - tracks[track].low);
}

static bool begins_track(const char *text, size_t len)
{
    return len > 0 && (text[0] == '%' || text[0] == ';' || text[0] == '+');
}

/* Takes one track; answers how many bytes it took, 0 when none begins here. */
static size_t take_track(const char *text, size_t len, struct stripe *stripe)
{
    const char *end = memchr(text, '?', len);
    size_t body, used;
    int track = -1;

    for (int i = 0; i < TRACKS; i++)
        if (text[0] == tracks[i].start && !stripe->text[i] && !stripe->failed[i])
            track = i;
    if (track < 0 || !end)
        return 0;
    body = (size_t)(end - text) - 1;
    used = body + 2;
    stripe->failed[track] = (body == 1 && text[1] == 'E') || body == 0 || body > tracks[track].len_max;
    for (size_t i = 1; i <= body; i++)
        if ((uint8_t)text[i] < tracks[track].low || (uint8_t)text[i] > tracks[track].high)
            stripe->failed[track] = true;
    if (used < len && !begins_track(text + used, len - used) &&
        (used + 1 == len || begins_track(text + used + 1, 1))) {
        if (!lrc_fits(track, text, used, text[used]))
            stripe->failed[track] = true;
        used++;
    }
    if (!stripe->failed[track]) {
        stripe->text[track] = text + 1;
        stripe->len[track] = body;
    }
    return used;
}

static void take_apart(const char *text, size_t len, struct stripe *out_stripe)
{
    memset(out_stripe, 0, sizeof *out_stripe);
    while (len > 0) {
        size_t used = take_track(text, len, out_stripe);

        if (used == 0) {
            out_stripe->foreign = true;
            return;
        }
        text += used;
        len -= used;
    }
}

/* The account number of a track: behind the format letter of track 1, before the separator. */
static void find_account(int track, const char *text, size_t len, const char **out_text, size_t *out_len)
{
    size_t count = 0;

    if (track == 0 && len > 1 && memchr(text, '^', len)) {
        text++;
        len--;
    }
    while (count < len && text[count] != tracks[track].separators[0])
        count++;
    *out_text = text;
    *out_len = count;
}

enum symbology_verdict stripe_read(struct reader *reader, const struct frame *frame, struct scan *out_scan,
                                   const char **out_why)
{
    const char *text = (const char *)frame->bytes, *account;
    size_t len = frame->len, account_len;
    struct stripe stripe;

    if (payment_card_is_in(text, len))
        return SYMBOLOGY_PAYMENT_CARD;
    /* A reader that the card is put into says so before, and whether it is still in behind. */
    if (len > 0 && text[0] == ESC) {
        text++;
        len--;
        if (len > 0 && (text[len - 1] == '0' || text[len - 1] == '1') && memchr(text, '?', len))
            len--;
    }
    if (!begins_track(text, len)) /* sentinels switched off: the number alone */
        return text_read(reader, frame, out_scan, out_why);
    take_apart(text, len, &stripe);
    for (int i = 0; i < TRACKS; i++) {
        int track = by_preference[i];

        if (!stripe.text[track])
            continue;
        find_account(track, stripe.text[track], stripe.len[track], &account, &account_len);
        if (account_len > 0)
            return symbology_take(tracks[track].symbology, account, account_len, false, out_scan, out_why);
    }
    *out_why = stripe.foreign ? "a stripe that broke off; swipe the card again"
                              : "the stripe of a card could not be read; swipe it again, slower";
    return SYMBOLOGY_GARBAGE;
}
