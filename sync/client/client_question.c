/* SPDX-License-Identifier: Apache-2.0 */
/* What a message of loyald's asks for. Everything that goes into a header of HTTP is checked to be of its alphabet
 * first, so that nothing can be smuggled behind it. */
#include "sync/client/client_internal.h"

#include <string.h>

#include "agent/base/json.h"

enum { DEADLINE_DEFAULT_MS = 30000, DEADLINE_MAX_MS = 600000 };

static bool is_hex(const char *text, size_t len)
{
    return strlen(text) == len && strspn(text, "0123456789abcdef") == len;
}

static enum status read_args(const struct cJSON *header, struct client_question *asked, struct errmsg *err)
{
    const struct operation_spec *spec = operation_spec(asked->op);
    const struct cJSON *object = NULL;
    enum status st = json_optional(json_object(header, "arg", &object, err));
    int i;

    for (i = 0; st == ST_OK && i < OPERATION_ARG_MAX && spec->args[i]; i++) {
        const char *value = "";

        if (object)
            st = json_optional(json_text(object, spec->args[i], OPERATION_ARG_BYTES_MAX, &value, err));
        if (st == ST_OK && value[0] && !operation_arg_is_valid(value)) {
            errmsg_set(err, "arg %s holds characters that are not taken", spec->args[i]);
            st = ST_INVALID;
        }
        if (st == ST_OK && !value[0] && i == 0 && strchr(spec->path, '{')) {
            errmsg_set(err, "arg %s is wanted", spec->args[i]);
            st = ST_INVALID;
        }
        if (st == ST_OK)
            memcpy(asked->args.values[i], value, strlen(value) + 1);
    }
    return st;
}

static enum status read_names(const struct cJSON *header, struct client_question *asked, struct errmsg *err)
{
    const char *name = "";
    enum status st = json_text(header, "op", 32, &name, err);

    if (st == ST_OK && operation_by_name(name, &asked->op) != ST_OK) {
        errmsg_set(err, "op \"%s\" is not known to this version", name);
        st = ST_INVALID;
    }
    if (st == ST_OK)
        st = json_text(header, "n", 16, &asked->n, err);
    if (st == ST_OK)
        st = json_text(header, "epoch", 16, &asked->epoch, err);
    if (st == ST_OK)
        st = json_optional(json_text(header, "mac", 64, &asked->mac, err));
    if (st == ST_OK &&
        (!is_hex(asked->n, 16) || !is_hex(asked->epoch, 16) || (asked->mac[0] && !is_hex(asked->mac, 64)))) {
        errmsg_set(err, "n and epoch are 16, mac is 64 hex digits");
        st = ST_INVALID;
    }
    return st;
}

enum status client_question_read(const struct cJSON *header, struct client_question *out_asked, struct errmsg *err)
{
    struct client_question asked = {.n = "", .epoch = "", .mac = "", .deadline_ms = DEADLINE_DEFAULT_MS};
    enum status st = read_names(header, &asked, err);

    if (st == ST_OK)
        st = json_optional(json_int(header, "deadline_ms", 1, DEADLINE_MAX_MS, &asked.deadline_ms, err));
    if (st == ST_OK)
        st = json_optional(json_int(header, "after", 1, JSON_INT_MAX, &asked.after, err));
    if (st == ST_OK && asked.after > 0 && asked.op != OP_JOURNAL) {
        errmsg_set(err, "only journal requests are carried one after another");
        st = ST_INVALID;
    }
    if (st == ST_OK)
        st = read_args(header, &asked, err);
    *out_asked = asked;
    return st;
}
