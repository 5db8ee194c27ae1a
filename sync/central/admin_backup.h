/* SPDX-License-Identifier: Apache-2.0 */
/* admin_backup - a copy of the database in parts, each a request, so that tills are served between them. One at a
 * time: another one begun gives up the one before. Used by the admin server. */
#ifndef LOYALD_CENTRAL_ADMIN_BACKUP_H
#define LOYALD_CENTRAL_ADMIN_BACKUP_H

struct http_request;

/* Of POST /admin/backup, {"path"}: begins; {}: the next part. Answers {"done","all"} in pages; equal: it is whole. */
void admin_backup(void *context, struct http_request *request);

#endif
