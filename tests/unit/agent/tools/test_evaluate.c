/* SPDX-License-Identifier: Apache-2.0 */
/* loyalctl evaluate and bundle check, as a user calls them: streams, exit statuses, words. */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#define BUNDLE                                                                                                       \
    "{\"format\":\"loyald-bundle/1\",\"id\":\"main\",\"version\":3,\"currency\":\"RUB\",\"minor_digits\":2,"         \
    "\"layers\":[{\"id\":\"promo\",\"mode\":\"best\"}],\"promotions\":[{\"id\":\"ten\",\"title\":{\"en\":\"10 %\"}," \
    "\"layer\":\"promo\",\"order\":1,\"when\":{},\"reward\":{\"kind\":\"percent_off\",\"items\":{\"any\":true},"     \
    "\"percent_bp\":1000}}]}"
#define SALE(id, price)                                                                                              \
    "{\"sale_id\":\"" id "\",\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1000,\"unit_price_minor\":" price    \
    "}]}"

static char bundle_path[] = "/tmp/loyalctl-bundle-XXXXXX";

static void write_bundle(const char *text)
{
    FILE *file = fopen(bundle_path, "w");

    cr_assert_not_null(file);
    cr_assert_geq(fputs(text, file), 0);
    cr_assert_eq(fclose(file), 0);
}

static void make_bundle(void)
{
    int fd = mkstemp(bundle_path);

    cr_assert_geq(fd, 0);
    close(fd);
    write_bundle(BUNDLE);
}

static void drop_bundle(void)
{
    unlink(bundle_path);
}

TestSuite(tools_evaluate, .init = make_bundle, .fini = drop_bundle);
TestSuite(tools_bundle_check, .init = make_bundle, .fini = drop_bundle);

static void evaluate(struct run *run, const char *option, const char *in, size_t len)
{
    run_program(run, (const char *[]){"loyalctl", "evaluate", "--bundle", bundle_path, option, NULL}, in, len);
}

/* Takes the next line off the text and parses it. */
static cJSON *next_line(char **text)
{
    char *end = strchr(*text, '\n');
    cJSON *line;

    cr_assert_not_null(end, "a line is missing");
    *end = '\0';
    line = cJSON_Parse(*text);
    cr_assert_not_null(line, "no JSON: %s", *text);
    *text = end + 1;
    return line;
}

static void expect_total(char **text, const char *id, int total)
{
    cJSON *line = next_line(text);

    cr_expect_str_eq(cJSON_GetObjectItem(line, "sale_id")->valuestring, id);
    cr_expect_eq(cJSON_GetObjectItem(line, "total_minor")->valueint, total);
    cJSON_Delete(line);
}

static void expect_fault(char **text, const char *code, const char *at)
{
    cJSON *line = next_line(text), *error = cJSON_GetObjectItem(line, "error");

    cr_assert_not_null(error);
    cr_expect_str_eq(cJSON_GetObjectItem(error, "code")->valuestring, code);
    cr_expect_str_eq(cJSON_GetObjectItem(error, "at")->valuestring, at);
    cr_expect(cJSON_IsString(cJSON_GetObjectItem(error, "message")));
    cJSON_Delete(line);
}

Test(tools_evaluate, one_line_in_one_line_out_in_order)
{
    static const char in[] =
        SALE("a", "1000") "\n" SALE("b", "250") "\r\n" SALE("c", "1"); /* the last without its break */
    struct run run;
    char *text;

    evaluate(&run, NULL, in, sizeof in - 1);
    cr_expect_eq(run.exit_status, 0);
    cr_expect_str_eq(strbuf_text(&run.err), "");
    text = run.out.data;
    expect_total(&text, "a", 900);
    expect_total(&text, "b", 225);
    expect_total(&text, "c", 1);
    cr_expect_str_eq(text, "");
    run_free(&run);
}

