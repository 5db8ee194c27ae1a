/* SPDX-License-Identifier: Apache-2.0 */
/* text - scanners that send a code as text, and those that also answer service commands. */
#include "drivers/scanner/family.h"

#include <string.h>

enum { ENQ = 0x05, ACK = 0x06, NAK = 0x15, ANSWER_MS = 1000, HONEYWELL_REPLY_MAX = 128 };

enum symbology_verdict text_read(struct reader *reader, const struct frame *frame, struct scan *out_scan,
                                 const char **out_why)
{
    const struct reader_settings *settings = &reader->settings;
    const struct code_id_table *table =
        settings->code_ids == SCANNER_CODE_IDS_CUSTOM ? settings->code_id_table : code_ids_of(settings->code_ids);

    return symbology_read(frame->bytes, frame->len, settings->code_ids, table, frame->enclosed, out_scan, out_why);
}

/* ---- Honeywell: menu commands, each answered by its own text, ACK, ENQ or NAK, and the punctuation ---- */

static bool is_status(uint8_t byte)
{
    return byte == ACK || byte == ENQ || byte == NAK;
}

bool honeywell_ends_reply(const uint8_t *bytes, size_t len, uint8_t next)
{
    return len > 0 && len <= HONEYWELL_REPLY_MAX && (next == '.' || next == '!') && is_status(bytes[len - 1]);
}

/* Asks for the software's revision. A device whose commands are locked says nothing and scans all the same, so
 * silence is no fault. */
void honeywell_begin(struct reader *reader)
{
    static const uint8_t question[] = "\x16M\rREVINF?.";

    reader_set_health(reader, READER_PROBING, "the device is asked who it is");
    reader->send(reader->context, question, sizeof question - 1);
    reader->due_ms = reader->now_ms + ANSWER_MS;
}

void honeywell_tick(struct reader *reader)
{
    reader_set_health(reader, READER_READY, "");
}

/* "REVINF" and what the device says, up to the status byte. */
static void note_device(struct reader *reader, const uint8_t *bytes, size_t len)
{
    size_t at = 0;

    if (len < 6 || memcmp(bytes, "REVINF", 6) != 0)
        return;
    for (size_t i = 6; i < len && !is_status(bytes[i]) && at + 1 < sizeof reader->device; i++)
        if (bytes[i] >= 0x20 && bytes[i] < 0x7f)
            reader->device[at++] = (char)bytes[i];
    reader->device[at] = '\0';
}

enum symbology_verdict honeywell_read(struct reader *reader, const struct frame *frame, struct scan *out_scan,
                                      const char **out_why)
{
    reader->due_ms = 0;
    reader_set_health(reader, READER_READY, "");
    if (frame->len >= 2 && (frame->bytes[frame->len - 1] == '.' || frame->bytes[frame->len - 1] == '!') &&
        is_status(frame->bytes[frame->len - 2])) {
        note_device(reader, frame->bytes, frame->len);
        return SYMBOLOGY_NOTHING;
    }
    return text_read(reader, frame, out_scan, out_why);
}

/* ---- Datalogic: STX ESC command ETX, answered by ACK or NAK alone ---- */

bool datalogic_ends_reply(const uint8_t *bytes, size_t len, uint8_t next)
{
    (void)bytes;
    return len == 0 && (next == ACK || next == NAK);
}

enum symbology_verdict datalogic_read(struct reader *reader, const struct frame *frame, struct scan *out_scan,
                                      const char **out_why)
{
    if (frame->len == 1 && is_status(frame->bytes[0]))
        return SYMBOLOGY_NOTHING;
    return text_read(reader, frame, out_scan, out_why);
}
