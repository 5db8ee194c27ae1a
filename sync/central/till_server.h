/* SPDX-License-Identifier: Apache-2.0 */
/*
 * till_server - the routes of the tills over TLS (docs/protocol.md 4): who asks is checked once for all of them,
 * answers carry a MAC, and polls that have nothing to hear wait until there is something.
 */
#ifndef LOYALD_CENTRAL_TILL_SERVER_H
#define LOYALD_CENTRAL_TILL_SERVER_H

#include "agent/net/http_server.h"
#include "sync/central/central.h"

struct loop;
struct till_server;

struct till_server_options {
    struct loop *loop;       /* borrowed */
    struct central *central; /* borrowed; its changed callback is taken */
    const char *listen_host; /* numeric */
    uint16_t listen_port;    /* 0: the system chooses */
    int connections_max;
};

enum status till_server_create(const struct till_server_options *options, struct till_server **out_server,
                               struct errmsg *err);
void till_server_destroy(struct till_server *server); /* accepts NULL */
uint16_t till_server_port(const struct till_server *server);
/* Every route with its declared authentication; ends with a NULL method. For the test that walks them. */
const struct http_route *till_server_routes(void);

#endif
