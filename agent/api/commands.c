/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/api/commands.h"

#include <string.h>

/* The till's commands take what they need; the table wants them all alike. */
#define UNUSED_BODY ((void)body, (void)len)

static enum problem open_sale(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                              struct errmsg *err)
{
    (void)id; /* the body names it, or the till does */
    return till_open_sale(till, body, len, out, err);
}

static enum problem list_sales(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                               struct errmsg *err)
{
    (void)id;
    UNUSED_BODY;
    return till_list_sales(till, out, err);
}

static enum problem get_sale(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                             struct errmsg *err)
{
    UNUSED_BODY;
    return till_get_sale(till, id, out, err);
}

static enum problem copy_sale(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                              struct errmsg *err)
{
    UNUSED_BODY;
    return till_copy(till, id, out, err);
}

static enum problem give_back(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                              struct errmsg *err)
{
    (void)id;
    return till_return(till, body, len, out, err);
}

static enum problem get_return(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                               struct errmsg *err)
{
    UNUSED_BODY;
    return till_get_return(till, id, out, err);
}

static enum problem copy_return(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                                struct errmsg *err)
{
    UNUSED_BODY;
    return till_copy_return(till, id, out, err);
}

static enum problem turn_shift(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                               struct errmsg *err)
{
    (void)id;
    return till_turn_shift(till, body, len, out, err);
}

static enum problem get_shift(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                              struct errmsg *err)
{
    (void)id;
    UNUSED_BODY;
    return till_get_shift(till, out, err);
}

static enum problem typed(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                          struct errmsg *err)
{
    (void)id; /* a code goes to the current sale */
    return till_typed(till, body, len, out, err);
}

static void before_tender(struct till *till, const char *id, const char *body, size_t len, till_ready_fn *ready,
                          void *context)
{
    UNUSED_BODY;
    till_before_tender(till, id, ready, context);
}

static void before_return(struct till *till, const char *id, const char *body, size_t len, till_ready_fn *ready,
                          void *context)
{
    (void)id;
    till_before_return(till, body, len, ready, context);
}

const struct api_command api_commands[] = {
    {"POST", "/v1/sales", open_sale, NULL, 201},
    {"GET", "/v1/sales", list_sales, NULL, 200},
    {"PUT", "/v1/sales/{id}", till_put_sale, NULL, 200},
    {"GET", "/v1/sales/{id}", get_sale, NULL, 200},
    {"POST", "/v1/sales/{id}/tender", till_tender, before_tender, 200},
    {"POST", "/v1/sales/{id}/commit", till_commit, before_tender, 200},
    {"POST", "/v1/sales/{id}/void", till_void, NULL, 200},
    {"POST", "/v1/sales/{id}/copy", copy_sale, NULL, 200},
    {"POST", "/v1/returns", give_back, before_return, 200},
    {"GET", "/v1/returns/{id}", get_return, NULL, 200},
    {"POST", "/v1/returns/{id}/copy", copy_return, NULL, 200},
    {"POST", "/v1/shifts", turn_shift, NULL, 200},
    {"GET", "/v1/shifts", get_shift, NULL, 200},
    {"POST", "/v1/scans", typed, NULL, 200},
    {0},
};

static bool fits(const char *pattern, const char *path, char out_id[API_ID_MAX + 1])
{
    const char *brace = strchr(pattern, '{');
    size_t head = brace ? (size_t)(brace - pattern) : 0, id_len;

    out_id[0] = '\0';
    if (!brace)
        return strcmp(pattern, path) == 0;
    if (strncmp(pattern, path, head) != 0)
        return false;
    id_len = strcspn(path + head, "/");
    if (id_len == 0 || id_len > API_ID_MAX || strcmp(brace + strlen("{id}"), path + head + id_len) != 0)
        return false;
    memcpy(out_id, path + head, id_len);
    out_id[id_len] = '\0';
    return true;
}

const struct api_command *api_command_find(const char *method, const char *path, char out_id[API_ID_MAX + 1])
{
    for (const struct api_command *command = api_commands; command->method; command++)
        if (strcmp(command->method, method) == 0 && fits(command->path, path, out_id))
            return command;
    return NULL;
}
