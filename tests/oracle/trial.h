/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trial - one case, {"bundle":…,"sale":…,"returns":[…]}, worked out by the engine and by the oracle, compared, and
 * made smaller while they still disagree.
 */
#ifndef LOYALD_ORACLE_TRIAL_H
#define LOYALD_ORACLE_TRIAL_H

#include <cjson/cJSON.h>
#include <stddef.h>

enum verdict {
    AGREE,
    DISAGREE,
    INVALID,    /* the engine refuses bundle, sale or a return */
    TOO_LARGE,  /* for the oracle */
    NOT_PROVEN, /* the engine ran out of nodes and says so */
    VERDICTS
};
enum { WHY_BYTES = 1024 };

struct engine;
struct bundle;
struct engine_sale;

/* The engine's side alone. Each answers NULL with words in why when the engine refuses. */
struct bundle *trial_compile(const cJSON *json, char why[WHY_BYTES]);
struct engine_sale *trial_parse(const cJSON *json, char why[WHY_BYTES]);
cJSON *trial_evaluate(struct engine *engine, const struct bundle *bundle, const struct engine_sale *sale);
cJSON *trial_refund(struct engine *engine, const struct bundle *bundle, const cJSON *return_json,
                    char why[WHY_BYTES]);

/* why: what differs first, or what was refused. out_engine and out_oracle may be NULL; else they get the two results
 * (owned; of returns, the array of refunds beside them under "refunds"). */
enum verdict trial_run(struct engine *engine, const cJSON *trial, char why[WHY_BYTES], cJSON **out_engine,
                       cJSON **out_oracle);
/* Takes out and shortens what it can while they disagree. */
void trial_shrink(struct engine *engine, cJSON *trial);
/* Prints the case as a vector file that expects what the oracle says. */
void trial_print(struct engine *engine, const cJSON *trial, const char *name, const char *why);

#endif
