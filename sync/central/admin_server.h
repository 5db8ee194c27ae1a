/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin_server - the office's commands, on a Unix socket in the state directory: who may open it may do everything.
 * So the running server stays the only one that writes the database.
 */
#ifndef LOYALD_CENTRAL_ADMIN_SERVER_H
#define LOYALD_CENTRAL_ADMIN_SERVER_H

#include "agent/net/http_server.h"
#include "sync/central/central.h"

struct loop;

enum { ADMIN_PATH_MAX = 4096 };

enum status admin_server_create(struct loop *loop, struct central *central, const char *state_dir,
                                struct http_server **out_server, struct errmsg *err);
const struct http_route *admin_server_routes(void);
/* STATE/admin.sock */
void admin_socket_path(const char *state_dir, char out_path[ADMIN_PATH_MAX]);

#endif
