/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/devices/capture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static int position(const char *choices, const char *word)
{
    for (int i = 0;; i++) {
        size_t len = strcspn(choices, "|");

        if (strlen(word) == len && memcmp(word, choices, len) == 0)
            return i;
        if (choices[len] == '\0')
            return -1;
        choices += len + 1;
    }
}

static void read_setup(const char *line, struct capture *capture, const char *place)
{
    char framing[16], code_ids[16];
    int framing_at, code_ids_at;

    cr_assert_eq(sscanf(line, "! framing=%15s code_ids=%15s", framing, code_ids), 2, "%s", place);
    framing_at = position(SCANNER_FRAMING_CHOICES, framing);
    code_ids_at = position(SCANNER_CODE_IDS_CHOICES, code_ids);
    cr_assert(framing_at >= 0 && code_ids_at >= 0, "%s: no such framing or code_ids", place);
    capture->framing = (enum scanner_framing)framing_at;
    capture->code_ids = (enum scanner_code_ids)code_ids_at;
}

static void read_bytes(const char *line, struct capture *capture, const char *place)
{
    unsigned byte;
    int used;

    while (sscanf(line, " %2x%n", &byte, &used) == 1) {
        cr_assert_lt(capture->len, sizeof capture->bytes, "%s", place);
        capture->bytes[capture->len++] = (unsigned char)byte;
        line += used;
    }
    cr_assert_eq(line[strspn(line, " \n")], '\0', "%s: \"%s\" is not hexadecimal", place, line);
}

void capture_read(const char *path, struct capture *out_capture)
{
    char line[4096], place[512];
    FILE *file;

    memset(out_capture, 0, sizeof *out_capture);
    (void)snprintf(place, sizeof place, "%s.cap", path);
    file = fopen(place, "r");
    cr_assert_not_null(file, "%s", place);
    for (int number = 1; fgets(line, sizeof line, file); number++) {
        (void)snprintf(place, sizeof place, "%s.cap:%d", path, number);
        line[strcspn(line, "#\n")] = '\0';
        if (line[0] == '!') {
            read_setup(line, out_capture, place);
        } else if (strncmp(line, "gap", 3) == 0) {
            cr_assert_lt(out_capture->gap_count, CAPTURE_GAPS_MAX, "%s", place);
            out_capture->gaps[out_capture->gap_count++] = out_capture->len;
        } else {
            read_bytes(line, out_capture, place);
        }
    }
    (void)fclose(file);
    (void)snprintf(place, sizeof place, "%s.expected", path);
    file = fopen(place, "r");
    cr_assert_not_null(file, "%s", place);
    while (fgets(line, sizeof line, file)) {
        cr_assert_lt(strlen(out_capture->expected) + strlen(line), sizeof out_capture->expected, "%s", place);
        if (line[0] != '#' && line[0] != '\n')
            (void)strcat(out_capture->expected, line);
    }
    (void)fclose(file);
}
