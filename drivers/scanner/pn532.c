/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pn532 - the dialogue with NXP's PN532 by its high speed UART (UM0701-02).
 *
 * Woken, set up (no security module, two tries for a card and not for ever), asked who it is, and then asked for a
 * card five times a second. A card is told when it comes, not while it lies there; it is gone after two answers
 * without it.
 */
#include "drivers/scanner/pn532.h"

#include <stdio.h>
#include <string.h>

enum { ANSWER_MS = 500, TRIES_MAX = 3, WAKE_AGAIN_MS = 2000, GONE_MISSES = 2 };
enum phase { WAKE, LIMIT, ASK_FIRMWARE, POLL, PHASES };

static const struct {
    uint8_t bytes[8];
    size_t len;
} commands[PHASES] = {
    [WAKE] = {{PN532_FROM_HOST, PN532_SAM_CONFIGURATION, 0x01, 0x14, 0x01}, 5},
    [LIMIT] = {{PN532_FROM_HOST, PN532_RF_CONFIGURATION, 0x05, 0xff, 0x01, 0x02}, 6},
    [ASK_FIRMWARE] = {{PN532_FROM_HOST, PN532_GET_FIRMWARE}, 2},
    [POLL] = {{PN532_FROM_HOST, PN532_LIST_TARGET, 0x01, 0x00}, 4},
};

static void ask(struct reader *reader)
{
    static const uint8_t wake_up[] = {0x55, 0x55, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    const struct pn532 *chip = &reader->state.pn532;
    uint8_t packet[PN532_PACKET_MAX];

    if (chip->phase == WAKE)
        reader->send(reader->context, wake_up, sizeof wake_up);
    reader->send(reader->context, packet, pn532_make(commands[chip->phase].bytes, commands[chip->phase].len, packet));
    reader->due_ms = reader->now_ms + ANSWER_MS;
}

void pn532_begin(struct reader *reader)
{
    reader_set_health(reader, READER_PROBING, "the chip is woken");
    ask(reader);
}

/* Its answer did not come, or the time for the next question has. */
void pn532_tick(struct reader *reader)
{
    struct pn532 *chip = &reader->state.pn532;

    if (chip->tries < TRIES_MAX) {
        chip->tries++;
        ask(reader);
        return;
    }
    reader_set_health(reader, READER_DEGRADED,
                      "the PN532 does not answer; check its cable, its power, and that its "
                      "switches say HSU");
    chip->phase = WAKE;
    chip->tries = TRIES_MAX - 1; /* one question each time */
    ask(reader);
    reader->due_ms = reader->now_ms + WAKE_AGAIN_MS;
}

static void next(struct reader *reader)
{
    struct pn532 *chip = &reader->state.pn532;

    chip->tries = 0;
    if (chip->phase == POLL) {
        reader->due_ms = reader->now_ms + PN532_POLL_MS;
        return;
    }
    chip->phase++;
    if (chip->phase == POLL)
        reader_set_health(reader, READER_READY, "");
    ask(reader);
}

/* Answer to InListPassiveTarget: how many; of the first its number, ATQA (2), SAK, length of the UID, UID. */
static enum symbology_verdict read_target(struct reader *reader, const uint8_t *data, size_t len,
                                          struct scan *out_scan, const char **out_why)
{
    struct pn532 *chip = &reader->state.pn532;
    size_t uid_len;

    if (len < 1 || data[0] == 0) {
        if (++chip->misses >= GONE_MISSES)
            chip->uid_len = 0;
        return SYMBOLOGY_NOTHING;
    }
    chip->misses = 0;
    uid_len = len > 5 ? data[5] : 0;
    if (uid_len == 0 || uid_len > READER_UID_BYTES_MAX || 6 + uid_len > len) {
        *out_why = "a card without a number; hold it to the reader again";
        return SYMBOLOGY_GARBAGE;
    }
    if (uid_len == chip->uid_len && memcmp(chip->uid, data + 6, uid_len) == 0)
        return SYMBOLOGY_NOTHING;
    memcpy(chip->uid, data + 6, uid_len);
    chip->uid_len = uid_len;
    return reader_take_uid(reader, data + 6, uid_len, out_scan, out_why);
}

static enum symbology_verdict read_answer(struct reader *reader, const uint8_t *data, size_t len,
                                          struct scan *out_scan, const char **out_why)
{
    struct pn532 *chip = &reader->state.pn532;
    enum symbology_verdict verdict = SYMBOLOGY_NOTHING;

    if (len < 2 || data[0] != PN532_FROM_CHIP || data[1] != commands[chip->phase].bytes[1] + 1)
        return SYMBOLOGY_NOTHING; /* late, or an echo: the time-out asks again */
    if (chip->phase == ASK_FIRMWARE && len >= 6)
        (void)snprintf(reader->device, sizeof reader->device, "PN5%02X firmware %u.%u", data[2], data[3], data[4]);
    if (chip->phase == POLL)
        verdict = read_target(reader, data + 2, len - 2, out_scan, out_why);
    next(reader);
    return verdict;
}

enum symbology_verdict pn532_read(struct reader *reader, const struct frame *frame, struct scan *out_scan,
                                  const char **out_why)
{
    /* Damaged: asked again when the answer is due. An acknowledgement says only that an answer will come. */
    if (frame->kind != FRAME_WHOLE || frame->len == PN532_HEAD)
        return SYMBOLOGY_NOTHING;
    return read_answer(reader, frame->bytes + PN532_HEAD, frame->len - PN532_HEAD - 1, out_scan, out_why);
}
