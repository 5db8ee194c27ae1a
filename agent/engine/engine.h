/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine - the promotion engine: a bundle of promotions and a sale in, what every line costs out.
 *
 * Pure: no clock, locale, file, random source or floating point, so the till, the central and every online channel
 * get the same bytes from the same bundle and sale. Money is in minor units, quantities in thousandths, rates in
 * hundredths of a percent.
 *
 * How it is built, in reading order:
 *   bundle.h, compile*.c  JSON to an immutable structure; promotions sorted by layer, order, id, so that a
 * promotion's number is its rank; every selection of items indexed by sku, gtin, category, brand, tag, set
 *   sale_parse.c          JSON to a checked sale
 *   items.c               which selections hit which lines: from the line to the selection, never the other way round
 *   gate.c                the cheap conditions of each promotion side by side, so that most are never looked at
 *   contenders.c          which are looked at; plain percents that cannot win anything are passed over
 *   conditions.c          all of `when`, limits, with the first reason that failed
 *   units.c, spread.c     money lies on units, kept as runs of alike ones; exact shares
 *   reward*.c, sets*.c, mix*.c, pick.c  what one promotion takes off the units it is offered
 *   offers.c, layer.c     what a promotion is offered; the modes first and stack
 *   layer_best.c, best_*.c, bounds.c, search*.c  best: branch and bound over independent parts
 *   redeem.c, points.c, coupons.c, evaluate.c, result_write.c
 *   refund*.c             returns of what was sold
 *   why*.c                what a trace means, in sentences (why.h)
 *
 * Decisions where the contract is silent stand beside the code that makes them and in schema/rules/README.md.
 */
#ifndef LOYALD_ENGINE_ENGINE_H
#define LOYALD_ENGINE_ENGINE_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "agent/base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- bundle ---------------------------------------------------------------------------------------------------- */

enum {
    BUNDLE_BYTES_MAX = 64 * 1024 * 1024,
    BUNDLE_NOTES_MAX = 100, /* faults and warnings kept; all are counted */
    BUNDLE_AT_BYTES = 200,
    BUNDLE_NOTE_BYTES = 200,
    BUNDLE_PROMOTIONS_MAX = 100000,
};

struct code_grammar;
struct bundle; /* opaque, immutable once compiled: threads may share it */

struct bundle_note {
    bool warning;
    char at[BUNDLE_AT_BYTES]; /* JSON pointer, "" for the whole bundle; cut when longer */
    char text[BUNDLE_NOTE_BYTES];
};

struct bundle_report {
    size_t fault_count, warning_count; /* of all, also of those past BUNDLE_NOTES_MAX */
    size_t note_count;
    struct bundle_note notes[BUNDLE_NOTES_MAX];
};

/* Returns owned the compiled bundle. ST_INVALID with every fault in the report (which may be NULL, as may err).
 * text is not kept. */
enum status bundle_compile(const char *text, size_t len, struct bundle **out_bundle, struct bundle_report *report,
                           struct errmsg *err);
/* Returns owned a bundle of no promotions, id "empty", version 0: for a till that has no rules yet. currency may be
 * NULL ("XXX": none). */
enum status engine_empty_bundle(const char *currency, int minor_digits, struct bundle **out_bundle,
                                struct errmsg *err);
void bundle_destroy(struct bundle *bundle);

/* All return views that live as long as the bundle. */
const char *bundle_id(const struct bundle *bundle);
int64_t bundle_version(const struct bundle *bundle);
const char *bundle_currency(const struct bundle *bundle);
int bundle_minor_digits(const struct bundle *bundle);
const char *bundle_digest(const struct bundle *bundle); /* 64 hex digits */
size_t bundle_promotion_count(const struct bundle *bundle);
size_t bundle_memory_bytes(const struct bundle *bundle);   /* what it takes, all in all */
size_t bundle_currency_count(const struct bundle *bundle); /* of points */
const char *bundle_currency_id(const struct bundle *bundle, size_t i);
int bundle_currency_digits(const struct bundle *bundle, size_t i);
int64_t bundle_currency_value_minor(const struct bundle *bundle,
                                    size_t i); /* of one whole point; 0: cannot be paid with */

/* What may be spent without a link and without a lease; all 0, which is nothing, when the bundle does not say.
 * Amounts are minor units of money: a sale, a member since the central was last heard, the till in that time; then
 * sales and hours. */
