/* SPDX-License-Identifier: Apache-2.0 */
/* Lines as a device prints them, and what goes on one: characters already substituted for the device, their widths,
 * where they are broken. */
#include "agent/receipt/page.h"

#include "agent/base/utf8.h"
#include "agent/receipt/page_internal.h"

#include <stdlib.h>
#include <string.h>

/* East Asian Wide and Fullwidth (UAX 11) and combining marks, as ranges; what receipts meet, not the whole standard.
 */
int page_char_width(uint32_t code)
{
    static const struct {
        uint32_t first, last;
        int width;
    } ranges[] = {
        {0x0300, 0x036F, 0},   {0x0483, 0x0489, 0},   {0x0591, 0x05BD, 0},   {0x05BF, 0x05BF, 0},
        {0x05C1, 0x05C2, 0},   {0x05C4, 0x05C5, 0},   {0x05C7, 0x05C7, 0},   {0x0610, 0x061A, 0},
        {0x064B, 0x065F, 0},   {0x0670, 0x0670, 0},   {0x06D6, 0x06DC, 0},   {0x06DF, 0x06E4, 0},
        {0x06E7, 0x06E8, 0},   {0x06EA, 0x06ED, 0},   {0x0E31, 0x0E31, 0},   {0x0E34, 0x0E3A, 0},
        {0x0E47, 0x0E4E, 0},   {0x1100, 0x115F, 2},   {0x20D0, 0x20F0, 0},   {0x2E80, 0x303E, 2},
        {0x3041, 0x33FF, 2},   {0x3400, 0x4DBF, 2},   {0x4E00, 0x9FFF, 2},   {0xA000, 0xA4CF, 2},
        {0xAC00, 0xD7A3, 2},   {0xF900, 0xFAFF, 2},   {0xFE20, 0xFE2F, 0},   {0xFE30, 0xFE6F, 2},
        {0xFF00, 0xFF60, 2},   {0xFFE0, 0xFFE6, 2},   {0x1F300, 0x1F64F, 2}, {0x1F680, 0x1F6FF, 2},
        {0x1F900, 0x1F9FF, 2}, {0x20000, 0x3FFFD, 2},
    };

    if (code < 0x0300)
        return 1;
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0] && code >= ranges[i].first; i++) {
        if (code <= ranges[i].last)
            return ranges[i].width;
    }
    return 1;
}

int layout_width(const struct chars *chars, size_t from, size_t count)
{
    int width = 0;

    for (size_t i = from; i < from + count; i++)
        width += page_char_width(chars->codes[i]) * look_wide(chars->looks[i]);
    return width;
}

void layout_load(const struct layout *layout, struct chars *out, const char *text, size_t len, uint16_t look)
{
    for (size_t i = 0; i < len;) {
        uint32_t code, more[PAGE_SUBSTITUTE_MAX];
        size_t count = 1;

        i += utf8_next(text + i, len - i, &code, NULL);
        more[0] = code;
        if (layout->options->substitute && code != '\n')
            count = layout->options->substitute(layout->options->context, code, more);
        if (count > CHARS_MAX - out->count)
            return;
        for (size_t k = 0; k < count; k++) {
            out->codes[out->count] = more[k];
            out->looks[out->count++] = look;
        }
    }
}

struct page_line *layout_line_begin(struct layout *layout, enum page_kind kind)
{
    struct page_lines *lines = layout->out;
    struct page_line *line;

    if (layout->st != ST_OK)
        return NULL;
    if (lines->count == lines->cap) {
        size_t cap = lines->cap ? lines->cap * 2 : 64;
        struct page_line *items = realloc(lines->items, cap * sizeof *items);

        if (!items) {
            layout->st = ST_NOMEM;
            return NULL;
        }
        lines->items = items;
        lines->cap = cap;
    }
    line = &lines->items[lines->count++];
    memset(line, 0, sizeof *line);
    line->kind = kind;
    line->tall = 1;
    line->text_at = (uint32_t)lines->text.len;
    line->run_at = (uint32_t)lines->run_count;
    return line;
}

