/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/doctor.h"

#include "agent/base/json.h"
#include "agent/base/json_writer.h"

#include <cjson/cJSON.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The first ones are on the status screen too: quick, and nobody is asked. */
static const struct {
    const char *name;
    void (*look)(struct doctor *doctor);
} checks[] = {
    {"disk", doctor_disk},           {"clock", doctor_clock},     {"certificate", doctor_certificate},
    {"settings", doctor_settings},   {"loyald", doctor_daemon},   {"versions", doctor_versions},
    {"databases", doctor_databases}, {"rules", doctor_rules},     {"fsync", doctor_sync_time},
    {"users", doctor_users},         {"udev", doctor_udev},       {"modem", doctor_modem_manager},
    {"devices", doctor_devices},     {"courier", doctor_courier}, {"central", doctor_central},
    {"keys", doctor_keys},
};

enum { CHECKS = sizeof checks / sizeof checks[0], STATUS_CHECKS = 3 };

void doctor_find(struct doctor *doctor, enum level level, const char *fix, const char *format, ...)
{
    struct doctor_finding *finding;
    va_list args;

    if (doctor->finding_count < DOCTOR_FINDINGS_MAX)
        doctor->finding_count++;
    finding = &doctor->findings[doctor->finding_count - 1];
    finding->level = level;
    finding->check = doctor->check;
    (void)snprintf(finding->fix, sizeof finding->fix, "%s", fix ? fix : "");
    va_start(args, format);
    (void)vsnprintf(finding->text, sizeof finding->text, format, args);
    va_end(args);
}

const char *doctor_address(const char *text, char out_text[CONFIG_TEXT_MAX])
{
    const char *host = strstr(text, "://"), *at = host ? strrchr(host, '@') : NULL;

    if (at)
        (void)snprintf(out_text, CONFIG_TEXT_MAX, "%.*s...%s", (int)(host + 3 - text), text, at);
    else
        (void)snprintf(out_text, CONFIG_TEXT_MAX, "%s", text);
    return out_text;
}

const struct cJSON *doctor_health(const struct doctor *doctor, const char *first, ...)
{
    const cJSON *at = doctor->health;
    const char *name = first;
    va_list names;

    va_start(names, first);
    for (; at && name; name = va_arg(names, const char *))
        at = cJSON_GetObjectItemCaseSensitive(at, name);
    va_end(names);
    return at;
}

static void ask_health(struct doctor *doctor)
{
    struct strbuf answer = STRBUF_INIT(ASK_ANSWER_MAX);
    long http_status = 0;

    /* No answer is a finding of the check "loyald", not an error of ours. */
    if (ask_call(&doctor->call->ask, "GET", "/v1/health", NULL, 0, &answer, &http_status, NULL) == ST_OK &&
        http_status == 200)
        (void)json_parse(strbuf_text(&answer), answer.len, ASK_ANSWER_MAX, &doctor->health, NULL);
    strbuf_free(&answer);
}

static void write_json(const struct doctor *doctor, enum level worst, struct strbuf *out)
{
    struct json_writer w = JSON_WRITER_INIT(out);

    jw_object_begin(&w);
    jw_field_text(&w, "verdict", level_word(worst));
    jw_name(&w, "findings");
    jw_array_begin(&w);
    for (int i = 0; i < doctor->finding_count; i++) {
        const struct doctor_finding *finding = &doctor->findings[i];

        jw_object_begin(&w);
        jw_field_text(&w, "check", finding->check);
        jw_field_text(&w, "level", level_word(finding->level));
        jw_field_text(&w, "text", finding->text);
        if (finding->fix[0] != '\0')
            jw_field_text(&w, "fix", finding->fix);
        jw_object_end(&w);
    }
    jw_array_end(&w);
    jw_object_end(&w);
    strbuf_printf(out, "\n");
}

static void write_text(const struct doctor *doctor, enum level worst, struct strbuf *out)
{
    static const char *const words[] = {"OK  ", "WARN", "FAIL", "????"};
    int amiss = 0;

    for (int i = 0; i < doctor->finding_count; i++) {
        const struct doctor_finding *finding = &doctor->findings[i];

        amiss += finding->level != LEVEL_OK;
        strbuf_printf(out, "%s  %-11s  %s\n", words[finding->level], finding->check, finding->text);
        if (finding->fix[0] != '\0')
            strbuf_printf(out, "      %-11s  -> %s\n", "", finding->fix);
    }
    strbuf_printf(out, "%s: %d of %d findings want a look\n", level_word(worst), amiss, doctor->finding_count);
}

/* Something that could not be looked at is worse than well, and better than a fault. */
static enum level worst_of(const struct doctor *doctor)
{
    static const int weight[] = {[LEVEL_OK] = 0, [LEVEL_UNKNOWN] = 1, [LEVEL_WARNING] = 2, [LEVEL_CRITICAL] = 3};
    enum level worst = LEVEL_OK;

    for (int i = 0; i < doctor->finding_count; i++)
        if (weight[doctor->findings[i].level] > weight[worst])
            worst = doctor->findings[i].level;
    return worst;
}

static void make_checks(struct doctor *doctor, int count)
{
    for (int i = 0; i < count; i++) {
        doctor->check = checks[i].name;
        checks[i].look(doctor);
    }
}

void doctor_examine(struct doctor *doctor, const struct command_call *call)
{
    doctor->call = call;
    ask_health(doctor);
    make_checks(doctor, CHECKS);
}

void doctor_look_at_machine(struct doctor *doctor, const struct command_call *call)
{
    doctor->call = call;
    make_checks(doctor, STATUS_CHECKS);
}

enum level doctor_write(const struct doctor *doctor, bool json, struct strbuf *out)
{
    enum level worst = worst_of(doctor);

    if (json)
        write_json(doctor, worst, out);
    else
        write_text(doctor, worst, out);
    return worst;
}

int command_doctor(const struct command_call *call)
{
    static struct doctor doctor; /* large, and the only one of this process */
    struct strbuf out = STRBUF_INIT(256 * 1024);
    enum level worst;

    doctor_examine(&doctor, call);
    worst = doctor_write(&doctor, call->json, &out);
    printf("%s", strbuf_text(&out));
    strbuf_free(&out);
    json_free(doctor.health);
    return fflush(stdout) == 0 ? (int)worst : (int)LEVEL_UNKNOWN;
}
