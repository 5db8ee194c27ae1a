/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/file.h"
#include "agent/base/ids.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/base/pk.h"
#include "sync/central/admin_client.h"
#include "sync/central/command.h"
#include "sync/central/csv.h"
#include "sync/central/forms.h"
#include "sync/central/import.h"
#include "sync/central/table.h"

enum { REQUEST_BYTES_MAX = 64 * 1024, PATH_MAX_BYTES = 512 };
#define IMPORT_FILE_MAX ((size_t)1024 * 1024 * 1024)

/* What stands in a path must be a name: nothing in it needs escaping. */
static enum status check_name(const char *what, const char *name, struct errmsg *err)
{
    if (id_is_valid(name))
        return ST_OK;
    errmsg_set(err, "%s \"%.64s\": a name is 1 to %d of A-Z a-z 0-9 . _ : -", what, name, ID_LEN_MAX);
    return ST_INVALID;
}

/* Posts the object, prints the answer with --json, else format with the answer's text of that name. */
static enum status post(const struct command_call *call, const char *path, const struct strbuf *body,
                        const char *result, const char *before, const char *behind, struct errmsg *err)
{
    struct admin_reply reply;
    const char *text = "";
    enum status st = strbuf_status(body);

    if (st == ST_OK)
        st = admin_ask(call->state_dir, "POST", path, strbuf_text(body), body->len, &reply, err);
    if (st != ST_OK)
        return st;
    if (call->json) {
        printf("%s\n", strbuf_text(&reply.body));
    } else {
        (void)json_text(reply.root, result, ERRMSG_BYTES_MAX, &text, NULL);
        printf("%s%s%s\n", before, text, behind);
    }
    admin_reply_clear(&reply);
    return ST_OK;
}

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
    st = post(call, "/admin/chains", &body, "chain", "chain ", " made", err);
    strbuf_free(&body);
    return st;
}

enum status command_chain_key_add(const struct command_call *call, struct errmsg *err)
{
    struct strbuf body = STRBUF_INIT(REQUEST_BYTES_MAX);
    struct json_writer w = JSON_WRITER_INIT(&body);
    char path[PATH_MAX_BYTES], *pem = NULL;
    size_t len;
    enum status st = check_name("chain", call->words[0], err);

    if (st == ST_OK)
        st = file_read(call->words[1], PK_PEM_BYTES_MAX, &pem, &len, err);
    if (st == ST_OK) {
        jw_object_begin(&w);
        jw_field_text(&w, "pem", pem);
        jw_object_end(&w);
        (void)snprintf(path, sizeof(path), "/admin/chains/%s/keys", call->words[0]);
        st = post(call, path, &body, "key", "key ", " may sign bundles now", err);
    }
    free(pem);
    strbuf_free(&body);
    return st;
}

/* "cafe=true", "size=3", "format=express" */
static enum status write_attr(struct json_writer *w, const char *attr, struct errmsg *err)
{
    const char *equals = strchr(attr, '='), *value = equals ? equals + 1 : "";
    char name[ID_LEN_MAX + 1];
    size_t digits = strspn(value + (value[0] == '-'), "0123456789");

    if (!equals || equals == attr || (size_t)(equals - attr) > ID_LEN_MAX) {
        errmsg_set(err, "\"%.80s\": an attribute is NAME=VALUE", attr);
        return ST_INVALID;
    }
    (void)snprintf(name, sizeof(name), "%.*s", (int)(equals - attr), attr);
    jw_name(w, name);
    if (strcmp(value, "true") == 0 || strcmp(value, "false") == 0)
        jw_bool(w, value[0] == 't');
    else if (digits > 0 && digits <= 15 && value[(value[0] == '-') + digits] == '\0')
        jw_int(w, strtoll(value, NULL, 10));
    else
        jw_text(w, value);
    return ST_OK;
}

enum status command_store_create(const struct command_call *call, struct errmsg *err)
{
    struct strbuf body = STRBUF_INIT(REQUEST_BYTES_MAX);
    struct json_writer w = JSON_WRITER_INIT(&body);
    char path[PATH_MAX_BYTES];
    enum status st = check_name("chain", call->words[0], err);

