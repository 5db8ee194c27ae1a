/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/csv.h"

#include <stdbool.h>
#include <string.h>

void csv_begin(struct csv *csv, char *text, size_t len, int first_line)
{
    size_t header;

    *csv = (struct csv){.at = text, .end = text + len, .next_line = first_line, .separator = ','};
    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        csv->at += 3;
    header = csv_row_len(csv->at, (size_t)(csv->end - csv->at));
    if (!memchr(csv->at, ',', header) && memchr(csv->at, ';', header))
        csv->separator = ';';
}

size_t csv_row_len(const char *text, size_t len)
{
    bool quoted = false;

    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"')
            quoted = !quoted;
        else if (text[i] == '\n' && !quoted)
            return i + 1;
    }
    return len;
}

/* Unquotes the field that begins at *at and ends it with a NUL. *out_more says that a separator follows it: then *at
 * is behind that. False for an open quote. */
static bool cut_field(char **at, char *end, char separator, char **out_field, bool *out_more)
{
    char *read = *at, *write = read;
    bool quoted = false;

    *out_field = write;
    for (; read < end; read++) {
        if (*read == '"' && quoted && read + 1 < end && read[1] == '"')
            *write++ = *read++;
        else if (*read == '"' && (quoted || read == *at))
            quoted = !quoted;
        else if (*read == separator && !quoted)
            break;
        else
            *write++ = *read;
    }
    *out_more = read < end;
    *at = read + *out_more;
    *write = '\0'; /* at the latest on the NUL that ends the row */
    return !quoted;
}

static enum status cut_row(struct csv *csv, char *row, char *end, struct errmsg *err)
{
    bool more = true;

    for (csv->count = 0; more; csv->count++) {
        if (csv->count == CSV_COLUMNS_MAX) {
            errmsg_set(err, "more than %d columns", CSV_COLUMNS_MAX);
            return ST_INVALID;
        }
        if (!cut_field(&row, end, csv->separator, &csv->fields[csv->count], &more)) {
            errmsg_set(err, "a quote is not closed");
            return ST_INVALID;
        }
    }
    return ST_OK;
}

enum status csv_next(struct csv *csv, struct errmsg *err)
{
    while (csv->at < csv->end) {
        char *row = csv->at, *end;
        size_t len = csv_row_len(row, (size_t)(csv->end - row));

        csv->line = csv->next_line;
        for (size_t i = 0; i < len; i++)
            csv->next_line += row[i] == '\n';
        csv->at = end = row + len;
        while (end > row && (end[-1] == '\n' || end[-1] == '\r'))
            end--;
        if (end == row)
            continue;
        *end = '\0'; /* the line end, or the NUL behind the text */
        return cut_row(csv, row, end, err);
    }
    return ST_NOT_FOUND;
}
