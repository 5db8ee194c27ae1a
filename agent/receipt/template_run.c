/* SPDX-License-Identifier: Apache-2.0 */
/* A compiled template and the facts of a sale into a page. */
#include "agent/receipt/template_internal.h"

#include "agent/base/utf8.h"
#include "agent/receipt/bitmap.h"
#include "agent/receipt/bundle_receipts.h"
#include "agent/receipt/receipt_words.h"

#include <string.h>

struct run {
    const struct receipt_template *from;
    struct reach reach;
    struct page *page;
    struct strbuf code;
};

/* At most columns_max columns, the last two of them ".." when something is left out. */
static void add_cut(struct page *page, struct page_look look, const char *text, int columns_max)
{
    size_t len = strlen(text), at = 0, cut = 0;
    int width = 0;

    while (at < len) {
        uint32_t code;
        size_t bytes = utf8_next(text + at, len - at, &code, NULL);

        width += page_char_width(code);
        if (width > columns_max)
            break;
        at += bytes;
        if (width <= columns_max - 2)
            cut = at;
    }
    page_add_span(page, look, text, at == len ? len : cut);
    if (at < len)
        page_add_span(page, look, "..", 2);
}

static void add_piece(struct run *run, const struct piece *piece)
{
    char scratch[VALUE_BYTES_MAX];
    const char *text;

    if (piece->name < 0) {
        page_add_span(run->page, piece->look, strbuf_text(&run->from->text) + piece->text_at, piece->text_len);
        return;
    }
    text = template_value(&run->reach, piece->name, scratch);
    if (piece->columns_max > 0)
        add_cut(run->page, piece->look, text, piece->columns_max);
    else
        page_add_span(run->page, piece->look, text, strlen(text));
}

static void add_row(struct run *run, const struct op *op)
{
    page_cells_begin(run->page, LIST_AT(run->from->grids, struct page_grid, op->grid));
    for (uint32_t i = 0; i < op->cell_count; i++) {
        const struct cell *cell = LIST_AT(run->from->cells, struct cell, op->cell_at + i);

        page_cell_begin(run->page, cell->align);
        for (uint32_t k = 0; k < cell->piece_count; k++)
            add_piece(run, LIST_AT(run->from->pieces, struct piece, cell->piece_at + k));
    }
    page_cells_end(run->page);
}

/* A picture that came with the rules; false when there is none: the device may have one of that name. */
static bool add_own_picture(struct run *run, enum page_align align, const char *name)
{
    struct bitmap bitmap = {0};
    bool added = bundle_receipts_picture(run->reach.facts->bundle, name, &bitmap, NULL) == ST_OK &&
                 page_add_bitmap(run->page, align, name, &bitmap, NULL) == ST_OK;

    bitmap_clear(&bitmap);
    return added;
}

/* What the symbology does not take is printed as text. */
static void add_code(struct run *run, const struct op *op)
{
    const struct cell *cell = LIST_AT(run->from->cells, struct cell, op->cell_at);
    struct page_code_options options = op->code;

    strbuf_clear(&run->code);
    for (uint32_t i = 0; i < cell->piece_count; i++) {
        const struct piece *piece = LIST_AT(run->from->pieces, struct piece, cell->piece_at + i);
        char scratch[VALUE_BYTES_MAX];

        if (piece->name < 0)
            strbuf_add(&run->code, strbuf_text(&run->from->text) + piece->text_at, piece->text_len);
        else
            strbuf_puts(&run->code, template_value(&run->reach, piece->name, scratch));
    }
    if (options.symbology == PAGE_PICTURE && add_own_picture(run, op->code.align, strbuf_text(&run->code)))
        return;
    if (options.symbology == PAGE_EAN13 && (run->code.len == 7 || run->code.len == 8))
        options.symbology = PAGE_EAN8; /* "ean" means both */
    if (page_add_code(run->page, &options, strbuf_text(&run->code), NULL) == ST_INVALID)
        page_add_text(run->page, (struct page_style){.align = op->code.align}, strbuf_text(&run->code));
}

static void keep_fault(struct page *page, enum status st)
{
    if (page->st == ST_OK)
        page->st = st;
}

static void run_ops(struct run *run)
{
    const struct receipt_template *from = run->from;
    long steps = 0;

    for (uint32_t at = 0; at < from->ops.count && run->page->st == ST_OK;) {
        const struct op *op = LIST_AT(from->ops, struct op, at++);
        const struct op *each;
        enum scope items;

        if (++steps > TEMPLATE_STEPS_MAX) {
            keep_fault(run->page, ST_FULL);
            return;
        }
        switch (op->kind) {
        case OP_ROW:
            add_row(run, op);
            break;
        case OP_RULE:
            page_add_rule(run->page);
            break;
        case OP_CUT:
            page_add_cut(run->page);
            break;
        case OP_CODE:
            add_code(run, op);
            break;
        case OP_IF:
            if ((template_count(&run->reach, op->name) > 0) == op->negated)
                at = op->target;
            break;
        case OP_JUMP:
            at = op->target;
            break;
        case OP_EACH:
            run->reach.at[template_names[op->name].items] = 0;
            if (template_count(&run->reach, op->name) == 0)
                at = op->target;
            break;
        case OP_NEXT:
            each = LIST_AT(from->ops, struct op, op->target);
            items = template_names[each->name].items;
            if (++run->reach.at[items] < template_count(&run->reach, each->name))
                at = op->target + 1;
            break;
        }
    }
}

enum status template_run(const struct receipt_template *compiled, const struct receipt_facts *facts,
                         struct page *out_page, struct errmsg *err)
{
    struct run run = {
        .from = compiled,
        .reach = {.facts = facts, .words = receipt_words(facts->language)},
        .page = out_page,
        .code = STRBUF_INIT(4 * PAGE_ROW_TEXT_BYTES_MAX),
    };
    enum status st;

    run_ops(&run);
    strbuf_free(&run.code);
    st = page_status(out_page);
    if (st != ST_OK)
        errmsg_set(err, "%s", st == ST_FULL ? "more rows or text than a page holds" : status_text(st));
    return st;
}
