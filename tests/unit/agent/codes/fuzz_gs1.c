/* SPDX-License-Identifier: Apache-2.0 */
/* Element strings, app codes, phone numbers, and the grammar over them: clean answers, and views inside the text. */
#include "agent/codes/app_code.h"
#include "agent/codes/grammar.h"
#include "agent/codes/gs1.h"
#include "agent/codes/gtin.h"
#include "agent/codes/payment_card.h"
#include "agent/codes/phone.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_message(const char *text, size_t size)
{
    struct gs1_message message;
    const char *why = NULL;
    size_t at = 0;
    bool good = gs1_parse(text, size, &message, &why, &at);

    assert(at <= size && message.count <= GS1_ELEMENTS_MAX && (good || why));
    for (size_t i = 0; i < message.count; i++)
        assert(message.elements[i].value >= text &&
               message.elements[i].value + message.elements[i].len <= text + size);
}

static void check_grammar(const char *text, size_t size)
{
    static const struct code_rule rules[] = {
        {CODE_MEMBER, CODE_CHECK_LUHN, NULL, 0, "", "9", 0, NULL, 0, NULL},
        {CODE_COUPON, CODE_CHECK_NONE, NULL, 0, "8018", "", 0, NULL, 0, NULL},
        {CODE_ITEM, CODE_CHECK_MOD10, NULL, 0, "", "", 0, NULL, 0, NULL},
        {CODE_ITEM, CODE_CHECK_NONE, NULL, 0, "01", "", 14, NULL, 0, NULL},
    };
    const struct code_grammar grammar = {rules, 4, true};
    struct code_match match;

    code_classify(&grammar, "]C1", text, size, false, &match);
    assert(strlen(match.number) <= CODE_NUMBER_MAX);
    code_classify(&grammar, "", text, size, false, &match);
    assert((match.kind == CODE_NONE) == (match.rule == NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    char phone[PHONE_TEXT], gtin[GTIN_TEXT], upc[UPC_A_TEXT];
    struct app_code code;
    const char *why;

    check_message(text, size);
    check_grammar(text, size);
    if (app_code_parse(text, size, &code, &why))
        assert(strlen(code.signature) == APP_CODE_SIGNATURE_CHARACTERS && code.signed_len < size);
    if (phone_canonical(text, size, "7", phone))
        assert(strlen(phone) > PHONE_DIGITS_MIN);
    if (gtin_canonical(text, size, gtin))
        assert(strlen(gtin) == 14);
    if (gtin_expand_upc_e(text, size, upc))
        assert(gtin_canonical(upc, 12, gtin));
    (void)payment_card_is_in(text, size);
    return 0;
}
