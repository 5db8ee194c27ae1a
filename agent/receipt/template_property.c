/* SPDX-License-Identifier: Apache-2.0 */
/* {key: value; key: value}: what it sets holds for the lines below it; a code is printed where it stands. */
#include "agent/receipt/template_internal.h"

#include <string.h>

enum { MEMBERS_MAX = 16, WORDS_MAX = 32 };

struct word {
    const char *at;
    size_t len;
};

struct member {
    char key;             /* the abbreviation of ReceiptLine */
    const char *at, *end; /* of the value */
};

static const struct {
    char letter;
    const char *name;
} keys[] = {
    {'a', "align"}, {'b', "border"}, {'c', "code"},    {'i', "image"},   {'o', "option"},
    {'t', "text"},  {'w', "width"},  {'x', "command"}, {'_', "comment"},
};

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool word_is(const struct word *word, const char *text)
{
    return strlen(text) == word->len && memcmp(word->at, text, word->len) == 0;
}

/* The number a word is; -1 when it is none up to 999. */
static int word_number(const struct word *word)
{
    int value = 0;

    if (word->len == 0 || word->len > 3)
        return -1;
    for (size_t i = 0; i < word->len; i++) {
        if (word->at[i] < '0' || word->at[i] > '9')
            return -1;
        value = value * 10 + (word->at[i] - '0');
    }
    return value;
}

/* Parted by commas or white space. */
static size_t split_words(const struct member *member, struct word words[WORDS_MAX])
{
    size_t count = 0;

    for (const char *at = member->at; at < member->end && count < WORDS_MAX;) {
        const char *start = at;

        while (at < member->end && !blank(*at) && *at != ',')
            at++;
        if (at > start)
            words[count++] = (struct word){start, (size_t)(at - start)};
        else
            at++;
    }
    return count;
}

static void set_widths(struct template_compiler *c, const struct member *member)
{
    struct word words[WORDS_MAX];
    size_t count = split_words(member, words);

    if (count == 1 && word_is(&words[0], "auto")) {
        c->width_given = false;
        return;
    }
    if (count == 0 || count > PAGE_CELLS_MAX) {
        template_fault(c, member->at, "width wants \"auto\" or 1 to %d widths", PAGE_CELLS_MAX);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        int value = word_is(&words[i], "*") ? PAGE_WIDTH_REST : word_number(&words[i]);

        if (value > PAGE_COLUMNS_MAX || (value < 0 && !word_is(&words[i], "*"))) {
            template_fault(c, words[i].at, "a width is \"*\" or 0 to %d columns", PAGE_COLUMNS_MAX);
            return;
        }
        c->grid.widths[i] = (int8_t)value;
    }
    c->grid.count = (uint8_t)count;
    c->width_given = true;
}

static void set_border(struct template_compiler *c, const struct member *member)
{
    struct word word = {member->at, (size_t)(member->end - member->at)};
    int value = word_is(&word, "space") ? 1 : word_is(&word, "none") ? 0 : word_number(&word);

    if (word_is(&word, "line"))
        template_fault(c, member->at, "lines between columns are not drawn here: use space, none, 0, 1 or 2");
    else if (value < 0 || value > 2)
        template_fault(c, member->at, "border wants space, none, 0, 1 or 2");
    else
        c->grid.gap = (uint8_t)value;
}

static void set_align(struct template_compiler *c, const struct member *member)
{
    static const char *const names[] = {"left", "center", "right"};
    struct word word = {member->at, (size_t)(member->end - member->at)};

    for (int i = 0; i < 3; i++) {
        if (word_is(&word, names[i])) {
            c->grid.align = (enum page_align)i;
            return;
        }
    }
    template_fault(c, member->at, "align wants left, center or right");
}

static void set_wrap(struct template_compiler *c, const struct member *member)
{
    struct word word = {member->at, (size_t)(member->end - member->at)};

    if (word_is(&word, "wrap") || word_is(&word, "nowrap"))
        c->grid.clip = word_is(&word, "nowrap");
    else
        template_fault(c, member->at, "text wants wrap or nowrap");
}

static bool set_symbology(struct page_code_options *code, const struct word *word)
{
    static const struct {
        const char *name;
        enum page_symbology symbology;
    } known[] = {
        {"upc", PAGE_UPC_A},       {"ean", PAGE_EAN13},      {"jan", PAGE_EAN13},       {"code39", PAGE_CODE39},
        {"code93", PAGE_CODE93},   {"itf", PAGE_ITF},        {"codabar", PAGE_CODABAR}, {"nw7", PAGE_CODABAR},
        {"code128", PAGE_CODE128}, {"qrcode", PAGE_QR_CODE}, {"auto", PAGE_ANY_CODE},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (word_is(word, known[i].name)) {
            code->symbology = known[i].symbology;
            return true;
        }
    }
    return false;
}

/* One number may be a module's width, a height, or the cell of a QR code, by its size alone. */
static bool set_option(struct page_code_options *code, const struct word *word)
{
    int value = word_number(word);

    if (set_symbology(code, word))
        return true;
    if (value >= 2 && value <= 8) {
        if (value <= 4)
            code->module_dots = (uint8_t)value;
        if (value >= 3)
            code->cell_dots = (uint8_t)value;
        return true;
    }
    if (value >= 24 && value <= 240) {
        code->height_dots = (uint8_t)value;
        return true;
    }
    if (word_is(word, "hri") || word_is(word, "nohri")) {
        code->no_text = word_is(word, "nohri");
        return true;
    }
    if (word->len == 1 && strchr("lmqh", word->at[0])) {
        code->level = word->at[0];
        return true;
    }
    return false;
}

