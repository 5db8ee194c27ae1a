/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of a template into operations. */
#include "agent/receipt/template_internal.h"

#include "agent/base/utf8.h"

#include <stdlib.h>
#include <string.h>

uint32_t list_add(struct template_compiler *c, struct list *list, size_t item_bytes)
{
    if (list->count == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 32;
        void *items = c->st == ST_OK ? realloc(list->items, cap * item_bytes) : NULL;

        if (!items) {
            c->st = ST_NOMEM;
            return 0;
        }
        list->items = items;
        list->cap = cap;
    }
    memset((char *)list->items + list->count * item_bytes, 0, item_bytes);
    return (uint32_t)list->count++;
}

struct errmsg *template_add_fault(struct template_compiler *c, const char *at)
{
    struct template_fault *fault;

    if (c->report->fault_count++ >= TEMPLATE_FAULTS_MAX)
        return NULL;
    fault = &c->report->faults[c->report->fault_count - 1];
    fault->line = c->line;
    fault->column = at ? (int)utf8_length(c->line_start, (size_t)(at - c->line_start)) + 1 : 1;
    return &fault->message;
}

int template_use_name(struct template_compiler *c, const char *name, size_t len)
{
    int index = template_find_name(name, len);
    bool open = index >= 0 && template_names[index].scope == SCOPE_RECEIPT;

    if (index < 0) {
        template_fault(c, name, "there is no value \"%.*s\"", (int)(len > 40 ? 40 : len), name);
        return -1;
    }
    for (size_t i = 0; i < c->depth; i++)
        open = open || (c->blocks[i].is_each && c->blocks[i].scope == template_names[index].scope);
    if (open)
        return index;
    for (int i = 0; template_names[i].name; i++) {
        if (template_names[i].is_list && template_names[i].items == template_names[index].scope)
            template_fault(c, name, "\"%s\" is only within {each %s}", template_names[index].name,
                           template_names[i].name);
    }
    return -1;
}

const char *template_find(const char *at, const char *end, char sought)
{
    int depth = 0;

    for (; at < end; at++) {
        if (*at == '\\' && at + 1 < end) {
            at++;
            continue;
        }
        if (*at == '{')
            depth++;
        else if (*at == '}')
            depth--;
        if (*at == sought && depth == 0)
            return at;
    }
    return NULL;
}

void template_trim(const char **at, const char **end)
{
    while (*at < *end && template_blank(**at))
        (*at)++;
    while (*end > *at && template_blank((*end)[-1]))
        (*end)--;
}

uint32_t template_add_op(struct template_compiler *c, enum op_kind kind)
{
    uint32_t index = list_add(c, &c->out->ops, sizeof(struct op));

    if (c->st == ST_OK)
        template_op(c, index)->kind = kind;
    return index;
}

/* ---- columns ---- */

struct columns {
    const char *at[PAGE_CELLS_MAX + 2], *end[PAGE_CELLS_MAX + 2];
    size_t count;
    bool lead, trail; /* the first is drawn to the right, the last to the left: as if a blank stood at the edge */
};

/* "|" parts, unless escaped; one at an edge of the line only says where the text is drawn to. */
static bool split_columns(struct template_compiler *c, const char *at, const char *end, struct columns *out)
{
    const char *start = at;

    out->count = 0;
    for (; at <= end; at++) {
        if (at < end && *at == '\\' && at + 1 < end) {
            at++;
            continue;
        }
        if (at < end && *at != '|')
            continue;
        if (out->count == PAGE_CELLS_MAX + 2) {
            template_fault(c, at, "more than %d columns", PAGE_CELLS_MAX);
            return false;
        }
        out->at[out->count] = start;
        out->end[out->count++] = at;
        start = at + 1;
    }
    out->lead = out->count > 1 && out->end[0] > out->at[0] && !template_blank(out->end[0][-1]);
    out->trail = out->count > 1 && out->end[out->count - 1] > out->at[out->count - 1] &&
                 !template_blank(*out->at[out->count - 1]);
    if (out->count > 1 && out->at[0] == out->end[0]) {
        memmove(out->at, out->at + 1, sizeof out->at - sizeof out->at[0]);
        memmove(out->end, out->end + 1, sizeof out->end - sizeof out->end[0]);
        out->count--;
    }
    if (out->count > 1 && out->at[out->count - 1] == out->end[out->count - 1])
        out->count--;
    if (out->count > PAGE_CELLS_MAX) {
        template_fault(c, NULL, "more than %d columns", PAGE_CELLS_MAX);
        return false;
    }
    return true;
}

/* A column is drawn to the pipe it stands at. */
static enum page_align column_align(const struct columns *columns, size_t i)
{
    const char *at = columns->at[i], *end = columns->end[i];
    bool before = (end > at && template_blank(*at)) || (i == 0 && columns->lead);
    bool after = (end > at && template_blank(end[-1])) || (i + 1 == columns->count && columns->trail);

    return (enum page_align)(1 + before - after);
}

static bool is_property(const char *at, const char *end)
{
    return at < end && *at == '{' && template_find(at, end, '}') == end - 1 && memchr(at, ':', (size_t)(end - at));
}

