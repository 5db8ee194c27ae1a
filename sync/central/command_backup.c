/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/json_writer.h"
#include "sync/central/admin_client.h"
#include "sync/central/command_ask.h"

enum { BODY_MAX = 2 * PATH_MAX };

/* The server has a folder of its own: what is meant here is meant from here. */
static enum status whole_path(const char *path, char out_path[2 * PATH_MAX], struct errmsg *err)
{
    char folder[PATH_MAX];

    if (path[0] != '/' && !getcwd(folder, sizeof(folder))) {
        errmsg_set(err, "the folder at hand: %m");
        return ST_IO;
    }
    (void)snprintf(out_path, 2 * PATH_MAX, "%s%s%s", path[0] == '/' ? "" : folder, path[0] == '/' ? "" : "/", path);
    return ST_OK;
}

/* One part; path is "" for those behind the first. */
static enum status ask(const struct command_call *call, const char *path, int64_t *out_done, int64_t *out_all,
                       struct errmsg *err)
{
    struct strbuf body = STRBUF_INIT(2 * BODY_MAX);
    struct json_writer w = JSON_WRITER_INIT(&body);
    struct admin_reply reply;
    enum status st;

    jw_object_begin(&w);
    if (path[0])
        jw_field_text(&w, "path", path);
    jw_object_end(&w);
    st = strbuf_status(&body);
    if (st == ST_OK)
        st = admin_ask(call->state_dir, "POST", "/admin/backup", strbuf_text(&body), body.len, &reply, err);
    if (st == ST_OK) {
        *out_done = command_number(reply.root, "done");
        *out_all = command_number(reply.root, "all");
        admin_reply_clear(&reply);
    }
    strbuf_free(&body);
    return st;
}

enum status command_backup(const struct command_call *call, struct errmsg *err)
{
    char path[2 * PATH_MAX];
    int64_t done = 0, all = 0;
    bool shown = isatty(STDERR_FILENO) != 0;
    enum status st = whole_path(call->words[0], path, err);

    if (st == ST_OK)
        st = ask(call, path, &done, &all, err);
    while (st == ST_OK && done < all) {
        if (shown)
            fprintf(stderr, "\r%3d %%", (int)(done * 100 / all));
        st = ask(call, "", &done, &all, err);
    }
    if (shown)
        fprintf(stderr, "\r     \r");
    if (st == ST_OK)
        printf("%s is a copy of the database, %lld pages; the keys (*.key, *.pem in %s) are not in it\n", path,
               (long long)all, call->state_dir);
    return st;
}