/* The last run ends where the text now does; one without text is taken back. */
static void end_run(struct layout *layout, struct page_line *line)
{
    struct page_lines *lines = layout->out;
    struct page_run *run;

    if (lines->run_count == line->run_at)
        return;
    run = &lines->runs[lines->run_count - 1];
    run->text_len = (uint32_t)lines->text.len - run->text_at;
    if (run->text_len == 0)
        lines->run_count--;
    else if (run->look.tall > line->tall)
        line->tall = run->look.tall;
}

void layout_run(struct layout *layout, struct page_line *line, struct page_look look)
{
    struct page_lines *lines = layout->out;

    look.wide += look.wide == 0;
    look.tall += look.tall == 0;
    if (lines->run_count > line->run_at && memcmp(&lines->runs[lines->run_count - 1].look, &look, sizeof look) == 0)
        return;
    end_run(layout, line);
    if (lines->run_count == lines->run_cap) {
        size_t cap = lines->run_cap ? lines->run_cap * 2 : 64;
        struct page_run *runs = realloc(lines->runs, cap * sizeof *runs);

        if (!runs) {
            layout->st = ST_NOMEM;
            return;
        }
        lines->runs = runs;
        lines->run_cap = cap;
    }
    lines->runs[lines->run_count++] = (struct page_run){look, (uint32_t)lines->text.len, 0};
}

void layout_put(struct layout *layout, struct page_line *line, const struct chars *chars, size_t from, size_t count)
{
    int wide = 1;

    if (layout->out->run_count > line->run_at)
        wide = layout->out->runs[layout->out->run_count - 1].look.wide;
    for (size_t i = from; i < from + count; i++) {
        uint32_t code = chars->codes[i];
        char bytes[4];

        if (code < 0x80)
            strbuf_putc(&layout->out->text, (char)code);
        else
            strbuf_add(&layout->out->text, bytes, utf8_put(code, bytes));
        line->width = (uint16_t)(line->width + page_char_width(code) * wide);
    }
}

void layout_fill(struct layout *layout, struct page_line *line, char fill, int width)
{
    int wide = 1;

    if (layout->out->run_count > line->run_at)
        wide = layout->out->runs[layout->out->run_count - 1].look.wide;
    for (int i = 0; i < width; i++)
        strbuf_putc(&layout->out->text, fill);
    line->width = (uint16_t)(line->width + (width > 0 ? width * wide : 0));
}

void layout_line_end(struct layout *layout, struct page_line *line)
{
    end_run(layout, line);
    line->run_count = (uint32_t)(layout->out->run_count - line->run_at);
    line->text_len = (uint32_t)(layout->out->text.len - line->text_at);
    strbuf_putc(&layout->out->text, '\0');
    if (strbuf_status(&layout->out->text) != ST_OK)
        layout->st = strbuf_status(&layout->out->text);
}

/* At least one character goes, so that a wide character in one column of room ends all the same. */
size_t layout_wrap(const struct chars *chars, size_t from, size_t to, int room, size_t *out_next)
{
    size_t end = from, space = 0;
    int width = 0;

    for (; end < to && chars->codes[end] != '\n'; end++) {
        int more = page_char_width(chars->codes[end]) * look_wide(chars->looks[end]);

        if (width + more > room && end > from)
            break;
        width += more;
        if (chars->codes[end] == ' ' && end > from)
            space = end;
    }
    if (end < to && chars->codes[end] == '\n') {
        *out_next = end + 1;
        return end - from;
    }
    if (end < to && chars->codes[end] == ' ')
        space = end;
    if (end < to && space > from)
        end = space;
    *out_next = end;
    while (*out_next < to && chars->codes[*out_next] == ' ')
        (*out_next)++;
    while (end > from && chars->codes[end - 1] == ' ')
        end--;
    return end - from;
}

void page_lines_free(struct page_lines *lines)
{
    free(lines->items);
    free(lines->runs);
    strbuf_free(&lines->text);
    *lines = (struct page_lines)PAGE_LINES_INIT;
}

const char *page_line_text(const struct page_lines *lines, const struct page_line *line)
{
    return line->text_len ? strbuf_text(&lines->text) + line->text_at : "";
}
