/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/devices/capture_file.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 512 * 1024 };

/* NULL when there is no such file. */
static char *read_all(const char *path, const char *ending, size_t *out_len)
{
    char place[512];
    char *text;
    FILE *file;

    (void)snprintf(place, sizeof place, "%s.%s", path, ending);
    file = fopen(place, "rb");
    if (!file)
        return NULL;
    text = malloc(FILE_MAX);
    cr_assert_not_null(text);
    *out_len = fread(text, 1, FILE_MAX - 1, file);
    cr_assert_lt(*out_len, FILE_MAX - 1, "%s is too long", place);
    text[*out_len] = '\0';
    (void)fclose(file);
    return text;
}

void capture_file_read(const char *path, struct capture *out_capture)
{
    struct errmsg err = ERRMSG_INIT;
    size_t len = 0;
    char *text = read_all(path, "cap", &len);

    cr_assert_not_null(text, "%s.cap", path);
    cr_assert_eq(capture_parse(text, len, out_capture, &err), ST_OK, "%s.cap: %s", path, err.text);
    free(text);
    text = read_all(path, "expected", &len);
    for (char *rest = text, *line; rest && (line = strsep(&rest, "\n")) != NULL;) {
        size_t at = strlen(out_capture->expected);

        if (line[0] == '#' || line[0] == '\0')
            continue;
        cr_assert_lt(at + strlen(line) + 2, sizeof out_capture->expected, "%s.expected", path);
        (void)sprintf(out_capture->expected + at, "%s\n", line);
    }
    free(text);
    cr_assert(out_capture->expected[0], "%s: says nothing of what is to come of it", path);
}

size_t capture_file_noise(unsigned *seed, uint8_t *out_bytes, size_t max)
{
    size_t len = 1 + (size_t)rand_r(seed) % max;

    out_bytes[0] = 0x01;
    for (size_t i = 1; i < len; i++) {
        do {
            out_bytes[i] = (uint8_t)rand_r(seed);
        } while (strchr("\x02\x03\t\n\r", out_bytes[i])); /* nor 0, which ends the list */
    }
    return len;
}

const char *capture_file_noise_end(const struct capture *capture, bool finds_frames)
{
    if (finds_frames || capture->framing == SCANNER_FRAMING_GAP || capture->framing == SCANNER_FRAMING_STX)
        return "";
    return capture->framing == SCANNER_FRAMING_TAB ? "\t" : "\r\n";
}
