/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/sim_slip.h"

#include "agent/base/file.h"
#include "agent/base/json_writer.h"
#include "agent/base/utf8.h"
#include "drivers/sim/sim_bars.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES_MAX = 16 * 1024 * 1024, PATH_BYTES_MAX = 4096 };

void slip_init(struct slip *slip, int columns)
{
    *slip = (struct slip){.columns = columns, .data = STRBUF_INIT(SLIP_DATA_BYTES_MAX), .cut = ""};
}

void slip_free(struct slip *slip)
{
    free(slip->items);
    free(slip->cells);
    strbuf_free(&slip->data);
    slip_init(slip, slip->columns);
}

void slip_clear(struct slip *slip)
{
    slip->item_count = slip->cell_count = slip->page_count = 0;
    strbuf_clear(&slip->data);
    slip->truncated = false;
    slip->unknown_commands = slip->undecodable = slip->drawer_pulses = slip->pictures = 0;
    slip->cut = "";
}

bool slip_is_blank(const struct slip *slip)
{
    for (size_t i = 0; i < slip->item_count; i++) {
        if (slip->items[i].kind != SLIP_FEED && (slip->items[i].kind != SLIP_TEXT || slip->items[i].count > 0))
            return false;
    }
    return true;
}

static bool grow(void **array, size_t *cap, size_t need, size_t max, size_t size)
{
    size_t more = *cap ? *cap : 256;
    void *moved;

    if (need <= *cap)
        return true;
    if (need > max)
        return false;
    while (more < need)
        more *= 2;
    moved = realloc(*array, more * size);
    if (!moved)
        return false;
    *array = moved;
    *cap = more;
    return true;
}

static struct slip_item *new_item(struct slip *slip)
{
    void *items = slip->items;

    if (!grow(&items, &slip->item_cap, slip->item_count + 1, SLIP_ITEMS_MAX, sizeof *slip->items)) {
        slip->truncated = true;
        return NULL;
    }
    slip->items = items;
    return &slip->items[slip->item_count++];
}

void slip_add_line(struct slip *slip, enum slip_align align, const struct slip_cell *cells, size_t count)
{
    void *grown = slip->cells;
    struct slip_item *item;

    if (!grow(&grown, &slip->cell_cap, slip->cell_count + count, SLIP_CELLS_MAX, sizeof *slip->cells)) {
        slip->truncated = true;
        return;
    }
    slip->cells = grown;
    item = new_item(slip);
    if (!item)
        return;
    *item = (struct slip_item){.kind = SLIP_TEXT, .align = align, .first = slip->cell_count, .count = count};
    if (count > 0)
        memcpy(&slip->cells[slip->cell_count], cells, count * sizeof *cells);
    slip->cell_count += count;
}

void slip_add_item(struct slip *slip, struct slip_item item, const void *data, size_t len)
{
    struct slip_item *kept;
    size_t first = slip->data.len;

    if (len > 0)
        strbuf_add(&slip->data, data, len);
    if (strbuf_status(&slip->data) != ST_OK) {
        slip->truncated = true;
        return;
    }
    kept = new_item(slip);
    if (!kept)
        return;
    *kept = item;
    kept->first = first;
    kept->count = len;
}

void slip_use_page(struct slip *slip, uint8_t n)
{
    if (memchr(slip->pages, n, slip->page_count) || slip->page_count == SLIP_PAGES_MAX)
        return;
    slip->pages[slip->page_count++] = n;
}

int slip_cells_width(const struct slip_cell *cells, size_t count)
{
    int width = 0;

    for (size_t i = 0; i < count; i++)
        width += cells[i].look.wide;
    return width;
}

static void put_line_text(const struct slip *slip, const struct slip_item *item, struct strbuf *out)
{
    const struct slip_cell *cells = item->count > 0 ? slip->cells + item->first : NULL;
    size_t count = item->count;
    int spare;

    while (count > 0 && cells[count - 1].code == ' ')
        count--;
    spare = slip->columns - slip_cells_width(cells, count);
    if (count > 0 && item->align != SLIP_LEFT) {
        for (int i = item->align == SLIP_CENTRE ? spare / 2 : spare; i > 0; i--)
            strbuf_putc(out, ' ');
    }
    for (size_t i = 0; i < count; i++) {
        char bytes[4];

        strbuf_add(out, bytes, utf8_put(cells[i].code, bytes));
    }
    strbuf_putc(out, '\n');
}

static const char *data_of(const struct slip *slip, const struct slip_item *item)
{
    return strbuf_text(&slip->data) + item->first;
}