Test(tools_evaluate, a_bad_line_is_answered_on_its_line_and_the_others_still)
{
    static const char in[] = "nonsense\n" SALE(
        "a", "1000") "\n\n"
                     "{\"sale_id\":\"x\",\"lines\":[{\"line\":1,\"sku\":\"A\",\"unit_price_minor\":1}]}\n"
                     "{\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":-5,\"unit_price_minor\":1}]}\n"
                     "{\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1500,\"unit_price_minor\":1}]}\n" SALE(
                         "b", "1000") "\n";
    struct run run;
    char *text;

    evaluate(&run, NULL, in, sizeof in - 1);
    cr_expect_eq(run.exit_status, 1);
    text = run.out.data;
    expect_fault(&text, "json", "");
    expect_total(&text, "a", 900);
    expect_fault(&text, "json", "");
    expect_fault(&text, "schema", "/lines/0/qty_milli");
    expect_fault(&text, "range", "/lines/0/qty_milli");
    expect_fault(&text, "quantity", "/lines/0/qty_milli");
    expect_total(&text, "b", 900);
    cr_expect_str_eq(text, "");
    run_free(&run);
}

Test(tools_evaluate, a_line_longer_than_a_sale_may_be_is_skipped_whole)
{
    size_t len = 5 * 1024 * 1024;
    char *in = malloc(len + 256), *text;
    struct run run;

    cr_assert_not_null(in);
    memset(in, ' ', len);
    snprintf(in + len, 256, "\n%s\n", SALE("a", "1000"));
    evaluate(&run, NULL, in, len + strlen(in + len));
    cr_expect_eq(run.exit_status, 1);
    text = run.out.data;
    expect_fault(&text, "range", "");
    expect_total(&text, "a", 900);
    cr_expect_str_eq(text, "");
    run_free(&run);
    free(in);
}

Test(tools_evaluate, nothing_in_nothing_out)
{
    struct run run;

    evaluate(&run, NULL, "", 0);
    cr_expect_eq(run.exit_status, 0);
    cr_expect_eq(run.out.len, 0);
    run_free(&run);
}

Test(tools_evaluate, trace_and_stats_when_asked_for)
{
    static const char in[] = SALE("a", "1000") "\n" SALE("b", "1000") "\n";
    struct run run;
    cJSON *stats;

    evaluate(&run, "--trace", in, sizeof in - 1);
    cr_expect_not_null(strstr(strbuf_text(&run.out), "\"trace\":["));
    run_free(&run);
    evaluate(&run, "--stats", in, sizeof in - 1);
    cr_expect_null(strstr(strbuf_text(&run.out), "\"trace\""));
    stats = cJSON_Parse(strbuf_text(&run.err));
    cr_assert_not_null(stats, "%s", strbuf_text(&run.err));
    cr_expect_eq(cJSON_GetObjectItem(stats, "sales")->valueint, 2);
    cr_expect_eq(cJSON_GetObjectItem(stats, "promotions_looked_at")->valueint, 2);
    cr_expect_geq(cJSON_GetObjectItem(stats, "max_ns")->valueint, cJSON_GetObjectItem(stats, "p50_ns")->valueint);
    cJSON_Delete(stats);
    run_free(&run);
}

Test(tools_evaluate, a_bundle_with_faults_answers_nothing)
{
    struct run run;

    write_bundle("{\"format\":\"loyald-bundle/1\"}");
    evaluate(&run, NULL, SALE("a", "1000") "\n", sizeof SALE("a", "1000"));
    cr_expect_eq(run.exit_status, 2);
    cr_expect_eq(run.out.len, 0);
    cr_expect_not_null(strstr(strbuf_text(&run.err), "fault /id"));
    run_free(&run);
}

