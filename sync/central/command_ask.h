/* SPDX-License-Identifier: Apache-2.0 */
/* command_ask - what the commands do alike: ask the running server, then print its answer, as it came with --json,
 * else for people. Used by the commands only. */
#ifndef LOYALD_CENTRAL_COMMAND_ASK_H
#define LOYALD_CENTRAL_COMMAND_ASK_H

#include "agent/base/strbuf.h"
#include "sync/central/command.h"
#include "sync/central/table.h"

struct cJSON;

enum { COMMAND_PATH_BYTES = 512 };

/* What stands in a path must be a name: nothing in it needs escaping. */
enum status command_check_name(const char *what, const char *name, struct errmsg *err);

/* Posts the body; prints before, the answer's text of the name result (NULL: none), and behind. */
struct command_done {
    const char *result, *before, *behind;
};
enum status command_post(const struct command_call *call, const char *path, const struct strbuf *body,
                         const struct command_done *done, struct errmsg *err);

/* Gets the path; hands the answer to print. */
enum status command_show(const struct command_call *call, const char *path,
                         enum status (*print)(const struct cJSON *root, struct errmsg *err), struct errmsg *err);
/* Prints the list of that name as a table. */
enum status command_list(const struct command_call *call, const char *path, const char *name,
                         const struct table_column *columns, struct errmsg *err);

/* An answer's number; 0 when it has none of that name. */
int64_t command_number(const struct cJSON *object, const char *name);

#endif
