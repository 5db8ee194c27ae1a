/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aside - puts a damaged database file out of the way under a name that says so, for whoever wants to look at it.
 *
 * For files whose content can be had again; journal.db is never touched so.
 */
#ifndef LOYALD_DB_ASIDE_H
#define LOYALD_DB_ASIDE_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

#include <stdint.h>

enum { ASIDE_KEEP_MAX = 2 };

/* Renames path and its WAL to "<path>.damaged-<unix ms>"; of these the latest ASIDE_KEEP_MAX stay, older ones are
 * deleted. A path that is not there is fine. The file must be closed. */
enum status aside_rename(const char *path, int64_t now_unix_ms, struct errmsg *err);

#endif
