/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask - talks to a running loyald over its socket (libcurl, HTTP/1.1).
 *
 * Every failure is in words that say what to do: no socket, no daemon behind it, no permission. Blocking; a command
 * line's, not a daemon's.
 */
#ifndef LOYALD_TOOLS_ASK_H
#define LOYALD_TOOLS_ASK_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "agent/base/strbuf.h"

#include <stddef.h>

enum { ASK_ANSWER_MAX = 8 * 1024 * 1024 };

struct ask {
    const char *socket_path;
    int timeout_s; /* for a whole answer; 0: as long as it takes */
};

/* One request. ST_OK for an answer of any HTTP status; the body is appended to out. ST_OFFLINE, ST_DENIED,
 * ST_TIMEOUT, ST_FULL, ST_IO. */
enum status ask_call(const struct ask *ask, const char *method, const char *path, const char *body, size_t len,
                     struct strbuf *out, long *out_http_status, struct errmsg *err);

/* Hands the body over as it comes; a status from take ends the call with it. *out_http_status is known before the
 * first bytes are handed over. ST_OK at the end of the answer. */
typedef enum status ask_take_fn(void *context, const char *bytes, size_t len, struct errmsg *err);
enum status ask_stream(const struct ask *ask, const char *method, const char *path, const char *body, size_t len,
                       ask_take_fn *take, void *context, long *out_http_status, struct errmsg *err);

/* What an error of the API says, for a person: "L-201 This sale is not known here. Open it again. (sale 7)". */
void ask_explain(const char *answer, size_t len, long http_status, struct errmsg *out_words);

#endif
