/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/checkup/screen.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/base/plural.h"
#include "agent/checkup/answer.h"
#include "agent/checkup/certificate.h"
#include "agent/checkup/fresh.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PAGE_MAX = 64 * 1024 };

struct screen {
    int64_t now_unix_ms;
    const struct screen_limits *limits;
    struct findings *findings;
    struct strbuf page;
};

/* ---- reading; what is absent reads as "" and 0: an older loyald may not say everything ---- */

static bool yes(const cJSON *object, const char *name)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static const cJSON *part(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static void say_since(const struct screen *screen, int64_t since_unix_ms, char out_text[64])
{
    struct civil_time at;
    char stamp[26], span[FRESH_SPAN_MAX];

    out_text[0] = '\0';
    if (since_unix_ms <= 0)
        return;
    clock_local(since_unix_ms, &at);
    civil_format_time(&at, stamp);
    fresh_span(screen->now_unix_ms - since_unix_ms, span);
    (void)snprintf(out_text, 64, " since %.16s (%s)", stamp, span);
}

/* ---- the lines ---- */

static void show_till(const cJSON *health, struct screen *screen)
{
    const cJSON *till = part(health, "till");

    if (yes(till, "enrolled")) {
        strbuf_printf(&screen->page, "till       %s of store %s, chain %s\n", answer_text(till, "till"),
                      answer_text(till, "store"), answer_text(till, "chain"));
        return;
    }
    strbuf_printf(&screen->page,
                  "till       not enrolled: sells at shelf price and keeps its sales; loyalctl enrol CODE\n");
    findings_add(screen->findings, LEVEL_WARNING, "loyalctl enrol CODE   (the office gives the code out)", "not enrolled");
}

/* How long the link has been away is said from when that matters on. */
static void judge_link(const cJSON *health, struct screen *screen)
{
    const cJSON *till = part(health, "till"), *link = part(till, "link"), *courier = part(health, "courier");
    int64_t since = answer_number(link, "since_unix_ms"), down_min = (screen->now_unix_ms - since) / 60000;
    char span[FRESH_SPAN_MAX];

    if (yes(courier, "forked"))
        findings_add(screen->findings, LEVEL_CRITICAL, "less /usr/share/doc/loyald/operations.md   (A copied disk)",
                     "the central knows another history of this till: nothing is sent; enrol it anew");
    if (yes(courier, "records_gone"))
        findings_add(screen->findings, LEVEL_CRITICAL, "less /usr/share/doc/loyald/operations.md   (Backup of the central)",
                     "the central was put back to a state of long ago and wants records this till has removed: put it "
                     "back to a later one");
    fresh_span(down_min * 60000, span);
    if (yes(link, "up"))
        return;
    if (since > 0 && down_min >= screen->limits->link_down_warn_min)
        findings_add(screen->findings,
                     down_min >= screen->limits->link_down_critical_min ? LEVEL_CRITICAL : LEVEL_WARNING,
                     "loyalctl doctor", "no link to the central for %s", span);
    else if (since <= 0 && yes(till, "enrolled"))
        findings_add(screen->findings, LEVEL_WARNING, "loyalctl doctor", "no link to the central since the start");
}

static void show_link(const cJSON *health, struct screen *screen)
{
    const cJSON *link = part(part(health, "till"), "link"), *courier = part(health, "courier");
    char since_text[64];

    say_since(screen, answer_number(link, "since_unix_ms"), since_text);
    strbuf_printf(&screen->page, "link       %s%s\n", yes(link, "up") ? "up" : "down", since_text);
    if (answer_text(courier, "reason")[0] != '\0')
        strbuf_printf(&screen->page, "           %s\n", answer_text(courier, "reason"));
    judge_link(health, screen);
}

static void show_unsynced(const cJSON *health, struct screen *screen)
{
    const cJSON *till = part(health, "till");
    int64_t unsynced = answer_number(till, "unsynced"),
            oldest = answer_number(part(health, "courier"), "oldest_unsynced_unix_ms");
    char span[FRESH_SPAN_MAX];

    strbuf_printf(&screen->page, "unsynced   %" PRId64 " of %" PRId64 " records", unsynced,
                  answer_number(till, "records"));
    if (unsynced > 0 && oldest > 0) {
        fresh_span(screen->now_unix_ms - oldest, span);
        strbuf_printf(&screen->page, ", the oldest of %s ago", span);
    }
    strbuf_puts(&screen->page, "\n");
    if (unsynced >= screen->limits->unsynced_warn)
        findings_add(screen->findings,
                     unsynced >= screen->limits->unsynced_critical ? LEVEL_CRITICAL : LEVEL_WARNING, "loyalctl doctor",
                     "%" PRId64 " %s for the central", unsynced,
                     plural(unsynced, "record waits", "records wait"));
}

/* By whose word they are taken, and for how long that holds. */
static void show_trust(const cJSON *trust, struct screen *screen)
{
    enum { SOON_DAYS = 2 };
    int64_t days = answer_number(trust, "days_left");

    if (answer_number(trust, "root") <= 0)
        return; /* a chain without a root */
    if (yes(trust, "stale")) {
        strbuf_printf(&screen->page, "confirmed  not any more: points are not spent, all else goes on\n");
        findings_add(screen->findings, LEVEL_CRITICAL, "loyal-central root list   (at the central)",
                     "the central has not confirmed the rules for too long");
    } else {
        strbuf_printf(&screen->page, "confirmed  by root %" PRId64 ", %" PRId64 " %s left\n",
                      answer_number(trust, "root"), days, plural(days, "day", "days"));
        if (days < SOON_DAYS)
            findings_add(screen->findings, LEVEL_WARNING, "loyal-central root list   (at the central)",
                         "the central confirmed the rules days ago, %" PRId64 " %s left", days,
                         plural(days, "is", "are"));
    }
    if (answer_text(trust, "refused")[0])
        strbuf_printf(&screen->page, "refused    %s\n", answer_text(trust, "refused"));
}

static void show_rules(const cJSON *health, struct screen *screen)
{
    const cJSON *till = part(health, "till"), *rules = part(till, "rules"), *refused = part(rules, "refused");
    char since[64];

    say_since(screen, answer_number(rules, "since_unix_ms"), since);
    if (answer_number(rules, "version") > 0) {
        strbuf_printf(&screen->page, "rules      %s version %" PRId64 ", %" PRId64 " %s,%s\n", answer_text(rules, "id"),
                      answer_number(rules, "version"), answer_number(rules, "promotions"),
                      plural(answer_number(rules, "promotions"), "promotion", "promotions"),
                      since[0] ? since : " active");
    } else {
        strbuf_printf(&screen->page, "rules      none: shelf prices\n");
        if (yes(till, "enrolled"))
            findings_add(screen->findings, LEVEL_WARNING, "loyal-central bundle list   (at the central)", "no rules");
    }
    show_trust(part(rules, "trust"), screen);
    if (refused) {
        strbuf_printf(&screen->page, "refused    version %" PRId64 ": %s\n", answer_number(refused, "version"),
                      answer_text(refused, "reason"));
        findings_add(screen->findings, LEVEL_WARNING, "loyal-central bundle list   (at the central; the reason is beside)",
             "rules version %" PRId64 " refused", answer_number(refused, "version"));
    }
}

/* Of absent, opening, probing, ready, degraded, lost. */
static bool is_fine(const char *state)
{
    return strcmp(state, "ready") == 0 || strcmp(state, "opening") == 0 || strcmp(state, "probing") == 0;
}

static void show_devices(const cJSON *health, struct screen *screen)
{
    const cJSON *device;

    cJSON_ArrayForEach(device, part(health, "devices"))
    {
        const char *kind = answer_text(device, "kind"), *state = answer_text(device, "state"),
                   *reason = answer_text(device, "reason");
        char since[64] = "", fresh[FRESH_TEXT_MAX];

        fresh_device(device, screen->now_unix_ms, fresh);
        if (!is_fine(state))
            say_since(screen, answer_number(device, "since_unix_ms"), since);
        strbuf_printf(&screen->page, "%-10s %s%s, %s%s\n", kind, state, since, answer_text(device, "port"), fresh);
        if (is_fine(state))
            continue;
        if (reason[0] != '\0')
            strbuf_printf(&screen->page, "           %s\n", reason);
        findings_add(screen->findings, LEVEL_WARNING, "loyalctl doctor", "%s %s%s%s", kind, state, reason[0] ? ": " : "", reason);
    }
}

static void show_answer_times(const cJSON *health, struct screen *screen)
{
    const cJSON *times = part(part(health, "till"), "scan_to_answer");
    int64_t p50 = answer_number(times, "p50_us"), p99 = answer_number(times, "p99_us"),
            max = answer_number(times, "max_us");

    if (answer_number(times, "count") == 0) {
        strbuf_printf(&screen->page, "answer     no card scanned yet\n");
        return;
    }
    strbuf_printf(&screen->page,
                  "answer     scan to answer p50 %" PRId64 ".%03" PRId64 " ms, p99 %" PRId64 ".%03" PRId64
                  " ms, max %" PRId64 ".%03" PRId64 " ms, %" PRId64 " %s\n",
                  p50 / 1000, p50 % 1000, p99 / 1000, p99 % 1000, max / 1000, max % 1000,
                  answer_number(times, "count"), plural(answer_number(times, "count"), "scan", "scans"));
    if (p99 > screen->limits->answer_warn_ms * 1000)
        findings_add(screen->findings, LEVEL_WARNING, "loyalctl doctor", "slow: one scan in a hundred takes over %" PRId64 " ms", p99 / 1000);
}

static void show_agent(const cJSON *health, struct screen *screen)
{
    const cJSON *till = part(health, "till");
    char since[64];

    say_since(screen, answer_number(health, "started_unix_ms"), since);
    strbuf_printf(
        &screen->page, "sales      %" PRId64 " open; %" PRId64 " members known here; %" PRId64 " unreadable scans\n",
        answer_number(till, "open_sales"), answer_number(till, "members"), answer_number(till, "scan_faults"));
    strbuf_printf(&screen->page, "agent      loyald %s, pid %" PRId64 ", up%s; %" PRId64 " watch its events\n",
                  answer_text(health, "version"), answer_number(health, "pid"), since,
                  answer_number(health, "watchers"));
}

/* What the courier said of it last; a till that is not enrolled has none. */
static void show_certificate(const cJSON *health, struct screen *screen)
{
    int64_t until_unix_ms = answer_number(part(health, "courier"), "certificate_until_unix_ms");

    if (until_unix_ms <= 0)
        return;
    screen->findings->check = "certificate";
    checkup_certificate(screen->findings, "the certificate", until_unix_ms, screen->now_unix_ms);
    strbuf_printf(&screen->page, "%s\n", screen->findings->list[screen->findings->count - 1].text + strlen("the "));
}

static void show_machine(const struct findings *machine, struct screen *screen)
{
    for (int i = 0; i < machine->count; i++) {
        const struct finding *seen = &machine->list[i];

        strbuf_printf(&screen->page, "%-10s %s\n", seen->check, seen->text);
        screen->findings->check = seen->check;
        findings_add(screen->findings, seen->level, seen->fix, "%s", seen->text);
    }
}

/* Names and reasons come from elsewhere: what would steer the terminal is not passed on. */
static void add_safely(struct strbuf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        strbuf_putc(out, (c < 0x20 && c != '\n') || c == 0x7f ? '?' : (char)c);
    }
}

