/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity_disk - the files of loyald-sync's state directory: the three in use, and a whole set in one file beside
 * them. Inside sync/client; what which file is for says identity.h.
 */
#ifndef LOYALD_CLIENT_IDENTITY_DISK_H
#define LOYALD_CLIENT_IDENTITY_DISK_H

#include "sync/client/identity_set.h"

#define IDENTITY_PENDING_FILE  "pending.json"
#define IDENTITY_UNPROVEN_FILE "unproven.json"

/* Reads the three, which may not fit together. ST_NOT_FOUND when one is missing. The set is to be cleared in any
 * case. */
enum status identity_disk_read(const char *dir, struct identity_set *out_set, struct errmsg *err);
/* Writes the three, in any order: until all are there IDENTITY_PENDING_FILE must be. */
enum status identity_disk_write(const char *dir, const struct identity_set *set, struct errmsg *err);

/* Reads and checks a whole set. ST_NOT_FOUND when there is none; out_is_useless when it could be read, and what it
 * holds can never be used (err says why); other failures say nothing about it. To be cleared in any case. */
enum status identity_disk_read_whole(const char *dir, const char *name, struct identity_set *out_set,
                                     bool *out_is_useless, struct errmsg *err);
enum status identity_disk_write_whole(const char *dir, const char *name, const struct identity_set *set,
                                      struct errmsg *err);
/* Gone, and gone after a power cut too. One that is not there is no failure. */
enum status identity_disk_remove(const char *dir, const char *name, struct errmsg *err);

#endif
