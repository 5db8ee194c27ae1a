/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes of a scanner's line, through framing and symbology. The first byte chooses the settings; a byte of FE is a
 * silence, FF the loss of the line. What comes out must be clean, and the same however the bytes were cut.
 */
#include "agent/base/utf8.h"
#include "drivers/scanner/code_ids.h"
#include "drivers/scanner/framing.h"
#include "drivers/scanner/symbology.h"
#include "tests/fuzz/pieces.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SILENCE = 0xfe, LOSS = 0xff };

struct run {
    struct framing framing;
    enum scanner_code_ids code_ids;
    uint64_t digest; /* of all that was told */
};

static void mix(struct run *run, uint64_t value)
{
    run->digest = (run->digest ^ value) * UINT64_C(0x100000001b3);
}

static void check_scan(const struct scan *scan, bool enclosed)
{
    assert(scan->len > 0 && scan->len <= SCAN_TEXT_BYTES_MAX && scan->text[scan->len] == '\0');
    assert(strlen(scan->text) == scan->len && utf8_is_valid(scan->text, scan->len));
    assert(strlen(scan->symbology) == 0 || strlen(scan->symbology) == 3);
    for (size_t i = 0; i < scan->len; i++) {
        unsigned char c = (unsigned char)scan->text[i];

        assert(c >= 0x20 || c == 0x1d || (enclosed && (c == '\r' || c == '\n' || c == '\t')));
    }
}

static void on_frame(void *context, const struct frame *frame)
{
    struct run *run = context;
    struct scan scan;
    const char *why = "";
    enum symbology_verdict verdict;

    mix(run, (uint64_t)frame->kind + 1);
    if (frame->kind != FRAME_WHOLE)
        return;
    assert(frame->len > 0 && frame->len <= FRAME_BYTES_MAX);
    verdict = symbology_read(frame->bytes, frame->len, run->code_ids, code_ids_of(run->code_ids), frame->enclosed, &scan, &why);
    mix(run, (uint64_t)verdict + 1);
    if (verdict == SYMBOLOGY_SCAN) {
        check_scan(&scan, frame->enclosed);
        for (size_t i = 0; i < scan.len; i++)
            mix(run, (unsigned char)scan.text[i]);
    }
}

static uint64_t run_with(const uint8_t *data, size_t size, size_t piece)
{
    static struct run run;
    size_t at = 1;

    run.digest = 7;
    run.code_ids = data[0] & 8 ? SCANNER_CODE_IDS_AIM : SCANNER_CODE_IDS_NONE;
    framing_init(&run.framing, (enum scanner_framing)((data[0] & 7) % (SCANNER_FRAMING_GAP + 1)), on_frame, &run);
    while (at < size) {
        size_t len = 0;

        while (len < piece && at + len < size && data[at + len] < SILENCE)
            len++;
        framing_feed(&run.framing, data + at, len, 1);
        at += len;
        if (at < size && data[at] >= SILENCE) {
            if (data[at++] == SILENCE)
                framing_gap(&run.framing);
            else
                framing_lost(&run.framing);
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
