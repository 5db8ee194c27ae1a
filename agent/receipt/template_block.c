/* SPDX-License-Identifier: Apache-2.0 */
/* Loops and choices of a template become jumps. */
#include "agent/receipt/template_internal.h"

#include <string.h>

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
    op = template_add_op(c, is_each ? OP_EACH : OP_IF);
    if (c->st != ST_OK)
        return;
    template_op(c, op)->name = (int16_t)(index >= 0 ? index : 0);
    template_op(c, op)->negated = negated;
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
    jump = template_add_op(c, OP_JUMP);
    if (c->st != ST_OK)
        return;
    template_op(c, block->op)->target = (uint32_t)c->out->ops.count;
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
        uint32_t next = template_add_op(c, OP_NEXT);

        if (c->st == ST_OK)
            template_op(c, next)->target = block->op;
    }
    if (c->st == ST_OK)
        template_op(c, block->op)->target = (uint32_t)c->out->ops.count;
}

static bool starts_with(const char **at, const char *end, const char *word)
{
    size_t len = strlen(word);

    if ((size_t)(end - *at) < len || memcmp(*at, word, len) != 0 ||
        ((size_t)(end - *at) > len && !template_blank((*at)[len])))
        return false;
    *at += len;
    while (*at < end && template_blank(**at))
        (*at)++;
    return true;
}

bool template_add_control(struct template_compiler *c, const char *at, const char *end)
{
    const char *word = at + 1;

    if (at == end || *at != '{' || template_find(at, end, '}') != end - 1 || memchr(at, ':', (size_t)(end - at)))
        return false;
    end--;
    template_trim(&word, &end);
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
