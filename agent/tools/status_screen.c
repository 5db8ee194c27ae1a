/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/status_screen.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/tools/answer.h"
#include "agent/tools/doctor.h"
#include "agent/tools/fresh.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 512, FINDINGS_MAX = 4096, PAGE_MAX = 64 * 1024 };

const char *level_word(enum level level)
{
    static const char *const words[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};

    return words[level];
}

/* What is shown: the verdict and its findings first, as monitoring keeps the first line only, then the page. */
struct screen {
    int64_t now_unix_ms;
    enum level level;
    struct strbuf findings; /* parted by "; " */
    struct strbuf page;
};

__attribute__((format(printf, 3, 4))) static void find(struct screen *screen, enum level level, const char *format,
                                                       ...)
{
    char text[TEXT_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (level > screen->level)
        screen->level = level;
    strbuf_printf(&screen->findings, "%s%s", screen->findings.len ? "; " : "", text);
}

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

static void show_till(const cJSON *till, struct screen *screen)
{
    if (yes(till, "enrolled")) {
        strbuf_printf(&screen->page, "till       %s of store %s, chain %s\n", answer_text(till, "till"),
                      answer_text(till, "store"), answer_text(till, "chain"));
        return;
    }
    strbuf_printf(&screen->page,
                  "till       not enrolled: sells at shelf price and keeps its sales; loyalctl enrol CODE\n");
    find(screen, LEVEL_WARNING, "not enrolled");
}

static void show_link(const cJSON *health, const struct command_limits *limits, struct screen *screen)
{
    const cJSON *till = part(health, "till"), *link = part(till, "link"), *courier = part(health, "courier");
    int64_t since = answer_number(link, "since_unix_ms"), unsynced = answer_number(till, "unsynced"), down_min;
    char since_text[64], span[32];

    say_since(screen, since, since_text);
    strbuf_printf(&screen->page, "link       %s%s\n", yes(link, "up") ? "up" : "down", since_text);
    if (answer_text(courier, "reason")[0] != '\0')
        strbuf_printf(&screen->page, "           %s\n", answer_text(courier, "reason"));
    if (yes(courier, "forked"))
        find(screen, LEVEL_CRITICAL,
             "the central knows another history of this till: nothing is sent; enrol it anew");
    if (yes(courier, "records_gone"))
        find(
            screen, LEVEL_CRITICAL,
            "the central was put back to a state of long ago and wants records this till has removed: put it back to "
            "a later one");
    strbuf_printf(&screen->page, "unsynced   %" PRId64 " of %" PRId64 " records", unsynced,
                  answer_number(till, "records"));
    if (unsynced > 0 && answer_number(courier, "oldest_unsynced_unix_ms") > 0) {
        fresh_span(screen->now_unix_ms - answer_number(courier, "oldest_unsynced_unix_ms"), span);
        strbuf_printf(&screen->page, ", the oldest of %s ago", span);
    }
    strbuf_puts(&screen->page, "\n");
    if (!yes(link, "up") && since > 0) {
        down_min = (screen->now_unix_ms - since) / 60000;
        fresh_span(down_min * 60000, span);
        if (down_min >= limits->link_down_critical_min)
            find(screen, LEVEL_CRITICAL, "no link to the central for %s", span);
        else if (down_min >= limits->link_down_warn_min)
            find(screen, LEVEL_WARNING, "no link to the central for %s", span);
    } else if (!yes(link, "up") && yes(till, "enrolled")) {
        find(screen, LEVEL_WARNING, "no link to the central since the start");
    }
    if (unsynced >= limits->unsynced_critical)
        find(screen, LEVEL_CRITICAL, "%" PRId64 " records wait for the central", unsynced);
    else if (unsynced >= limits->unsynced_warn)
        find(screen, LEVEL_WARNING, "%" PRId64 " records wait for the central", unsynced);
}

static void show_rules(const cJSON *till, struct screen *screen)
{
    const cJSON *rules = part(till, "rules"), *refused = part(rules, "refused");
    char since[64];

    say_since(screen, answer_number(rules, "since_unix_ms"), since);
    if (answer_number(rules, "version") > 0) {
        strbuf_printf(&screen->page, "rules      %s version %" PRId64 ", %" PRId64 " promotions,%s\n",
                      answer_text(rules, "id"), answer_number(rules, "version"), answer_number(rules, "promotions"),
                      since[0] ? since : " active");
    } else {
        strbuf_printf(&screen->page, "rules      none: shelf prices\n");
        if (yes(till, "enrolled"))
            find(screen, LEVEL_WARNING, "no rules");
    }
    if (refused) {
        strbuf_printf(&screen->page, "refused    version %" PRId64 ": %s\n", answer_number(refused, "version"),
                      answer_text(refused, "reason"));
        find(screen, LEVEL_WARNING, "rules version %" PRId64 " refused", answer_number(refused, "version"));
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
        find(screen, LEVEL_WARNING, "%s %s%s%s", kind, state, reason[0] ? ": " : "", reason);
    }
}

static void show_answer_times(const cJSON *till, const struct command_limits *limits, struct screen *screen)
{
    const cJSON *times = part(till, "scan_to_answer");
    int64_t p50 = answer_number(times, "p50_us"), p99 = answer_number(times, "p99_us"),
            max = answer_number(times, "max_us");

    if (answer_number(times, "count") == 0) {
        strbuf_printf(&screen->page, "answer     no card scanned yet\n");
        return;
    }
    strbuf_printf(&screen->page,
                  "answer     scan to answer p50 %" PRId64 ".%03" PRId64 " ms, p99 %" PRId64 ".%03" PRId64
                  " ms, max %" PRId64 ".%03" PRId64 " ms, %" PRId64 " scans\n",
                  p50 / 1000, p50 % 1000, p99 / 1000, p99 % 1000, max / 1000, max % 1000,
                  answer_number(times, "count"));
    if (p99 > limits->answer_warn_ms * 1000)
        find(screen, LEVEL_WARNING, "slow: one scan in a hundred takes over %" PRId64 " ms", p99 / 1000);
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

/* What loyalctl sees for itself. What it may not see is shown, and is no finding: a POS asks as a user of its own. */
static void show_machine(const struct doctor *machine, struct screen *screen)
{
    for (int i = 0; i < machine->finding_count; i++) {
        const struct doctor_finding *seen = &machine->findings[i];

        strbuf_printf(&screen->page, "%-10s %s\n", seen->check, seen->text);
        if (seen->level == LEVEL_WARNING || seen->level == LEVEL_CRITICAL)
            find(screen, seen->level, "%s", seen->text);
    }
}

/* Names and reasons come from elsewhere: what would steer the terminal is not passed on. */
static void add_safely(struct strbuf *out, const struct strbuf *page)
{
    for (size_t i = 0; i < page->len; i++) {
        unsigned char c = (unsigned char)page->data[i];

        strbuf_putc(out, (c < 0x20 && c != '\n') || c == 0x7f ? '?' : (char)c);
    }
}

enum level status_screen(const struct cJSON *health, const struct doctor *machine,
                         const struct command_limits *limits, int64_t now_unix_ms, struct strbuf *out)
{
    struct screen screen = {
        .now_unix_ms = now_unix_ms, .findings = STRBUF_INIT(FINDINGS_MAX), .page = STRBUF_INIT(PAGE_MAX)};
    const cJSON *till = part(health, "till");

    show_till(till, &screen);
    show_link(health, limits, &screen);
    show_rules(till, &screen);
    show_devices(health, &screen);
    show_answer_times(till, limits, &screen);
    show_agent(health, &screen);
    show_machine(machine, &screen);
    strbuf_puts(out, level_word(screen.level));
    strbuf_puts(out, ": ");
    if (screen.level == LEVEL_OK)
        strbuf_puts(out, "all is well");
    else
        add_safely(out, &screen.findings);
    strbuf_putc(out, '\n');
    add_safely(out, &screen.page);
    strbuf_free(&screen.findings);
    strbuf_free(&screen.page);
    return screen.level;
}
