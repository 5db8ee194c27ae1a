/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ssi - the dialogue with a decoder by Zebra's Simple Serial Interface.
 *
 * It is asked for its revision, told to send codes as packets, and enabled; each step is answered, or asked again.
 * From then on it speaks, and every packet is acknowledged: one that came damaged is asked for again, one that comes
 * again although it was acknowledged (our ACK was lost) is acknowledged again and told once.
 */
#include "drivers/scanner/ssi.h"

#include "agent/base/crypto.h"

#include <string.h>

enum { ANSWER_MS = 1000, TRIES_MAX = 3, ASK_AGAIN_MS = 5000, DAMAGED_MAX = 3 };
enum phase { ASK_REVISION, ASK_PACKETS, ASK_ENABLE, TALK };

/* Symbol SE-923 integration guide, "bar code types of SSI decode data". */
static const struct {
    uint8_t type;
    const char *symbology;
} types[] = {
    {0x01, "]A0"}, {0x02, "]F0"}, {0x03, "]C0"}, {0x04, "]S0"}, {0x06, "]I0"}, {0x07, "]G0"},
    {0x08, "]E0"}, {0x09, "]E0"}, {0x0a, "]E4"}, {0x0b, "]E0"}, {0x0c, "]H0"}, {0x0e, "]M0"},
    {0x0f, "]C1"}, {0x10, "]E0"}, {0x11, "]L0"}, {0x13, "]A4"}, {0x16, "]E0"}, {0x19, "]C4"},
    {0x1a, "]L3"}, {0x1b, "]d1"}, {0x1c, "]Q1"}, {0x2d, "]z0"}, {0x30, "]e0"}, {0x31, "]e0"},
    {0x32, "]e0"}, {0x48, "]E3"}, {0x49, "]E3"}, {0x4b, "]E3"}, {0x88, "]E3"}, {0x8b, "]E3"},
};
enum { TYPE_UPC_E0 = 0x09, TYPE_UPC_E1 = 0x10 };

/* The AIM identifier of a decoder's code type; "]X0" for one that has none here. */
static const char *symbology_of(uint8_t type)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i].type == type)
            return types[i].symbology;
    return "]X0";
}

static void send(struct reader *reader, uint8_t opcode, const uint8_t *data, size_t len)
{
    uint8_t packet[SSI_PACKET_MAX];

    reader->send(reader->context, packet, ssi_make(opcode, SSI_FROM_HOST, 0, data, len, packet));
}

static void ask(struct reader *reader)
{
    /* Parameter EE = 1, for as long as it has power: decode data as packets. The first byte is the beep, FF none. */
    static const uint8_t as_packets[] = {0xff, 0xee, 0x01};

    switch ((enum phase)reader->state.ssi.phase) {
    case ASK_REVISION:
        send(reader, SSI_REQUEST_REVISION, NULL, 0);
        break;
    case ASK_PACKETS:
        send(reader, SSI_PARAM_SEND, as_packets, sizeof as_packets);
        break;
    case ASK_ENABLE:
        send(reader, SSI_SCAN_ENABLE, NULL, 0);
        break;
    case TALK:
        return;
    }
    reader->due_ms = reader->now_ms + ANSWER_MS;
}

static void go_on(struct reader *reader)
{
    reader->state.ssi.tries = 0;
    reader->state.ssi.phase++;
    reader->due_ms = 0;
    if (reader->state.ssi.phase >= TALK)
        reader_set_health(reader, READER_READY, "");
    ask(reader);
}

void ssi_begin(struct reader *reader)
{
    reader_set_health(reader, READER_PROBING, "the decoder is asked for its revision");
    ask(reader);
}

void ssi_tick(struct reader *reader)
{
    if (++reader->state.ssi.tries < TRIES_MAX) {
        ask(reader);
        return;
    }
    reader_set_health(reader, READER_DEGRADED,
                      "does not answer by SSI; is it set to SSI, with this baud rate and no parity?");
    reader->state.ssi.phase = ASK_REVISION;
    ask(reader);
    reader->due_ms = reader->now_ms + ASK_AGAIN_MS;
}

static void answer(struct reader *reader, uint8_t opcode, uint8_t cause)
{
    send(reader, opcode, &cause, opcode == SSI_CMD_NAK ? 1 : 0);
}

/* Whether the packet is the one acknowledged last, sent again. */
static bool is_resent(struct ssi *ssi, const struct frame *frame)
{
    uint8_t status = frame->bytes[3] & (uint8_t)~SSI_RESENT;
    uint32_t sum = 2166136261u; /* FNV-1a: the same packet, not a hostile one */
    bool same;

    for (size_t i = 0; i + SSI_SUM < frame->len; i++)
        sum = (sum ^ (i == 3 ? status : frame->bytes[i])) * 16777619u;
    same = ssi->has_last && ssi->last_sum == sum && (frame->bytes[3] & SSI_RESENT);
    ssi->last_sum = sum;
    ssi->has_last = true;
    return same;
}

static void forget_gathered(struct ssi *ssi)
{
    crypto_wipe(ssi->gathered, ssi->gathered_len);
    ssi->gathered_len = 0;
    ssi->gathering = ssi->overflow = false;
}

