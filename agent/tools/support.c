/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loyalctl support-bundle: one text file for who helps from afar. It is made here and sent nowhere; what is in it is
 * a closed list, said first, and each part is made of words that were meant to be read: no database, no key, no sale,
 * no member.
 */
#include "agent/tools/doctor.h"
#include "agent/tools/status.h"

#include "agent/base/cli.h"
#include "agent/base/crypto.h"
#include "agent/base/file.h"
#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

enum { BUNDLE_BYTES_MAX = 4 * 1024 * 1024, LOG_BYTES_MAX = 1024 * 1024, MARK_BYTES = 6 };

struct part {
    const char *title;
    const char *what; /* for the list at the beginning */
    void (*write)(struct doctor *doctor, struct strbuf *out);
};

static void write_machine(struct doctor *doctor, struct strbuf *out)
{
    char *release = NULL;
    struct utsname name;
    size_t len = 0;

    (void)doctor;
    if (uname(&name) == 0)
        strbuf_printf(out, "kernel %s %s %s\n", name.sysname, name.release, name.machine);
    if (file_read("/etc/os-release", 64 * 1024, &release, &len, NULL) == ST_OK)
        strbuf_printf(out, "%s", release);
    free(release);
    strbuf_printf(out, "loyalctl %s\n", cli_version());
}

static void write_doctor(struct doctor *doctor, struct strbuf *out)
{
    (void)doctor_write(doctor, false, out);
}

static void write_status(struct doctor *doctor, struct strbuf *out)
{
    struct strbuf said = STRBUF_INIT(ASK_ANSWER_MAX);

    (void)status_ask(doctor->call, &said, out);
    strbuf_free(&said);
}

static void write_metrics(struct doctor *doctor, struct strbuf *out)
{
    struct strbuf answer = STRBUF_INIT(ASK_ANSWER_MAX);
    long http_status = 0;

    if (ask_call(&doctor->call->ask, "GET", "/metrics", NULL, 0, &answer, &http_status, NULL) == ST_OK &&
        http_status == 200)
        strbuf_printf(out, "%s", strbuf_text(&answer));
    strbuf_free(&answer);
}

/* Values by the program's own table: a key that the table does not have is not read. */
static void write_settings(const struct option_spec *options, const void *config, struct strbuf *out)
{
    for (const struct option_spec *option = options; option->section; option++) {
        const char *at = (const char *)config + option->offset;
        char address[CONFIG_TEXT_MAX];

        strbuf_printf(out, "[%s] %s = ", option->section, option->key);
        if (option->type == OPTION_TEXT)
            strbuf_printf(out, "%s", doctor_address(at, address));
        else if (option->type == OPTION_BOOL)
            strbuf_printf(out, "%s", *(const bool *)at ? "yes" : "no");
        else
            strbuf_printf(out, "%" PRId64, *(const int64_t *)(const void *)at);
        strbuf_printf(out, "\n");
    }
}

static void write_till_settings(struct doctor *doctor, struct strbuf *out)
{
    write_settings(loyald_options, &doctor->settings, out);
}

static void write_courier_settings(struct doctor *doctor, struct strbuf *out)
{
    write_settings(client_config_options, &doctor->courier, out);
}

/* Logs hold ids and no persons (docs/security-model.md). */
static void write_log(struct doctor *doctor, struct strbuf *out)
{
    FILE *log = popen("journalctl -u loyald -u loyald-sync -n 400 --no-pager -o short-iso 2>&1", "re");
    char line[1024];
    size_t written = 0;

    (void)doctor;
    while (log && fgets(line, sizeof line, log) && written < LOG_BYTES_MAX) {
        written += strlen(line);
        strbuf_printf(out, "%s", line);
    }
    if (log)
        (void)pclose(log); /* what journalctl had to say stands in the file */
}

static const struct part parts[] = {
    {"machine", "kernel, distribution, version of loyalctl", write_machine},
    {"doctor", "what loyalctl doctor says", write_doctor},
    {"status", "what loyalctl status says", write_status},
    {"metrics", "what GET /metrics says", write_metrics},
    {"settings of loyald", "each option and its value", write_till_settings},
    {"settings of loyald-sync", "each option and its value; passwords in addresses left out", write_courier_settings},
    {"log", "the last 400 lines of loyald and loyald-sync", write_log},
};
enum { PARTS = sizeof parts / sizeof parts[0] };

static void write_bundle(struct doctor *doctor, const char *mark, struct strbuf *out)
{
    strbuf_printf(out, "Loyald support bundle %s\n\nIn here, and nothing else:\n", mark);
    for (size_t i = 0; i < PARTS; i++)
        strbuf_printf(out, "  %-24s %s\n", parts[i].title, parts[i].what);
    for (size_t i = 0; i < PARTS; i++) {
        strbuf_printf(out, "\n==== %s ====\n", parts[i].title);
        parts[i].write(doctor, out);
    }
}

static void say_made(const struct command_call *call, const char *path, const char *mark)
{
    struct strbuf out = STRBUF_INIT(16 * 1024);
    struct json_writer w = JSON_WRITER_INIT(&out);

    if (call->json) {
        jw_object_begin(&w);
        jw_field_text(&w, "file", path);
        jw_field_text(&w, "mark", mark);
        jw_object_end(&w);
        printf("%s\n", strbuf_text(&out));
    } else {
        printf("%s\nIt was sent to nobody. Read it, then give it to who helps you; its mark is %s.\n", path, mark);
    }
    strbuf_free(&out);
}

int command_support_bundle(const struct command_call *call)
{
    static struct doctor doctor; /* large, and the only one of this process */
    struct strbuf out = STRBUF_INIT(BUNDLE_BYTES_MAX);
    uint8_t random[MARK_BYTES];
    char mark[2 * MARK_BYTES + 1], name[64];
    struct errmsg err = ERRMSG_INIT;
    const char *path = call->file ? call->file : name;
    enum status st;

    crypto_random(random, sizeof random);
    hex_encode(random, sizeof random, mark);
    (void)snprintf(name, sizeof name, "loyald-support-%s.txt", mark);
    doctor_examine(&doctor, call);
    write_bundle(&doctor, mark, &out);
    st = strbuf_status(&out);
    if (st == ST_OK)
        st = file_write(path, out.data, out.len, 0600, &err);
    if (st != ST_OK)
        command_say("%s", err.text[0] != '\0' ? err.text : status_text(st));
    else
        say_made(call, path, mark);
    strbuf_free(&out);
    json_free(doctor.health);
    return command_finish(st == ST_OK ? 0 : EXIT_REFUSED);
}
