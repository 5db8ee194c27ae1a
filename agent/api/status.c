/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /v1/status: how the till is, judged: a verdict in one line and a number for monitoring, each finding with what mends it, one
 * screen for a person; and what loyalctl doctor, which may look where loyald may not, found last.
 */
#include "agent/api/api_internal.h"

#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "agent/base/json.h"
#include "agent/checkup/machine.h"
#include "agent/till/till.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <cjson/cJSON.h>

enum { DOCTOR_BYTES_MAX = 128 * 1024, STATUS_BYTES_MAX = 256 * 1024, SCREEN_BYTES_MAX = 64 * 1024 };

/* As the file has it, when it is what doctor writes; it may be hours old, so its time goes with it. */
static void write_doctor(const char *path, struct json_writer *w)
{
    const char *verdict = NULL;
    cJSON *root = NULL;
    char *text = NULL;
    struct stat at;
    size_t len = 0;

    if (!path || stat(path, &at) != 0 || file_read(path, DOCTOR_BYTES_MAX, &text, &len, NULL) != ST_OK)
        return; /* nobody ran it, or it is not ours to read: no finding of this till */
    if (json_parse(text, len, DOCTOR_BYTES_MAX, &root, NULL) == ST_OK &&
        json_text(root, "verdict", 16, &verdict, NULL) == ST_OK) {
        jw_name(w, "doctor");
        jw_object_begin(w);
        jw_field_int(w, "at_unix_ms", (int64_t)at.st_mtim.tv_sec * 1000);
        jw_name(w, "said");
        jw_raw(w, text, len);
        jw_object_end(w);
    }
    json_free(root);
    free(text);
}

static void write_status(const struct api *api, const cJSON *health, struct json_writer *w)
{
    struct strbuf verdict = STRBUF_INIT(SCREEN_BYTES_MAX), screen = STRBUF_INIT(SCREEN_BYTES_MAX);
    struct findings machine = {.check = "disk"}, findings = {0};
    enum level level;

    checkup_disk(&machine, api->options.state_dir ? api->options.state_dir : "/");
    machine.check = "clock";
    checkup_clock(&machine);
    level = screen_write(health, &machine, &api->options.limits, clock_wall_ms(clock_system()), &findings, &screen);
    screen_write_verdict(&findings, &verdict);
    jw_object_begin(w);
    jw_field_text(w, "verdict", level_word(level));
    jw_field_int(w, "status", level);
    jw_field_text(w, "text", strbuf_text(&verdict));
    jw_field_text(w, "screen", strbuf_text(&screen));
    jw_name(w, "findings");
    findings_write(&findings, w);
    write_doctor(api->options.doctor_file, w);
    jw_object_end(w);
    strbuf_free(&verdict);
    strbuf_free(&screen);
}

void api_status(void *context, struct http_request *request)
{
    struct strbuf text = STRBUF_INIT(TILL_ANSWER_MAX), out = STRBUF_INIT(STATUS_BYTES_MAX);
    struct json_writer health_writer = JSON_WRITER_INIT(&text), w = JSON_WRITER_INIT(&out);
    struct errmsg err = ERRMSG_INIT;
    cJSON *health = NULL;
    enum status st;

    api_write_health(context, &health_writer);
    st = strbuf_status(&text);
    if (st == ST_OK)
        st = json_parse(text.data, text.len, TILL_ANSWER_MAX, &health, &err);
    if (st == ST_OK) {
        write_status(context, health, &w);
        st = strbuf_status(&out);
    }
    if (st == ST_OK)
        http_answer(request, 200, "application/json", out.data, out.len);
    else
        api_answer_problem(context, request, PROBLEM_INTERNAL, err.text[0] != '\0' ? err.text : status_text(st));
    json_free(health);
    strbuf_free(&text);
    strbuf_free(&out);
}
