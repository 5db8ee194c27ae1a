/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/own_codes.h"

#include <string.h>

enum { EAN13_DIGITS = 13, GSRN_DIGITS = 18 };

void own_codes_init(struct own_codes *codes, const char *card_prefixes)
{
    size_t count = 0, used = 0;

    for (const char *at = card_prefixes; *at && count < OWN_CODES_PREFIXES_MAX;) {
        size_t len = strcspn(at, ",");

        if (len > 0 && len <= EAN13_DIGITS && used + len < sizeof codes->text) {
            memcpy(codes->text + used, at, len);
            codes->text[used + len] = '\0';
            codes->rules[count++] = (struct code_rule){.kind = CODE_MEMBER,
                                                       .check = CODE_CHECK_MOD10,
                                                       .ai = "",
                                                       .prefix = codes->text + used,
                                                       .length = EAN13_DIGITS};
            used += len + 1;
        }
        at += len + (at[len] == ',');
    }
    codes->rules[count++] =
        (struct code_rule){.kind = CODE_MEMBER, .ai = "8018", .prefix = "", .length = GSRN_DIGITS};
    codes->rules[count++] = (struct code_rule){.kind = CODE_PHONE, .ai = "", .prefix = "", .country = ""};
    codes->grammar = (struct code_grammar){codes->rules, count, false};
}
