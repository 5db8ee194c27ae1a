/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/protocol/operation.h"

#include <string.h>

static const struct operation_spec operations[OP_COUNT] = {
    [OP_ENROL] = {"enrol", "POST", "/v1/enroll", {0}, false},
    [OP_JOURNAL] = {"journal", "POST", "/v1/journal", {0}, true},
    [OP_UPDATES] = {"updates", "GET", "/v1/updates", {"cursor", "wait"}, true},
    [OP_MEMBER] = {"member", "GET", "/v1/members/{identifier}", {"identifier"}, true},
    [OP_BLOB] = {"blob", "GET", "/v1/blob/{sha256}", {"sha256", "from", "to"}, true},
    [OP_STATUS] = {"status", "POST", "/v1/status", {0}, true},
    [OP_HOLD] = {"hold", "POST", "/v1/redeem", {0}, true},
    [OP_HOLD_VOID] = {"hold_void", "POST", "/v1/redeem/void", {0}, true},
    [OP_CLAIM] = {"claim", "POST", "/v1/coupons/claim", {0}, true},
    [OP_SALE] = {"sale", "GET", "/v1/sales/{sale}", {"sale"}, true},
    [OP_ROOT] = {"root", "GET", "/v1/roots/{version}", {"version"}, true},
};

const struct operation_spec *operation_spec(enum operation op)
{
    return &operations[op];
}

enum status operation_by_name(const char *name, enum operation *out_op)
{
    for (int op = 0; op < OP_COUNT; op++) {
        if (strcmp(operations[op].name, name) == 0) {
            *out_op = (enum operation)op;
            return ST_OK;
        }
    }
    return ST_NOT_FOUND;
}

bool operation_arg_is_valid(const char *value)
{
    size_t len = strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-:");

    return len > 0 && len <= OPERATION_ARG_BYTES_MAX && value[len] == '\0';
}

void operation_url(enum operation op, const struct operation_args *args, struct strbuf *out)
{
    const struct operation_spec *spec = &operations[op];
    const char *brace = strchr(spec->path, '{');
    char parted = '?';

    if (brace) {
        strbuf_add(out, spec->path, (size_t)(brace - spec->path));
        strbuf_puts(out, args->values[0]);
        return;
    }
    strbuf_puts(out, spec->path);
    for (int i = 0; i < OPERATION_ARG_MAX && spec->args[i]; i++, parted = '&') {
        strbuf_putc(out, parted);
        strbuf_puts(out, spec->args[i]);
        strbuf_putc(out, '=');
        strbuf_puts(out, args->values[i]);
    }
}
