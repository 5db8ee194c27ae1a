/* SPDX-License-Identifier: Apache-2.0 */
/* parts_internal - what the files of the whole share: what is on disk (parts_stores.c), the ways in for others
 * (parts_api.c), all else and the order (parts.c). Nobody else includes it. */
#ifndef LOYALD_DAEMON_PARTS_INTERNAL_H
#define LOYALD_DAEMON_PARTS_INTERNAL_H

#include "agent/daemon/parts.h"

enum { PATH_MAX_BYTES = CONFIG_TEXT_MAX + 32 };

void parts_path(const char *dir, const char *name, char out_path[PATH_MAX_BYTES]);
/* What is set, or the name given in the runtime folder, which is written to out_path. */
const char *parts_socket_path(const struct parts *parts, const char *set, const char *name,
                              char out_path[PATH_MAX_BYTES]);

enum status parts_start_folders(struct parts *parts, struct errmsg *err);
enum status parts_start_databases(struct parts *parts, struct errmsg *err);
enum status parts_start_api(struct parts *parts, struct errmsg *err);
/* ST_OK and none when none is configured. */
enum status parts_start_dropbox(struct parts *parts, struct errmsg *err);

#endif
