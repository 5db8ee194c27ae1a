/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/printer/render.h"

#include "agent/base/utf8.h"
#include "agent/receipt/page.h"
#include "drivers/charset/code_pages.h"
#include "drivers/charset/transliterate.h"
#include "drivers/printer/font.h"
#include "drivers/printer/language.h"
#include "drivers/printer/pictures.h"
#include "drivers/printer/profile.h"
#include "drivers/printer/render_drawn.h"

enum {
    KNOWN_CODES = 0x500, /* Latin, Greek, Cyrillic: what nearly all characters are */
    QR_CELL_DOTS = 6,
};

struct render {
    const struct render_options *options;
    const struct profile *profile;
    const struct language *language;
    uint16_t known[KNOWN_CODES]; /* where a character is; 0: not looked for yet */
    const struct code_page *tables[PROFILE_PAGES_MAX];
    size_t table_count;
    size_t current; /* index of the page in force */
    bool draws;     /* some character is in no page, and in the font */
    enum page_align align;
    struct page_look look;
    struct render_counts counts;
    struct strbuf *out, *out_ends;
};

enum { NOWHERE = 0xFF00 };
_Static_assert((int)TRANSLITERATE_MAX <= (int)PAGE_SUBSTITUTE_MAX, "a spelling fits in a substitute");

/* The first page that has the character in the high byte, its byte there in the low one. */
static uint16_t look_for(const struct render *render, uint32_t code)
{
    for (size_t i = 0; i < render->table_count; i++) {
        uint8_t byte = code_page_byte(render->tables[i], code);

        if (byte)
            return (uint16_t)(i << 8 | byte);
    }
    return NOWHERE;
}

/* Looked for once a job: a slip has a thousand characters and uses sixty. */
static uint16_t find(struct render *render, uint32_t code)
{
    if (code >= KNOWN_CODES)
        return look_for(render, code);
    if (render->known[code] == 0)
        render->known[code] = look_for(render, code);
    return render->known[code];
}

static bool has(void *context, uint32_t code)
{
    return find(context, code) != NOWHERE;
}

static bool can_draw(const struct render *render, uint32_t code)
{
    return render->profile->raster && render->language->put_raster && font_has(render->options->font, code);
}

/* Asked by the layout for each character before it measures. */
static size_t substitute(void *context, uint32_t code, uint32_t out_codes[PAGE_SUBSTITUTE_MAX])
{
    struct render *render = context;
    int count;

    out_codes[0] = code;
    if (has(render, code))
        return 1;
    count = transliterate_for(code, has, render, out_codes);
    if (count < 0 && can_draw(render, code)) {
        render->draws = true;
        out_codes[0] = code;
        return 1;
    }
    render->counts.substituted++;
    if (count < 0) {
        out_codes[0] = '?';
        count = 1;
    }
    return (size_t)count;
}

static void select_page(struct render *render, size_t index)
{
    render->current = index;
    if (render->language->select_page)
        render->language->select_page(render->out, render->profile->pages[index].n);
}

static void put_character(struct render *render, uint32_t code)
{
    uint16_t first = find(render, code);
    uint8_t byte =
        first >> 8 == render->current ? first & 0xFF : code_page_byte(render->tables[render->current], code);

    if (!byte && first != NOWHERE) {
        select_page(render, first >> 8);
        byte = first & 0xFF;
    }
    /* The layout has asked for each character: one without a byte cannot come. */
    strbuf_putc(render->out, byte ? (char)byte : '?');
}

static void put_text(struct render *render, const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        uint32_t code;

        i += utf8_next(text + i, len - i, &code, NULL);
        put_character(render, code);
    }
}

/* Alignment is obeyed at the start of a line only, which is where we are between two lines. */
static void set_align(struct render *render, enum page_align align)
{
    if (align != render->align && render->language->set_align)
        render->language->set_align(render->out, align);
    render->align = align;
}

