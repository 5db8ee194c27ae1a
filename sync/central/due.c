/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/due.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "sync/central/interpret.h"
#include "sync/central/member.h"
#include "sync/central/steps.h"

enum { KIND_BYTES = 16 };

struct due {
    char chain[ID_BYTES], kind[KIND_BYTES], name[ID_BYTES];
};

static enum status note(struct central *central, const char *chain, const char *kind, const char *name,
                        struct errmsg *err)
{
    return STORE_RUN(central->store, STATEMENT_DUE_PUT, err, V_TEXT(chain), V_TEXT(kind), V_TEXT(name));
}

enum status due_touch(struct central *central, const char *chain, const char *member, struct errmsg *err)
{
    return steps_are_apart(central) ? note(central, chain, "touch", member, err)
                                    : member_touch(central, chain, member, err);
}

enum status due_attach(struct central *central, const char *chain, const char *hash, int64_t *out_posted,
                       struct errmsg *err)
{
    int64_t posted = 0;
    bool found = false;
    enum status st;

    if (steps_are_apart(central)) {
        st = interpret_is_unattached(central, chain, hash, &found, err);
        return st == ST_OK && found ? note(central, chain, "attach", hash, err) : st;
    }
    do {
        st = interpret_attach_next(central, chain, hash, &found, err);
        posted += st == ST_OK && found;
    } while (st == ST_OK && found);
    if (st == ST_OK)
        *out_posted = posted;
    return st;
}

static enum status next(struct central *central, struct due *due, bool *out_found, struct errmsg *err)
{
    struct rows *rows;
    enum status st = store_select(central->store, STATEMENT_DUE_NEXT, NULL, 0, &rows, err);

    if (st != ST_OK)
        return st;
    *out_found = rows_next(rows);
    if (*out_found) {
        (void)snprintf(due->chain, sizeof(due->chain), "%s", rows_text(rows, 0));
        (void)snprintf(due->kind, sizeof(due->kind), "%s", rows_text(rows, 1));
        (void)snprintf(due->name, sizeof(due->name), "%s", rows_text(rows, 2));
    }
    return rows_end(rows, err);
}

enum status due_step(struct central *central, int64_t *io_posted, bool *out_found, struct errmsg *err)
{
    struct due due;
    bool attached = false;
    enum status st = next(central, &due, out_found, err);

    if (st != ST_OK || !*out_found)
        return st;
    if (strcmp(due.kind, "attach") == 0)
        st = interpret_attach_next(central, due.chain, due.name, &attached, err);
    else
        st = member_touch(central, due.chain, due.name, err);
    *io_posted += st == ST_OK && attached;
    if (st != ST_OK || attached) /* its card may have more */
        return st;
    return STORE_RUN(central->store, STATEMENT_DUE_DONE, err, V_TEXT(due.chain), V_TEXT(due.kind), V_TEXT(due.name));
}

struct all {
    struct central *central;
    int64_t posted;
};

static enum status step(void *context, bool *out_found, struct errmsg *err)
{
    struct all *all = context;

    return due_step(all->central, &all->posted, out_found, err);
}

enum status due_run(struct central *central, struct errmsg *err)
{
    struct all all = {.central = central};
    struct due due;
    bool found = false;
    enum status st = next(central, &due, &found, err);

    return st == ST_OK && found ? steps_run(central, INT_MAX, step, &all, NULL, err) : st;
}
