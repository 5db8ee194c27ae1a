/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/codes/grammar.h"

#include "agent/codes/check_digit.h"
#include "agent/codes/digital_link.h"
#include "agent/codes/gs1.h"
#include "agent/codes/gtin.h"
#include "agent/codes/phone.h"

#include <string.h>

/* What the rules are held against. */
struct view {
    const char *symbology, *text;
    size_t len;
    char other[14]; /* a UPC-A in its other length, 12 or 13 digits; other_len 0: none */
    size_t other_len;
    bool has_elements;
    struct gs1_message elements;
    bool keyed;
    char phone[PHONE_TEXT]; /* as the rule that was tried last reads it */
};

static void look(struct view *view, const char *symbology, const char *text, size_t len)
{
    const char *why;
    size_t at;
    bool family = symbology[0] == '\0' || strncmp(symbology, "]E", 2) == 0;

    view->symbology = symbology;
    view->text = text;
    view->len = len;
    view->other_len = 0;
    if (family && len == 12 && check_mod10(text, len)) {
        view->other[0] = '0';
        memcpy(view->other + 1, text, 12);
        view->other_len = 13;
    } else if (family && len == 13 && text[0] == '0' && check_mod10(text, len)) {
        memcpy(view->other, text + 1, 12);
        view->other_len = 12;
    }
    view->has_elements = gs1_is_announced(symbology) ? gs1_parse(text, len, &view->elements, &why, &at)
                                                     : digital_link_parse(text, len, &view->elements, &why);
}

static bool is_of(const struct code_rule *rule, const char *symbology)
{
    if (rule->symbology_count == 0 || symbology[0] == '\0')
        return true;
    for (size_t i = 0; i < rule->symbology_count; i++)
        if (strncmp(symbology, rule->symbologies[i], strlen(rule->symbologies[i])) == 0)
            return true;
    return false;
}

enum held { HELD_NOT, HELD_MISREAD, HELD };

static enum held holds(const struct code_rule *rule, const char *text, size_t len)
{
    size_t prefix_len = strlen(rule->prefix);

    if (len == 0 || len > CODE_NUMBER_MAX || (rule->length > 0 && len != rule->length) || len < prefix_len ||
        memcmp(text, rule->prefix, prefix_len) != 0)
        return HELD_NOT;
    if (rule->check == CODE_CHECK_NONE)
        return HELD;
    if (!check_all_digits(text, len))
        return HELD_NOT;
    return (rule->check == CODE_CHECK_LUHN ? check_luhn : check_mod10)(text, len) ? HELD : HELD_MISREAD;
}

static enum held try_phone(const struct code_rule *rule, struct view *view, const char **out_text, size_t *out_len)
{
    if (!view->keyed || !phone_canonical(view->text, view->len, rule->country ? rule->country : "", view->phone))
        return HELD_NOT;
    *out_text = view->phone;
    *out_len = strlen(view->phone);
    return holds(rule, *out_text, *out_len);
}

/* Holds the rule against the code; *out_text and *out_len are what it looked at. */
static enum held try_rule(const struct code_rule *rule, struct view *view, const char **out_text, size_t *out_len)
{
    enum held held;

    if (!is_of(rule, view->symbology))
        return HELD_NOT;
    if (rule->kind == CODE_PHONE)
        return try_phone(rule, view, out_text, out_len);
    *out_text = view->text;
    *out_len = view->len;
    if (rule->ai[0] != '\0') {
        const struct gs1_element *element = view->has_elements ? gs1_find(&view->elements, rule->ai) : NULL;

        if (!element)
            return HELD_NOT;
        *out_text = element->value;
        *out_len = element->len;
        return holds(rule, *out_text, *out_len);
    }
    held = holds(rule, *out_text, *out_len);
    if (held == HELD_NOT && view->other_len > 0) {
        *out_text = view->other;
        *out_len = view->other_len;
        held = holds(rule, *out_text, *out_len);
    }
    return held;
}

static void tell(const struct code_rule *rule, enum held held, const char *text, size_t len, struct code_match *out)
{
    out->kind = rule->kind;
    out->rule = rule;
    out->misread = held == HELD_MISREAD;
    if (rule->kind == CODE_ITEM && gtin_canonical(text, len, out->number))
        return;
    memcpy(out->number, text, len);
    out->number[len] = '\0';
}

const char *code_phone_country(const struct code_grammar *grammar)
{
    for (size_t i = 0; i < grammar->rule_count; i++) {
        if (grammar->rules[i].kind == CODE_PHONE)
            return grammar->rules[i].country ? grammar->rules[i].country : "";
    }
    return "";
}

void code_classify(const struct code_grammar *grammar, const char *symbology, const char *text, size_t len,
                   bool keyed, struct code_match *out_match)
{
    struct view view;

    *out_match = (struct code_match){.kind = CODE_NONE};
    if (grammar->rule_count == 0)
        return;
    look(&view, symbology, text, len);
    view.keyed = keyed;
    for (size_t i = 0; i < grammar->rule_count; i++) {
        const char *seen;
        size_t seen_len;
        enum held held = try_rule(&grammar->rules[i], &view, &seen, &seen_len);

        /* A wrong check digit may be another rule's right number, so the rest is asked before it is called one. */
        if (held == HELD || (held == HELD_MISREAD && !out_match->misread))
            tell(&grammar->rules[i], held, seen, seen_len, out_match);
        if (held == HELD)
            return;
    }
}
