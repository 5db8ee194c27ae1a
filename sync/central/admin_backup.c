/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/admin_backup.h"

#include "sync/central/admin_answer.h"

static enum status begin(struct central *central, const char *path, struct errmsg *err)
{
    store_backup_end(central->backup);
    central->backup = NULL;
    return store_backup_begin(central->store, path, &central->backup, err);
}

static enum status work(const struct admin_call *call, struct errmsg *err)
{
    struct central *central = call->central;
    int64_t done = 0, all = 0;
    const char *path;
    enum status st = admin_text_or_none(call->root, "path", &path, err);

    if (st == ST_OK && path[0])
        st = begin(central, path, err);
    if (st == ST_OK && !central->backup) {
        errmsg_set(err, "no backup is under way: begin one with a path");
        st = ST_CONFLICT;
    }
    if (st != ST_OK)
        return st;
    st = store_backup_step(central->backup, &done, &all, err);
    if (st != ST_OK || done == all) {
        store_backup_end(central->backup);
        central->backup = NULL;
    }
    if (st != ST_OK)
        return st;
    jw_object_begin(call->w);
    jw_field_int(call->w, "done", done);
    jw_field_int(call->w, "all", all);
    jw_object_end(call->w);
    return ST_OK;
}

void admin_backup(void *context, struct http_request *request)
{
    admin_do_json(context, request, work);
}