struct bundle_offline {
    int64_t f_sale, f_member, e_device, sales_max, hours_max;
};
const struct bundle_offline *bundle_offline(const struct bundle *bundle);
/* The title in that language, else in "en", else the id itself; promotion_id when there is no such promotion. */
const char *bundle_title(const struct bundle *bundle, const char *promotion_id, const char *language);
/* The last day (civil_time.h) on which a promotion may apply; false when it has no end, or there is none of that id.
 */
bool bundle_last_day(const struct bundle *bundle, const char *promotion_id, int32_t *out_day);
/* One of a series' codes, the same for the same pick: capitals, spaces and hyphens as the engine compares them. NULL
 * when it has none, as a signed one. */
const char *bundle_series_code(const struct bundle *bundle, const char *series, uint64_t pick);

/* What a scan is, by the part `codes` (agent/codes/grammar.h). */
const struct code_grammar *bundle_grammar(const struct bundle *bundle);
/* Whether a code is a coupon's, be it used or expired: a listed one, or in the form of a signed one of its series. */
bool bundle_has_coupon(const struct bundle *bundle, const char *text);
/* Whether it is one that somebody else's use would use up: of a series for single use, or signed. */
bool bundle_coupon_is_limited(const struct bundle *bundle, const char *text);

/* The template of receipts for that use ("sale", "return") and language; NULL when the bundle has none. */
const char *bundle_receipt(const struct bundle *bundle, const char *use, const char *language);
/* The i-th of all templates; NULL past the last. */
const char *bundle_receipt_at(const struct bundle *bundle, size_t i, const char **out_use, const char **out_language);
enum { BUNDLE_PICTURE_NAME_MAX = 31 }; /* bytes */
/* The base64 of the picture of that name for receipts; NULL when the bundle has none. */
const char *bundle_picture(const struct bundle *bundle, const char *name);
/* The name of the i-th; NULL past the last. */
const char *bundle_picture_at(const struct bundle *bundle, size_t i);

/* A text in several languages as the bundle has it. */
struct bundle_text;

/* ---- sale ------------------------------------------------------------------------------------------------------ */

enum {
    SALE_BYTES_MAX = 4 * 1024 * 1024,
    SALE_LINES_MAX = 1000,
};

struct engine_fault {
    char code[16]; /* json schema range quantity duplicate */
    char at[128];  /* JSON pointer */
    char message[200];
};

struct engine_sale; /* parsed and checked, independent of any bundle */

/* Returns owned the sale. ST_INVALID with the first fault; ST_NOMEM. Unknown names are skipped. */
enum status engine_sale_parse(const char *text, size_t len, struct engine_sale **out_sale,
                              struct engine_fault *out_fault);
void engine_sale_destroy(struct engine_sale *sale);

/* ---- result ---------------------------------------------------------------------------------------------------- */

/* What is missing for a condition; kind is one of the figures of the contract, ENGINE_MISSING_NONE: no figure. */
enum engine_missing {
    ENGINE_MISSING_NONE,
    ENGINE_MISSING_MINOR,
    ENGINE_MISSING_QTY_MILLI,
    ENGINE_MISSING_DISTINCT,
    ENGINE_MISSING_POINTS,
};

struct engine_adjustment { /* what one promotion took off one line */
    const char *promotion, *layer;
    int64_t qty_milli; /* of the units it made cheaper */
    int64_t amount_minor;
};

struct engine_redeemed {
    const char *currency;
    int64_t amount_minor;
};

struct engine_split { /* units of equal net price */
    int64_t qty_milli;
    int64_t net_minor; /* of all of them together */
};

struct engine_result_line {
    int64_t line; /* the number the sale gave it */
    int64_t gross_minor, discount_minor, redeemed_minor, net_minor;
    const struct engine_adjustment *adjustments;
    size_t adjustment_count;
    const struct engine_redeemed *redeemed;
    size_t redeemed_count;
    const struct engine_split *splits; /* dearest unit first */
    size_t split_count;
};

struct engine_points_by {
    const char *promotion;
    int64_t earned;
};

struct engine_points {
    const char *currency;
    int digits;
    int64_t earned, redeemed, cost;
    const struct engine_points_by *by;
    size_t by_count;
};

