/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/file.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/base/pk.h"
#include "sync/central/command_ask.h"
#include "sync/central/forms.h"
#include "sync/central/import.h"

enum { REQUEST_BYTES_MAX = 64 * 1024 };

enum status command_chain_create(const struct command_call *call, struct errmsg *err)
{
    struct strbuf body = STRBUF_INIT(REQUEST_BYTES_MAX);
    struct json_writer w = JSON_WRITER_INIT(&body);
    enum status st;

    if (!call->currency || !call->language) {
        errmsg_set(err, "a chain wants --currency (such as RUB) and --language (such as ru)");
        return ST_INVALID;
    }
    jw_object_begin(&w);
    jw_field_text(&w, "id", call->words[0]);
    jw_field_text(&w, "currency", call->currency);
    jw_field_text(&w, "language", call->language);
    if (call->name)
        jw_field_text(&w, "name", call->name);
    jw_object_end(&w);
    st = command_post(call, "/admin/chains", &body, &(struct command_done){"chain", "chain ", " made"}, err);
    strbuf_free(&body);
    return st;
}

enum status command_chain_key_add(const struct command_call *call, struct errmsg *err)
{
    struct strbuf body = STRBUF_INIT(REQUEST_BYTES_MAX);
    struct json_writer w = JSON_WRITER_INIT(&body);
    char path[COMMAND_PATH_BYTES], *pem = NULL;
    size_t len;
    enum status st = command_check_name("chain", call->words[0], err);

    if (st == ST_OK)
        st = file_read(call->words[1], PK_PEM_BYTES_MAX, &pem, &len, err);
    if (st == ST_OK) {
        jw_object_begin(&w);
        jw_field_text(&w, "pem", pem);
        jw_object_end(&w);
        (void)snprintf(path, sizeof(path), "/admin/chains/%s/keys", call->words[0]);
        st = command_post(call, path, &body, &(struct command_done){"key", "key ", " may sign bundles now"}, err);
    }
    free(pem);
    strbuf_free(&body);
    return st;
}

enum status command_chain_threshold(const struct command_call *call, struct errmsg *err)
{
    struct strbuf body = STRBUF_INIT(REQUEST_BYTES_MAX);
    char path[COMMAND_PATH_BYTES];
    const char *number = call->words[1];
    enum status st = command_check_name("chain", call->words[0], err);

    if (st == ST_OK && (strspn(number, "0123456789") != strlen(number) || strlen(number) > 2)) {
        errmsg_set(err, "\"%.20s\": how many keys must sign rules is a number", number);
        st = ST_INVALID;
    }
    if (st == ST_OK) {
        strbuf_printf(&body, "{\"threshold\":%s}", number[0] ? number : "0");
        (void)snprintf(path, sizeof(path), "/admin/chains/%s/threshold", call->words[0]);
        st = command_post(
            call, path, &body,
            &(struct command_done){NULL, "tills that are enrolled from now on want so many signatures", ""}, err);
    }
    strbuf_free(&body);
    return st;
}

enum status command_consent_set(const struct command_call *call, struct errmsg *err)
{
    struct strbuf body = STRBUF_INIT(REQUEST_BYTES_MAX);
    struct json_writer w = JSON_WRITER_INIT(&body);
    char path[COMMAND_PATH_BYTES], *text = NULL;
    size_t len;
    enum status st = command_check_name("chain", call->words[0], err);

    if (st == ST_OK)
        st = file_read(call->words[3], FORMS_CONSENT_TEXT_MAX, &text, &len, err);
    if (st == ST_OK) {
        while (len > 0 && text[len - 1] == '\n')
            text[--len] = '\0';
        jw_object_begin(&w);
        jw_field_text(&w, "language", call->words[1]);
        jw_field_text(&w, "version", call->words[2]);
        jw_field_text(&w, "text", text);
        jw_object_end(&w);
        (void)snprintf(path, sizeof(path), "/admin/chains/%s/consents", call->words[0]);
        st = command_post(call, path, &body,
                          &(struct command_done){"version", "version ", " is asked for from now on"}, err);
    }
    free(text);
    strbuf_free(&body);
    return st;
}

enum status command_till_code(const struct command_call *call, struct errmsg *err)
{
    struct strbuf body = STRBUF_INIT(REQUEST_BYTES_MAX);
    struct json_writer w = JSON_WRITER_INIT(&body);
    enum status st;

