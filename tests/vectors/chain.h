/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain - a till behind its API and a central, in one process, for the text cases: the office signs a bundle for
 * both, the till takes it as it takes any (signature, worker, activation), a sale comes in over the socket, is
 * committed to the journal, and the journal's records go to the central, which works the sale out again.
 *
 * The two halves are files of their own, since the fixtures they stand on have names in common.
 */
#ifndef LOYALD_TESTS_VECTORS_CHAIN_H
#define LOYALD_TESTS_VECTORS_CHAIN_H

#include "agent/base/strbuf.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

struct pk;

/* ---- the till: chain_till.c ---- */

struct chain_till;
struct chain_till *chain_till_begin(void);
void chain_till_end(struct chain_till *till);
const struct pk *chain_till_office(const struct chain_till *till); /* the key that signs rules */
/* Signs and offers the bundle; the till has it when this returns. *out_manifest, *out_signatures: as signed, owned.
 */
void chain_till_rules(struct chain_till *till, const char *bundle, int version, char **out_manifest,
                      char **out_signatures);
/* The local time, such as "2026-11-22T18:05:00+03:00": the till's clock and time zone are set to it. */
void chain_till_time(struct chain_till *till, const char *at);
void chain_till_now(const struct chain_till *till, char out_at[26]);
/* What the central would have told of the store, its counters and the member; the rows count all that was sold so
 * far. The names of uses that the sale does not mention are put to 0. member NULL: anonymous; else with card. */
void chain_till_store(struct chain_till *till, const cJSON *store);
void chain_till_usage(struct chain_till *till, const char *name, int64_t uses);
void chain_till_member(struct chain_till *till, const char *id, const char *card, const cJSON *member);
/* One call of the local API; the HTTP status, *out_answer the JSON (cJSON_Delete). */
int chain_till_call(struct chain_till *till, const char *method, const char *path, const char *body, size_t len,
                    cJSON **out_answer);
/* The journal's records after position, each with its line end; *position is then the last. */
void chain_till_records(struct chain_till *till, int64_t *position, struct strbuf *out);

/* ---- the central: chain_central.c ---- */

struct chain_central;
/* A chain "demo" whose rules that key signs, store S12, and the till's device enrolled. */
struct chain_central *chain_central_begin(const struct pk *office);
void chain_central_end(struct chain_central *central);
void chain_central_publish(struct chain_central *central, const char *manifest, const char *signatures,
                           const char *bundle);
/* Posts the records; a test fails when they are not accepted. */
void chain_central_post(struct chain_central *central, const struct strbuf *records);
/* How many sales were worked out again with the same digest, with another one, and records not understood. */
void chain_central_counts(struct chain_central *central, int64_t *out_same, int64_t *out_different,
                          int64_t *out_dead);

#endif
