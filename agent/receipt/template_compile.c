/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of a template into operations; loops and choices become jumps. */
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

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

static void trim(const char **at, const char **end)
{
    while (*at < *end && blank(**at))
        (*at)++;
    while (*end > *at && blank((*end)[-1]))
        (*end)--;
}

static struct op *op_at(struct template_compiler *c, uint32_t index)
{
    return LIST_AT(c->out->ops, struct op, index);
}

static uint32_t add_op(struct template_compiler *c, enum op_kind kind)
{
    uint32_t index = list_add(c, &c->out->ops, sizeof(struct op));

    if (c->st == ST_OK)
        op_at(c, index)->kind = kind;
    return index;
}

/* ---- loops and choices ---- */

static void open_block(struct template_compiler *c, bool is_each, bool negated, const char *name, size_t len)
{
    int index = template_use_name(c, name, len);
    struct open_block *block;
    uint32_t op;

    if (index >= 0 && is_each && !template_names[index].is_list) {
        template_fault(c, name, "\"%s\" is no list", template_names[index].name);
        index = -1;
    }
    for (size_t i = 0; is_each && index >= 0 && i < c->depth; i++) {
        if (c->blocks[i].is_each && c->blocks[i].scope == template_names[index].items)
            template_fault(c, name, "{each %s} is open already", template_names[index].name);
    }
    if (c->depth == TEMPLATE_DEPTH_MAX) {
        template_fault(c, name, "more than %d loops and choices in each other", TEMPLATE_DEPTH_MAX);
        return;
    }
    op = add_op(c, is_each ? OP_EACH : OP_IF);
    if (c->st != ST_OK)
        return;
    op_at(c, op)->name = (int16_t)(index >= 0 ? index : 0);
    op_at(c, op)->negated = negated;
    block = &c->blocks[c->depth++];
    *block = (struct open_block){.is_each = is_each, .op = op, .line = c->line};
    block->scope = index >= 0 && is_each ? template_names[index].items : SCOPES;
}

static void put_else(struct template_compiler *c, const char *at)
{
    struct open_block *block = c->depth > 0 ? &c->blocks[c->depth - 1] : NULL;
    uint32_t jump;

    if (!block || block->is_each || block->has_else) {
        template_fault(c, at, "there is no {if} open that this could belong to");
        return;
    }
    jump = add_op(c, OP_JUMP);
    if (c->st != ST_OK)
        return;
    op_at(c, block->op)->target = (uint32_t)c->out->ops.count;
    block->op = jump;
    block->has_else = true;
}

static void close_block(struct template_compiler *c, const char *at)
{
    struct open_block *block = c->depth > 0 ? &c->blocks[c->depth - 1] : NULL;

    if (!block) {
        template_fault(c, at, "there is no {each} or {if} open that this could end");
        return;
    }
    c->depth--;
    if (block->is_each) {
        uint32_t next = add_op(c, OP_NEXT);

        if (c->st == ST_OK)
            op_at(c, next)->target = block->op;
    }
    if (c->st == ST_OK)
        op_at(c, block->op)->target = (uint32_t)c->out->ops.count;
}

static bool starts_with(const char **at, const char *end, const char *word)
{
    size_t len = strlen(word);

    if ((size_t)(end - *at) < len || memcmp(*at, word, len) != 0 || ((size_t)(end - *at) > len && !blank((*at)[len])))
        return false;
    *at += len;
    while (*at < end && blank(**at))
        (*at)++;
    return true;
}

/* {each x}, {if x}, {if not x}, {else}, {end}; false when the line is none of them. */
static bool add_control(struct template_compiler *c, const char *at, const char *end)
{
    const char *word = at + 1;

    if (at == end || *at != '{' || template_find(at, end, '}') != end - 1 || memchr(at, ':', (size_t)(end - at)))
        return false;
    end--;
    trim(&word, &end);
    at = word;
    if (starts_with(&word, end, "else") && word == end) {
        put_else(c, at);
    } else if (starts_with(&word, end, "end") && word == end) {
        close_block(c, at);
    } else if (starts_with(&word, end, "each")) {
        open_block(c, true, false, word, (size_t)(end - word));
    } else if (starts_with(&word, end, "if")) {
        bool negated = starts_with(&word, end, "not");

        open_block(c, false, negated, word, (size_t)(end - word));
    } else {
        return false;
    }
    return true;
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
    out->lead = out->count > 1 && out->end[0] > out->at[0] && !blank(out->end[0][-1]);
    out->trail =
        out->count > 1 && out->end[out->count - 1] > out->at[out->count - 1] && !blank(*out->at[out->count - 1]);
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
    bool before = (end > at && blank(*at)) || (i == 0 && columns->lead);
    bool after = (end > at && blank(end[-1])) || (i + 1 == columns->count && columns->trail);

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
    uint32_t op = add_op(c, OP_ROW), grid = current_grid(c, columns->count), first = (uint32_t)c->out->cells.count;

    for (size_t i = 0; i < columns->count && c->st == ST_OK; i++) {
        struct cell cell = {.align = column_align(columns, i)};
        const char *at = columns->at[i], *end = columns->end[i];
        uint32_t index;

        trim(&at, &end);
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
    op_at(c, op)->cell_at = first;
    op_at(c, op)->cell_count = (uint32_t)columns->count;
    op_at(c, op)->grid = grid;
}

static void add_line(struct template_compiler *c)
{
    const char *at = c->line_start, *end = c->line_end;
    struct columns columns = {0};
    size_t len;

    trim(&at, &end);
    if (add_control(c, at, end) || !split_columns(c, at, end, &columns))
        return;
    at = columns.at[0];
    end = columns.end[0];
    trim(&at, &end);
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
            (void)add_op(c, *at == '-' ? OP_RULE : OP_CUT);
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
