/* SPDX-License-Identifier: Apache-2.0 */
/* admin_client - one question to the running server over its socket, for the commands of loyal-central. */
#ifndef LOYALD_CENTRAL_ADMIN_CLIENT_H
#define LOYALD_CENTRAL_ADMIN_CLIENT_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "agent/base/strbuf.h"

struct cJSON;

struct admin_reply {
    struct strbuf body; /* as it came */
    struct cJSON *root; /* parsed */
};

/* ST_OFFLINE when no server runs on that state directory; ST_INVALID with its words when it refuses. On ST_OK the
 * reply is owned (admin_reply_clear). body NULL: none. */
enum status admin_ask(const char *state_dir, const char *method, const char *path, const void *body, size_t len,
                      struct admin_reply *out_reply, struct errmsg *err);
void admin_reply_clear(struct admin_reply *reply);

#endif