    jw_object_begin(&w);
    jw_field_text(&w, "id", call->words[1]);
    jw_field_text(&w, "name", call->name ? call->name : call->words[1]);
    jw_name(&w, "attrs");
    jw_object_begin(&w);
    for (int i = 0; st == ST_OK && i < call->attr_count; i++)
        st = write_attr(&w, call->attrs[i], err);
    jw_object_end(&w);
    jw_object_end(&w);
    (void)snprintf(path, sizeof(path), "/admin/chains/%s/stores", call->words[0]);
    if (st == ST_OK)
        st = post(call, path, &body, "store", "store ", " made", err);
    strbuf_free(&body);
    return st;
}

enum status command_consent_set(const struct command_call *call, struct errmsg *err)
{
    struct strbuf body = STRBUF_INIT(REQUEST_BYTES_MAX);
    struct json_writer w = JSON_WRITER_INIT(&body);
    char path[PATH_MAX_BYTES], *text = NULL;
    size_t len;
    enum status st = check_name("chain", call->words[0], err);

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
        st = post(call, path, &body, "version", "version ", " is asked for from now on", err);
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
    st = post(call, "/admin/codes", &body, "code", "", "", err); /* the code alone: scripts read it */
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
    struct admin_reply reply;
    enum status st = admin_ask(call->state_dir, "GET", "/admin/tills", NULL, 0, &reply, err);

    if (st != ST_OK)
        return st;
    if (call->json)
        printf("%s\n", strbuf_text(&reply.body));
    else
        table_print(stdout, cJSON_GetObjectItemCaseSensitive(reply.root, "tills"), columns);
    admin_reply_clear(&reply);
    return ST_OK;
}

enum status command_till_revoke(const struct command_call *call, struct errmsg *err)
{
    struct strbuf body = STRBUF_INIT(REQUEST_BYTES_MAX);
    char path[PATH_MAX_BYTES];
    enum status st = check_name("till", call->words[0], err);

    (void)snprintf(path, sizeof(path), "/admin/tills/%s/revoke", call->words[0]);
    if (st == ST_OK)
        st = post(call, path, &body, "revoked", "till ", " is revoked", err);
    strbuf_free(&body);
    return st;
}

/* The sums over the pieces a file is sent in. */
struct import_sums {
    int64_t rows, imported, attached, errors;
};

static void add_sums(struct import_sums *sums, const struct cJSON *root, bool quiet)
{
    const struct cJSON *one;
    int64_t number = 0;

    (void)json_int(root, "rows", 0, JSON_INT_MAX, &number, NULL);
    sums->rows += number;
    number = 0;
    (void)json_int(root, "imported", 0, JSON_INT_MAX, &number, NULL);
    sums->imported += number;
    number = 0; /* coupons have none */
    (void)json_int(root, "attached_sales", 0, JSON_INT_MAX, &number, NULL);
    sums->attached += number;
    number = 0;
    (void)json_int(root, "error_count", 0, JSON_INT_MAX, &number, NULL);
    sums->errors += number;
    if (quiet)
        return;
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(root, "errors"))
    {
        const char *message = "";

        (void)json_int(one, "line", 0, JSON_INT_MAX, &number, NULL);
        (void)json_text(one, "message", ERRMSG_BYTES_MAX, &message, NULL);
        fprintf(stderr, "line %lld: %s\n", (long long)number, message);
    }
}

static enum status send_piece(const struct command_call *call, const char *what, const char *header,
                              size_t header_len, const char *rows, size_t rows_len, int64_t line,
                              struct import_sums *sums, struct errmsg *err)
{
    struct strbuf body = STRBUF_INIT(IMPORT_CHUNK_MAX);
    struct admin_reply reply;
    char path[PATH_MAX_BYTES];
    enum status st;

