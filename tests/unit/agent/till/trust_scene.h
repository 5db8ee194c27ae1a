/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trust_scene - a till, an office with five keys and what a central hands out of theirs: roots, rules, timestamps.
 * One scene a test.
 */
#ifndef LOYALD_TESTS_TILL_TRUST_SCENE_H
#define LOYALD_TESTS_TILL_TRUST_SCENE_H

#include "world.h"

#include "agent/db/journal.h"
#include "agent/till/trust.h"
#include "tests/support/root_maker.h"

#define DAY_MS INT64_C(86400000)

struct trust_scene {
    struct world world;
    char dir[64];
    struct pk *a, *b, *c, *office, *stamp, *stranger; /* three of the root, one of rules, one of timestamps */
    struct root root;                                 /* the newest that the office made */
    struct timestamp now;                             /* the last that the central signed */
};
extern struct trust_scene scene;

/* A till of before: enrolled with the office's key alone. It finds root 1, which that key signed too, and
 * timestamp 1. */
void scene_begin(void);
void scene_end(void);

struct pk *scene_key(void); /* a new one */
/* Root `version` signed by those keys is to be had at the central. */
void scene_serve_root(int64_t version, const struct pk *const by[]);
#define SERVE_ROOT(version, ...) scene_serve_root(version, (const struct pk *const[]){__VA_ARGS__, NULL})

struct trust *scene_trust(void);
void scene_run(void); /* until the trust has nothing to do */
/* The next timestamp, as a central signs it for manifests noted before. */
void scene_vouch(const struct pk *by);
void scene_vouch_text(const char *text, const struct pk *by);

char *scene_bundle(int64_t version); /* owned by the caller */
/* Makes the manifest of rules the only one that the next timestamp names. */
void scene_put_in_force(const char *manifest, int64_t version);
void scene_offer(const char *manifest, const char *signatures);
/* The office publishes rules; the central vouches for them and hands them out. */
void scene_publish(int64_t version);
void scene_publish_by(int64_t version, const struct pk *signer, const struct pk *stamper);

int64_t scene_active(void);     /* the version in force */
struct cJSON *scene_seen(void); /* owned by the caller: what the till says of its trust */
int64_t scene_seen_int(const char *name);
/* Refused in those words, and what was known before stays. */
void scene_expect_refused(const char *words, int64_t timestamp);

#endif
