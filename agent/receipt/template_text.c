/* SPDX-License-Identifier: Apache-2.0 */
/* A cell's text into pieces: escapes, looks, values. Escapes and special characters are those of ReceiptLine. */
#include "agent/receipt/template_internal.h"

#include "agent/base/utf8.h"

#include <string.h>

struct text {
    struct template_compiler *c;
    struct cell *cell;
    struct page_look look;
    int scale; /* how many ^ are in force */
    bool open; /* the last piece is a text that more can be added to */
};

static struct piece *new_piece(struct text *text)
{
    struct template_compiler *c = text->c;
    uint32_t index = list_add(c, &c->out->pieces, sizeof(struct piece));
    struct piece *piece;

    if (c->st != ST_OK)
        return NULL;
    piece = LIST_AT(c->out->pieces, struct piece, index);
    if (text->cell->piece_count++ == 0)
        text->cell->piece_at = index;
    *piece = (struct piece){.look = text->look, .name = -1, .text_at = (uint32_t)c->out->text.len};
    return piece;
}

static void put_bytes(struct text *text, const char *bytes, size_t len)
{
    struct template_compiler *c = text->c;

    if (!text->open && !new_piece(text))
        return;
    text->open = true;
    strbuf_add(&c->out->text, bytes, len);
    if (strbuf_status(&c->out->text) != ST_OK)
        c->st = strbuf_status(&c->out->text);
    else
        LIST_AT(c->out->pieces, struct piece, c->out->pieces.count - 1)->text_len += (uint32_t)len;
}

/* `n` carets: 1 wide, 2 tall, 3 twice both, 4 three times, up to 7; the same number again ends it. */
static void turn_scale(struct text *text, int n)
{
    n = n > PAGE_SCALE_MAX + 1 ? PAGE_SCALE_MAX + 1 : n;
    text->scale = text->scale == n ? 0 : n;
    n = text->scale;
    text->look.wide = (uint8_t)(n == 0 || n == 2 ? 1 : n == 1 ? 2 : n - 1);
    text->look.tall = (uint8_t)(n <= 1 ? 1 : n == 2 ? 2 : n - 1);
    text->open = false;
}

static int hex_value(char c)
{
    const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | 0x20) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* The escape at `at`; returns what comes after it. */
static const char *put_escape(struct text *text, const char *at, const char *end, bool in_property)
{
    const char *literal = in_property ? "\\|{};" : "\\|{}-=_\"`^~";
    char bytes[4];

    if (at + 1 >= end)
        return end;
    if (at[1] == 'n') {
        put_bytes(text, "\n", 1);
    } else if (at[1] == 'x' && at + 3 < end && hex_value(at[2]) >= 0 && hex_value(at[3]) >= 0) {
        int code = hex_value(at[2]) * 16 + hex_value(at[3]);

        /* A code may hold GS, which parts GS1 elements; no other control character is printed anywhere. */
        if ((code >= 0x20 && code != 0x7F) || (in_property && code == 0x1D))
            put_bytes(text, bytes, utf8_put((uint32_t)code, bytes));
        return at + 4;
    } else if (strchr(literal, at[1])) {
        put_bytes(text, at + 1, 1);
    }
    return at + 2;
}

/* {name} or {name max 40}; returns what comes after the brace. */
static const char *put_value(struct text *text, const char *at, const char *close)
{
    static const char max[] = " max ";
    const char *name = at + 1, *end = close, *limit;
    long columns = 0;
    struct piece *piece;
    int index;

    while (name < end && (*name == ' ' || *name == '\t'))
        name++;
    while (end > name && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    limit = memmem(name, (size_t)(end - name), max, sizeof max - 1);
    if (limit) {
        const char *digits = limit + sizeof max - 1;

        for (const char *d = digits; d < end && columns <= TEMPLATE_VALUE_COLUMNS_MAX; d++)
            columns = *d >= '0' && *d <= '9' ? columns * 10 + (*d - '0') : TEMPLATE_VALUE_COLUMNS_MAX + 1;
        if (columns < 3 || columns > TEMPLATE_VALUE_COLUMNS_MAX) {
            template_fault(text->c, digits, "\"max\" wants columns, 3 to %d", TEMPLATE_VALUE_COLUMNS_MAX);
            return close + 1;
        }
        end = limit;
    }
    index = template_use_name(text->c, name, (size_t)(end - name));
    if (index >= 0 && template_names[index].is_list)
        template_fault(text->c, name, "\"%s\" is a list: {each %s} goes through it", template_names[index].name,
                       template_names[index].name);
    text->open = false;
    piece = index >= 0 ? new_piece(text) : NULL;
    if (piece) {
        piece->name = (int16_t)index;
        piece->columns_max = (uint16_t)columns;
    }
    return close + 1;
}

/* A special character that changes the look; false for any other. */
static bool turn_look(struct text *text, char c)
{
    switch (c) {
    case '_':
        text->look.underline = !text->look.underline;
        break;
    case '"':
        text->look.bold = !text->look.bold;
        break;
    case '`':
        text->look.inverse = !text->look.inverse;
        break;
    default:
        return false;
    }
    text->open = false;
    return true;
}

static const char *put_character(struct text *text, const char *at, const char *end, bool in_property)
{
    const char *next = at + 1;

    if (*at == '{') {
        const char *close = template_find(at, end, '}');

        if (close)
            return put_value(text, at, close);
        template_fault(text->c, at, "this brace is never closed; \\{ prints one");
        return end;
    }
    if (*at == '}') {
        template_fault(text->c, at, "this brace closes nothing; \\} prints one");
        return next;
    }
    if (*at == '\\')
        return put_escape(text, at, end, in_property);
    if (!in_property && *at == '^') {
        while (next < end && *next == '^')
            next++;
        turn_scale(text, (int)(next - at));
        return next;
    }
    if (!in_property && turn_look(text, *at))
        return next;
    if ((unsigned char)*at >= 0x20 && *at != 0x7F)
        put_bytes(text, !in_property && *at == '~' ? " " : at, 1);
    return next;
}

void template_add_text(struct template_compiler *c, struct cell *cell, const char *at, const char *end,
                       bool in_property)
{
    struct text text = {.c = c, .cell = cell, .look = {.wide = 1, .tall = 1}};

    while (at < end && c->st == ST_OK)
        at = put_character(&text, at, end, in_property);
}
