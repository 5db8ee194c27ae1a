/* SPDX-License-Identifier: Apache-2.0 */
/* Who a card or phone number is of, without a sale: looked up here, asked of the central, written nowhere. */
#include "agent/till/till_internal.h"

#include <stdlib.h>

struct lookup {
    struct till *till;
    void (*ready)(void *context);
    void *context;
};

/* False: it is neither a card nor a phone number, or was misread. */
static bool read_identifier(const struct till *till, const char *identifier, struct code_match *out_match)
{
    till_classify(till, "", identifier, true, out_match);
    return !out_match->misread && (out_match->kind == CODE_MEMBER || out_match->kind == CODE_PHONE);
}

static enum status find(struct till *till, const struct code_match *match, struct till_member *out_member,
                        uint8_t out_hash[IDENTITY_HASH_BYTES])
{
    identity_hash(till->options.identity, match->kind == CODE_PHONE ? "phone" : "card", match->number, out_hash);
    return till_member_find(till->options.cache, till->options.journal, out_hash, out_member, NULL);
}

static void answered(void *context, bool answered_in_time, const char *profile, size_t len)
{
    struct lookup lookup = *(struct lookup *)context;

    (void)answered_in_time; /* who is asked for anew is as unknown as one that nobody has */
    free(context);
    if (profile)
        till_store_answer(lookup.till, profile, len);
    lookup.ready(lookup.context);
}

void till_before_member(struct till *till, const char *identifier, void (*ready)(void *context), void *context)
{
    const struct till_central *central = &till->options.central;
    struct till_member member = {0};
    struct lookup *lookup = NULL;
    struct code_match match;
    uint8_t hash[IDENTITY_HASH_BYTES];

    if (central->ask_member && read_identifier(till, identifier, &match) &&
        find(till, &match, &member, hash) == ST_NOT_FOUND)
        lookup = malloc(sizeof *lookup);
    till_member_clear(&member);
    crypto_wipe(match.number, sizeof match.number);
    if (!lookup) {
        ready(context);
        return;
    }
    *lookup = (struct lookup){till, ready, context};
    central->ask_member(central->link, hash, TILL_QUESTION_MS, answered, lookup);
}

enum problem till_find_member(struct till *till, const char *identifier, struct strbuf *out, struct errmsg *err)
{
    const struct bundle *bundle = rule_edition_bundle(rulebook_active(till->options.rulebook));
    struct json_writer w = JSON_WRITER_INIT(out);
    struct till_member member = {0};
    struct code_match match;
    uint8_t hash[IDENTITY_HASH_BYTES];
    char shown[SALE_CARD_TEXT_MAX + 1];
    bool phone;

    if (!read_identifier(till, identifier, &match)) {
        errmsg_set(err, match.misread
                            ? "identifier: its check digit is wrong"
                            : "identifier: wants the number of a card, or a phone number with its country's code");
        return PROBLEM_BAD_FIELD;
    }
    phone = match.kind == CODE_PHONE;
    (void)find(till, &match, &member, hash); /* whom the cache does not give is not known here */
    till_mask(match.number, shown);
    crypto_wipe(match.number, sizeof match.number);
    jw_object_begin(&w);
    jw_field_text(&w, "kind", phone ? "phone" : "card");
    jw_field_text(&w, "card", shown);
    till_write_member(till, &member, "", bundle, &w);
    jw_name(&w, "notices");
    jw_array_begin(&w);
    if (!member.known)
        problem_write(&w, phone ? PROBLEM_PHONE_UNKNOWN : PROBLEM_CARD_UNKNOWN, till_language(till), shown);
    jw_array_end(&w);
    jw_object_end(&w);
    till_member_clear(&member);
    return PROBLEM_NONE;
}
