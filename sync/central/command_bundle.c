/* SPDX-License-Identifier: Apache-2.0 */
/* Rules on their way to the tills: looked at, published, listed. Signed they are by command_sign.c. */
#include <stdio.h>
#include <stdlib.h>

#include <cjson/cJSON.h>

#include "agent/base/file.h"
#include "agent/base/json.h"
#include "sync/central/admin_client.h"
#include "sync/central/command_ask.h"
#include "sync/central/evaluator.h"
#include "sync/central/publish.h"

enum { REPORT_BYTES_MAX = 256 * 1024 };

enum status command_bundle_check(const struct command_call *call, struct errmsg *err)
{
    struct strbuf report = STRBUF_INIT(REPORT_BYTES_MAX);
    char *bundle = NULL;
    size_t len = 0;
    int64_t version = 0;
    enum status st = file_read(call->words[0], (size_t)MANIFEST_FILE_BYTES_MAX, &bundle, &len, err);

    if (st == ST_OK) {
        st = evaluator_check(bundle, len, &version, &report, err);
        fputs(strbuf_text(&report), stdout);
        if (st == ST_OK)
            printf("%s: version %lld, %zu bytes, compiles\n", call->words[0], (long long)version, len);
    }
    free(bundle);
    strbuf_free(&report);
    return st;
}

/* The signed manifest as one line, then the bundle. */
static enum status send_bundle(const struct command_call *call, const char *signed_json, size_t signed_len,
                               const char *bundle, size_t len, struct admin_reply *reply, struct errmsg *err)
{
    struct strbuf body = STRBUF_INIT((size_t)MANIFEST_FILE_BYTES_MAX + SIGNED_BYTES_MAX);
    struct cJSON *root = NULL;
    char *line = NULL;
    enum status st = json_parse(signed_json, signed_len, SIGNED_BYTES_MAX, &root, err);

    if (st != ST_OK)
        errmsg_wrap(err, "%s", call->words[1]);
    if (st == ST_OK && !(line = cJSON_PrintUnformatted(root)))
        st = ST_NOMEM;
    if (st == ST_OK) {
        strbuf_puts(&body, line);
        strbuf_putc(&body, '\n');
        strbuf_add(&body, bundle, len);
        st = strbuf_status(&body);
    }
    if (st == ST_OK)
        st = admin_ask(call->state_dir, "POST", "/admin/bundles", body.data, body.len, reply, err);
    cJSON_free(line);
    json_free(root);
    strbuf_free(&body);
    return st;
}

enum status command_bundle_publish(const struct command_call *call, struct errmsg *err)
{
    char *bundle = NULL, *signed_json = NULL;
    size_t len = 0, signed_len = 0;
    struct admin_reply reply;
    int64_t version = 0;
    enum status st = file_read(call->words[0], (size_t)MANIFEST_FILE_BYTES_MAX, &bundle, &len, err);

    if (st == ST_OK)
        st = file_read(call->words[1], SIGNED_BYTES_MAX, &signed_json, &signed_len, err);
    if (st == ST_OK)
        st = send_bundle(call, signed_json, signed_len, bundle, len, &reply, err);
    free(bundle);
    free(signed_json);
    if (st != ST_OK) {
        errmsg_wrap(err, "not published");
        return st;
    }
    (void)json_int(reply.root, "published", 0, JSON_INT_MAX, &version, NULL);
    if (call->json)
        printf("%s\n", strbuf_text(&reply.body));
    else
        printf("version %lld is published\n", (long long)version);
    admin_reply_clear(&reply);
    return ST_OK;
}

enum status command_bundle_list(const struct command_call *call, struct errmsg *err)
{
    static const struct table_column columns[] = {
        {"chain", "chain", TABLE_TEXT},
        {"version", "version", TABLE_NUMBER},
        {"sha256", "sha256", TABLE_SHORT},
        {"bytes", "bytes", TABLE_NUMBER},
        {"published (UTC)", "published_us", TABLE_TIME},
        {"active on", "tills_active", TABLE_NUMBER},
        {"of tills", "tills", TABLE_NUMBER},
        {0},
    };

    return command_list(call, "/admin/bundles", "bundles", columns, err);
}