/* For a printer that cannot align: blanks before the line. */
static void pad(struct render *render, int width)
{
    int room = render->profile->columns - width;

    if (render->language->set_align || render->align == PAGE_LEFT)
        return;
    for (room = render->align == PAGE_CENTRE ? room / 2 : room; room > 0; room--)
        strbuf_putc(render->out, ' ');
}

static void set_look(struct render *render, struct page_look look)
{
    if (render->language->set_look)
        render->language->set_look(render->out, render->look, look);
    render->look = look;
}

static void put_plain_line(struct render *render, const char *text, size_t len)
{
    pad(render, (int)utf8_length(text, len));
    put_text(render, text, len);
    strbuf_puts(render->out, render->language->newline);
}

static bool must_draw(struct render *render, const char *text, size_t len)
{
    for (size_t i = 0; i < len && render->draws;) {
        uint32_t code;

        i += utf8_next(text + i, len - i, &code, NULL);
        if (!has(render, code))
            return true;
    }
    return false;
}

/* The whole line as a picture; false when there is no memory for it. */
static bool draw_line(struct render *render, const struct page_lines *lines, const struct page_line *line)
{
    struct bitmap bitmap;

    set_look(render, (struct page_look){.wide = 1, .tall = 1});
    if (render_drawn_line(render->options, lines, line, &bitmap) != ST_OK)
        return false;
    render->language->put_raster(render->out, render->out_ends, &bitmap);
    bitmap_clear(&bitmap);
    render->counts.drawn++;
    return true;
}

/* The page's own, else the till's of that name; one made for wider paper is made smaller. */
static enum status put_picture(struct render *render, const struct page_line *line, const char *name,
                               struct errmsg *err)
{
    const struct bitmap own = {.width = line->dots_width,
                               .height = line->dots_height,
                               .row_bytes = ((size_t)line->dots_width + 7) / 8,
                               .bits = (uint8_t *)(uintptr_t)line->dots}; /* read only */
    const struct bitmap *bitmap = line->dots ? &own : pictures_find(render->options->pictures, name);
    struct bitmap smaller = {0};
    enum status st = ST_OK;

    if (!bitmap || !render->profile->raster || !render->language->put_raster)
        return ST_OK;
    if (bitmap->width > render->profile->dots) {
        st = bitmap_shrink(bitmap, render->profile->dots, &smaller);
        bitmap = &smaller;
    }
    if (st == ST_OK)
        render->language->put_raster(render->out, render->out_ends, bitmap);
    else
        errmsg_set(err, "picture %s: %s", name, status_text(st));
    bitmap_clear(&smaller);
    return st;
}

static void put_runs(struct render *render, const struct page_lines *lines, const struct page_line *line)
{
    if (must_draw(render, page_line_text(lines, line), line->text_len) && draw_line(render, lines, line))
        return;
    pad(render, line->width);
    for (uint32_t i = 0; i < line->run_count; i++) {
        const struct page_run *run = &lines->runs[line->run_at + i];

        set_look(render, run->look);
        put_text(render, strbuf_text(&lines->text) + run->text_at, run->text_len);
    }
    strbuf_puts(render->out, render->language->newline);
}

/* The printer's own, else its picture, else its characters. */
static void put_barcode(struct render *render, const struct page_line *line, const char *text)
{
    const struct language *language = render->language;
    struct bitmap bitmap;
    bool drawn = render->profile->barcode && language->put_barcode &&
                 language->put_barcode(render->out, &line->code, text, render->profile->dots);

    if (drawn)
        return;
    if (render->profile->raster && language->put_raster &&
        bitmap_of_bars(&bitmap, &line->code, text, render->profile->dots) == ST_OK) {
        language->put_raster(render->out, render->out_ends, &bitmap);
        bitmap_clear(&bitmap);
        if (line->code.no_text)
            return;
    }
    put_plain_line(render, text, line->text_len);
}

