/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events - tells everyone who watches what happens at the till, as server-sent events (WHATWG HTML, "Server-sent
 * events").
 *
 * The hub is made before the till, which talks into hub_watcher; the API adds the HTTP clients. Each watcher begins
 * with a hello that carries the number of the last event, so that one that comes again knows whether it missed any;
 * nothing is sent twice, what was missed is asked for (GET /v1/sales/{id}). A watcher that does not read is cut: the
 * till never waits for one. Order of ending: the API, the till, the hub.
 */
#ifndef LOYALD_API_EVENTS_H
#define LOYALD_API_EVENTS_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "agent/till/till.h"

#include <stddef.h>
#include <stdint.h>

struct http_request;
struct hub;
struct loop;

enum {
    HUB_WATCHERS_MAX = 16,
    HUB_BUFFER_MAX = 256 * 1024, /* bytes a watcher may be behind before it is cut */
    HUB_HEARTBEAT_MS = 15 * 1000 /* a comment line, so that both ends and what is between notice a dead connection */
};

/* Borrows loop. */
enum status hub_create(struct loop *loop, struct hub **out_hub, struct errmsg *err);
void hub_destroy(struct hub *hub); /* accepts NULL; all watchers are gone by now (their servers are destroyed) */

/* The face to plug into till_options.watcher. */
struct till_watcher hub_watcher(struct hub *hub);

/* Answers the request with the stream of events (without memory for one, with a bare 503). ST_FULL: HUB_WATCHERS_MAX
 * watch already, the request is still to be answered by the caller. */
enum status hub_add(struct hub *hub, struct http_request *request);

int hub_watcher_count(const struct hub *hub);
int64_t hub_cut_count(const struct hub *hub); /* watchers cut because they fell behind */

#endif
