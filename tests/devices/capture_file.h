/* SPDX-License-Identifier: Apache-2.0 */
/* capture_file - reads a capture for a test: NAME.cap, and NAME.expected where the results are a file of their own.
 */
#ifndef LOYALD_TESTS_CAPTURE_FILE_H
#define LOYALD_TESTS_CAPTURE_FILE_H

#include "drivers/scanner/capture.h"

/* path without its ending. Fails the test with file and line when the text is wrong. */
void capture_file_read(const char *path, struct capture *out_capture);
/* Noise that no framing takes for a mark, and no symbology for text; returns its length, 1 to max. */
size_t capture_file_noise(unsigned *seed, uint8_t *out_bytes, size_t max);
/* What ends it, of a line whose codes end so; "" where only a silence does. */
const char *capture_file_noise_end(const struct capture *capture, bool finds_frames);

#endif