static void set_options(struct template_compiler *c, const struct member *member)
{
    struct word words[WORDS_MAX];
    size_t count = split_words(member, words);

    c->code = (struct page_code_options){.symbology = PAGE_CODE128,
                                         .module_dots = 2,
                                         .height_dots = 72,
                                         .cell_dots = 3,
                                         .level = 'l',
                                         .no_text = true};
    for (size_t i = 0; i < count; i++) {
        if (!set_option(&c->code, &words[i]))
            template_fault(
                c, words[i].at,
                "no option of a code: upc ean code39 code93 itf codabar code128 qrcode auto, 2-4, 24-240, hri, "
                "nohri, 3-8, l m q h");
    }
}

static void add_code(struct template_compiler *c, enum page_align align, const struct member *member)
{
    uint32_t op = list_add(c, &c->out->ops, sizeof(struct op)), cell;

    if (c->st != ST_OK)
        return;
    cell = list_add(c, &c->out->cells, sizeof(struct cell));
    if (c->st != ST_OK)
        return;
    template_add_text(c, LIST_AT(c->out->cells, struct cell, cell), member->at, member->end, true);
    *LIST_AT(c->out->ops, struct op, op) =
        (struct op){.kind = OP_CODE, .cell_at = cell, .cell_count = 1, .code = c->code};
    LIST_AT(c->out->ops, struct op, op)->code.align = align;
}

/* {image: name}: a picture that the till has; those of ReceiptLine, in base64, are none. */
static void add_image(struct template_compiler *c, enum page_align align, const struct member *member)
{
    const enum page_symbology before = c->code.symbology;

    for (const char *at = member->at; at < member->end; at++) {
        if ((*at < 'a' || *at > 'z') && (*at < '0' || *at > '9') && *at != '_' && *at != '-') {
            template_fault(c, member->at,
                           "a picture is named, 1 to %d of a-z 0-9 _ -, and comes in the rules' receipts/pictures or "
                           "lies on the till",
                           PAGE_PICTURE_NAME_MAX);
            return;
        }
    }
    if (member->at == member->end || member->end - member->at > PAGE_PICTURE_NAME_MAX) {
        template_fault(c, member->at, "a picture's name has 1 to %d characters", PAGE_PICTURE_NAME_MAX);
        return;
    }
    c->code.symbology = PAGE_PICTURE;
    add_code(c, align, member);
    c->code.symbology = before;
}

/* The key before the colon; 0 and the fault when there is none that is known. */
static char read_key(struct template_compiler *c, const char *at, const char *colon)
{
    const char *end = colon;

    while (end > at && blank(end[-1]))
        end--;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct word word = {at, (size_t)(end - at)};

        if ((word.len == 1 && at[0] == keys[i].letter) || word_is(&word, keys[i].name))
            return keys[i].letter;
    }
    template_fault(c, at, "no such property: align border code comment image option text width");
    return '\0';
}

static size_t read_members(struct template_compiler *c, const char *at, const char *end, struct member *members)
{
    size_t count = 0;

    for (const char *stop; at < end; at = stop + 1) {
        const char *colon, *last;
        struct member member;

        stop = template_find(at, end, ';');
        if (!stop)
            stop = end;
        while (at < stop && blank(*at))
            at++;
        if (at == stop)
            continue;
        colon = memchr(at, ':', (size_t)(stop - at));
        if (!colon) {
            template_fault(c, at, "a property is \"key: value\"");
            continue;
        }
        member.key = read_key(c, at, colon);
        for (member.at = colon + 1; member.at < stop && blank(*member.at); member.at++)
            ;
        for (last = stop; last > member.at && blank(last[-1]); last--)
            ;
        member.end = last;
        if (member.key && count < MEMBERS_MAX)
            members[count++] = member;
    }
    return count;
}

static void apply(struct template_compiler *c, enum page_align align, const struct member *member)
{
    switch (member->key) {
    case 'a':
        set_align(c, member);
        return;
    case 'b':
        set_border(c, member);
        return;
    case 'o':
        set_options(c, member);
        return;
    case 't':
        set_wrap(c, member);
        return;
    case 'w':
        set_widths(c, member);
        return;
    case 'c':
        add_code(c, align, member);
        return;
    case 'i':
        add_image(c, align, member);
        return;
    case 'x':
        template_fault(c, member->at, "raw commands are not sent to a printer: they could print a receipt twice");
        return;
    default: /* a comment */
        return;
    }
}

void template_add_property(struct template_compiler *c, enum page_align align, const char *at, const char *end)
{
    struct member members[MEMBERS_MAX];
    size_t count = read_members(c, at, end, members);

    for (int codes = 0; codes < 2; codes++) { /* a code is drawn by options that stand behind it, too */
        for (size_t i = 0; i < count; i++) {
            if ((members[i].key == 'c') == codes)
                apply(c, align, &members[i]);
        }
    }
}