void slip_to_text(const struct slip *slip, struct strbuf *out)
{
    for (size_t i = 0; i < slip->item_count; i++) {
        const struct slip_item *item = &slip->items[i];
        char label[SIM_BARS_TEXT_MAX];

        switch (item->kind) {
        case SLIP_TEXT:
            put_line_text(slip, item, out);
            break;
        case SLIP_FEED:
            for (int dots = item->height_dots; dots >= 30; dots -= 30)
                strbuf_putc(out, '\n');
            break;
        case SLIP_BARS:
            sim_bars_text(item->bars, data_of(slip, item), item->count, label);
            strbuf_printf(out, "[%s %s]\n", sim_bars_name(item->bars), label);
            break;
        case SLIP_QR:
            strbuf_puts(out, "[QR ");
            strbuf_add(out, data_of(slip, item), item->count);
            strbuf_puts(out, "]\n");
            break;
        case SLIP_PICTURE:
            strbuf_printf(out, "[picture %d x %d]\n", item->width_dots, item->height_dots);
            break;
        }
    }
}

static void put_codes(const struct slip *slip, struct json_writer *w)
{
    jw_name(w, "barcodes");
    jw_array_begin(w);
    for (size_t i = 0; i < slip->item_count; i++) {
        char label[SIM_BARS_TEXT_MAX];

        if (slip->items[i].kind != SLIP_BARS)
            continue;
        sim_bars_text(slip->items[i].bars, data_of(slip, &slip->items[i]), slip->items[i].count, label);
        jw_object_begin(w);
        jw_field_text(w, "symbology", sim_bars_name(slip->items[i].bars));
        jw_field_text(w, "data", label);
        jw_object_end(w);
    }
    jw_array_end(w);
    jw_name(w, "qr");
    jw_array_begin(w);
    for (size_t i = 0; i < slip->item_count; i++) {
        if (slip->items[i].kind == SLIP_QR)
            jw_text_n(w, data_of(slip, &slip->items[i]), slip->items[i].count);
    }
    jw_array_end(w);
}

void slip_to_json(const struct slip *slip, unsigned number, struct strbuf *out)
{
    struct json_writer w = JSON_WRITER_INIT(out);
    int64_t lines = 0, bold = 0, enlarged = 0;

    for (size_t i = 0; i < slip->item_count; i++)
        lines += slip->items[i].kind == SLIP_TEXT;
    for (size_t i = 0; i < slip->cell_count; i++) {
        bold += slip->cells[i].look.bold;
        enlarged += slip->cells[i].look.wide > 1 || slip->cells[i].look.tall > 1;
    }
    jw_object_begin(&w);
    jw_field_int(&w, "slip", number);
    jw_field_int(&w, "columns", slip->columns);
    jw_field_text(&w, "cut", slip->cut);
    jw_name(&w, "code_pages");
    jw_array_begin(&w);
    for (size_t i = 0; i < slip->page_count; i++)
        jw_int(&w, slip->pages[i]);
    jw_array_end(&w);
    jw_field_int(&w, "lines", lines);
    jw_field_int(&w, "bold_cells", bold);
    jw_field_int(&w, "enlarged_cells", enlarged);
    jw_field_int(&w, "pictures", slip->pictures);
    put_codes(slip, &w);
    jw_field_int(&w, "drawer_pulses", slip->drawer_pulses);
    jw_field_int(&w, "unknown_commands", slip->unknown_commands);
    jw_field_int(&w, "undecodable_characters", slip->undecodable);
    jw_field_bool(&w, "truncated", slip->truncated);
    jw_object_end(&w);
    strbuf_putc(out, '\n');
}

static enum status write_one(const char *dir, unsigned number, const char *suffix, struct strbuf *text,
                             struct errmsg *err)
{
    char path[PATH_BYTES_MAX];
    enum status st = strbuf_status(text);

    if (st != ST_OK) {
        errmsg_set(err, "slip %u: %s", number, status_text(st));
        return st;
    }
    if ((size_t)snprintf(path, sizeof path, "%s/slip-%04u.%s", dir, number, suffix) >= sizeof path) {
        errmsg_set(err, "%s: path too long", dir);
        return ST_INVALID;
    }
    st = file_write(path, strbuf_text(text), text->len, 0644, err);
    strbuf_clear(text);
    return st;
}

enum status slip_write(const struct slip *slip, const char *dir, unsigned number, struct errmsg *err)
{
    struct strbuf text = STRBUF_INIT(FILE_BYTES_MAX);
    enum status st;

    slip_to_text(slip, &text);
    st = write_one(dir, number, "txt", &text, err);
    if (st == ST_OK) {
        slip_to_svg(slip, &text);
        st = write_one(dir, number, "svg", &text, err);
    }
    if (st == ST_OK) {
        slip_to_json(slip, number, &text);
        st = write_one(dir, number, "json", &text, err);
    }
    strbuf_free(&text);
    return st;
}
