/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coupon - rights of limited use: those the office listed one by one, and signed ones, which are good once.
 *
 * A till asks for a use before it gives it, if it has a link (a claim), and sells without asking if it has none. A
 * use too many is never dropped: the sale happened, it posts, and the office hears of it as duplicate_coupon.
 */
#ifndef LOYALD_CENTRAL_COUPON_H
#define LOYALD_CENTRAL_COUPON_H

#include "agent/base/json_writer.h"
#include "sync/central/interpret.h"

struct cJSON;

enum { COUPON_BODY_MAX = 4096, COUPON_CODE_BYTES = 257, COUPON_LOST_DAYS = 30 };

/* Lower case, without spaces and hyphens, as codes are kept. False: too long, or nothing left. */
bool coupon_fold(const char *code, char out_code[COUPON_CODE_BYTES]);
/* The answer to op "claim" (docs/protocol.md 4). */
void coupon_claim_answer(struct central *central, const struct device *device, const char *body, size_t len,
                         struct answer *answer);

/* All below inside a transaction. */
/* A sale used the code (folded), which usage_count has counted already: its claim ends, one use too many is told. */
enum status coupon_used(struct central *central, const struct device *device, const char *sale_id, const char *code,
                        struct errmsg *err);
/* The sale is closed or given up: what it claimed and did not use is free again. */
enum status coupon_sale_over(struct central *central, const struct device *device, const char *sale_id,
                             struct errmsg *err);
/* The till's record: it gave the sale up by none of its own. */
enum status coupon_note_claim_voided(struct central *central, const struct interpret_record *record,
                                     const struct cJSON *body, struct errmsg *err);
/* What was claimed by a till that has been silent for COUPON_LOST_DAYS, or has begun another epoch so long ago, is
 * free again: nobody else would ever say so. A use that comes after all posts, and is told when it was one too many.
 */
enum status coupon_give_up_lost(struct central *central, struct errmsg *err);
/* Its row goes to the tills again, after its uses changed. Nothing for a code that is not listed. */
enum status coupon_touch(struct central *central, const char *chain, const char *code, struct errmsg *err);
/* {"code","member","promotion","uses","uses_max","from","until","epoch","seq"} */
enum status coupon_write(struct central *central, const char *chain, const char *code, const struct device *device,
                         struct json_writer *w, struct errmsg *err);

/* Listed by the office from CSV: columns code (required), member, promotion, uses_max (1), from, until. One
 * transaction; as import_members otherwise: {"rows","imported","error_count","errors":[{"line","message"}]}. */
enum status coupon_import(struct central *central, const char *chain, char *text, size_t len, int first_line,
                          struct json_writer *w, struct errmsg *err);

#endif
