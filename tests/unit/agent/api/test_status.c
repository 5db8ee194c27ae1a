/* SPDX-License-Identifier: Apache-2.0 */
/* GET /v1/status: the till judged, and what doctor left beside. */
#include "shop.h"

#include "agent/base/file.h"

#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

static struct shop shop;

static void open_shop(void)
{
    shop_open(&shop);
}

static void close_shop(void)
{
    (void)unlink(shop.doctor_file);
    shop_close(&shop);
}

TestSuite(api_status, .init = open_shop, .fini = close_shop);

static cJSON *ask(void)
{
    cJSON *answer;

    cr_assert_eq(shop_call(&shop, "GET", "/v1/status", NULL, &answer), 200);
    return answer;
}

static const cJSON *find_check(const cJSON *answer, const char *check)
{
    const cJSON *finding;

    cJSON_ArrayForEach(finding, cJSON_GetObjectItemCaseSensitive(answer, "findings"))
    {
        if (strcmp(shop_text(finding, "check"), check) == 0)
            return finding;
    }
    return NULL;
}

/* The disk is this machine's, so the worst of all is not for a test to say. */
Test(api_status, names_each_check_with_its_level)
{
    static const char *const checks[] = {"till", "link", "unsynced", "rules", "devices", "answer", "agent", "disk", "clock"};
    cJSON *answer = ask();

    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        const cJSON *finding = find_check(answer, checks[i]);

        cr_assert_not_null(finding, "%s", checks[i]);
        cr_expect_gt(strlen(shop_text(finding, "text")), 0, "%s", checks[i]);
        if (strcmp(checks[i], "disk") != 0)
            cr_expect_str_eq(shop_text(finding, "level"), "OK", "%s: %s", checks[i], shop_text(finding, "text"));
    }
    cr_expect_not_null(strstr(shop_text(find_check(answer, "rules"), "text"), " version 7, "));
    cr_expect_not_null(strstr(shop_text(answer, "screen"), "\nrules      "));
    cJSON_Delete(answer);
}

Test(api_status, says_what_is_wrong_with_what_mends_it_and_a_number)
{
    cJSON *answer;

    shop.identity.enrolled = false;
    answer = ask();
    cr_expect_geq(shop_number(answer, "status"), 1);
    cr_expect_eq(strncmp(shop_text(answer, "text"), shop_text(answer, "verdict"), strlen(shop_text(answer, "verdict"))), 0);
    cr_expect_not_null(strstr(shop_text(answer, "text"), ": not enrolled"), "%s", shop_text(answer, "text"));
    cr_expect_str_eq(shop_text(find_check(answer, "till"), "level"), "WARNING");
    cr_expect_not_null(strstr(shop_text(find_check(answer, "till"), "fix"), "loyalctl enrol"));
    cJSON_Delete(answer);
}

static const cJSON *doctor_of(const cJSON *answer)
{
    return cJSON_GetObjectItemCaseSensitive(answer, "doctor");
}

static void leave(const char *text, size_t len)
{
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(file_write(shop.doctor_file, text, len, 0600, &err), ST_OK, "%s", err.text);
}

Test(api_status, shows_what_doctor_left)
{
    static const char said[] = "{\"verdict\":\"CRITICAL\",\"findings\":[{\"check\":\"modem\",\"level\":\"CRITICAL\",\"text\":\"x\"}]}\n";
    cJSON *answer = ask();
    const cJSON *doctor;

    cr_expect_null(doctor_of(answer), "nobody ran it");
    cJSON_Delete(answer);
    leave(said, strlen(said));
    answer = ask();
    doctor = doctor_of(answer);
    cr_assert_not_null(doctor);
    cr_expect_gt(shop_number(doctor, "at_unix_ms"), INT64_C(1700000000000));
    cr_expect_str_eq(shop_text(cJSON_GetObjectItemCaseSensitive(doctor, "said"), "verdict"), "CRITICAL");
    cJSON_Delete(answer);
}

Test(api_status, passes_on_nothing_that_doctor_did_not_write)
{
    static const char *const others[] = {"", "{", "[]", "{\"verdict\":7}", "{\"findings\":[]}", "OK"};
    static char large[256 * 1024];
    cJSON *answer;

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        leave(others[i], strlen(others[i]));
        answer = ask();
        cr_expect_null(doctor_of(answer), "%s", others[i]);
        cJSON_Delete(answer);
    }
    memset(large, ' ', sizeof large);
    memcpy(large, "{\"verdict\":\"OK\",\"findings\":[]}", 30);
    leave(large, sizeof large);
    answer = ask();
    cr_expect_null(doctor_of(answer), "larger than doctor can write");
    cJSON_Delete(answer);
}

Test(api_status, wants_the_token_over_tcp)
{
    static const char *const none[] = {NULL};

    cr_expect_eq(shop_call_tcp(&shop, "/v1/status", none), 401);
    cr_expect_eq(shop_call_tcp(&shop, "/status", none), 200, "the page itself holds nothing");
}
