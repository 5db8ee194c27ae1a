/* SPDX-License-Identifier: Apache-2.0 */
/* The dialogues of families that have one, against a device played by hand: what is sent, when it is asked again. */
#include "drivers/scanner/pn532.h"
#include "drivers/scanner/ssi.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct reader reader;
static struct framing framing;
static struct scan scan;
static char told[1024], sent[4096];
static int64_t now_ms;

static void on_send(void *context, const uint8_t *bytes, size_t len)
{
    (void)context;
    for (size_t i = 0; i < len; i++)
        (void)sprintf(sent + strlen(sent), "%02x", bytes[i]);
    (void)strcat(sent, " ");
}

static void on_frame(void *context, const struct frame *frame)
{
    static const char *const words[] = {"scan", "garbage", "check", "card", "broken", ""};
    const char *why = "";
    enum symbology_verdict verdict = reader_read(&reader, now_ms, frame, &scan, &why);

    (void)context;
    (void)snprintf(told + strlen(told), sizeof told - strlen(told), "%s%s%.200s%s", words[verdict],
                   verdict == SYMBOLOGY_SCAN ? " " : "", verdict == SYMBOLOGY_SCAN ? scan.text : "",
                   words[verdict][0] ? ";" : "");
}

static void begin(enum scanner_family_id family)
{
    struct reader_settings settings = {.family = family};

    now_ms = 1000;
    sent[0] = told[0] = '\0';
    reader_init(&reader, &settings, on_send, NULL);
    framing_init(&framing, SCANNER_FRAMING_AUTO, on_frame, NULL);
    framing_speak(&framing, reader.family->find, reader.family->reply);
    reader_begin(&reader, now_ms);
}

static void pass(int64_t ms)
{
    now_ms += ms;
    reader_tick(&reader, now_ms);
}

static void say(const void *bytes, size_t len)
{
    framing_feed(&framing, bytes, len, now_ms);
}

static void decoder_says(uint8_t opcode, uint8_t status, const char *data)
{
    uint8_t packet[SSI_PACKET_MAX];

    sent[0] = '\0';
    say(packet, ssi_make(opcode, SSI_FROM_DECODER, status, (const uint8_t *)data, strlen(data), packet));
}

#define ACKED    "04d00400ff28 "
#define NAKED    "05d1040001ff25 "
#define REVISION "04a30400ff55 "

Test(ssi, asks_sets_and_enables_in_turn)
{
    begin(SCANNER_SSI);
    cr_expect_str_eq(sent, REVISION);
    cr_expect_eq(reader.health, READER_PROBING);
    decoder_says(SSI_REPLY_REVISION, 0, "PAABCS00-001-R00");
    cr_expect_str_eq(reader.device, "PAABCS00-001-R00");
    cr_expect_str_eq(sent, ACKED "07c60400ffee01fd41 ", "%s", sent);
    decoder_says(SSI_CMD_ACK, 0, "");
    cr_expect_str_eq(sent, "04e90400ff0f ");
    decoder_says(SSI_CMD_ACK, 0, "");
    cr_expect_str_eq(sent, "");
    cr_expect_eq(reader.health, READER_READY);
    cr_expect_eq(reader.due_ms, 0, "idle: no timer runs");
}

Test(ssi, asks_again_and_says_that_nobody_answers)
{
    begin(SCANNER_SSI);
    for (int i = 0; i < 2; i++) {
        sent[0] = '\0';
        pass(1000);
        cr_expect_str_eq(sent, REVISION);
        cr_expect_eq(reader.health, READER_PROBING);
    }
    pass(1000);
    cr_expect_eq(reader.health, READER_DEGRADED);
    cr_expect(strstr(reader.why, "does not answer by SSI"));
    cr_expect_eq(reader.due_ms, now_ms + 5000, "and asks on, slowly");
    decoder_says(SSI_DECODE_DATA, 0,
                 "\x0b"
                 "4006381333931");
    cr_expect_str_eq(told, "scan 4006381333931;", "whoever sends codes is there");
    cr_expect_eq(reader.health, READER_READY);
}

Test(ssi, acknowledges_a_code_twice_and_tells_it_once)
{
    begin(SCANNER_SSI);
    decoder_says(SSI_DECODE_DATA, 0,
                 "\x0b"
                 "4006381333931");
    cr_expect_str_eq(sent, ACKED);
    decoder_says(SSI_DECODE_DATA, SSI_RESENT,
                 "\x0b"
                 "4006381333931");
    cr_expect_str_eq(sent, ACKED);
    cr_expect_str_eq(told, "scan 4006381333931;");
    cr_expect_eq(reader.resent_count, 1u);
    decoder_says(SSI_DECODE_DATA, 0,
                 "\x0b"
                 "4006381333931");
    cr_expect_str_eq(told, "scan 4006381333931;scan 4006381333931;", "the same code read again is another scan");
}