static enum status put_qr(struct render *render, const struct page_line *line, const char *text, struct errmsg *err)
{
    const struct language *language = render->language;
    int side = qr_side(text, line->code.level), wanted = line->code.cell_dots ? line->code.cell_dots : QR_CELL_DOTS;
    struct bitmap bitmap;
    enum status st;

    if (render->profile->qr && language->put_qr && side > 0) {
        int fits = render->profile->dots / side;

        language->put_qr(render->out, text, fits < wanted ? fits : wanted, line->code.level);
        return ST_OK;
    }
    if (!render->profile->raster || !language->put_raster) {
        put_plain_line(render, text, line->text_len);
        return ST_OK;
    }
    st = bitmap_of_qr(&bitmap, &line->code, text, render->profile->dots, err);
    if (st == ST_OK) {
        language->put_raster(render->out, render->out_ends, &bitmap);
        bitmap_clear(&bitmap);
    }
    return st;
}

static enum status put_line(struct render *render, const struct page_lines *lines, const struct page_line *line,
                            struct errmsg *err)
{
    const char *text = page_line_text(lines, line);

    set_align(render, line->align);
    if (line->kind != PAGE_TEXT)
        set_look(render, (struct page_look){.wide = 1, .tall = 1});
    switch (line->kind) {
    case PAGE_TEXT:
    case PAGE_COLUMNS:
    case PAGE_CELLS:
    case PAGE_RULE:
        put_runs(render, lines, line);
        return ST_OK;
    case PAGE_FEED:
        if (line->feed_lines > 0)
            render->language->feed(render->out, line->feed_lines);
        return ST_OK;
    case PAGE_BARCODE:
        put_barcode(render, line, text);
        return ST_OK;
    case PAGE_QR:
        return put_qr(render, line, text, err);
    case PAGE_IMAGE:
        return put_picture(render, line, text, err);
    case PAGE_CUT:
        render->language->cut(render->out, render->profile->cut);
        return ST_OK;
    }
    return ST_INTERNAL;
}

enum status render_page(const struct render_options *wanted, const struct page *page, struct strbuf *out,
                        struct strbuf *out_ends, struct render_counts *out_counts, struct errmsg *err)
{
    const struct profile *profile = wanted->profile;
    struct render render = {.options = wanted,
                            .profile = profile,
                            .language = language_of(profile),
                            .look = {.wide = 1, .tall = 1},
                            .out = out,
                            .out_ends = out_ends};
    struct page_layout_options options = {.columns = profile->columns, .substitute = substitute, .context = &render};
    struct page_lines lines = PAGE_LINES_INIT;
    enum status st;

    while (render.table_count < PROFILE_PAGES_MAX && profile->pages[render.table_count].number) {
        render.tables[render.table_count] = code_page_find(profile->pages[render.table_count].number);
        render.table_count++;
    }
    st = page_layout(page, &options, &lines, err);
    if (st != ST_OK)
        goto out;
    render.language->begin(out);
    if (wanted->open_drawer && profile->drawer && render.language->open_drawer)
        render.language->open_drawer(out);
    select_page(&render, 0);
    for (size_t i = 0; i < lines.count && st == ST_OK; i++) {
        uint32_t end;

        st = put_line(&render, &lines, &lines.items[i], err);
        end = (uint32_t)out->len;
        if (out_ends)
            strbuf_add(out_ends, &end, sizeof end);
    }
    /* Another program's job must not start in our bold. */
    render.language->end(out);
    if (st == ST_OK && strbuf_status(out) == ST_OK && out_ends)
        out->st = strbuf_status(out_ends);
    if (st == ST_OK && strbuf_status(out) != ST_OK) {
        st = strbuf_status(out);
        errmsg_set(err, "print job: %s", st == ST_FULL ? "more bytes than a job may have" : status_text(st));
    }
    if (st == ST_OK && out_counts)
        *out_counts = render.counts;
out:
    page_lines_free(&lines);
    return st;
}
