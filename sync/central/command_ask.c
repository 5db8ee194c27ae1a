/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/command_ask.h"

#include <stdio.h>

#include <cjson/cJSON.h>

#include "agent/base/ids.h"
#include "agent/base/json.h"
#include "sync/central/admin_client.h"

enum status command_check_name(const char *what, const char *name, struct errmsg *err)
{
    if (id_is_valid(name))
        return ST_OK;
    errmsg_set(err, "%s \"%.64s\": a name is 1 to %d of A-Z a-z 0-9 . _ : -", what, name, ID_LEN_MAX);
    return ST_INVALID;
}

enum status command_post(const struct command_call *call, const char *path, const struct strbuf *body,
                         const struct command_done *done, struct errmsg *err)
{
    struct admin_reply reply;
    const char *text = "";
    enum status st = strbuf_status(body);

    if (st == ST_OK)
        st = admin_ask(call->state_dir, "POST", path, strbuf_text(body), body->len, &reply, err);
    if (st != ST_OK)
        return st;
    if (done->result)
        (void)json_text(reply.root, done->result, ERRMSG_BYTES_MAX, &text, NULL);
    if (call->json)
        printf("%s\n", strbuf_text(&reply.body));
    else
        printf("%s%s%s\n", done->before, text, done->behind);
    admin_reply_clear(&reply);
    return ST_OK;
}

/* How an answer is printed: by a function, or a list of it as a table. */
struct printing {
    enum status (*print)(const struct cJSON *root, struct errmsg *err);
    const char *list;
    const struct table_column *columns;
};

static enum status ask_and_print(const struct command_call *call, const char *path, const struct printing *printing,
                                 struct errmsg *err)
{
    struct admin_reply reply;
    enum status st = admin_ask(call->state_dir, "GET", path, NULL, 0, &reply, err);

    if (st != ST_OK)
        return st;
    if (call->json)
        printf("%s\n", strbuf_text(&reply.body));
    else if (printing->print)
        st = printing->print(reply.root, err);
    else
        table_print(stdout, cJSON_GetObjectItemCaseSensitive(reply.root, printing->list), printing->columns);
    admin_reply_clear(&reply);
    return st;
}

enum status command_show(const struct command_call *call, const char *path,
                         enum status (*print)(const struct cJSON *root, struct errmsg *err), struct errmsg *err)
{
    return ask_and_print(call, path, &(struct printing){.print = print}, err);
}

enum status command_list(const struct command_call *call, const char *path, const char *name,
                         const struct table_column *columns, struct errmsg *err)
{
    return ask_and_print(call, path, &(struct printing){.list = name, .columns = columns}, err);
}

int64_t command_number(const struct cJSON *object, const char *name)
{
    int64_t number = 0;

    (void)json_int(object, name, -JSON_INT_MAX, JSON_INT_MAX, &number, NULL);
    return number;
}
