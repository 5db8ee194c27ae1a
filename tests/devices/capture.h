/* SPDX-License-Identifier: Apache-2.0 */
/* capture - reads *.cap and *.expected (README.md beside it says what they look like). */
#ifndef LOYALD_TESTS_CAPTURE_H
#define LOYALD_TESTS_CAPTURE_H

#include "drivers/scanner/scanner.h"

#include <stdbool.h>

enum { CAPTURE_BYTES_MAX = 64 * 1024, CAPTURE_GAPS_MAX = 64, CAPTURE_TEXT_MAX = 64 * 1024 };

struct capture {
    enum scanner_framing framing;
    enum scanner_code_ids code_ids;
    unsigned char bytes[CAPTURE_BYTES_MAX];
    size_t len;
    size_t gaps[CAPTURE_GAPS_MAX]; /* a silence follows the first so many bytes */
    int gap_count;
    char expected[CAPTURE_TEXT_MAX]; /* without comments and empty lines */
};

/* path without its ending. Fails the test with file and line when the text is wrong. */
void capture_read(const char *path, struct capture *out_capture);

#endif
