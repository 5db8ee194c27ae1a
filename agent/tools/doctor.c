/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/doctor.h"

#include "agent/base/file.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/base/plural.h"

#include <cjson/cJSON.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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
    findings_write(&doctor->findings, &w);
    jw_object_end(&w);
    strbuf_printf(out, "\n");
}

static void write_text(const struct doctor *doctor, enum level worst, struct strbuf *out)
{
    static const char *const words[] = {"OK  ", "WARN", "FAIL", "????"};
    int amiss = 0;

    for (int i = 0; i < doctor->findings.count; i++) {
        const struct finding *finding = &doctor->findings.list[i];

        amiss += finding->level != LEVEL_OK;
        strbuf_printf(out, "%s  %-11s  %s\n", words[finding->level], finding->check, finding->text);
        if (finding->fix[0] != '\0')
            strbuf_printf(out, "      %-11s  -> %s\n", "", finding->fix);
    }
    strbuf_printf(out, "%s: %d of %d findings %s a look\n", level_word(worst), amiss, doctor->findings.count,
                  plural(amiss, "wants", "want"));
}

void doctor_examine(struct doctor *doctor, const struct command_call *call)
{
    doctor->call = call;
    ask_health(doctor);
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        doctor->findings.check = checks[i].name;
        checks[i].look(doctor);
    }
}

enum level doctor_write(const struct doctor *doctor, bool json, struct strbuf *out)
{
    enum level worst = findings_worst(&doctor->findings);

    if (json)
        write_json(doctor, worst, out);
    else
        write_text(doctor, worst, out);
    return worst;
}

/* For the status page of loyald, which may not look where doctor may. */
static bool keep(const char *path, const struct strbuf *said)
{
    struct errmsg err = ERRMSG_INIT;
    enum status st = file_write(path, said->data, said->len, 0640, &err);

    if (st != ST_OK)
        command_say("%s", err.text[0] != '\0' ? err.text : status_text(st));
    return st == ST_OK;
}

int command_check_config(const struct command_call *call)
{
    static struct doctor doctor; /* large, and the only one of this process */
    struct strbuf out = STRBUF_INIT(256 * 1024);
    enum level worst;

    doctor.call = call;
    doctor.findings.check = "settings";
    doctor_settings(&doctor);
    worst = doctor_write(&doctor, call->json, &out);
    printf("%s", strbuf_text(&out));
    strbuf_free(&out);
    return fflush(stdout) == 0 ? (int)worst : (int)LEVEL_UNKNOWN;
}

int command_doctor(const struct command_call *call)
{
    static struct doctor doctor; /* large, and the only one of this process */
    struct strbuf out = STRBUF_INIT(256 * 1024);
    enum level worst;
    bool kept = true;

    doctor_examine(&doctor, call);
    worst = doctor_write(&doctor, call->json || call->file, &out);
    if (call->file)
        kept = keep(call->file, &out);
    else
        printf("%s", strbuf_text(&out));
    strbuf_free(&out);
    json_free(doctor.health);
    return kept && fflush(stdout) == 0 ? (int)worst : (int)LEVEL_UNKNOWN;
}
