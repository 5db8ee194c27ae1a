/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commands - the calls of the API that are the till's own: what each is named, and how it is run. HTTP and the drop
 * folder bring them.
 */
#ifndef LOYALD_API_COMMANDS_H
#define LOYALD_API_COMMANDS_H

#include "agent/till/till.h"

#include <stddef.h>

enum { API_ID_MAX = 255 };

struct api_command {
    const char *method, *path; /* NULL ends the table; "{id}" in the path takes one segment */
    enum problem (*run)(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                        struct errmsg *err);
    /* May ask the central first, TILL_QUESTION_MS at most; NULL: runs at once. */
    void (*before)(struct till *till, const char *id, const char *body, size_t len, till_ready_fn *ready,
                   void *context);
    int status; /* when it went well */
};

extern const struct api_command api_commands[];
/* NULL when there is none; an id too long for out_id is none. */
const struct api_command *api_command_find(const char *method, const char *path, char out_id[API_ID_MAX + 1]);

#endif