void screen_write_verdict(const struct findings *findings, struct strbuf *out)
{
    const char *before = ": ";

    strbuf_puts(out, level_word(findings_worst(findings)));
    for (int i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->list[i];

        if (finding->level == LEVEL_OK)
            continue;
        strbuf_puts(out, before);
        add_safely(out, finding->text, strlen(finding->text));
        before = "; ";
    }
    if (before[0] == ':')
        strbuf_puts(out, ": all is well");
}

/* What is well is a finding too: its line on the screen, without the name that begins it. */
static void settle(struct screen *screen, size_t line_at)
{
    const char *line = strbuf_text(&screen->page) + line_at;
    size_t len = strcspn(line, "\n"), blank = strcspn(line, " ");

    blank += strspn(line + blank, " ");
    if (blank < len)
        findings_add(screen->findings, LEVEL_OK, NULL, "%.*s", (int)(len - blank), line + blank);
}

enum level screen_write(const struct cJSON *health, const struct findings *machine, const struct screen_limits *limits,
                        int64_t now_unix_ms, struct findings *out_findings, struct strbuf *out)
{
    static const struct {
        const char *check;
        void (*show)(const cJSON *health, struct screen *screen);
    } checks[] = {
        {"till", show_till},       {"link", show_link},           {"unsynced", show_unsynced}, {"rules", show_rules},
        {"devices", show_devices}, {"answer", show_answer_times}, {"agent", show_agent},
    };
    struct screen screen = {
        .now_unix_ms = now_unix_ms, .limits = limits, .findings = out_findings, .page = STRBUF_INIT(PAGE_MAX)};

    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        size_t line_at = screen.page.len;
        int before = out_findings->count;

        out_findings->check = checks[i].check;
        checks[i].show(health, &screen);
        if (out_findings->count == before)
            settle(&screen, line_at);
    }
    show_machine(machine, &screen);
    show_certificate(health, &screen);
    add_safely(out, strbuf_text(&screen.page), screen.page.len);
    strbuf_free(&screen.page);
    return findings_worst(out_findings);
}
