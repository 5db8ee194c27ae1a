/* SPDX-License-Identifier: Apache-2.0 */
/* What a scan is to the till: by the rules in force, else by its configuration. Codes of an app: test_scan_app.c;
 * phone numbers: test_scan_phone.c. */
#include "scan_scene.h"

#include "agent/base/json.h"
#include "agent/db/cache.h"
#include "tests/support/app_code_maker.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(scan, .init = scan_begin, .fini = scan_end);

Test(scan, without_codes_in_the_rules_goes_by_the_configuration)
{
    scan_rules(RULES("\"texts\":{}"));
    scan_as("]C1", "8018" GSRN);
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 9000, "the GS1 number of a member is one without a word");
}

Test(scan, goes_by_the_rules_in_force)
{
    scan_rules(RULES("\"codes\":[{\"kind\":\"member\",\"symbologies\":[\"]Q\"],\"ai\":\"8018\"}]"));
    scan_as("]E0", CARD);
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 10000, "29 is no card by these rules");
    scan_as("]Q1", "https://card.example/8018/" GSRN);
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 9000);
}

Test(scan, of_a_misread_card_says_so_and_changes_nothing)
{
    scan_as("]E0", "2900000000017");
    cr_expect(world_was_told(&world, "L-306"));
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 10000);
}

static void note_passed(void *line, const char *text, size_t len)
{
    strbuf_add(line, text, len);
    strbuf_puts(line, ";");
}

Test(scan, of_what_is_not_loyaltys_goes_on_to_the_pos_and_a_misread_card_to_nobody)
{
    struct strbuf passed = STRBUF_INIT(1024);
    const char *const codes[] = {"4601234567893", "HELLO", "2900000000018", "2900000000019", "4601234567893"};
    bool good[5];

    world.pos = (struct till_pos){&passed, note_passed};
    world_restart(&world, false);
    for (int i = 0; i < 5; i++) {
        struct till_scan scan = {
            .symbology = "]E0", .text = codes[i], .len = strlen(codes[i]), .device = "scanner", .keyed = i == 4};

        good[i] = till_scanned(world.till, &scan);
    }
    cr_expect_str_eq(strbuf_text(&passed), "4601234567893;HELLO;", "not what was typed, not a card");
    cr_expect(good[0] && good[1] && good[2] && !good[3] && good[4]);
    strbuf_free(&passed);
}

#define COUPONS                                                                                                      \
    "{\"format\":\"loyald-bundle/1\",\"id\":\"main\",\"version\":2,\"currency\":\"RUB\",\"minor_digits\":2,"         \
    "\"layers\":[{\"id\":\"card\",\"mode\":\"stack\"}],\"coupon_series\":["                                          \
    "{\"id\":\"spring\",\"kind\":\"generic\",\"codes\":[\"SPRING10\"]},"                                             \
    "{\"id\":\"once\",\"kind\":\"listed\",\"codes\":[\"ONCE-1\",\"ONCE-2\"],\"single_use\":true},"                   \
    "{\"id\":\"gone\",\"kind\":\"generic\",\"codes\":[\"GONE\"],\"until\":\"2020-01-01T00:00\"},"                    \
    "{\"id\":\"soon\",\"kind\":\"generic\",\"codes\":[\"SOON\"],\"from\":\"2099-01-01T00:00\"}],"                    \
    "\"promotions\":[{\"id\":\"a\",\"layer\":\"card\",\"when\":{\"coupon\":\"spring\"},\"reward\":{\"kind\":"        \
    "\"percent_off\",\"items\":{\"skus\":[\"A\"]},\"percent_bp\":1000}},{\"id\":\"b\",\"layer\":\"card\",\"when\":"  \
    "{\"coupon\":\"once\"},\"reward\":{\"kind\":\"percent_off\",\"items\":{\"skus\":[\"A\"]},\"percent_bp\":2000}}]" \
    "}"

