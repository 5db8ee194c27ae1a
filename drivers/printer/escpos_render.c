/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/printer/escpos_render.h"

#include "agent/base/utf8.h"
#include "agent/receipt/page.h"
#include "drivers/charset/code_pages.h"
#include "drivers/printer/escpos_codes.h"
#include "drivers/printer/profile.h"
#include "drivers/charset/transliterate.h"

#include <string.h>

enum { KNOWN_CODES = 0x500 }; /* Latin, Greek, Cyrillic: what nearly all characters are */

struct render {
    const struct profile *profile;
    uint16_t known[KNOWN_CODES]; /* where a character is; 0: not looked for yet */
    const struct code_page *tables[PROFILE_PAGES_MAX];
    size_t table_count;
    size_t current; /* index of the page in force */
    enum page_align align;
    struct page_look look;
    uint64_t substituted;
    struct strbuf *out;
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

/* Asked by the layout for each character before it measures. */
static size_t substitute(void *context, uint32_t code, uint32_t out_codes[PAGE_SUBSTITUTE_MAX])
{
    struct render *render = context;
    size_t count;

    out_codes[0] = code;
    if (has(render, code))
        return 1;
    render->substituted++;
    count = transliterate_for(code, has, render, out_codes);
    if (count == 0)
        out_codes[count++] = '?';
    return count;
}

static void select_page(struct render *render, size_t index)
{
    render->current = index;
    escpos_put3(render->out, 0x1B, 't', render->profile->pages[index].n);
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
    if (align != render->align)
        escpos_put3(render->out, 0x1B, 'a', (uint8_t)align);
    render->align = align;
}

static void set_look(struct render *render, struct page_look look)
{
    if (look.bold != render->look.bold)
        escpos_put3(render->out, 0x1B, 'E', look.bold);
    if (look.underline != render->look.underline)
        escpos_put3(render->out, 0x1B, '-', look.underline);
    if (look.inverse != render->look.inverse)
        escpos_put3(render->out, 0x1D, 'B', look.inverse);
    if (look.wide != render->look.wide || look.tall != render->look.tall)
        escpos_put3(render->out, 0x1D, '!', (uint8_t)((look.wide - 1) << 4 | (look.tall - 1)));
    render->look = look;
}

static void put_plain_line(struct render *render, const char *text, size_t len)
{
    put_text(render, text, len);
    strbuf_putc(render->out, '\n');
}

static void put_runs(struct render *render, const struct page_lines *lines, const struct page_line *line)
{
    for (uint32_t i = 0; i < line->run_count; i++) {
        const struct page_run *run = &lines->runs[line->run_at + i];

        set_look(render, run->look);
        put_text(render, strbuf_text(&lines->text) + run->text_at, run->text_len);
    }
    strbuf_putc(render->out, '\n');
}

static void put_cut(struct render *render)
{
    switch (render->profile->cut) {
    case PROFILE_CUT_NONE: /* far enough to tear off */
        escpos_put3(render->out, 0x1B, 'd', 4);
        return;
    case PROFILE_CUT_FULL:
        escpos_put3(render->out, 0x1D, 'V', 65);
        strbuf_putc(render->out, 0);
        return;
    case PROFILE_CUT_PARTIAL:
        escpos_put3(render->out, 0x1D, 'V', 66);
        strbuf_putc(render->out, 0);
        return;
    }
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
            escpos_put3(render->out, 0x1B, 'd', line->feed_lines);
        return ST_OK;
    case PAGE_BARCODE:
        if (!escpos_put_barcode(render->out, render->profile, &line->code, text))
            put_plain_line(render, text, line->text_len);
        return ST_OK;
    case PAGE_QR:
        return escpos_put_qr(render->out, render->profile, &line->code, text, err);
    case PAGE_CUT:
        put_cut(render);
        return ST_OK;
    }
    return ST_INTERNAL;
}

static void begin(struct render *render)
{
    static const uint8_t init[] = {0x1B, '@', 0x1C, '.', 0x1B, 'R', 0};

    strbuf_add(render->out, init, sizeof init);
    select_page(render, 0);
}

enum status escpos_render(const struct profile *profile, const struct page *page, struct strbuf *out,
                          struct strbuf *out_ends, uint64_t *out_substituted, struct errmsg *err)
{
    struct render render = {.profile = profile, .look = {.wide = 1, .tall = 1}, .out = out};
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
    begin(&render);
    for (size_t i = 0; i < lines.count && st == ST_OK; i++) {
        uint32_t end;

        st = put_line(&render, &lines, &lines.items[i], err);
        end = (uint32_t)out->len;
        if (out_ends)
            strbuf_add(out_ends, &end, sizeof end);
    }
    /* Another program's job must not start in our bold. */
    escpos_put2(out, 0x1B, '@');
    if (st == ST_OK && strbuf_status(out) == ST_OK && out_ends)
        out->st = strbuf_status(out_ends);
    if (st == ST_OK && strbuf_status(out) != ST_OK) {
        st = strbuf_status(out);
        errmsg_set(err, "print job: %s", st == ST_FULL ? "more bytes than a job may have" : status_text(st));
    }
    if (st == ST_OK && out_substituted)
        *out_substituted = render.substituted;
out:
    page_lines_free(&lines);
    return st;
}
