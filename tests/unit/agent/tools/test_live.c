/* SPDX-License-Identifier: Apache-2.0 */
/* loyalctl against a running loyald, and against none. */
#include "run.h"

#include "agent/base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

static char dir[] = "/tmp/loyalctl-live-XXXXXX";
static char state_dir[64], config_path[64];
static struct running daemon_run;

#define PUT_BODY "{\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1000,\"unit_price_minor\":500}]}"

static void make_dir(void)
{
    FILE *file;

    cr_assert_not_null(mkdtemp(dir));
    snprintf(state_dir, sizeof state_dir, "%s/state", dir);
    snprintf(config_path, sizeof config_path, "%s/loyald.conf", dir);
    file = fopen(config_path, "w");
    cr_assert_not_null(file);
    fputs("[daemon]\nlanguage = en\n[api]\nport = 0\n", file);
    cr_assert_eq(fclose(file), 0);
}

static void remove_dir(void)
{
    char command[128];

    snprintf(command, sizeof command, "rm -r %s", dir);
    cr_expect_eq(system(command), 0);
}

static void start(void)
{
    make_dir();
    running_start(&daemon_run, (const char *[]){"loyald", "--config", config_path, "--state-dir", state_dir, NULL});
    running_wait(&daemon_run, "ready");
}

static void stop(void)
{
    cr_expect_eq(running_stop(&daemon_run), 0);
    remove_dir();
}

TestSuite(tools_live, .init = start, .fini = stop);
TestSuite(tools_alone, .init = make_dir, .fini = remove_dir);

/* Up to three words of a command. */
static void ctl(struct run *run, const char *a, const char *b, const char *c, const char *d)
{
    run_program(run, (const char *[]){"loyalctl", "--state-dir", state_dir, a, b, c, d, NULL}, NULL, 0);
}

/* Expects an exit status and a text on standard output or, when said, standard error. */
static void expect(int status, const char *text, const char *a, const char *b, const char *c, const char *d)
{
    struct run run;

    ctl(&run, a, b, c, d);
    cr_expect_eq(run.exit_status, status, "%s %s: exit %d", a, b ? b : "", run.exit_status);
    cr_expect(strstr(strbuf_text(&run.out), text) || strstr(strbuf_text(&run.err), text), "%s %s: %s%s", a,
              b ? b : "", strbuf_text(&run.out), strbuf_text(&run.err));
    run_free(&run);
}

Test(tools_live, status_warns_of_a_till_that_is_not_enrolled)
{
    struct run run;
    cJSON *health;

    expect(1, "WARNING: not enrolled", "status", NULL, NULL, NULL);
    ctl(&run, "status", "--json", NULL, NULL);
    cr_expect_eq(run.exit_status, 1, "the same as without --json");
    health = cJSON_Parse(strbuf_text(&run.out));
    cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(health, "verdict")), "WARNING");
    cJSON_Delete(health);
    run_free(&run);
}

Test(tools_live, a_sale_by_raw_calls_is_shown_and_counted)
{
    expect(0, "\"state\":\"open\"", "api", "PUT", "/v1/sales/A-1", PUT_BODY);
    expect(0, "A-1, open", "sale", "show", "A-1", NULL);
    expect(0, "{\"sale_id\":\"A-1\",\"rules_version\":0", "why", "A-1", "--json", NULL);
    expect(1, "L-201", "why", "A-2", NULL, NULL);
    expect(0, "\"state\":\"committed\"", "api", "POST", "/v1/sales/A-1/commit", "{\"expected_total_minor\":500}");
    expect(0, "A-1, committed", "sale", "show", "A-1", NULL);
    expect(0, "net_minor                 500", "totals", NULL, NULL, NULL);
    expect(0, "\"net_minor\":500", "totals", "--json", NULL, NULL);
    expect(1, "L-503", "sale", "copy", "A-1", NULL);
}

Test(tools_live, the_outbox_counts_what_the_central_lacks)
{
    expect(0, "all records of this till are at the central", "outbox", NULL, NULL, NULL);
    expect(0, "open", "api", "PUT", "/v1/sales/A-1", PUT_BODY);
    expect(0, "committed", "api", "POST", "/v1/sales/A-1/commit", "{\"expected_total_minor\":500}");
    expect(0, "1 record is not at the central yet, 1 sale among them", "outbox", NULL, NULL, NULL);
    expect(0, "link to the central: down", "outbox", NULL, NULL, NULL);
    expect(0, "{\"unsynced\":1,\"unsynced_sales\":1,\"link_up\":false}", "outbox", "--json", NULL, NULL);
    expect(0, "1\n", "outbox", "--count", NULL, NULL);
}

Test(tools_live, a_till_is_idle_when_no_sale_is_open)
{
    expect(0, "", "idle", NULL, NULL, NULL);
    expect(0, "open", "api", "PUT", "/v1/sales/A-1", PUT_BODY);
    expect(1, "1 sale is open", "idle", NULL, NULL, NULL);
    expect(1, "1 sale is open", "idle", "--wait", "1", NULL);
    expect(0, "committed", "api", "POST", "/v1/sales/A-1/commit", "{\"expected_total_minor\":500}");
    expect(0, "", "idle", "--wait", "30", NULL);
    expect(2, "wants seconds", "idle", "--wait", "soon", NULL);
    expect(2, "wants seconds", "idle", "--wait", "99999999999", NULL);
}

