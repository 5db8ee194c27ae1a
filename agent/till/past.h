/* SPDX-License-Identifier: Apache-2.0 */
/*
 * past - a document of this till's own journal, by its id: a sale that was closed, a return. Sales and returns share
 * one space of ids. Internal to the till.
 */
#ifndef LOYALD_TILL_PAST_H
#define LOYALD_TILL_PAST_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "agent/base/strbuf.h"

#include <stdbool.h>
#include <stdint.h>

struct cJSON;
struct till;

enum {
    PAST_TYPE_MAX = 32,
    PAST_STATE_MAX = 24,
    PAST_PRINTS_WITHIN =
        5000 /* records after a document in which its prints are looked for: so that an old one stops no sale */
};

struct past {
    char type[PAST_TYPE_MAX + 1]; /* of its record: "sale", "return" */
    int64_t position, seq;
    struct strbuf body; /* owned: as journalled */
    struct cJSON *tree; /* owned: the same, read */
};

/* By its place in the journal; ST_NOT_FOUND leaves nothing to clear. */
enum status past_read(struct till *till, int64_t position, struct past *out_past, struct errmsg *err);
/* By its id. */
enum status past_find(struct till *till, const char *id, struct past *out_past, struct errmsg *err);
void past_clear(struct past *past);
/* "committed", or what became of its print: "printed", "print_unknown", "print_failed". */
void past_state(struct till *till, const struct past *past, const char *id, char out_state[PAST_STATE_MAX]);

/* The documents that name this one (cache.h, EFFECT_TIED), at most PAST_TIED_MAX of them; the rest is left out and
 * *out_more says so. */
enum { PAST_TIED_MAX = 64, PAST_ID_MAX = 64 };
struct past_tied {
    char ids[PAST_TIED_MAX][PAST_ID_MAX + 1];
    int count;
    bool more;
};
enum status past_tied_to(struct till *till, const char *id, struct past_tied *out_tied, struct errmsg *err);

#endif
