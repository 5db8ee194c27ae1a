/* SPDX-License-Identifier: Apache-2.0 */
/* What is made of a till's health. */
#include "agent/checkup/screen.h"

#include "agent/base/json.h"

#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#define NOW INT64_C(1795359900000)

static const struct screen_limits limits = {.unsynced_warn = 1000,
                                            .unsynced_critical = 100000,
                                            .link_down_warn_min = 15,
                                            .link_down_critical_min = 10080,
                                            .answer_warn_ms = 20};

static struct findings machine; /* what was seen of it: none, but where a test says so */

/* A till that is well, but for what a case says otherwise. */
struct facts {
    int64_t unsynced, link_down_min, p99_us, version;
    bool not_enrolled, link_down_ever, forked, records_gone, stale;
    int64_t days_left; /* of a root's confirmation; 0: the chain has no root */
    int64_t certificate_days; /* 0: nothing is said of one */
    const char *refused, *device_state, *device_reason;
};

/* The verdict's line, then the screen: as loyalctl status prints them. */
static enum level show(const struct cJSON *health, struct strbuf *out)
{
    struct strbuf screen = STRBUF_INIT(65536);
    struct findings findings = {0};
    enum level level = screen_write(health, &machine, &limits, NOW, &findings, &screen);

    screen_write_verdict(&findings, out);
    strbuf_printf(out, "\n%s", strbuf_text(&screen));
    strbuf_free(&screen);
    return level;
}

static enum level judge(const struct facts *facts, struct strbuf *out)
{
    struct strbuf text = STRBUF_INIT(8192);
    struct cJSON *health;
    struct errmsg err = ERRMSG_INIT;
    bool down = facts->link_down_min > 0 || facts->link_down_ever;
    enum level level;

    strbuf_printf(
        &text,
        "{\"version\":\"0.1.0\",\"pid\":7,\"started_unix_ms\":1795359000000,\"watchers\":2,\"till\":{\"enrolled\":%s,"
        "\"chain\":\"demo\",\"store\":\"S12\",\"till\":\"3\",\"open_sales\":1,\"records\":450,\"unsynced\":%lld,"
        "\"members\":9,\"scan_faults\":0,\"link\":{\"up\":%s,\"since_unix_ms\":%lld},",
        facts->not_enrolled ? "false" : "true", (long long)facts->unsynced, down ? "false" : "true",
        facts->link_down_ever ? 0LL : (long long)(NOW - facts->link_down_min * 60000));
    strbuf_printf(&text,
                  "\"rules\":{\"version\":%lld,\"id\":\"main\",\"promotions\":8,\"since_unix_ms\":1795350000000",
                  (long long)facts->version);
    if (facts->stale || facts->days_left > 0)
        strbuf_printf(&text, ",\"trust\":{\"root\":1,\"stale\":%s,\"days_left\":%lld}", facts->stale ? "true" : "false",
                      (long long)facts->days_left);
    if (facts->refused)
        strbuf_printf(&text, ",\"refused\":{\"version\":411,\"reason\":\"%s\"}", facts->refused);
    strbuf_printf(&text, "},\"scan_to_answer\":{\"count\":120,\"p50_us\":400,\"p99_us\":%lld,\"max_us\":50007}},",
                  (long long)facts->p99_us);
    strbuf_printf(
        &text,
        "\"devices\":[{\"kind\":\"printer\",\"port\":\"serial:/dev/ttyS0\",\"state\":\"%s\",\"reason\":\"%s\","
        "\"since_unix_ms\":1795359000000}],\"courier\":{\"up\":true,\"forked\":%s,\"records_gone\":%s,\"oldest_unsynced_unix_ms\":%lld,\"certificate_until_unix_ms\":%lld}}",
        facts->device_state ? facts->device_state : "ready", facts->device_reason ? facts->device_reason : "",
        facts->forked ? "true" : "false", facts->records_gone ? "true" : "false", (long long)(NOW - 720000),
        facts->certificate_days == 0 ? 0LL : (long long)(NOW + facts->certificate_days * 86400000));
    cr_assert_eq(json_parse(text.data, text.len, text.len, &health, &err), ST_OK, "%s in %s", err.text, text.data);
    level = show(health, out);
    json_free(health);
    strbuf_free(&text);
    return level;
}

struct status_case {
    struct facts facts;
    enum level level;
    char finding[64];
};

