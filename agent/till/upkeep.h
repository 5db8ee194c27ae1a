/* SPDX-License-Identifier: Apache-2.0 */
/*
 * upkeep - what the till does to its files while nobody waits: projects what the cache lacks, sweeps rows that are
 * gone at the central, prunes old records, checks all of the journal once a day. In slices of at most a few
 * milliseconds. Internal to the till.
 */
#ifndef LOYALD_TILL_UPKEEP_H
#define LOYALD_TILL_UPKEEP_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cache;
struct journal;
struct projection;
struct till;

enum {
    UPKEEP_AT_ONCE = 1000, /* records the cache may lack and be brought up by before the till is ready */
    UPKEEP_CATCH_UP = 32,  /* ... and before the next sale is answered */
    UPKEEP_NOTED = 2000,   /* else so many of the last records are looked at, for the ids of their sales */
};

struct upkeep {
    int64_t checked_unix_ms; /* when a full check ended */
    bool checking;
    char damage[ERRMSG_BYTES_MAX]; /* what the full check found; "": nothing */
};

/* At the start: brings the cache up to the journal's end. When it lacks a lot, as after its loss, only the sales of
 * late are made findable, so that none is committed twice; the rest follows in slices, and until then the cache is
 * behind. */
enum status upkeep_begin(struct till *till, struct errmsg *err);
/* Records that the cache does not know yet. */
int64_t upkeep_behind(const struct till *till);
/* After a record was appended at position. */
void upkeep_appended(struct till *till, const char *type, const char *body, size_t len, int64_t position);

#endif
