/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evaluator - the same engine as at the tills, with the bundles published so far, compiled once and kept while in
 * use.
 */
#ifndef LOYALD_CENTRAL_EVALUATOR_H
#define LOYALD_CENTRAL_EVALUATOR_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "agent/base/strbuf.h"

#include <stdint.h>

struct evaluator;
struct bundle;
struct engine_result;
struct store;

enum { EVALUATOR_BUNDLES_MAX = 4 /* compiled at once; the one unused longest goes */ };

/* Borrows store. */
enum status evaluator_create(struct store *store, struct evaluator **out_evaluator, struct errmsg *err);
void evaluator_destroy(struct evaluator *evaluator); /* accepts NULL */
/* Evaluates a sale (JSON) by the bundle of that hash (64 hex digits). *out_result is a view until the next call.
 * ST_NOT_FOUND when no such bundle was ever published here; ST_INVALID when the engine refuses the sale. */
enum status evaluator_evaluate(struct evaluator *evaluator, const char *bundle_sha256, const char *sale,
                               size_t sale_len, const struct engine_result **out_result, struct errmsg *err);
/* Works out a return (JSON, as the engine takes it) into out. bundle_sha256 "": the policy needs no rules.
 * ST_NOT_FOUND when no such bundle was ever published here; ST_INVALID when the engine refuses the return, with its
 * words. */
enum status evaluator_refund(struct evaluator *evaluator, const char *bundle_sha256, const char *question, size_t len,
                             struct strbuf *out, struct errmsg *err);
/* What a bundle's floor limits let happen without a link, at worst, in minor units of money: all 0 when it sets none.
 */
struct exposure {
    int64_t version;
    int minor_digits;
    int64_t till_minor;   /* one till, until it is heard of again */
    int64_t member_minor; /* one member at one such till */
    int64_t worst_minor;  /* that many tills at once without a link */
};
/* ST_RANGE when the product is no amount of money. */
enum status exposure_of(const struct bundle *bundle, int64_t tills, struct exposure *out_exposure,
                        struct errmsg *err);
/* Of the bundle of that hash, published here. */
enum status evaluator_exposure(struct evaluator *evaluator, const char *bundle_sha256, int64_t tills,
                               struct exposure *out_exposure, struct errmsg *err);
/* Compiles a bundle and its templates of receipts to see whether they do; *out_version is its own. report (may be NULL) gets every fault and
 * warning, one a line. ST_INVALID with the first fault in err. */
enum status evaluator_check(const char *bundle, size_t len, int64_t *out_version, struct strbuf *report,
                            struct errmsg *err);

#endif
