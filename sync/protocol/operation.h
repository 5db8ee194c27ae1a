/* SPDX-License-Identifier: Apache-2.0 */
/*
 * operation - what a till may ask of the central: one table of names, methods, paths and arguments, read by loyald,
 * by loyald-sync and by loyal-central, so that no two of them can differ. docs/protocol.md 4.
 */
#ifndef LOYALD_PROTOCOL_OPERATION_H
#define LOYALD_PROTOCOL_OPERATION_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "agent/base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

enum operation { OP_ENROL, OP_JOURNAL, OP_UPDATES, OP_MEMBER, OP_BLOB, OP_STATUS, OP_SALE, OP_HOLD, OP_HOLD_VOID, OP_CLAIM, OP_ROOT, OP_COUNT };

enum { OPERATION_ARG_MAX = 3, OPERATION_ARG_BYTES_MAX = 128 };

struct operation_spec {
    const char *name;                    /* in frames and under the MAC */
    const char *method;                  /* HTTP */
    const char *path;                    /* "/v1/members/{id}": braces are arg 0 */
    const char *args[OPERATION_ARG_MAX]; /* names in the order the MAC takes them; NULL ends */
    bool certificate;                    /* the route demands the till's certificate, and a MAC */
};

/* The values in the order of operation_spec.args; absent ones are "". */
struct operation_args {
    char values[OPERATION_ARG_MAX][OPERATION_ARG_BYTES_MAX + 1];
};

const struct operation_spec *operation_spec(enum operation op);
enum status operation_by_name(const char *name, enum operation *out_op);
/* Takes 1 to OPERATION_ARG_BYTES_MAX of A-Z a-z 0-9 . _ - : so nothing needs escaping in a path or query. */
bool operation_arg_is_valid(const char *value);
/* Appends path and query: "/v1/updates?cursor=x&wait=25". blob's range is a header, not part of it. */
void operation_url(enum operation op, const struct operation_args *args, struct strbuf *out);

#endif
