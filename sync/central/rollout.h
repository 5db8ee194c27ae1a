/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rollout - new rules reach tills ring by ring: first some stores or a small share of the tills, then more.
 *
 * A till belongs to a ring by its store or by its place, a hash of its name that never changes. Each till says what
 * became of the rules; refused, rolled back, or no word in time is a failure. A roll-out halts by itself when too
 * large a share fails, or when what the new rules give leaves the band that the office expects. It goes on, to the
 * next ring, by the office alone; to all at once with the signatures of two of its keys. The way back was signed
 * beforehand: the rules of before under a higher version, since no till goes back to a lower one.
 *
 *   start -> running --advance--> ... --last ring, in time--> done
 *               |  ^
 *          halt |  | resume          back: from any of these, to rules that are every till's
 *               v  |
 *             halted
 */
#ifndef LOYALD_CENTRAL_ROLLOUT_H
#define LOYALD_CENTRAL_ROLLOUT_H

#include "agent/base/json_writer.h"
#include "sync/central/device.h"

struct cJSON;

enum {
    ROLLOUT_RINGS_MAX = 12,
    ROLLOUT_STORES_MAX = 1000, /* of a ring */
    ROLLOUT_JUDGED_SALES = 20, /* fewer say nothing of the discount's share */
    ROLLOUT_WATCH_MS = 60 * 1000,
};

/* What the office plans: {"rings":[{"name","stores","share_bp"}],"timeout_s","failures_bp","band_bp":[low,high]}. */
struct rollout_plan {
    char *rings; /* owned: JSON as it is kept */
    int64_t timeout_s, failures_bp, band_low_bp, band_high_bp;
};
/* ST_INVALID in words. */
enum status rollout_plan_read(const struct cJSON *json, struct rollout_plan *out_plan, struct errmsg *err);
void rollout_plan_clear(struct rollout_plan *plan);

/* The way back, as signed. */
struct rollout_back {
    int64_t version; /* 0: none */
    const char *text, *signatures, *bundle_sha256;
};
/* Inside a transaction, beside the manifest of that version. ST_CONFLICT while another one of the chain is under way.
 */
enum status rollout_insert(struct central *central, const char *chain, int64_t version,
                           const struct rollout_plan *plan, const struct rollout_back *back, struct errmsg *err);
/* Inside a transaction: every till's version was published, what was under way is over. */
enum status rollout_supersede(struct central *central, const char *chain, struct errmsg *err);

/* A row of MANIFEST_CHOICE: whether that manifest is this till's. */
bool rollout_is_for(const struct rows *rows, const struct device *device);
/* The till is told of it now. */
enum status rollout_offered(struct central *central, const struct device *device, int64_t version,
                            struct errmsg *err);
/* Inside a transaction: a till's word. state: activated, healthy or refused. */
enum status rollout_heard(struct central *central, const struct device *device, int64_t version, const char *state,
                          const char *reason, struct errmsg *err);

/* Judges what is under way, halts what went wrong, ends what is done. */
enum status rollout_watch(struct central *central, struct errmsg *err);

/* What the office does, by its word: advance, halt, resume, back, approve. force: before every till has confirmed.
 * signature: of approve, by a key of the chain over rollout_approval. ST_CONFLICT, ST_DENIED in words. */
struct rollout_order {
    const char *chain, *word, *reason;
    bool force;
    const char *key, *signature_hex;
};
enum status rollout_do(struct central *central, const struct rollout_order *order, struct errmsg *err);
/* What is signed to reach all rings at once. */
void rollout_approval(const char *chain, int64_t version, char out_text[160]);

/* {"rollouts":[...]}, the newest first, each with its counts and its tills that failed. */
enum status rollout_list(struct central *central, struct json_writer *w, struct errmsg *err);
/* The name of the first ring the till is in, of the roll-out under way; "" when there is none or it is in none. */
enum status rollout_ring_of(struct central *central, const char *chain, const char *store, const char *dev,
                            char out_name[ID_BYTES], struct errmsg *err);

#endif