Test(scan, of_a_coupon_goes_onto_the_sale_and_stays_when_the_pos_puts_its_basket)
{
    struct cJSON *sale = NULL;

    scan_rules(COUPONS);
    scan_as("]C0", "spring-10");
    cr_expect(world_was_told(&world, "L-330"));
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 9000);
    cr_assert_eq(world_do(&world, "put", "s2", WORLD_ONE_LINE, &sale), PROBLEM_NONE);
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 9000, "the POS knows nothing of it");
    cr_expect_eq(cJSON_GetArraySize(cJSON_GetObjectItem(sale, "scanned_coupons")), 1);
    json_free(sale);
    cr_expect_str_eq(scan_typed("SPRING 10", "notice"), "L-331", "the same in other letters");
    cr_assert_eq(world_do(&world, "put", "s2",
                          "{\"scanned_coupons\":[],\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1000,"
                          "\"unit_price_minor\":10000}]}",
                          NULL),
                 PROBLEM_NONE);
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 10000, "taken off");
}

Test(scan, of_a_coupon_that_is_refused_says_why_and_changes_nothing)
{
    struct cJSON *sale = NULL;

    scan_rules(COUPONS);
    cr_expect_str_eq(scan_typed("GONE", "notice"), "L-334");
    cr_expect_str_eq(scan_typed("SOON", "notice"), "L-335");
    cr_expect_str_eq(scan_typed("SPRING10", "notice"), "L-330");
    cr_expect_str_eq(scan_typed("ONCE-1", "notice"), "L-330");
    cr_expect_str_eq(scan_typed("LAMP", "kind"), "code", "no coupon of the rules: for the POS");
    cr_assert_eq(world_do(&world, "commit", "s2", "{}", &sale), PROBLEM_NONE);
    json_free(sale);
    cr_expect_str_eq(scan_typed("ONCE-2", "notice"), "L-336", "no sale is open");
    cr_assert_eq(world_do(&world, "put", "s3", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_expect_str_eq(scan_typed("once 1", "notice"), "L-333", "used in the sale before");
    cr_expect_eq(world_int(&world, "s3", "total_minor"), 10000);
    cr_assert_eq(world_do(&world, "tender", "s3", "{}", NULL), PROBLEM_NONE);
    cr_expect_str_eq(scan_typed("ONCE-2", "notice"), "L-211", "the shopper was shown a total");
    cr_expect_eq(world_count(&world, "keyed_entry"), 2, "those that were taken");
}

Test(scan, of_a_coupon_that_nothing_fits_yet_says_so_and_keeps_it)
{
    scan_rules(COUPONS);
    cr_assert_eq(world_do(&world, "put", "s2", "{\"lines\":[]}", NULL), PROBLEM_NONE);
    cr_expect_str_eq(scan_typed("SPRING10", "notice"), "L-338");
    cr_assert_eq(world_do(&world, "put", "s2", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 9000);
}

Test(scan, of_coupons_is_bounded)
{
    static char rules[4096];
    size_t at =
        (size_t)sprintf(rules, "{\"format\":\"loyald-bundle/1\",\"id\":\"main\",\"version\":2,\"currency\":"
                               "\"RUB\",\"minor_digits\":2,\"layers\":[],\"promotions\":[],\"coupon_series\":[{"
                               "\"id\":\"x\",\"kind\":\"listed\",\"codes\":[\"x0\"");
    char code[16];

    for (int i = 1; i <= 33; i++)
        at += (size_t)sprintf(rules + at, ",\"x%d\"", i);
    (void)sprintf(rules + at, "]}]}");
    scan_rules(rules);
    for (int i = 0; i < 32; i++) {
        (void)sprintf(code, "x%d", i);
        cr_assert_str_eq(scan_typed(code, "notice"), "L-338", "%s", code);
    }
    cr_expect_str_eq(scan_typed("x32", "notice"), "L-337", "thirty-two are enough for anybody");
}
