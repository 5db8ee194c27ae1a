/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/sim_family.h"

#include "agent/base/hex.h"
#include "drivers/sim/sim_code.h"

#include <ctype.h>
#include <string.h>

enum { STX = 0x02, ETX = 0x03, ENQ = 0x05, ACK = 0x06, CR = 0x0d, SYN = 0x16, ESC = 0x1b };
enum { SSI_DATA_MAX = 200, EM_DIGITS = 10 };

void sim_family_init(struct sim_family *family, enum sim_family_id id)
{
    memset(family, 0, sizeof *family);
    family->id = id;
    family->pending = (struct strbuf)STRBUF_INIT(4096);
}

void sim_family_clear(struct sim_family *family)
{
    strbuf_free(&family->pending);
}

/* ---- SSI, as decoder ---- */

static void put_ssi(uint8_t opcode, uint8_t status, const uint8_t *data, size_t len, struct strbuf *out)
{
    unsigned sum = (unsigned)(len + 4) + opcode + status;

    strbuf_putc(out, (char)(len + 4));
    strbuf_putc(out, (char)opcode);
    strbuf_putc(out, 0);
    strbuf_putc(out, (char)status);
    for (size_t i = 0; i < len; i++)
        sum += data[i];
    strbuf_add(out, data, len);
    sum = 0x10000 - (sum & 0xffff);
    strbuf_putc(out, (char)(sum >> 8));
    strbuf_putc(out, (char)sum);
}

static uint8_t ssi_type(const char *id)
{
    static const struct {
        const char *id;
        uint8_t type;
    } types[] = {{"]E0", 0x0b}, {"]E4", 0x0a}, {"]C0", 0x03}, {"]C1", 0x0f},
                 {"]Q1", 0x1c}, {"]d1", 0x1b}, {"]L0", 0x11}};

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strncmp(types[i].id, id, 3) == 0)
            return types[i].type;
    return 0x03;
}

/* A long code takes several packets; all but the last are marked as going on. */
static void say_ssi(struct sim_family *family, const char *code, struct strbuf *out)
{
    const char *id = code[0] == ']' ? code : sim_code_id(code);
    const char *text = sim_code_text(code);
    uint8_t data[SSI_DATA_MAX + 1];
    size_t left = strlen(text);

    data[0] = ssi_type(id);
    do {
        size_t len = left < SSI_DATA_MAX ? left : SSI_DATA_MAX;

        memcpy(data + 1, text, len);
        strbuf_clear(&family->pending);
        put_ssi(0xf3, left > len ? 0x02 : 0, data, len + 1, &family->pending);
        strbuf_add(out, family->pending.data, family->pending.len);
        text += len;
        left -= len;
    } while (left > 0);
    family->sends = 1;
}

void sim_family_resend(struct sim_family *family, struct strbuf *out)
{
    uint8_t *bytes = (uint8_t *)family->pending.data;
    size_t len = family->pending.len;

    if (len == 0)
        return;
    if (family->sends++ < SIM_SSI_SENDS_MAX)
        put_ssi(bytes[1], bytes[3] | 0x01, bytes + 4, len - 6, out);
    else
        strbuf_clear(&family->pending);
}

bool sim_family_waits(const struct sim_family *family)
{
    return family->pending.len > 0;
}

static void hear_ssi_packet(struct sim_family *family, uint8_t opcode, struct strbuf *out)
{
    static const uint8_t revision[] = "SIM-SSI-1.0";

    if (opcode == 0xd0) {
        if (family->ignored > 0)
            family->ignored--;
        else
            strbuf_clear(&family->pending);
    } else if (opcode == 0xd1) {
        sim_family_resend(family, out);
    } else if (opcode == 0xa3) {
        put_ssi(0xa4, 0, revision, sizeof revision - 1, out);
    } else {
        put_ssi(0xd0, 0, NULL, 0, out);
    }
}

static size_t hear_ssi(struct sim_family *family, struct strbuf *out)
{
    const uint8_t *bytes = family->heard;
    size_t len = bytes[0];
    unsigned sum = 0;

    if (len < 4)
        return 1;
    if (family->heard_len < len + 2)
        return 0;
    for (size_t i = 0; i < len; i++)
        sum += bytes[i];
    sum += (unsigned)bytes[len] << 8 | bytes[len + 1];
    if ((sum & 0xffff) != 0 || bytes[2] != 4)
        return 1;
    hear_ssi_packet(family, bytes[1], out);
    return len + 2;
}

/* ---- PN532, as chip ---- */

static void put_pn532(const uint8_t *data, size_t len, struct strbuf *out)
{
    unsigned sum = 0;

    strbuf_add(out, "\0\0\xff", 3);
    strbuf_putc(out, (char)len);
    strbuf_putc(out, (char)(0x100 - len));
    for (size_t i = 0; i < len; i++)
        sum += data[i];
    strbuf_add(out, data, len);
    strbuf_putc(out, (char)(0x100 - (sum & 0xff)));
    strbuf_putc(out, 0);
}

static void answer_pn532(const struct sim_family *family, uint8_t command, struct strbuf *out)
{
    uint8_t data[32] = {0xd5, (uint8_t)(command + 1)};
    size_t len = 2;

    strbuf_add(out, "\0\0\xff\0\xff\0", 6);
    if (command == 0x02) {
        memcpy(data + 2, "\x32\x01\x06\x07", 4);
        len = 6;
    } else if (command == 0x4a) {
        data[len++] = family->uid_len > 0;
        if (family->uid_len > 0) {
            memcpy(data + 3, "\x01\x00\x04\x08", 4);
            data[7] = (uint8_t)family->uid_len;
            memcpy(data + 8, family->uid, family->uid_len);
            len = 8 + family->uid_len;
        }
    }
    put_pn532(data, len, out);
}

