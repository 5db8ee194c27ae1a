/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every family of readers with bytes from its line. The first byte chooses family and settings; FE is a silence, FD
 * the time for the next step of the dialogue, FF the loss of the line. What is told is clean, whatever came, and the
 * same however the bytes were cut.
 */
#include "agent/base/utf8.h"
#include "drivers/scanner/family.h"
#include "tests/fuzz/pieces.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TIME = 0xfd, SILENCE = 0xfe, LOSS = 0xff };

struct run {
    struct framing framing;
    struct reader reader;
    uint64_t digest;
    size_t sent;
    int64_t now_ms;
};

static void on_send(void *context, const uint8_t *bytes, size_t len)
{
    struct run *run = context;

    assert(len > 0 && len <= READER_SEND_BYTES_MAX);
    for (size_t i = 0; i < len; i++)
        run->digest = (run->digest ^ bytes[i]) * UINT64_C(0x100000001b3);
    run->sent += len;
}

static void on_frame(void *context, const struct frame *frame)
{
    static struct scan scan;
    struct run *run = context;
    const char *why = "";
    enum symbology_verdict verdict;

    run->digest = (run->digest ^ (uint64_t)frame->kind) * UINT64_C(0x100000001b3);
    if (frame->kind != FRAME_WHOLE && !run->framing.find)
        return;
    verdict = reader_read(&run->reader, run->now_ms, frame, &scan, &why);
    run->digest = (run->digest ^ (uint64_t)verdict) * UINT64_C(0x100000001b3);
    if (verdict == SYMBOLOGY_SCAN) {
        assert(scan.len > 0 && scan.len <= SCAN_TEXT_BYTES_MAX && strlen(scan.text) == scan.len);
        assert(utf8_is_valid(scan.text, scan.len));
        assert(strlen(scan.symbology) == 0 || strlen(scan.symbology) == 3);
        for (size_t i = 0; i < scan.len; i++)
            run->digest = (run->digest ^ (unsigned char)scan.text[i]) * UINT64_C(0x100000001b3);
    } else if (verdict != SYMBOLOGY_NOTHING && verdict != SYMBOLOGY_PAYMENT_CARD) {
        assert(why[0]);
    }
    assert(strlen(run->reader.why) < sizeof run->reader.why &&
           run->reader.state.ssi.gathered_len <= SCAN_TEXT_BYTES_MAX);
}

static uint64_t run_with(const uint8_t *data, size_t size, size_t piece)
{
    static struct run run;
    struct reader_settings settings = {.family = (enum scanner_family_id)(data[0] % (SCANNER_PN532 + 1)),
                                       .code_ids = (enum scanner_code_ids)((data[0] / 8) % SCANNER_CODE_IDS_CUSTOM),
                                       .uid_format = (enum scanner_uid_format)(data[0] / 64)};

    memset(&run, 0, sizeof run);
    run.now_ms = 1;
    reader_init(&run.reader, &settings, on_send, &run);
    framing_init(&run.framing, SCANNER_FRAMING_AUTO, on_frame, &run);
    framing_speak(&run.framing, run.reader.family->find, run.reader.family->reply);
    reader_begin(&run.reader, run.now_ms);
    for (size_t at = 1; at < size;) {
        size_t len = 0;

        while (len < piece && at + len < size && data[at + len] < TIME)
            len++;
        framing_feed(&run.framing, data + at, len, 1);
        at += len;
        if (at < size && data[at] == TIME) {
            run.now_ms += 1000;
            reader_tick(&run.reader, run.now_ms);
            at++;
        } else if (at < size && data[at] == SILENCE) {
            framing_gap(&run.framing);
            at++;
        } else if (at < size && data[at] == LOSS) {
            /* Also a byte of packets: every second one is the line's loss. */
            if (at % 2)
                framing_feed(&run.framing, data + at, 1, 1);
            else
                framing_lost(&run.framing);
            at++;
        }
    }
    framing_gap(&run.framing);
    assert(!framing_waits(&run.framing));
    return run.digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_in_pieces(data, size, run_with);
}
