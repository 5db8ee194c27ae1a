/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/admin_answer.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/net/http_server.h"
#include "sync/central/counting.h"
#include "sync/central/interpret.h"

enum { ADMIN_TEXT_MAX = 4096, LINE_DIGITS_MAX = 9, LINE_BEHIND_HEADER = 2 };

/* What was asked and is not there is no event; what was to be done and was not, and our own faults, are. */
static void finish(struct http_request *request, struct answer *answer, enum status st, const struct errmsg *err)
{
    bool reads = strcmp(http_method(request), "GET") == 0;

    if (st != ST_OK)
        answer_status(answer, st, err);
    else if (answer->body.len == 0)
        strbuf_puts(&answer->body, "{}");
    if (st != ST_OK && (!reads || interpret_is_fault(st)))
        log_warn("admin-01", "%s %s refused: %s", http_method(request), http_path(request), err->text);
    else if (st == ST_OK && !reads)
        log_info("admin-02", "%s %s done", http_method(request), http_path(request));
    if (strbuf_status(&answer->body) != ST_OK)
        answer_error(answer, 503, "unavailable", "the answer could not be made: %s", status_text(answer->body.st));
    http_answer(request, answer->status, "application/json", strbuf_text(&answer->body), answer->body.len);
    strbuf_free(&answer->body);
}

static void work_on(struct central *central, struct http_request *request, const struct cJSON *root, enum status st,
                    admin_work *work, struct errmsg *err)
{
    struct answer answer = ANSWER_INIT;
    struct json_writer w = JSON_WRITER_INIT(&answer.body);
    const struct admin_call call = {.central = central, .request = request, .root = root, .w = &w};

    if (st == ST_OK)
        counting_catch_up(central, NULL); /* the office, too, sees what a till was told is safe */
    if (st == ST_OK)
        st = work(&call, err);
    finish(request, &answer, st, err);
}

void admin_do(void *context, struct http_request *request, admin_work *work)
{
    struct errmsg err = ERRMSG_INIT;

    work_on(context, request, NULL, ST_OK, work, &err);
}

void admin_do_json(void *context, struct http_request *request, admin_work *work)
{
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *root = NULL;
    size_t len;
    const char *body = http_body(request, &len);
    enum status st = json_parse(body, len, ADMIN_BODY_MAX, &root, &err);

    work_on(context, request, root, st, work, &err);
    json_free(root);
}

void admin_send_report(void *context, struct http_request *request, admin_report *report)
{
    struct answer answer = ANSWER_INIT;
    struct json_writer w = JSON_WRITER_INIT(&answer.body);
    struct errmsg err = ERRMSG_INIT;

    counting_catch_up(context, NULL);
    finish(request, &answer, report(context, &w, &err), &err);
}

static int first_line(const char *text)
{
    size_t len = strlen(text);

    if (len == 0 || len > LINE_DIGITS_MAX || strspn(text, "0123456789") != len)
        return LINE_BEHIND_HEADER;
    return (int)strtol(text, NULL, 10);
}

void admin_take_file(void *context, struct http_request *request, admin_import *import)
{
    struct answer answer = ANSWER_INIT;
    struct json_writer w = JSON_WRITER_INIT(&answer.body);
    struct errmsg err = ERRMSG_INIT;
    size_t len;
    const char *body = http_body(request, &len);
    char *text = malloc(len + 1); /* it is cut up in reading */
    enum status st = ST_NOMEM;

    if (text) {
        memcpy(text, body, len);
        text[len] = '\0';
        st =
            import(context, http_path_part(request, 0), text, len, first_line(http_query(request, "line")), &w, &err);
    }
    finish(request, &answer, st, &err);
    free(text);
}

enum status admin_text(const struct cJSON *root, const char *name, const char **out_text, struct errmsg *err)
{
    enum status st = json_text(root, name, ADMIN_TEXT_MAX, out_text, err);

    return st == ST_NOT_FOUND ? ST_INVALID : st;
}

enum status admin_text_or_none(const struct cJSON *root, const char *name, const char **out_text, struct errmsg *err)
{
    *out_text = "";
    return json_optional(json_text(root, name, ADMIN_TEXT_MAX, out_text, err));
}

enum status admin_name(const struct cJSON *root, const char *name, const char **out_text, struct errmsg *err)
{
    enum status st = json_text(root, name, ID_LEN_MAX, out_text, err);

    if (st == ST_OK && !id_is_valid(*out_text)) {
        errmsg_set(err, "%s: not a name", name);
        st = ST_INVALID;
    }
    return st == ST_NOT_FOUND ? ST_INVALID : st;
}

void admin_write_one(struct json_writer *w, const char *name, const char *text)
{
    jw_object_begin(w);
    jw_field_text(w, name, text);
    jw_object_end(w);
}