Test(tools_evaluate, wrong_usage)
{
    struct run run;

    run_program(&run, (const char *[]){"loyalctl", "evaluate", NULL}, NULL, 0);
    cr_expect_eq(run.exit_status, 2);
    run_free(&run);
    run_program(&run, (const char *[]){"loyalctl", "evaluate", "--bundle", "/nowhere.json", NULL}, NULL, 0);
    cr_expect_eq(run.exit_status, 2);
    cr_expect_not_null(strstr(strbuf_text(&run.err), "/nowhere.json"));
    run_free(&run);
    run_program(&run, (const char *[]){"loyalctl", "evaluate", "--bundle", bundle_path, "word", NULL}, NULL, 0);
    cr_expect_eq(run.exit_status, 2);
    run_free(&run);
}

#if !defined(__SANITIZE_ADDRESS__)
Test(tools_evaluate, takes_the_same_memory_for_many_sales)
{
    enum { FEW = 10, MANY = 30000 };
    static const char sale[] = SALE("a", "1000") "\n";
    size_t len = sizeof sale - 1;
    char *in = malloc(MANY * len);
    struct run few, many;

    cr_assert_not_null(in);
    for (size_t i = 0; i < MANY; i++)
        memcpy(in + i * len, sale, len);
    evaluate(&few, NULL, in, FEW * len);
    evaluate(&many, "--stats", in, MANY * len);
    cr_expect_eq(many.exit_status, 0);
    cr_expect_leq(many.rss_kib, few.rss_kib + 1024, "%ld KiB for many, %ld for few", many.rss_kib, few.rss_kib);
    run_free(&few);
    run_free(&many);
    free(in);
}
#endif

/* ---- bundle check ---- */

static void check(struct run *run)
{
    run_program(run, (const char *[]){"loyalctl", "bundle", "check", bundle_path, NULL}, NULL, 0);
}

Test(tools_bundle_check, a_good_bundle)
{
    struct run run;

    check(&run);
    cr_expect_eq(run.exit_status, 0);
    cr_expect_eq(run.out.len, 0, "%s", strbuf_text(&run.out));
    cr_expect_not_null(strstr(strbuf_text(&run.err), "version 3, 1 promotion, no faults"));
    run_free(&run);
}

Test(tools_bundle_check, every_fault_one_a_line)
{
    struct run run;

    write_bundle(
        "{\"format\":\"loyald-bundle/1\",\"id\":\"main\",\"version\":1,\"currency\":\"RUB\",\"minor_digits\":2,"
        "\"layers\":[{\"id\":\"l\",\"mode\":\"never\"}],\"colour\":1,\"promotions\":[{\"id\":\"p\",\"layer\":\"x\","
        "\"reward\":{\"kind\":\"percent_off\",\"items\":{\"any\":true},\"percent_bp\":-1}}]}");
    check(&run);
    cr_expect_eq(run.exit_status, 1);
    cr_expect_not_null(strstr(strbuf_text(&run.out), "fault /layers/0/mode: "));
    cr_expect_not_null(strstr(strbuf_text(&run.out), "fault /colour: "));
    cr_expect_not_null(strstr(strbuf_text(&run.out), "fault /promotions/0/layer: "));
    cr_expect_not_null(strstr(strbuf_text(&run.out), "fault /promotions/0/reward/percent_bp: "));
    run_free(&run);
    write_bundle("{\"format\":");
    check(&run);
    cr_expect_eq(run.exit_status, 1);
    cr_expect_gt(run.out.len, 0);
    run_free(&run);
}

Test(tools_bundle_check, a_file_that_is_not_there_is_wrong_usage)
{
    struct run run;

    run_program(&run, (const char *[]){"loyalctl", "bundle", "check", "/nowhere.json", NULL}, NULL, 0);
    cr_expect_eq(run.exit_status, 2);
    cr_expect_eq(run.out.len, 0);
    run_free(&run);
    run_program(&run, (const char *[]){"loyalctl", "bundle", NULL}, NULL, 0);
    cr_expect_eq(run.exit_status, 2);
    run_free(&run);
}
