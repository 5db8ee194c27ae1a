/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/scanner/family.h"

#include "agent/base/crypto.h"

#include <string.h>

static const struct scanner_family families[] = {
    [SCANNER_ASCII] = {"ascii", NULL, NULL, NULL, NULL, text_read},
    [SCANNER_SSI] = {"ssi", ssi_find, NULL, ssi_begin, ssi_tick, ssi_read},
    [SCANNER_HONEYWELL] = {"honeywell", NULL, honeywell_ends_reply, honeywell_begin, honeywell_tick, honeywell_read},
    [SCANNER_DATALOGIC] = {"datalogic", NULL, datalogic_ends_reply, NULL, NULL, datalogic_read},
    [SCANNER_STRIPE] = {"stripe", NULL, NULL, NULL, NULL, stripe_read},
    [SCANNER_EM4100] = {"em4100", NULL, NULL, NULL, NULL, em4100_read},
    [SCANNER_DESK] = {"desk", desk_find, NULL, NULL, NULL, desk_read},
    [SCANNER_PN532] = {"pn532", pn532_find, NULL, pn532_begin, pn532_tick, pn532_read},
};

const struct scanner_family *scanner_family(enum scanner_family_id id)
{
    return &families[id];
}

void reader_init(struct reader *reader, const struct reader_settings *settings,
                 void (*send)(void *context, const uint8_t *bytes, size_t len), void *context)
{
    crypto_wipe(reader, sizeof *reader);
    reader->settings = *settings;
    reader->family = scanner_family(settings->family);
    reader->send = send;
    reader->context = context;
}

void reader_set_health(struct reader *reader, enum reader_health health, const char *why)
{
    size_t len = strnlen(why, sizeof reader->why - 1);

    reader->health = health;
    memcpy(reader->why, why, len);
    reader->why[len] = '\0';
}

void reader_begin(struct reader *reader, int64_t now_ms)
{
    reader->now_ms = now_ms;
    reader->due_ms = 0;
    reader->device[0] = '\0';
    crypto_wipe(&reader->state, sizeof reader->state);
    reader_set_health(reader, READER_READY, "");
    if (reader->family->begin)
        reader->family->begin(reader);
}

void reader_tick(struct reader *reader, int64_t now_ms)
{
    reader->now_ms = now_ms;
    if (reader->due_ms == 0 || now_ms < reader->due_ms)
        return;
    reader->due_ms = 0;
    reader->family->tick(reader);
}

enum symbology_verdict reader_read(struct reader *reader, int64_t now_ms, const struct frame *frame,
                                   struct scan *out_scan, const char **out_why)
{
    reader->now_ms = now_ms;
    return reader->family->read(reader, frame, out_scan, out_why);
}

enum symbology_verdict reader_take_uid(const struct reader *reader, const uint8_t *uid, size_t len,
                                       struct scan *out_scan, const char **out_why)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t skip =
        reader->settings.uid_bytes > 0 && len > reader->settings.uid_bytes ? len - reader->settings.uid_bytes : 0;
    char text[2 * READER_UID_BYTES_MAX + 1];
    size_t at = 0;

    if (len == 0 || len > READER_UID_BYTES_MAX) {
        *out_why = "a radio card whose number has an odd length";
        return SYMBOLOGY_GARBAGE;
    }
    for (size_t i = skip; i < len; i++) {
        uint8_t byte = reader->settings.uid_format == SCANNER_UID_HEX_LSB ? uid[len - 1 - i] : uid[i];

        text[at++] = digits[byte >> 4];
        text[at++] = digits[byte & 15];
    }
    return symbology_take("RF1", text, at, false, out_scan, out_why);
}

const char *scanner_family_text(enum scanner_family_id id)
{
    return families[id].name;
}
