/* SPDX-License-Identifier: Apache-2.0 */
/* Where a reader is, as a JSON pointer, and the notes it leaves there. */
#include "agent/engine/reader.h"

#include "agent/base/utf8.h"

#include <string.h>

/* Appends one part of a pointer, escaped (RFC 6901); what does not fit is cut. */
static size_t at_add(char *at, size_t len, const char *part)
{
    size_t room = BUNDLE_AT_BYTES - 1;

    if (len < room)
        at[len++] = '/';
    for (; *part && len + 2 <= room; part++) {
        if (*part == '~' || *part == '/') {
            at[len++] = '~';
            at[len++] = *part == '~' ? '0' : '1';
        } else {
            at[len++] = *part;
        }
    }
    at[len] = '\0';
    return len;
}

static size_t step_in(struct reader *reader, const char *name, size_t index)
{
    struct reader_at *at = &reader->at;

    if (at->depth < RD_DEPTH_MAX) {
        at->steps[at->depth].name = name;
        at->steps[at->depth].index = index;
    }
    return at->depth++;
}

size_t rd_in(struct reader *reader, const char *name)
{
    return step_in(reader, name, 0);
}

size_t rd_in_index(struct reader *reader, size_t index)
{
    return step_in(reader, NULL, index);
}

void rd_out(struct reader *reader, size_t mark)
{
    reader->at.depth = mark;
}

struct rd_walk rd_walk_begin(struct reader *reader, const char *name, const cJSON *array)
{
    return (struct rd_walk){.next = array ? array->child : NULL, .mark = rd_in(reader, name)};
}

const cJSON *rd_walk_next(struct reader *reader, struct rd_walk *walk)
{
    const cJSON *value = walk->next;

    if (walk->index > 0)
        rd_out(reader, walk->inner);
    if (!value) {
        rd_out(reader, walk->mark);
        return NULL;
    }
    walk->next = value->next;
    walk->inner = rd_in_index(reader, walk->index++);
    return value;
}

static void index_text(size_t index, char out_text[24])
{
    char digits[24];
    size_t n = 0, len = 0;

    do {
        digits[n++] = (char)('0' + index % 10);
        index /= 10;
    } while (index);
    while (n > 0)
        out_text[len++] = digits[--n];
    out_text[len] = '\0';
}

/* Where the reader is, as a pointer. */
static size_t at_text(const struct reader_at *at, char out_text[BUNDLE_AT_BYTES])
{
    size_t len = 0;
    char index[24];

    out_text[0] = '\0';
    for (size_t i = 0; i < at->depth && i < RD_DEPTH_MAX; i++) {
        if (!at->steps[i].name)
            index_text(at->steps[i].index, index);
        len = at_add(out_text, len, at->steps[i].name ? at->steps[i].name : index);
    }
    return len;
}

void rd_note(struct reader *reader, bool warning, const char *name, const char *text)
{
    struct bundle_report *report = reader->report;
    struct bundle_note *note;
    size_t len;

    *(warning ? &report->warning_count : &report->fault_count) += 1;
    if (report->note_count == BUNDLE_NOTES_MAX)
        return;
    note = &report->notes[report->note_count++];
    note->warning = warning;
    len = at_text(&reader->at, note->at);
    if (name)
        (void)at_add(note->at, len, name);
    len = utf8_cut(text, strlen(text), sizeof note->text - 1);
    memcpy(note->text, text, len);
    note->text[len] = '\0';
}
