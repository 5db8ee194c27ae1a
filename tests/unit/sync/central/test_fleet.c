/* SPDX-License-Identifier: Apache-2.0 */
/* What the office sees of its tills: as they told, and by their silence. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/json.h"
#include "fixture.h"
#include "sync/central/fleet.h"

enum { TEXT_MAX = 1024 * 1024 };

static struct fixture f;
static struct fake_till till;

static void begin(void)
{
    fixture_open(&f);
    till_enrol_fresh(&f, &till, 0xa1);
}

static void end(void)
{
    till_clear(&till);
    fixture_close(&f);
}

TestSuite(central_fleet, .init = begin, .fini = end);

static void tell(const char *body)
{
    struct answer answer = ANSWER_INIT;
    struct device device;

    cr_assert_eq(device_load(f.central, till.dev_hex, &device, NULL), ST_OK);
    device_status(f.central, &device, body, strlen(body), &answer);
    cr_assert_eq(answer.status, 200, "%s", strbuf_text(&answer.body));
    strbuf_free(&answer.body);
}

/* Expects the level and a word of why; "" expects none. */
static void expect_look(int level, const char *why)
{
    struct errmsg err = ERRMSG_INIT;
    struct strbuf out = STRBUF_INIT(TEXT_MAX);
    struct json_writer w = JSON_WRITER_INIT(&out);
    struct cJSON *root = NULL;
    const cJSON *one;
    const char *said = "";
    int64_t got = -1, worst = -1;

    cr_assert_eq(fleet_report(f.central, &w, &err), ST_OK, "%s", err.text);
    cr_assert_eq(json_parse(strbuf_text(&out), out.len, TEXT_MAX, &root, &err), ST_OK, "%s", err.text);
    one = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "tills"), 0);
    (void)json_int(one, "level", 0, 2, &got, NULL);
    (void)json_int(root, "level", 0, 2, &worst, NULL);
    (void)json_text(one, "why", 2048, &said, NULL);
    cr_expect_eq(got, level, "level %d: %s", (int)got, said);
    cr_expect_eq(worst, level);
    if (why[0])
        cr_expect(strstr(said, why), "\"%s\" is not in: %s", why, said);
    else
        cr_expect_str_eq(said, "");
    json_free(root);
    strbuf_free(&out);
}

/* As a till tells it whose clock is off by so much, whose oldest record waits for so long. */
static void tell_figures(int64_t skew_ms, int64_t queue, int64_t oldest_s)
{
    char body[512];
    int64_t at_ms = f.now.wall_ms + skew_ms;

    snprintf(body, sizeof(body),
             "{\"version\":\"0.1.0\",\"head\":%lld,\"queue\":%lld,\"oldest_unix_ms\":%lld,\"at_unix_ms\":%lld,"
             "\"bundle_version\":1,\"devices\":[{\"kind\":\"scanner\",\"state\":\"ready\"}]}",
             (long long)queue, (long long)queue, (long long)(at_ms - oldest_s * 1000), (long long)at_ms);
    tell(body);
}

Test(central_fleet, a_till_that_told_good_things_is_good)
{
    tell_figures(1000, 3, 20);
    expect_look(0, "");
}

Test(central_fleet, each_bound_raises_the_level_and_says_why)
{
    tell_figures(0, 3, 3600);
    expect_look(1, "3 records wait");
    tell_figures(0, 3, 86400);
    expect_look(2, "the oldest 24 h");
    tell_figures(-300000, 0, 0);
    expect_look(1, "300 s behind");
    tell_figures(-86400000, 3, 20); /* a clock that is off makes no record old */
    expect_look(1, "86400 s behind");
    tell("{\"devices\":[{\"kind\":\"printer\",\"state\":\"paper_out\"}]}");
    expect_look(1, "printer paper_out");
}

Test(central_fleet, silence_and_a_certificate_that_is_not_renewed_are_seen)
{
    tell_figures(0, 0, 0);
    f.now.wall_ms += INT64_C(25) * 3600 * 1000;
    expect_look(0, "");
    f.now.wall_ms += INT64_C(1) * 3600 * 1000;
    expect_look(1, "silent for 26 h");
    f.now.wall_ms += INT64_C(46) * 3600 * 1000;
    expect_look(2, "silent for 72 h");
    f.now.wall_ms += INT64_C(43) * 86400 * 1000;
    tell_figures(0, 0, 0);
    expect_look(1, "certificate not renewed");
    f.now.wall_ms += INT64_C(44) * 86400 * 1000;
    tell_figures(0, 0, 0);
    expect_look(2, "certificate has ended");
}

Test(central_fleet, a_status_too_long_is_left_out_and_a_revoked_till_is_not_of_the_fleet)
{
    char *body = malloc(TEXT_MAX);

    memset(body, ' ', TEXT_MAX - 1);
    body[TEXT_MAX - 1] = '\0';
    memcpy(body, "{\"version\":\"0.1.1\"}", 19);
    body[DEVICE_TOLD_MAX + 100] = '\0';
    tell(body);
    expect_look(0, "");
    free(body);
    cr_assert_eq(device_revoke(f.central, till.dev_hex, NULL), ST_OK);
    {
        struct strbuf out = STRBUF_INIT(TEXT_MAX);
        struct json_writer w = JSON_WRITER_INIT(&out);

        cr_assert_eq(fleet_report(f.central, &w, NULL), ST_OK);
        cr_expect(has_text(&out, "\"tills\":[]"), "%s", strbuf_text(&out));
        strbuf_free(&out);
    }
}