    (void)snprintf(path, sizeof(path), "/admin/chains/%s/%s?line=%lld", call->words[0], what, (long long)line);
    strbuf_add(&body, header, header_len);
    strbuf_add(&body, rows, rows_len);
    st = strbuf_status(&body);
    if (st == ST_OK)
        st = admin_ask(call->state_dir, "POST", path, body.data, body.len, &reply, err);
    strbuf_free(&body);
    if (st != ST_OK)
        return st;
    add_sums(sums, reply.root, call->json);
    admin_reply_clear(&reply);
    return ST_OK;
}

/* Cuts the file into pieces of whole rows, each with the header again, so that the server never holds more than one.
 */
static enum status send_file(const struct command_call *call, const char *what, const char *text, size_t len,
                             struct import_sums *sums, struct errmsg *err)
{
    size_t header_len = csv_row_len(text, len), at = header_len;
    int64_t line = 2;
    enum status st = ST_OK;

    do {
        size_t piece = 0, room = IMPORT_CHUNK_MAX / 2;
        int64_t lines = 0;

        while (at + piece < len) {
            size_t row = csv_row_len(text + at + piece, len - at - piece);

            if (piece > 0 && piece + row + header_len > room)
                break;
            if (row + header_len > room) {
                errmsg_set(err, "line %lld: a row of %zu bytes: is a quote not closed?", (long long)(line + lines),
                           row);
                return ST_INVALID;
            }
            for (size_t i = 0; i < row; i++)
                lines += text[at + piece + i] == '\n';
            piece += row;
        }
        st = send_piece(call, what, text, header_len, text + at, piece, line, sums, err);
        at += piece;
        line += lines;
    } while (st == ST_OK && at < len);
    return st;
}

static enum status import_file(const struct command_call *call, const char *what, struct errmsg *err)
{
    struct import_sums sums = {0};
    char *text = NULL;
    size_t len;
    enum status st = check_name("chain", call->words[0], err);

    if (st == ST_OK)
        st = file_read(call->words[1], IMPORT_FILE_MAX, &text, &len, err);
    if (st == ST_OK)
        st = send_file(call, what, text, len, &sums, err);
    free(text);
    if (st != ST_OK)
        return st;
    printf(call->json ? "{\"rows\":%lld,\"imported\":%lld,\"attached_sales\":%lld,\"error_count\":%lld}\n"
                      : "%lld rows, %lld imported, %lld earlier sales attached, %lld refused\n",
           (long long)sums.rows, (long long)sums.imported, (long long)sums.attached, (long long)sums.errors);
    if (sums.errors == 0)
        return ST_OK;
    errmsg_set(err, "%lld rows were refused: mend them and import the file again, it changes nothing twice",
               (long long)sums.errors);
    return ST_INVALID;
}

enum status command_member_import(const struct command_call *call, struct errmsg *err)
{
    return import_file(call, "members", err);
}

enum status command_coupon_import(const struct command_call *call, struct errmsg *err)
{
    return import_file(call, "coupons", err);
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
    const char *chain = "";

    (void)json_text(entry, "chain", ID_LEN_MAX, &chain, NULL);
    printf("chain      %s\n", chain);
    cJSON_ArrayForEach(value, member)
    {
        char *text = cJSON_IsString(value) ? NULL : cJSON_PrintUnformatted(value);

        printf("%-10s %s\n", value->string, text ? text : cJSON_GetStringValue(value));
        cJSON_free(text);
    }
    table_print(stdout, cJSON_GetObjectItemCaseSensitive(entry, "postings"), columns);
}

enum status command_member_show(const struct command_call *call, struct errmsg *err)
{
    struct admin_reply reply;
    const struct cJSON *entry;
    char path[PATH_MAX_BYTES];
    enum status st = check_name("member", call->words[0], err);

    (void)snprintf(path, sizeof(path), "/admin/members/%s", call->words[0]);
    if (st == ST_OK)
        st = admin_ask(call->state_dir, "GET", path, NULL, 0, &reply, err);
    if (st != ST_OK)
        return st;
    if (call->json)
        printf("%s\n", strbuf_text(&reply.body));
    else
        cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(reply.root, "members")) print_member(entry);
    admin_reply_clear(&reply);
    return ST_OK;
}
