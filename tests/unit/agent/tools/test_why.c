/* SPDX-License-Identifier: Apache-2.0 */
/* loyalctl why, as a user calls it: of a sale on standard input, and against a loyald. */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#define BUNDLE                                                                                                                        \
    "{\"format\":\"loyald-bundle/"                                                                                                    \
    "1\",\"id\":\"b\",\"version\":4,\"currency\":\"RUB\",\"minor_digits\":2,\"layers\":["                                             \
    "{\"id\":\"l\",\"mode\":\"best\"}],\"promotions\":[{\"id\":\"coffee\",\"title\":{\"en\":\"Third coffee free\","                   \
    "\"ru\":\"Третий кофе в подарок\"},\"layer\":\"l\",\"reward\":{\"kind\":\"nth_unit\",\"items\":{\"any\":true}," \
    "\"every\":3,\"price_minor\":0}},{\"id\":\"gold\",\"layer\":\"l\",\"when\":{\"member\":{\"tiers\":[\"gold\"]}},"                  \
    "\"reward\":{\"kind\":\"percent_off\",\"items\":{\"any\":true},\"percent_bp\":1000}}]}"
#define SALE "{\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":2000,\"unit_price_minor\":500}]}\n"

static char path[] = "/tmp/loyalctl-why-XXXXXX";

static void write_bundle(void)
{
    int fd = mkstemp(path);

    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, BUNDLE, sizeof BUNDLE - 1), (ssize_t)sizeof BUNDLE - 1);
    close(fd);
}

static void remove_bundle(void)
{
    (void)unlink(path);
}

TestSuite(tools_why, .init = write_bundle, .fini = remove_bundle);

static void why(struct run *run, const char *in, const char *a, const char *b, const char *c)
{
    run_program(run, (const char *[]){"loyalctl", "why", "--bundle", path, a, b, c, NULL}, in, strlen(in));
}

Test(tools_why, says_a_sentence_for_each_promotion)
{
    struct run run;

    why(&run, SALE, NULL, NULL, NULL);
    cr_expect_eq(run.exit_status, 0);
    cr_expect_str_eq(strbuf_text(&run.out), "Third coffee free: one more is missing (2 of 3).\n"
                                            "gold: for card holders only, and no card was shown.\n");
    run_free(&run);
    why(&run, SALE, "coffee", "--language", "ru");
    cr_expect_str_eq(strbuf_text(&run.out), "Третий кофе в подарок: не хватает ещё одного (2 из 3).\n");
    run_free(&run);
}

Test(tools_why, json_is_the_answer_of_the_api)
{
    struct run run;

    why(&run, SALE, "gold", "--json", NULL);
    cr_expect_str_eq(
        strbuf_text(&run.out),
        "{\"sale_id\":\"\",\"rules_version\":4,\"language\":\"en\",\"promotions\":[{\"promotion\":\"gold\","
        "\"title\":\"gold\",\"state\":\"not_applied\",\"reason\":\"member\",\"sentence\":\"gold: for card "
        "holders only, and no card was shown.\"}]}\n");
    run_free(&run);
}

Test(tools_why, what_is_wrong_is_said)
{
    struct run run;

    why(&run, SALE, "silver", NULL, NULL);
    cr_expect_eq(run.exit_status, 1);
    cr_expect_not_null(strstr(strbuf_text(&run.err), "silver: the rules of this sale have no promotion"));
    run_free(&run);
    why(&run, "{\"lines\":[5]}", NULL, NULL, NULL);
    cr_expect_eq(run.exit_status, 1);
    cr_expect_not_null(strstr(strbuf_text(&run.err), "/lines/0: wants an object"), "%s", strbuf_text(&run.err));
    run_free(&run);
    why(&run, SALE, "one", "two", NULL);
    cr_expect_eq(run.exit_status, 2);
    run_free(&run);
    run_program(&run, (const char *[]){"loyalctl", "why", NULL}, NULL, 0);
    cr_expect_eq(run.exit_status, 2);
    cr_expect_not_null(strstr(strbuf_text(&run.err), "which sale?"));
    run_free(&run);
    run_program(&run, (const char *[]){"loyalctl", "why", "../health", NULL}, NULL, 0);
    cr_expect_eq(run.exit_status, 2);
    run_free(&run);
}