/* The grid in force; each new one is kept once. */
static uint32_t current_grid(struct template_compiler *c, size_t columns)
{
    struct page_grid grid = c->grid;
    uint32_t index;

    if (!c->width_given) {
        grid.count = (uint8_t)columns;
        memset(grid.widths, 0, sizeof grid.widths);
        for (size_t i = 0; i < columns; i++)
            grid.widths[i] = PAGE_WIDTH_REST;
    }
    for (index = 0; index < c->out->grids.count; index++) {
        if (memcmp(LIST_AT(c->out->grids, struct page_grid, index), &grid, sizeof grid) == 0)
            return index;
    }
    index = list_add(c, &c->out->grids, sizeof grid);
    if (c->st == ST_OK)
        *LIST_AT(c->out->grids, struct page_grid, index) = grid;
    return index;
}

static void add_row(struct template_compiler *c, const struct columns *columns)
{
    uint32_t op = template_add_op(c, OP_ROW), grid = current_grid(c, columns->count),
             first = (uint32_t)c->out->cells.count;

    for (size_t i = 0; i < columns->count && c->st == ST_OK; i++) {
        struct cell cell = {.align = column_align(columns, i)};
        const char *at = columns->at[i], *end = columns->end[i];
        uint32_t index;

        template_trim(&at, &end);
        if (is_property(at, end))
            template_fault(c, at, "a property stands alone on its line");
        else
            template_add_text(c, &cell, at, end, false);
        index = list_add(c, &c->out->cells, sizeof cell);
        if (c->st == ST_OK)
            *LIST_AT(c->out->cells, struct cell, index) = cell;
    }
    if (c->st != ST_OK)
        return;
    template_op(c, op)->cell_at = first;
    template_op(c, op)->cell_count = (uint32_t)columns->count;
    template_op(c, op)->grid = grid;
}

static void add_line(struct template_compiler *c)
{
    const char *at = c->line_start, *end = c->line_end;
    struct columns columns = {0};
    size_t len;

    template_trim(&at, &end);
    if (template_add_control(c, at, end) || !split_columns(c, at, end, &columns))
        return;
    at = columns.at[0];
    end = columns.end[0];
    template_trim(&at, &end);
    len = (size_t)(end - at);
    if (columns.count == 1 && is_property(at, end)) {
        template_add_property(c, column_align(&columns, 0), at + 1, end - 1);
        return;
    }
    if (columns.count == 1 && len > 0 && (*at == '-' || *at == '=')) {
        size_t same = 0;

        while (same < len && at[same] == *at)
            same++;
        if (same == len) {
            (void)template_add_op(c, *at == '-' ? OP_RULE : OP_CUT);
            return;
        }
    }
    add_row(c, &columns);
}

/* ---- the whole ---- */

static void add_lines(struct template_compiler *c, const char *text, size_t len)
{
    const char *end = text + len;

    for (const char *at = text, *stop; at < end && c->st == ST_OK; at = stop + 1) {
        stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop ? stop : end;
        c->line++;
        c->line_start = at;
        c->line_end = stop > at && stop[-1] == '\r' ? stop - 1 : stop;
        add_line(c);
    }
    for (size_t i = 0; i < c->depth; i++) {
        c->line = c->blocks[i].line;
        template_fault(c, NULL, "this %s has no {end}", c->blocks[i].is_each ? "{each}" : "{if}");
    }
}

static void check_text(struct template_compiler *c, const char *text, size_t len)
{
    c->line = 1;
    c->line_start = text;
    if (len > TEMPLATE_BYTES_MAX)
        template_fault(c, NULL, "%zu bytes, a template has at most %d", len, TEMPLATE_BYTES_MAX);
    else if (!utf8_is_valid(text, len))
        template_fault(c, NULL, "the text is not UTF-8");
    c->line = 0;
}

enum status template_compile(const char *text, size_t len, struct receipt_template **out_template,
                             struct template_report *report, struct errmsg *err)
{
    struct template_report own;
    struct template_compiler c = {
        .report = report ? report : &own,
        .grid = {.gap = 1, .align = PAGE_CENTRE},
        .code = {.symbology = PAGE_CODE128,
                 .module_dots = 2,
                 .height_dots = 72,
                 .cell_dots = 3,
                 .level = 'l',
                 .no_text = true},
    };

    c.report->fault_count = 0;
    c.out = calloc(1, sizeof *c.out);
    if (!c.out) {
        errmsg_set(err, "template: out of memory");
        return ST_NOMEM;
    }
    c.out->text = (struct strbuf)STRBUF_INIT(2 * TEMPLATE_BYTES_MAX);
    check_text(&c, text, len);
    if (c.report->fault_count == 0)
        add_lines(&c, text, len);
    if (c.st == ST_OK && c.report->fault_count == 0) {
        *out_template = c.out;
        return ST_OK;
    }
    template_destroy(c.out);
    if (c.st != ST_OK)
        errmsg_set(err, "template: %s", status_text(c.st));
    else
        errmsg_set(err, "line %d, column %d: %s%s", c.report->faults[0].line, c.report->faults[0].column,
                   c.report->faults[0].message.text, c.report->fault_count > 1 ? " (and more faults)" : "");
    return c.st != ST_OK ? c.st : ST_INVALID;
}

void template_destroy(struct receipt_template *compiled)
{
    if (!compiled)
        return;
    free(compiled->ops.items);
    free(compiled->cells.items);
    free(compiled->pieces.items);
    free(compiled->grids.items);
    strbuf_free(&compiled->text);
    free(compiled);
}