Test(tools_live, what_loyald_refuses_is_said_in_its_words)
{
    expect(1, "L-201 This sale is not known here.", "sale", "show", "none", NULL);
    expect(1, "\"name\":\"no_route\"", "api", "GET", "/v1/none", NULL);
    expect(1, "L-703", "enrol", "ABCD", NULL, NULL);
    expect(2, "a sale's id", "sale", "show", "../health", NULL);
    expect(2, "such as", "api", "get", "/v1/health", NULL);
}

Test(tools_live, a_body_may_come_on_standard_input)
{
    struct run run;

    run_program(&run,
                (const char *[]){"loyalctl", "--state-dir", state_dir, "api", "PUT", "/v1/sales/A-1", "-", NULL},
                PUT_BODY, sizeof PUT_BODY - 1);
    cr_expect_eq(run.exit_status, 0, "%s", strbuf_text(&run.err));
    cr_expect_not_null(strstr(strbuf_text(&run.out), "\"total_minor\":500"));
    run_free(&run);
}

/* What docs/api.md shows in its blocks of shell, in one piece. */
static char *shell_of_docs(void)
{
    struct strbuf script = STRBUF_INIT(64 * 1024);
    struct errmsg err = ERRMSG_INIT;
    char *text, *at;
    size_t len;

    cr_assert_eq(file_read(LOYALD_SOURCE_DIR "/docs/api.md", 1024 * 1024, &text, &len, &err), ST_OK, "%s", err.text);
    strbuf_puts(&script, "set -e\n");
    for (at = strstr(text, "```sh\n"); at; at = strstr(at, "```sh\n")) {
        char *end = strstr(at + 6, "\n```");

        cr_assert_not_null(end);
        strbuf_add(&script, at + 6, (size_t)(end + 1 - at - 6));
        at = end;
    }
    free(text);
    return strbuf_detach(&script, &len);
}

Test(tools_live, the_sale_of_the_documentation_works_as_written)
{
    char *script = shell_of_docs(), socket_path[128], *out;
    struct run run;

    snprintf(socket_path, sizeof socket_path, "%s/run/api.sock", state_dir);
    setenv("S", socket_path, 1);
    setenv("SALE", "DOC-1", 1);
    run_program(&run, (const char *[]){"/bin/sh", "-c", script, NULL}, NULL, 0);
    cr_expect_eq(run.exit_status, 0, "%s%s", strbuf_text(&run.out), strbuf_text(&run.err));
    out = run.out.data;
    cr_expect_not_null(strstr(out, "\"state\":\"open\",\"gross_minor\":31016"), "%s", out);
    cr_expect_not_null(strstr(out, "\"state\":\"committed\""), "%s", out);
    cr_expect_not_null(strstr(out, "\"sales\":1,\"returns\":0,\"voids\":0,\"gross_minor\":31016"), "%s", out);
    run_free(&run);
    free(script);
}

Test(tools_live, events_are_followed_one_a_line)
{
    struct running events;

    running_start(&events, (const char *[]){"loyalctl", "--state-dir", state_dir, "events", NULL});
    running_wait(&events, "hello {\"version\":");
    expect(0, "open", "api", "PUT", "/v1/sales/A-1", PUT_BODY);
    running_wait(&events, "\nsale {\"sale_id\":\"A-1\",\"state\":\"open\"");
    (void)running_stop(&events);
}

Test(tools_alone, without_a_daemon_it_says_so)
{
    expect(3, "loyald", "outbox", "--count", NULL, NULL);
    expect(3, "loyald", "idle", "--wait", "5", NULL);
    expect(2, "CRITICAL: loyald is not running", "status", NULL, NULL, NULL);
    expect(3, "loyald is not running", "totals", NULL, NULL, NULL);
    expect(3, "loyald is not running", "events", NULL, NULL, NULL);
    expect(3, state_dir, "api", "GET", "/v1/health", NULL);
}

Test(tools_alone, wrong_words_are_named)
{
    expect(2, "no such command: dance", "dance", NULL, NULL, NULL);
    expect(2, "sale: wants one of: list, show, copy", "sale", NULL, NULL, NULL);
    expect(2, "too few words", "sale", "show", NULL, NULL);
    expect(2, "unknown option", "status", "--loud", NULL, NULL);
    expect(0, "loyalctl 0.", "--version", NULL, NULL, NULL);
    expect(0, "bundle check", "--help", NULL, NULL, NULL);
    expect(0, "[doctor]", "--sample-config", NULL, NULL, NULL);
}

Test(tools_alone, a_wrong_configuration_is_named_by_file_line_and_key)
{
    char at[128];

    snprintf(at, sizeof at, "%s:1: [daemon]", config_path); /* that of loyald: its sections are not loyalctl's */
    expect(2, at, "--config", config_path, "status", NULL);
}

Test(tools_live, salvage_refuses_the_files_of_a_loyald_that_runs)
{
    char file[160], folder[160];

    (void)snprintf(file, sizeof file, "%s/journal.db", state_dir);
    (void)snprintf(folder, sizeof folder, "%s/saved", state_dir);
    expect(1, "stop it first", "salvage", file, folder, NULL);
    cr_expect_neq(access(folder, F_OK), 0, "nothing is made");
    expect(1, "No such file", "salvage", "/nonexistent/journal.db", folder, NULL);
}
