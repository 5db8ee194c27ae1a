/* SPDX-License-Identifier: Apache-2.0 */
/* Capture files, as people edit them. */
#include "drivers/scanner/capture.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct capture capture;
    struct errmsg err = ERRMSG_INIT;

    if (capture_parse((const char *)data, size, &capture, &err) != ST_OK) {
        assert(strncmp(err.text, "line ", 5) == 0);
        return 0;
    }
    assert(capture.len <= CAPTURE_BYTES_MAX && capture.gap_count <= CAPTURE_GAPS_MAX);
    assert(capture.settings.family <= SCANNER_PN532 && capture.framing <= SCANNER_FRAMING_GAP);
    assert(strlen(capture.expected) < sizeof capture.expected);
    for (size_t i = 0; i < capture.gap_count; i++)
        assert(capture.gaps[i] <= capture.len);
    return 0;
}
