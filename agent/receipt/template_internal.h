/* SPDX-License-Identifier: Apache-2.0 */
/* template_internal - what the files of the template share. Nobody else includes it. */
#ifndef LOYALD_RECEIPT_TEMPLATE_INTERNAL_H
#define LOYALD_RECEIPT_TEMPLATE_INTERNAL_H

#include "agent/receipt/page.h"
#include "agent/receipt/receipt.h"
#include "agent/receipt/template.h"

#include "agent/base/strbuf.h"

/* ---- names (template_names.c) ---- */

/* Whose values are within reach: those of the receipt, and of each loop that is open. */
enum scope {
    SCOPE_RECEIPT,
    SCOPE_LINE,
    SCOPE_ADJUSTMENT,
    SCOPE_TENDER,
    SCOPE_POINTS,
    SCOPE_WAITING,
    SCOPE_MESSAGE,
    SCOPE_REASON,
    SCOPE_COUPON,
    SCOPE_OFFER,
    SCOPES
};

struct name_spec {
    const char *name;
    enum scope scope;
    bool is_list;
    enum scope items; /* of a list */
    const char *meaning;
};
extern const struct name_spec template_names[];
/* The index of a name, -1 for none. */
int template_find_name(const char *name, size_t len);

/* Where the run is: an item of each open loop. */
struct reach {
    const struct receipt_facts *facts;
    const struct receipt_words *words;
    size_t at[SCOPES];
};
enum { VALUE_BYTES_MAX = 48 };
/* Returns a view of the value's text, "" when it is not there; scratch is what a number is written in. */
const char *template_value(const struct reach *reach, int name, char scratch[VALUE_BYTES_MAX]);
/* How many items the list has here; for a value 1 when {if} takes it for there. */
size_t template_count(const struct reach *reach, int name);

/* ---- the compiled form ---- */

struct piece {
    struct page_look look;
    int16_t name;         /* of a value, -1: the text */
    uint16_t columns_max; /* of a value; 0: all */
    uint32_t text_at, text_len;
};

struct cell {
    enum page_align align;
    uint32_t piece_at, piece_count;
};

enum op_kind { OP_ROW, OP_RULE, OP_CUT, OP_CODE, OP_EACH, OP_NEXT, OP_IF, OP_JUMP };

struct op {
    enum op_kind kind;
    bool negated;                  /* OP_IF */
    int16_t name;                  /* OP_EACH, OP_IF */
    uint32_t target;               /* OP_EACH, OP_IF: past the end or else; OP_NEXT: its each; OP_JUMP */
    uint32_t cell_at, cell_count;  /* OP_ROW; OP_CODE: one cell, its pieces the data */
    uint32_t grid;                 /* OP_ROW */
    struct page_code_options code; /* OP_CODE */
};

/* A growing array; item_bytes apart. */
struct list {
    void *items;
    size_t count, cap;
};

struct receipt_template {
    struct list ops, cells, pieces, grids;
    struct strbuf text;
};

/* ---- compiling ---- */

struct open_block {
    bool is_each;
    bool has_else;
    enum scope scope; /* of an each */
    uint32_t op;      /* the OP_EACH or OP_IF, after an else the OP_JUMP */
    int line;
};

struct template_compiler {
    struct receipt_template *out;
    struct template_report *report;
    const char *line_start, *line_end; /* of the line under way */
    int line;
    struct open_block blocks[TEMPLATE_DEPTH_MAX];
    size_t depth;
    /* What {width ..}, {border ..} and their like have set. */
    struct page_grid grid;
    bool width_given; /* else each row's columns share the line */
    struct page_code_options code;
    enum status st; /* of the memory */
};

/* Returns the index of a new item, zeroed; 0 and st set when there is no memory. */
uint32_t list_add(struct template_compiler *c, struct list *list, size_t item_bytes);
#define LIST_AT(list, type, i) (&((type *)(list).items)[i])
/* Where the words of a fault at that character of the line go; NULL when there are too many already. */
struct errmsg *template_add_fault(struct template_compiler *c, const char *at);
#define template_fault(c, at, ...) errmsg_set(template_add_fault(c, at), __VA_ARGS__)
/* A name in reach here; -1 and the fault. */
int template_use_name(struct template_compiler *c, const char *name, size_t len);
/* The first such character that is neither escaped nor within braces, NULL when there is none before end. From an
 * opening brace on, a closing one is the one that fits it. */
const char *template_find(const char *at, const char *end, char sought);
static inline bool template_blank(char c)
{
    return c == ' ' || c == '\t';
}
/* Without the blanks at both ends. */
void template_trim(const char **at, const char **end);
/* The index of a new operation; 0 and st set when there is no memory. Its address holds until the next one. */
uint32_t template_add_op(struct template_compiler *c, enum op_kind kind);
static inline struct op *template_op(struct template_compiler *c, uint32_t index)
{
    return LIST_AT(c->out->ops, struct op, index);
}
/* {each x}, {if x}, {if not x}, {else}, {end}; false when the line is none of them (template_block.c). */
bool template_add_control(struct template_compiler *c, const char *at, const char *end);
/* Adds pieces of a cell's text (template_text.c). in_property: no looks, the escapes of a property's value. */
void template_add_text(struct template_compiler *c, struct cell *cell, const char *at, const char *end,
                       bool in_property);
/* {key: value; ..} alone on its line (template_property.c). */
void template_add_property(struct template_compiler *c, enum page_align align, const char *at, const char *end);

#endif