static enum symbology_verdict tell(const struct ssi *ssi, struct scan *out_scan, const char **out_why)
{
    struct code_id_text found;
    const char *symbology = symbology_of(ssi->gathered_type);
    const char *text = (const char *)ssi->gathered;
    bool upc_e = ssi->gathered_type == TYPE_UPC_E0 || ssi->gathered_type == TYPE_UPC_E1;

    if (upc_e) {
        code_ids_settle_ean(text, ssi->gathered_len, true, &found);
        return symbology_take(found.symbology, found.text, found.len, false, out_scan, out_why);
    }
    return symbology_take(symbology, text, ssi->gathered_len, true, out_scan, out_why);
}

static enum symbology_verdict read_decode(struct ssi *ssi, const struct frame *frame, struct scan *out_scan,
                                          const char **out_why)
{
    const uint8_t *data = frame->bytes + SSI_HEAD;
    size_t len = frame->len - SSI_HEAD - SSI_SUM;
    enum symbology_verdict verdict;

    if (len == 0) {
        *out_why = "a decode packet without content";
        return SYMBOLOGY_GARBAGE;
    }
    if (ssi->gathering && data[0] != ssi->gathered_type)
        forget_gathered(ssi); /* the rest of another code never came */
    ssi->gathered_type = data[0];
    if (ssi->gathered_len + len - 1 > sizeof ssi->gathered)
        ssi->overflow = true;
    if (!ssi->overflow) {
        memcpy(ssi->gathered + ssi->gathered_len, data + 1, len - 1);
        ssi->gathered_len += len - 1;
    }
    ssi->gathering = frame->bytes[3] & SSI_CONTINUED;
    if (ssi->gathering)
        return SYMBOLOGY_NOTHING;
    *out_why = "a code longer than any that is read here";
    verdict = ssi->overflow ? SYMBOLOGY_GARBAGE : tell(ssi, out_scan, out_why);
    forget_gathered(ssi);
    return verdict;
}

static void note_revision(struct reader *reader, const struct frame *frame)
{
    size_t len = frame->len - SSI_HEAD - SSI_SUM, at = 0;

    for (size_t i = 0; i < len && at + 1 < sizeof reader->device; i++)
        if (frame->bytes[SSI_HEAD + i] >= 0x20 && frame->bytes[SSI_HEAD + i] < 0x7f)
            reader->device[at++] = (char)frame->bytes[SSI_HEAD + i];
    reader->device[at] = '\0';
}

/* The step under way was answered. */
static void read_answer(struct reader *reader, const struct frame *frame)
{
    struct ssi *ssi = &reader->state.ssi;

    if (ssi->phase == TALK)
        return;
    if (frame->bytes[1] == SSI_CMD_NAK && frame->len > SSI_HEAD + SSI_SUM && frame->bytes[SSI_HEAD] == SSI_NAK_RESEND)
        ask(reader);
    else if (ssi->phase != ASK_REVISION || frame->bytes[1] == SSI_REPLY_REVISION)
        go_on(reader); /* what is denied is set as IT wants it: scanning goes on */
}

/* Damaged: asked for again. Only when that does not help either the cashier is told. */
static enum symbology_verdict read_damaged(struct reader *reader, const char **out_why)
{
    answer(reader, SSI_CMD_NAK, SSI_NAK_RESEND);
    if (++reader->state.ssi.damaged < DAMAGED_MAX)
        return SYMBOLOGY_NOTHING;
    reader->state.ssi.damaged = 0;
    forget_gathered(&reader->state.ssi); /* scanned again, the code begins anew */
    *out_why = "packets of the scanner arrive damaged; check its cable and baud rate, scan again";
    reader_set_health(reader, READER_DEGRADED, *out_why);
    return SYMBOLOGY_BROKEN;
}

enum symbology_verdict ssi_read(struct reader *reader, const struct frame *frame, struct scan *out_scan,
                                const char **out_why)
{
    struct ssi *ssi = &reader->state.ssi;

    if (frame->kind != FRAME_WHOLE)
        return read_damaged(reader, out_why);
    ssi->damaged = 0;
    switch (frame->bytes[1]) {
    case SSI_CMD_ACK:
    case SSI_CMD_NAK:
        read_answer(reader, frame);
        return SYMBOLOGY_NOTHING;
    case SSI_REPLY_REVISION:
        note_revision(reader, frame);
        answer(reader, SSI_CMD_ACK, 0);
        read_answer(reader, frame);
        return SYMBOLOGY_NOTHING;
    case SSI_DECODE_DATA:
        break;
    default:
        answer(reader, SSI_CMD_ACK, 0); /* an event, or what a newer decoder says: heard */
        return SYMBOLOGY_NOTHING;
    }
    answer(reader, SSI_CMD_ACK, 0);
    if (ssi->phase != TALK) { /* it speaks SSI, whatever it did not answer */
        ssi->phase = TALK;
        reader->due_ms = 0;
    }
    reader_set_health(reader, READER_READY, "");
    if (is_resent(ssi, frame)) {
        reader->resent_count++;
        return SYMBOLOGY_NOTHING;
    }
    return read_decode(ssi, frame, out_scan, out_why);
}
