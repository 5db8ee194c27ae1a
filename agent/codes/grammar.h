/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grammar - what a code is: a member's card or phone, a coupon, an item, an app's code, a gift card, or none of
 * these.
 *
 * An ordered list of rules, the first that holds decides; the bundle brings them (part `codes`), its compiler fills
 * the structures. What no rule knows is the POS's.
 */
#ifndef LOYALD_CODES_GRAMMAR_H
#define LOYALD_CODES_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>

enum {
    CODE_RULES_MAX = 1000,
    CODE_SYMBOLOGIES_MAX = 32,
    CODE_PREFIX_MAX = 64,
    CODE_LENGTH_MAX = 4096,
    CODE_KEYS_MAX = 4,
    CODE_KEY_BYTES_MAX = 1023,
    CODE_NUMBER_MAX = 512, /* of what a rule may match; a longer code matches none */
};

/* In the order of CODE_KINDS. */
enum code_kind { CODE_MEMBER, CODE_COUPON, CODE_ITEM, CODE_APP_CODE, CODE_GIFT_CARD, CODE_PHONE, CODE_NONE };
#define CODE_KINDS "member coupon item app_code gift_card phone"
/* In the order of CODE_CHECKS. */
enum code_check { CODE_CHECK_NONE, CODE_CHECK_MOD10, CODE_CHECK_LUHN };
#define CODE_CHECKS "none mod10 luhn"

struct code_rule {
    enum code_kind kind;
    enum code_check check;
    const char *const *symbologies; /* "]E0", or "]E" for the family; none: any */
    size_t symbology_count;
    const char *ai; /* the value of this AI is looked at, in element strings and Digital Links; "": the whole text */
    const char *prefix;      /* "": any */
    size_t length;           /* 0: any */
    const char *const *keys; /* of an app's codes: public keys as PEM; none: those who may sign rules */
    size_t key_count;
    const char *country; /* of a phone: its chain's country code; NULL or "": only numbers that bring their own */
};

struct code_grammar {
    const struct code_rule *rules;
    size_t rule_count;
    bool given; /* the bundle has the part, be it empty */
};

struct code_match {
    enum code_kind kind; /* CODE_NONE: no rule holds */
    bool misread;        /* a rule holds but for its check digit; kind is the rule's */
    const struct code_rule *rule;
    char number[CODE_NUMBER_MAX +
                1]; /* what identifies: as the rule knows it; of an item 14 digits, when it is a GTIN */
};

/* The country code that completes a phone number: of the first rule for phones, else "". */
const char *code_phone_country(const struct code_grammar *grammar);
/*
 * symbology is the AIM identifier, or "" when it is not known: then a rule for any symbology holds. A UPC-A is
 * matched as 12 digits and as 13, since scanners send either, and told as the rule has it. A phone is only what was
 * typed (keyed), since nobody prints one as a code; it is matched and told as phone.h writes it.
 */
void code_classify(const struct code_grammar *grammar, const char *symbology, const char *text, size_t len,
                   bool keyed, struct code_match *out_match);

#endif
