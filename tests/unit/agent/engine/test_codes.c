/* SPDX-License-Identifier: Apache-2.0 */
/* The part `codes` of a bundle: compiled with it, every fault with its place. */
#include "agent/codes/grammar.h"
#include "agent/engine/engine.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUNDLE(codes)                                                                                                \
    "{\"format\":\"loyald-bundle/1\",\"id\":\"t\",\"version\":1,\"currency\":\"RUB\",\"layers\":[],"                 \
    "\"promotions\":[]" codes "}"

static struct bundle_report report;

static struct bundle *compile(const char *text)
{
    struct bundle *bundle = NULL;

    (void)bundle_compile(text, strlen(text), &bundle, &report, NULL);
    return bundle;
}

Test(bundle_codes, are_kept_in_their_order)
{
    struct bundle *bundle = compile(
        BUNDLE(",\"codes\":[{\"kind\":\"member\",\"symbologies\":[\"]E0\"],\"prefix\":\"29\",\"length\":13,\"check\":"
               "\"mod10\"},{\"kind\":\"app_code\"},{\"kind\":\"coupon\",\"ai\":\"255\"}]"));
    struct code_match match;

    cr_assert_not_null(bundle);
    cr_expect(bundle_grammar(bundle)->given);
    cr_assert_eq(bundle_grammar(bundle)->rule_count, 3u);
    cr_expect_str_eq(bundle_grammar(bundle)->rules[1].prefix, "v1.");
    code_classify(bundle_grammar(bundle), "]E0", "2900000000018", 13, false, &match);
    cr_expect_eq(match.kind, CODE_MEMBER);
    code_classify(bundle_grammar(bundle), "]C1", "2559506000134352", 16, false, &match);
    cr_expect_eq(match.kind, CODE_COUPON);
    bundle_destroy(bundle);
}

Test(bundle_codes, that_are_absent_are_not_an_empty_list)
{
    struct bundle *without = compile(BUNDLE("")), *empty = compile(BUNDLE(",\"codes\":[]"));

    cr_assert(without && empty);
    cr_expect_not(bundle_grammar(without)->given);
    cr_expect(bundle_grammar(empty)->given);
    bundle_destroy(without);
    bundle_destroy(empty);
}

Test(bundle_codes, have_every_fault_told_with_its_place)
{
    static const char *const places[] = {
        "/codes/0/kind",     "/codes/1/symbologies/0", "/codes/2/ai",     "/codes/3/length",   "/codes/4/check",
        "/codes/5/keys",     "/codes/6/keys/0",        "/codes/7/length", "/codes/8/colour",   "/codes/9",
        "/codes/10/country", "/codes/11/ai",           "/codes/12/check", "/codes/13/country",
    };
    static char text[16384];
    FILE *file = fopen(LOYALD_SOURCE_DIR "/schema/rules/invalid/codes-every-fault.json", "rb");
    size_t fault = 0;

    cr_assert_not_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    (void)fclose(file);
    cr_assert_null(compile(text));
    for (size_t i = 0; i < report.note_count; i++) {
        if (report.notes[i].warning)
            continue;
        cr_assert_lt(fault, sizeof places / sizeof places[0]);
        cr_expect_str_eq(report.notes[i].at, places[fault++], "%s", report.notes[i].text);
    }
    cr_expect_eq(fault, sizeof places / sizeof places[0]);
}

Test(bundle_codes, are_bounded)
{
    char *text = malloc(40 * (CODE_RULES_MAX + 2) + 512);
    size_t at;

    cr_assert_not_null(text);
    at = (size_t)sprintf(text, "%.*s,\"codes\":[", (int)strlen(BUNDLE("")) - 1, BUNDLE(""));
    for (int i = 0; i <= CODE_RULES_MAX; i++)
        at += (size_t)sprintf(text + at, "%s{\"kind\":\"coupon\",\"prefix\":\"C\"}", i ? "," : "");
    (void)sprintf(text + at, "]}");
    cr_expect_null(compile(text));
    cr_expect_str_eq(report.notes[0].at, "/codes");
    cr_expect_str_eq(report.notes[0].text, "holds more than 1000 entries");
    free(text);
}
