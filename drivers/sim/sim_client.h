/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_client - the POS's end of the till's local API: calls over its Unix socket, and its stream of events beside
 * them. Inside drivers/sim.
 *
 * One thread; events are told while a call or a wait is under way, each with the wall time at which its last byte
 * came. The stream is opened anew by itself when it ends; what was told meanwhile is lost, as for any POS.
 */
#ifndef LOYALD_SIM_SIM_CLIENT_H
#define LOYALD_SIM_SIM_CLIENT_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "agent/base/strbuf.h"

#include <stdbool.h>
#include <stdint.h>

struct sim_client; /* opaque */

enum {
    SIM_CLIENT_BODY_MAX = 2 * 1024 * 1024, /* a longer answer or event is an error */
    SIM_CLIENT_CALL_MS = 10 * 1000,
    SIM_CLIENT_TRIES_MAX = 8, /* of a call that came too often (429), each after the pause the till asked for */
    SIM_CLIENT_STREAM_RETRY_MS = 50,
};

/* name and json are views, valid during the call. */
typedef void sim_client_event_fn(void *context, const char *name, const char *json, size_t len, int64_t at_ns);

struct sim_answer {
    int status;         /* of HTTP */
    struct strbuf body; /* the client's, until its next call */
    int64_t at_ns;      /* wall time at which it was whole */
};

enum status sim_client_create(const char *socket_path, sim_client_event_fn *on_event, void *context,
                              struct sim_client **out_client, struct errmsg *err);
void sim_client_destroy(struct sim_client *client); /* accepts NULL */
/* ST_OK for any answer. ST_OFFLINE: nobody answered, or the connection broke before the answer was whole: it is not
 * known whether it was done. ST_TIMEOUT likewise. */
enum status sim_client_call(struct sim_client *client, const char *method, const char *path, const char *body,
                            const struct sim_answer **out_answer, struct errmsg *err);
/* Takes events for at most wait_ms, or until fd (-1: none) can be read; returns whether it can. */
bool sim_client_wait(struct sim_client *client, int fd, int64_t wait_ms);
bool sim_client_is_listening(const struct sim_client *client);

int64_t sim_wall_ns(void);

#endif
