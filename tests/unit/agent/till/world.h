/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world - a whole till in one test: real databases (in memory or in a folder), real engine, rules signed by a real key, a clock moved by hand;
 * printer and central stand behind the till's own tables and note what they are asked.
 */
#ifndef LOYALD_TESTS_TILL_WORLD_H
#define LOYALD_TESTS_TILL_WORLD_H

#include "agent/base/clock.h"
#include "agent/base/pk.h"
#include "agent/base/strbuf.h"
#include "agent/till/identity.h"
#include "agent/till/rulebook.h"
#include "agent/till/till.h"

#include <stdbool.h>

struct cJSON;

enum { WORLD_TEXT = 256, WORLD_NOTICES = 32, WORLD_ROOTS = 8 };

struct world;
/* A real link in place of the world's own central and fetch: plugged after the rulebook is made, at each start, and taken out before the till
 * goes. */
struct world_plug {
    struct till_central (*plug)(struct world *world, void *context);
    void (*unplug)(struct world *world, void *context);
    void (*fetch)(void *context, const char *sha256_hex, int64_t from, int64_t to);
    void (*fetch_root)(void *context, int64_t version); /* NULL: the world's own roots */
    void *context;
};

struct world {
    char dir[WORLD_TEXT]; /* "" : databases in memory */
    struct virtual_clock time;
    struct clock_source clock;
    struct loop *loop;
    struct journal *journal;
    struct rules *rules;
    struct cache *cache;
    struct identity identity;
    struct rulebook *rulebook;
    struct till *till;
    struct pk *office; /* signs rules */
    /* What the printer was asked. */
    int prints;
    int64_t journal_at_print; /* records on disk when the page came */
    char job_id[WORLD_TEXT];
    till_printed_fn *printed;
    void *printed_context;
    bool no_printer;
    /* What the central was asked. */
    int questions;
    till_member_fn *member_answer;
    void *member_context;
    bool knows_nobody; /* the central answers questions for members at once: not known there */
    bool link_up;
    const char *sale_answer; /* what the central says of any sale: the value of "sale"; "": it does not know it; NULL: no answer in time */
    int sales_asked;
    /* Holds: with online_points the till asks for them; answered at once unless holds_wait. */
    bool online_points, holds_wait;
    enum till_hold hold_outcome;
    int holds_asked;
    int64_t held_amount;
    char hold_id[WORLD_TEXT];
    till_hold_fn *hold_answer;
    void *hold_context;
    int holds_voided; /* told the central besides the record */
    enum till_hold claim_outcome;
    bool claims_wait;
    int claims_asked;
    char claim_code[WORLD_TEXT];
    till_hold_fn *claim_answer;
    void *claim_context;
    bool ready; /* what the command waited for has come */
    /* What watchers were told. */
    char notices[WORLD_NOTICES][16]; /* codes */
    int notice_count;
    /* The file of rules that a fetch serves. */
    const char *file;
    size_t file_len;
    int fetches;
    char *roots[WORLD_ROOTS], *root_signatures[WORLD_ROOTS]; /* owned by the test: root 1 first; NULL: cannot be had */
    int roots_asked;
    const char *boot; /* names the machine's time since it was switched on, from the next start on; NULL: "boot-1" */
    int64_t active_version;
    char refused[512];
    const struct world_plug *plug; /* NULL: none */
    struct till_pos pos;           /* from the next start on */
};

/* Makes the till of store S12, enrolled in chain "demo". dir NULL: in memory. */
void world_begin(struct world *world, const char *dir);
/* The same, with a link; borrows plug. */
void world_begin_plugged(struct world *world, const char *dir, const struct world_plug *plug);
/* Closes all and opens it again on the same files, as a restart would. cache_lost: cache.db is removed in between. */
void world_restart(struct world *world, bool cache_lost);
void world_end(struct world *world);

/* Offers a bundle as the central would and runs the loop until the rulebook has taken or refused it. */
void world_rules(struct world *world, const char *bundle_json, int64_t version);
/* Its parts, for offers that are wrong in some way. manifest and signatures are owned texts. */
void world_sign(const struct world *world, const char *chain, const char *bundle_json, int64_t version, const struct pk *key,
                char **out_manifest, char **out_signatures);
void world_offer(struct world *world, const char *manifest, const char *signatures);

/* A member's row of the central with one card. extra: more members of the row's JSON, such as "\"tier\":\"gold\",". seq is what the row counts. */
void world_member(struct world *world, const char *id, const char *card, const char *extra, int64_t seq);
void world_member_row(const struct world *world, const char *id, const char *card, const char *extra, int64_t seq,
                      struct strbuf *out);

/* A lease of M1's "bonus" for this till, as the central grants it. */
void world_lease(struct world *world, int64_t granted, int64_t expires_unix_ms);

void world_scan(struct world *world, const char *text);
/* A command: path "put s1", "tender s1", "commit s1", "void s1", "get s1", "open -", "copy s1", "type -"; returns the problem, *out_answer (may be NULL) is owned
 * the answer's tree. */
enum problem world_do(struct world *world, const char *command, const char *id, const char *body,
                      struct cJSON **out_answer);
int64_t world_int(struct world *world, const char *id, const char *name); /* of the sale's view */
bool world_has_notice(struct world *world, const char *id, const char *code);
bool world_was_told(const struct world *world, const char *code);
int64_t world_records(const struct world *world);
/* How many records of a type the journal holds. */
int world_count(const struct world *world, const char *type);
/* The body of the last record of a type, owned; NULL: none. */
struct cJSON *world_last(const struct world *world, const char *type);

#define WORLD_ONE_LINE "{\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1000,\"unit_price_minor\":10000}]}"

#endif
