/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/steps.h"

int steps_together(const struct central *central, int many)
{
    return central->together_max > 0 && central->together_max < many ? central->together_max : many;
}

bool steps_are_apart(const struct central *central)
{
    return central->together_max == 1;
}

/* Those that share a transaction. *out_done is fewer than max when none is left. */
static enum status run_some(struct central *central, int max, step_fn *step, void *context, int *out_done,
                            struct errmsg *err)
{
    bool found = true;
    int done = 0;
    enum status st = store_begin(central->store, err);

    while (st == ST_OK && found && done < max) {
        st = step(context, &found, err);
        done += st == ST_OK && found;
    }
    st = store_end(central->store, st, err);
    if (st == ST_OK)
        *out_done = done;
    return st;
}

enum status steps_run(struct central *central, int max, step_fn *step, void *context, int64_t *out_count,
                      struct errmsg *err)
{
    int64_t count = 0;
    bool more = true;
    enum status st = ST_OK;

    while (st == ST_OK && more && count < max) {
        int some = steps_together(central, max - (int)count), done = 0;

        st = run_some(central, some, step, context, &done, err);
        count += done;
        more = done == some;
    }
    if (count > 0)
        central_tell_changed(central);
    if (st == ST_OK && out_count)
        *out_count = count;
    return st;
}
