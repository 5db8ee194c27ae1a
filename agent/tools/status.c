/* SPDX-License-Identifier: Apache-2.0 */
/* loyalctl status: for a person and, by its exit status and first line, for monitoring. loyald judges (GET /v1/status); a till that
 * does not answer is critical. */
#include "agent/tools/status.h"

#include "agent/base/json.h"
#include "agent/checkup/answer.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <string.h>

/* For a program what GET /v1/status would answer, with the one finding there is. */
static void write_answer(enum level level, const char *verdict, const char *text, struct strbuf *out)
{
    struct findings findings = {.check = "loyald"};
    struct json_writer w = JSON_WRITER_INIT(out);

    findings_add(&findings, level, "loyalctl doctor", "%s", text);
    strbuf_clear(out);
    jw_object_begin(&w);
    jw_field_text(&w, "verdict", level_word(level));
    jw_field_int(&w, "status", level);
    jw_field_text(&w, "text", verdict);
    jw_field_text(&w, "screen", "");
    jw_name(&w, "findings");
    findings_write(&findings, &w);
    jw_object_end(&w);
}

static enum level cannot_tell(enum status st, const struct errmsg *err, struct strbuf *answer, struct strbuf *out)
{
    enum level level = st == ST_OFFLINE || st == ST_TIMEOUT ? LEVEL_CRITICAL : LEVEL_UNKNOWN;

    strbuf_printf(out, "%s: %s", level_word(level), err->text);
    write_answer(level, strbuf_text(out), err->text, answer);
    strbuf_puts(out, "\n");
    return level;
}

/* The verdict's line and the screen. */
static enum status read_status(const struct strbuf *answer, enum level *out_level, struct strbuf *out, struct errmsg *err)
{
    const char *text, *screen;
    struct cJSON *root = NULL;
    int64_t level = LEVEL_UNKNOWN;
    enum status st = json_parse(strbuf_text(answer), answer->len, ASK_ANSWER_MAX, &root, err);

    if (st == ST_OK)
        st = json_int(root, "status", LEVEL_OK, LEVEL_UNKNOWN, &level, err);
    if (st == ST_OK)
        st = json_text(root, "text", ASK_ANSWER_MAX, &text, err);
    if (st == ST_OK)
        st = json_text(root, "screen", ASK_ANSWER_MAX, &screen, err);
    if (st == ST_OK) {
        strbuf_printf(out, "%s\n%s", text, screen);
        *out_level = (enum level)level;
    }
    json_free(root);
    return st;
}

enum level status_ask(const struct command_call *call, struct strbuf *answer, struct strbuf *out)
{
    struct errmsg err = ERRMSG_INIT;
    enum level level = LEVEL_UNKNOWN;
    long http_status = 0;
    enum status st = ask_call(&call->ask, "GET", "/v1/status", NULL, 0, answer, &http_status, &err);

    if (st == ST_OK && http_status != 200) {
        ask_explain(strbuf_text(answer), answer->len, http_status, &err);
        st = ST_INVALID;
    }
    if (st == ST_OK)
        st = read_status(answer, &level, out, &err);
    return st == ST_OK ? level : cannot_tell(st, &err, answer, out);
}

static bool is_one_of(const char *check, const char *const *checks)
{
    for (; *checks; checks++)
        if (strcmp(check, *checks) == 0)
            return true;
    return false;
}

enum level status_of(const struct command_call *call, const char *const *checks)
{
    struct strbuf answer = STRBUF_INIT(ASK_ANSWER_MAX);
    const struct cJSON *finding;
    struct cJSON *root = NULL;
    enum level worst = LEVEL_OK;
    long http_status = 0;

    if (ask_call(&call->ask, "GET", "/v1/status", NULL, 0, &answer, &http_status, NULL) != ST_OK || http_status != 200 ||
        json_parse(strbuf_text(&answer), answer.len, ASK_ANSWER_MAX, &root, NULL) != ST_OK)
        worst = LEVEL_UNKNOWN;
    cJSON_ArrayForEach(finding, cJSON_GetObjectItemCaseSensitive(root, "findings"))
    {
        enum level level = LEVEL_OK;

        while (level < LEVEL_UNKNOWN && strcmp(answer_text(finding, "level"), level_word(level)) != 0)
            level++;
        if (is_one_of(answer_text(finding, "check"), checks) && level > worst)
            worst = level;
    }
    json_free(root);
    strbuf_free(&answer);
    return worst;
}

int command_status(const struct command_call *call)
{
    struct strbuf answer = STRBUF_INIT(ASK_ANSWER_MAX), screen = STRBUF_INIT(ASK_ANSWER_MAX);
    enum level level = status_ask(call, &answer, &screen);

    if (call->json) /* the exit status is the same */
        printf("%s\n", strbuf_text(&answer));
    else
        printf("%s", strbuf_text(&screen));
    strbuf_free(&answer);
    strbuf_free(&screen);
    return fflush(stdout) == 0 ? (int)level : (int)LEVEL_UNKNOWN;
}