struct engine_coupon {
    const char *code;   /* as the sale wrote it */
    const char *state;  /* applied rejected not_applied */
    const char *reason; /* "" when applied */
    enum engine_missing missing;
    int64_t missing_value;
};

struct engine_gift {
    const char *promotion;
    int64_t missing_qty_milli;
};

struct engine_issued {
    const char *promotion, *series;
    char valid_until[11]; /* "" when the sale has no date */
    bool print;
};

struct engine_message {
    const char *to; /* cashier customer receipt */
    const struct bundle_text *text;
};

struct engine_hint {
    const char *promotion;
    enum engine_missing missing;
    int64_t missing_value;
    const struct bundle_text *text;
};

struct engine_trace { /* reason "" is applied */
    const char *promotion, *reason;
    enum engine_missing missing;
    int64_t missing_value;
};

struct engine_result {
    const char *sale_id;
    const char *bundle_id, *bundle_digest;
    int64_t bundle_version;
    int64_t gross_minor, discount_minor, redeemed_minor, total_minor;
    const struct engine_result_line *lines; /* in the order of the sale */
    size_t line_count;
    const struct engine_points *points; /* by id; only currencies in which something moved */
    size_t point_count;
    const struct engine_coupon *coupons;
    size_t coupon_count;
    const struct engine_gift *gifts;
    size_t gift_count;
    const struct engine_issued *issued;
    size_t issued_count;
    const struct engine_message *messages;
    size_t message_count;
    const struct engine_hint *hints;
    size_t hint_count;
    const struct engine_trace *trace; /* with options.trace only */
    size_t trace_count;
    bool optimal;
    int64_t bound_minor;
    char digest[65];
    const char
        *lines_json; /* the lines as they were digested, so that they are written once; NULL without a digest */
    size_t lines_json_len;
    size_t promotions_looked_at; /* for statistics; not part of the JSON */
};

/* ---- evaluation ------------------------------------------------------------------------------------------------ */

struct engine_options {
    bool trace;
    bool skip_digest; /* leaves the digest "": while goods are being scanned nobody reads it, and it costs half the
                         time */
};

struct engine; /* scratch memory, reused: after the first evaluations none allocates. One per thread. */
enum { ENGINE_SCRATCH_BYTES_MAX = 256 * 1024 * 1024 };

enum status engine_create(struct engine **out_engine, struct errmsg *err);
void engine_destroy(struct engine *engine);

/*
 * Whether an ECDSA signature r || s over P-256 is of that key (an uncompressed point) and SHA-256. The engine has no
 * such mathematics: whoever evaluates with signed coupons hands it in, remembering verdicts, since one takes
 * milliseconds and a sale is evaluated many times (pk_memo). It must answer the same for the same bytes for ever.
 * Without one every signed code is `unknown`. At most ENGINE_SIGNED_CODES_MAX codes of a sale are asked about; those
 * behind are `unknown` too.
 */
typedef bool engine_verify(void *user, const uint8_t key[65], const uint8_t digest[32], const uint8_t signature[64]);
enum { ENGINE_SIGNED_CODES_MAX = 20 };
/* Borrows user. Holds for all evaluations from now on, those of returns too. */
void engine_set_verify(struct engine *engine, engine_verify *verify, void *user);
/* Evaluates. *out_result is a view, valid until the next evaluation with this engine and as long as bundle and sale.
 * options may be NULL. ST_NOMEM, ST_FULL (scratch bound). */
enum status engine_evaluate(struct engine *engine, const struct bundle *bundle, const struct engine_sale *sale,
                            const struct engine_options *options, const struct engine_result **out_result,
                            struct errmsg *err);
/* Appends the result as JSON, names in byte order, no tree. with_trace: the trace too. */
void engine_result_write(const struct engine_result *result, bool with_trace, struct strbuf *out);

/* ---- returns --------------------------------------------------------------------------------------------------- */

enum { RETURN_BYTES_MAX = 16 * 1024 * 1024 };

/* Works out one return: its JSON in, its result's JSON appended to out (names in byte order). Pure. Only the policy
 * "recompute" wants an engine and the sale's bundle, to evaluate what was kept; else both may be NULL. ST_INVALID
 * with the fault: what is no return, names what was not sold, or more than is left of it. */
enum status engine_refund(struct engine *engine, const struct bundle *bundle, const char *text, size_t len,
                          struct strbuf *out, struct engine_fault *out_fault, struct errmsg *err);

#endif
