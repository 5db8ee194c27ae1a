/* SPDX-License-Identifier: Apache-2.0 */
/*
 * daemon_link - the connection to loyald's socket, and its only place of reconnecting (docs/protocol.md 3).
 *
 *   WAITING --connect_now--> GREETING --take_hello--> OPEN
 *      ^                        |                      |
 *      +--------- drop: refused, closed, garbage, no hello in time
 *
 * Waits between attempts grow from RECONNECT_FIRST_MS to RECONNECT_MAX_MS with jitter, and start small again once a
 * connection has held. What is sent while none is open is dropped: whoever asked is gone.
 */
#ifndef LOYALD_CLIENT_DAEMON_LINK_H
#define LOYALD_CLIENT_DAEMON_LINK_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "agent/base/strbuf.h"

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct message;
struct daemon_link;

struct daemon_link_options {
    struct loop *loop;
    const char *socket_path;  /* copies */
    int64_t reconnect_max_ms; /* 0: RECONNECT_MAX_MS */
    void *context;
    /* Writes our hello, one JSON object. */
    void (*write_hello)(void *context, struct strbuf *out_json);
    /* loyald has answered with its hello; dev is 16 hex digits. */
    void (*opened)(void *context, const char *dev);
    /* A message after the hello, a view for the time of the call. Other than ST_OK closes the connection with the
     * message. */
    enum status (*message)(void *context, const struct message *message, struct errmsg *err);
    /* The connection that was open is no more. */
    void (*closed)(void *context);
};

enum status daemon_link_create(const struct daemon_link_options *options, struct daemon_link **out_link,
                               struct errmsg *err);
void daemon_link_destroy(struct daemon_link *link); /* accepts NULL; does not call closed */
bool daemon_link_is_open(const struct daemon_link *link);
/* Sends one message; never calls back from inside. */
void daemon_link_send(struct daemon_link *link, const struct strbuf *header_json, int64_t id, const void *payload,
                      size_t payload_len);

#endif