    jw_object_begin(&w);
    jw_field_text(&w, "chain", call->words[0]);
    jw_field_text(&w, "store", call->words[1]);
    jw_field_text(&w, "till", call->words[2]);
    jw_object_end(&w);
    st = command_post(call, "/admin/codes", &body, &(struct command_done){"code", "", ""},
                      err); /* the code alone: scripts read it */
    strbuf_free(&body);
    return st;
}

enum status command_till_list(const struct command_call *call, struct errmsg *err)
{
    static const struct table_column columns[] = {
        {"dev", "dev", TABLE_TEXT},
        {"chain", "chain", TABLE_TEXT},
        {"store", "store", TABLE_TEXT},
        {"till", "till", TABLE_TEXT},
        {"acked", "acked", TABLE_NUMBER},
        {"head", "till_head", TABLE_NUMBER},
        {"bundle", "bundle_version", TABLE_NUMBER},
        {"version", "version", TABLE_TEXT},
        {"seen (UTC)", "last_seen_us", TABLE_TIME},
        {"certificate until", "cert_not_after_us", TABLE_TIME},
        {"revoked", "revoked", TABLE_TEXT},
        {"forked at", "quarantined_seq", TABLE_NUMBER},
        {"refused", "bundle_refused", TABLE_TEXT},
        {0},
    };

    return command_list(call, "/admin/tills", "tills", columns, err);
}

enum status command_till_revoke(const struct command_call *call, struct errmsg *err)
{
    struct strbuf body = STRBUF_INIT(REQUEST_BYTES_MAX);
    char path[COMMAND_PATH_BYTES];
    enum status st = command_check_name("till", call->words[0], err);

    (void)snprintf(path, sizeof(path), "/admin/tills/%s/revoke", call->words[0]);
    if (st == ST_OK)
        st = command_post(call, path, &body, &(struct command_done){"revoked", "till ", " is revoked"}, err);
    strbuf_free(&body);
    return st;
}

static void print_member(const struct cJSON *entry)
{
    static const struct table_column columns[] = {
        {"posting", "posting", TABLE_NUMBER},
        {"kind", "kind", TABLE_TEXT},
        {"currency", "currency", TABLE_TEXT},
        {"points", "amount", TABLE_NUMBER},
        {"against", "counter", TABLE_TEXT},
        {"when (UTC)", "at_us", TABLE_TIME},
        {0},
    };
    const struct cJSON *member = cJSON_GetObjectItemCaseSensitive(entry, "member"), *value;
    const char *chain = "", *into;

    (void)json_text(entry, "chain", ID_LEN_MAX, &chain, NULL);
    printf("chain      %s\n", chain);
    if (json_text(entry, "merged_into", ID_LEN_MAX, &into, NULL) == ST_OK)
        printf("merged     into %s: what is below is what is left\n", into);
    cJSON_ArrayForEach(value, member)
    {
        char *text = cJSON_IsString(value) ? NULL : cJSON_PrintUnformatted(value);

        printf("%-10s %s\n", value->string, text ? text : cJSON_GetStringValue(value));
        cJSON_free(text);
    }
    table_print(stdout, cJSON_GetObjectItemCaseSensitive(entry, "postings"), columns);
}

static enum status print_members(const struct cJSON *root, struct errmsg *err)
{
    const struct cJSON *entry;

    (void)err;
    cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(root, "members")) print_member(entry);
    return ST_OK;
}

enum status command_member_show(const struct command_call *call, struct errmsg *err)
{
    char path[COMMAND_PATH_BYTES];
    enum status st = command_check_name("member", call->words[0], err);

    (void)snprintf(path, sizeof(path), "/admin/members/%s", call->words[0]);
    return st == ST_OK ? command_show(call, path, print_members, err) : st;
}

enum status command_upkeep(const struct command_call *call, struct errmsg *err)
{
    struct strbuf body = STRBUF_INIT(REQUEST_BYTES_MAX);
    enum status st;

    strbuf_puts(&body, "{}");
    st = command_post(call, "/admin/upkeep", &body,
                      &(struct command_done){NULL, "what expired is gone, leases of lost tills are written off", ""}, err);
    strbuf_free(&body);
    return st;
}
