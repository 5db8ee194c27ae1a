/* SPDX-License-Identifier: Apache-2.0 */
/* capture_file - reads a capture for a test: NAME.cap, and NAME.expected where the results are a file of their own.
 */
#ifndef LOYALD_TESTS_CAPTURE_FILE_H
#define LOYALD_TESTS_CAPTURE_FILE_H

#include "drivers/scanner/capture.h"

/* path without its ending. Fails the test with file and line when the text is wrong. */
void capture_file_read(const char *path, struct capture *out_capture);

#endif