Test(ssi, a_long_code_whose_end_was_damaged_leaves_nothing_in_front_of_the_next)
{
    uint8_t packet[SSI_PACKET_MAX];
    size_t len = ssi_make(SSI_DECODE_DATA, SSI_FROM_DECODER, 0, (const uint8_t *)"\x1cXEND", 5, packet);

    begin(SCANNER_SSI);
    packet[6] ^= 1;
    decoder_says(SSI_DECODE_DATA, SSI_CONTINUED, "\x1cXBEGIN-");
    for (int i = 0; i < 3; i++) {
        say(packet, len);
        framing_gap(&framing);
    }
    decoder_says(SSI_DECODE_DATA, SSI_CONTINUED, "\x1cXBEGIN-");
    decoder_says(SSI_DECODE_DATA, 0, "\x1cXEND");
    cr_expect_str_eq(told, "broken;scan XBEGIN-XEND;");
}

Test(ssi, asks_for_damaged_packets_again_before_it_complains)
{
    uint8_t packet[SSI_PACKET_MAX];
    size_t len = ssi_make(SSI_DECODE_DATA, SSI_FROM_DECODER, 0,
                          (const uint8_t *)"\x0b"
                                           "4006381333931",
                          14, packet);

    begin(SCANNER_SSI);
    packet[9] ^= 1;
    for (int i = 1; i <= 3; i++) {
        sent[0] = '\0';
        say(packet, len);
        framing_gap(&framing);
        cr_expect_str_eq(sent, NAKED);
        cr_expect_str_eq(told, i < 3 ? "" : "broken;");
    }
}

Test(ssi, drops_a_code_longer_than_any)
{
    char data[201] = "\x1c";

    begin(SCANNER_SSI);
    memset(data + 1, 'A', 199);
    for (int i = 0; i < 30; i++)
        decoder_says(SSI_DECODE_DATA, i < 29 ? SSI_CONTINUED : 0, data);
    cr_expect_str_eq(told, "garbage;");
    decoder_says(SSI_DECODE_DATA, 0,
                 "\x03"
                 "ABC");
    cr_expect_str_eq(told, "garbage;scan ABC;");
}

static void chip_says(const char *data, size_t len)
{
    static const uint8_t ack[] = {0, 0, 0xff, 0, 0xff, 0};
    uint8_t packet[PN532_PACKET_MAX];

    sent[0] = '\0';
    say(ack, sizeof ack);
    say(packet, pn532_make((const uint8_t *)data, len, packet));
}

Test(pn532, is_woken_set_up_and_polled)
{
    begin(SCANNER_PN532);
    cr_expect(strstr(sent, "5555"), "%s", sent);
    cr_expect(strstr(sent, "0000ff05fbd41401140102"), "%s", sent); /* UM0701-02: SAMConfiguration */
    chip_says("\xd5\x15", 2);
    cr_expect(strstr(sent, "d43205ff0102"), "%s", sent);
    chip_says("\xd5\x33", 2);
    cr_expect(strstr(sent, "0000ff02fed4022a00"), "%s", sent);
    chip_says("\xd5\x03\x32\x01\x06\x07", 6);
    cr_expect_str_eq(reader.device, "PN532 firmware 1.6");
    cr_expect(strstr(sent, "0000ff04fcd44a0100e100"), "%s", sent);
    cr_expect_eq(reader.health, READER_READY);
    chip_says("\xd5\x4b\x00", 3);
    cr_expect_str_eq(sent, "", "the next question waits");
    cr_expect_eq(reader.due_ms, now_ms + PN532_POLL_MS);
    pass(PN532_POLL_MS);
    cr_expect(strstr(sent, "d44a0100"), "%s", sent);
}

Test(pn532, that_is_silent_is_woken_again_and_again)
{
    begin(SCANNER_PN532);
    for (int i = 0; i < 4; i++)
        pass(500);
    cr_expect_eq(reader.health, READER_DEGRADED);
    sent[0] = '\0';
    pass(2000);
    cr_expect(strstr(sent, "5555"), "%s", sent);
    chip_says("\xd5\x15", 2);
    chip_says("\xd5\x33", 2);
    chip_says("\xd5\x03\x32\x01\x06\x07", 6);
    cr_expect_eq(reader.health, READER_READY);
}

Test(honeywell, asks_who_it_is_and_minds_no_silence)
{
    begin(SCANNER_HONEYWELL);
    cr_expect_str_eq(sent, "164d0d524556494e463f2e ");
    pass(1000);
    cr_expect_eq(reader.health, READER_READY);
    cr_expect_eq(reader.due_ms, 0);
}

/* A byte of noise before a packet costs nothing: the packet behind it is found. */
Test(packets, are_found_behind_noise)
{
    static const uint8_t noise[] = {0xf0, 0x30, 0x00, 0x12, 0xfe};
    uint8_t packet[SSI_PACKET_MAX];
    size_t len = ssi_make(SSI_DECODE_DATA, SSI_FROM_DECODER, 0,
                          (const uint8_t *)"\x03"
                                           "ABC",
                          4, packet);

    begin(SCANNER_SSI);
    say(noise, sizeof noise);
    say(packet, len);
    framing_gap(&framing);
    cr_expect_str_eq(told, "scan ABC;", "%s", told);
}