ParameterizedTestParameters(checkup_screen, verdict)
{
    static struct status_case cases[] = {
        {{.version = 7}, LEVEL_OK, "OK: all is well\n"},
        {{.version = 7, .not_enrolled = true}, LEVEL_WARNING, "not enrolled"},
        {{.version = 0}, LEVEL_WARNING, "no rules"},
        {{.version = 7, .unsynced = 999}, LEVEL_OK, ""},
        {{.version = 7, .unsynced = 1000}, LEVEL_WARNING, "1000 records wait"},
        {{.version = 7, .unsynced = 100000}, LEVEL_CRITICAL, "100000 records wait"},
        {{.version = 7, .link_down_min = 14}, LEVEL_OK, ""},
        {{.version = 7, .link_down_min = 15}, LEVEL_WARNING, "no link to the central for 15 min"},
        {{.version = 7, .link_down_min = 10080}, LEVEL_CRITICAL, "no link to the central for 7 days"},
        {{.version = 7, .link_down_ever = true}, LEVEL_WARNING, "since the start"},
        {{.version = 7, .forked = true}, LEVEL_CRITICAL, "another history"},
        {{.version = 7, .records_gone = true}, LEVEL_CRITICAL, "wants records this till has removed"},
        {{.version = 7, .days_left = 2}, LEVEL_OK, ""},
        {{.version = 7, .days_left = 1}, LEVEL_WARNING, "days ago, 1 is left"},
        {{.version = 7, .stale = true}, LEVEL_CRITICAL, "has not confirmed the rules for too long"},
        {{.version = 7, .p99_us = 20000}, LEVEL_OK, ""},
        {{.version = 7, .p99_us = 21000}, LEVEL_WARNING, "slow"},
        {{.version = 7, .certificate_days = 14}, LEVEL_OK, ""},
        {{.version = 7, .certificate_days = 13}, LEVEL_WARNING, "good for 13 days"},
        {{.version = 7, .certificate_days = -1}, LEVEL_CRITICAL, "the certificate has ended"},
    };

    return cr_make_param_array(struct status_case, cases, sizeof cases / sizeof cases[0]);
}

ParameterizedTest(struct status_case *c, checkup_screen, verdict)
{
    struct strbuf out = STRBUF_INIT(65536);
    enum level level = judge(&c->facts, &out);
    size_t first = strcspn(strbuf_text(&out), "\n");

    cr_expect_eq(level, c->level, "%s", strbuf_text(&out));
    cr_expect_not_null(strstr(strbuf_text(&out), c->finding), "%s", strbuf_text(&out));
    cr_expect_eq(strncmp(strbuf_text(&out), level_word(c->level), strlen(level_word(c->level))), 0);
    cr_expect_leq(strstr(strbuf_text(&out), c->finding) - strbuf_text(&out), (ptrdiff_t)first, "in the first line");
    strbuf_free(&out);
}

Test(checkup_screen, says_why_rules_were_refused_and_a_device_is_away)
{
    struct facts facts = {.version = 7,
                          .refused = "the signature is wrong",
                          .device_state = "attention",
                          .device_reason = "out of paper"};
    struct strbuf out = STRBUF_INIT(65536);

    cr_expect_eq(judge(&facts, &out), LEVEL_WARNING);
    cr_expect_not_null(strstr(strbuf_text(&out), "rules version 411 refused; printer attention: out of paper\n"));
    cr_expect_not_null(strstr(strbuf_text(&out), "refused    version 411: the signature is wrong\n"));
    cr_expect_not_null(strstr(strbuf_text(&out), "p50 0.400 ms"));
    cr_expect_not_null(strstr(strbuf_text(&out), "max 50.007 ms"));
    strbuf_free(&out);
}

Test(checkup_screen, lets_nothing_steer_the_terminal)
{
    struct facts facts = {.version = 7, .device_state = "lost", .device_reason = "\\u001b[2Jgone\\r"};
    struct strbuf out = STRBUF_INIT(65536);

    (void)judge(&facts, &out);
    cr_expect_null(strchr(strbuf_text(&out), 0x1b));
    cr_expect_null(strchr(strbuf_text(&out), '\r'));
    cr_expect_not_null(strstr(strbuf_text(&out), "?[2Jgone?"));
    strbuf_free(&out);
}

Test(checkup_screen, says_how_old_the_oldest_is_and_what_the_machine_lacks)
{
    struct facts facts = {.version = 7, .unsynced = 3};
    struct strbuf out = STRBUF_INIT(65536);

    machine.check = "disk";
    findings_add(&machine, LEVEL_CRITICAL, NULL, "the disk is full to 93 %%");
    machine.check = "certificate";
    findings_add(&machine, LEVEL_UNKNOWN, NULL, "cannot be seen by this user");
    cr_expect_eq(judge(&facts, &out), LEVEL_CRITICAL);
    cr_expect_not_null(strstr(strbuf_text(&out), "CRITICAL: the disk is full to 93 %; cannot be seen by this user\n"), "%s", strbuf_text(&out));
    cr_expect_not_null(strstr(strbuf_text(&out), "unsynced   3 of 450 records, the oldest of 12 min ago\n"));
    cr_expect_not_null(strstr(strbuf_text(&out), "certificate cannot be seen by this user\n"));
    strbuf_free(&out);
}

Test(checkup_screen, takes_an_answer_that_says_nothing)
{
    struct strbuf out = STRBUF_INIT(65536);
    struct cJSON *health;

    cr_assert_eq(json_parse("{}", 2, 2, &health, NULL), ST_OK);
    cr_expect_eq(show(health, &out), LEVEL_WARNING);
    json_free(health);
    strbuf_free(&out);
}