/* Answers how many bytes are done with; 0: more are wanted. */
static size_t hear_pn532(struct sim_family *family, struct strbuf *out)
{
    const uint8_t *bytes = family->heard;
    size_t len;

    if (bytes[0] != 0xff)
        return 1; /* filling and the wake-up */
    if (family->heard_len < 3)
        return 0;
    len = bytes[1];
    if ((uint8_t)(bytes[1] + bytes[2]) != 0 || len < 2)
        return 1;
    if (family->heard_len < len + 4)
        return 0;
    if (bytes[3] == 0xd4)
        answer_pn532(family, bytes[4], out);
    return len + 4;
}

/* ---- text ---- */

/* A menu command is answered by itself, up to what was asked, with ACK before the punctuation. */
static size_t hear_honeywell(struct sim_family *family, struct strbuf *out)
{
    const uint8_t *bytes = family->heard;

    if (family->heard_len >= 3 && memcmp(bytes, "\x16M\r", 3) == 0) {
        family->menu = true;
        return 3;
    }
    if (!family->menu)
        return bytes[0] == SYN && family->heard_len < 3 ? 0 : 1;
    for (size_t i = 0; i < family->heard_len; i++) {
        if (bytes[i] != '.' && bytes[i] != '!')
            continue;
        family->menu = false;
        for (size_t k = 0; k < i && bytes[k] != '?'; k++)
            strbuf_putc(out, (char)bytes[k]);
        if (i > 0 && bytes[i - 1] == '?')
            strbuf_puts(out, "SIM 1.0");
        strbuf_putc(out, ACK);
        strbuf_putc(out, (char)bytes[i]);
        return i + 1;
    }
    return 0;
}

static size_t hear_datalogic(struct sim_family *family, struct strbuf *out)
{
    const uint8_t *bytes = family->heard;
    const uint8_t *end = memchr(bytes, ETX, family->heard_len);

    if (bytes[0] != STX)
        return 1;
    if (!end)
        return 0;
    strbuf_putc(out, family->heard_len > 1 && bytes[1] == ESC ? ACK : 0x15);
    return (size_t)(end - bytes) + 1;
}

void sim_family_hear(struct sim_family *family, const uint8_t *bytes, size_t len, struct strbuf *out)
{
    static size_t (*const hear[])(struct sim_family *, struct strbuf *) = {
        [SIM_SSI] = hear_ssi,
        [SIM_HONEYWELL] = hear_honeywell,
        [SIM_DATALOGIC] = hear_datalogic,
        [SIM_PN532] = hear_pn532,
    };

    if (family->id == SIM_ASCII || (family->id >= SIM_STRIPE && family->id <= SIM_DESK))
        return; /* hears ACK, NAK and BEL, and carries on */
    for (size_t i = 0; i < len; i++) {
        size_t done = 1;

        if (family->heard_len == sizeof family->heard)
            family->heard_len = 0;
        family->heard[family->heard_len++] = bytes[i];
        while (family->heard_len > 0 && done > 0) {
            done = hear[family->id](family, out);
            family->heard_len -= done;
            memmove(family->heard, family->heard + done, family->heard_len);
        }
    }
}

static bool say_em4100(const char *code, struct strbuf *out)
{
    uint8_t bytes[EM_DIGITS / 2], sum = 0;

    if (strlen(code) != EM_DIGITS || hex_decode(code, sizeof bytes, bytes) != ST_OK)
        return false;
    strbuf_putc(out, STX);
    for (size_t i = 0; i < EM_DIGITS; i++)
        strbuf_putc(out, (char)toupper((unsigned char)code[i]));
    for (size_t i = 0; i < sizeof bytes; i++)
        sum ^= bytes[i];
    strbuf_printf(out, "%02X\r\n", sum);
    strbuf_putc(out, ETX);
    return true;
}

static bool say_desk(const char *code, struct strbuf *out)
{
    uint8_t uid[SIM_UID_MAX], bcc = 0x02;
    size_t len = strlen(code) / 2;

    if (len < 1 || len > sizeof uid || hex_decode(code, len, uid) != ST_OK)
        return false;
    bcc ^= (uint8_t)(len + 5);
    for (size_t i = 0; i < len; i++)
        bcc ^= uid[i];
    strbuf_putc(out, STX);
    strbuf_putc(out, (char)(len + 5));
    strbuf_putc(out, 0x02);
    strbuf_add(out, uid, len);
    strbuf_putc(out, (char)bcc);
    strbuf_putc(out, ETX);
    return true;
}

static bool lay_card(struct sim_family *family, const char *code)
{
    size_t len = strcmp(code, "none") == 0 ? 0 : strlen(code) / 2;

    if (len > SIM_UID_MAX || (len > 0 && hex_decode(code, len, family->uid) != ST_OK) || (len == 0 && code[0] != 'n'))
        return false;
    family->uid_len = len;
    return true;
}

bool sim_family_say(struct sim_family *family, const char *code, const char *suffix, struct strbuf *out,
                    const char **out_why)
{
    *out_why = "this reader reads cards: a number of them in hexadecimal; a PN532 also \"none\"";
    switch (family->id) {
    case SIM_SSI:
        say_ssi(family, code, out);
        return true;
    case SIM_STRIPE:
        strbuf_printf(out, ";%s=99120000?%s", code, suffix);
        return true;
    case SIM_EM4100:
        return say_em4100(code, out);
    case SIM_DESK:
        return say_desk(code, out);
    case SIM_PN532:
        return lay_card(family, code);
    case SIM_ASCII:
    case SIM_HONEYWELL:
    case SIM_DATALOGIC:
        break;
    }
    strbuf_puts(out, code);
    strbuf_puts(out, suffix);
    return true;
}
