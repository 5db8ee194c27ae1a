/* SPDX-License-Identifier: Apache-2.0 */
/* compile - what the parts of the bundle compiler share (internal). */
#ifndef LOYALD_ENGINE_COMPILE_H
#define LOYALD_ENGINE_COMPILE_H

#include "agent/base/json_pool.h"
#include "agent/base/json_writer.h"
#include "agent/base/sha256.h"
#include "agent/engine/reader.h"

enum { LAYERS_MAX = 64, SETS_MAX = 100000, CURRENCIES_MAX = 64, SET_DEPTH_MAX = 8, BP_ONE = 10000 };
#define AMOUNT_MAX INT64_C(1000000000000) /* 10^12 minor units: a line, a threshold, a reward */
#define QTY_MAX    INT64_C(100000000)     /* 10^8 thousandths */

struct named_set {
    const char *name;
    const cJSON *json;
    uint32_t selection; /* NONE until compiled */
    bool open;          /* being compiled: met again it is a circle */
};

/* Where the members of an object went when they were sorted. */
enum { DIGEST_ORDERED_MAX = 32, DIGEST_ORDERS = 64 };
struct digest_order {
    uint8_t count, to[DIGEST_ORDERED_MAX];
};

/* The digest of the bundle while it is read: the outermost object's members in the order of their names, its
 * promotions one by one when it is their turn. */
struct digest {
    struct strbuf text; /* what is not hashed yet */
    struct json_writer writer;
    struct sha256 hash;
    const cJSON **members; /* sorted */
    size_t count, next;
    enum status st; /* ST_INVALID: a number that is no integer; ST_NOMEM */
    struct digest_order orders[DIGEST_ORDERS];
};

struct compiler {
    struct reader rd;
    struct bundle *bundle;
    struct arena scratch; /* gone when the bundle is compiled */
    struct arena temp;    /* gone with each promotion */
    struct sharing sharing;
    const char *text; /* of the whole bundle */
    size_t len;
    struct json_left_out promotions_text;
    struct digest digest;
    struct errmsg syntax; /* what is wrong with the JSON of a promotion; then nothing else counts */
    enum status syntax_st;
    enum status digest_st; /* ST_NOMEM; what is wrong with the text is a fault of the report */
    struct {
        struct selection *items;
        size_t count, cap;
    } selections;
    uint32_t *slots; /* selections by what they are, + 1; slot_count is a power of two */
    size_t slot_count;
    struct named_set *sets; /* sorted by name */
    size_t set_count;
    int set_depth;
    struct price_list *lists; /* sorted by name */
    size_t list_count;
    struct intern groups; /* names of the exclusive groups */
    struct intern series_names;
    uint32_t *series_of_name;
    struct layer *layers;
    struct point_currency *currencies;
    struct coupon_series *series;
    struct promotion *promotions;
};

/* compile_envelope.c, in the order they are called */
void compile_header(struct compiler *c, const cJSON *root);
void compile_guards(struct compiler *c, const cJSON *root);
void compile_layers(struct compiler *c, const cJSON *root);
void compile_currencies(struct compiler *c, const cJSON *root);
void compile_redemption(struct compiler *c, const cJSON *root);
uint32_t compile_currency(struct compiler *c, const cJSON *object, const char *name, enum need need);
/* The elements of an array, with room for one struct each; NULL without memory. */
void *compile_elements(struct compiler *c, const cJSON *root, const char *name, enum need need, size_t count_max,
                       size_t bytes_each, const cJSON **out_array);
/* compile_coupons.c */
void compile_series(struct compiler *c, const cJSON *root);
uint32_t compile_series_named(struct compiler *c, const cJSON *object, const char *name, enum need need);
/* compile_offline.c: what the engine does not use itself. */
void compile_carried(struct compiler *c, const cJSON *root);
/* compile_receipts.c */
void compile_receipts(struct compiler *c, const cJSON *root);
/* compile_items.c */
void compile_sets(struct compiler *c, const cJSON *root);
/* Compiles the selection that stands at member name of object. Answers its number, NONE with a fault. */
uint32_t compile_items(struct compiler *c, const cJSON *object, const char *name, enum need need);
/* compile_pool.c: adds a selection. Answers its number, NONE without memory. */
uint32_t compile_selection_add(struct compiler *c, const struct selection *selection);
/* compile_index.c, after all else: the index from names to selections and from selections to promotions. */
void compile_index(struct compiler *c);
bool compile_always(const struct promotion *promotion);

/* compile_when.c */
void compile_when(struct compiler *c, const cJSON *promotion, struct promotion *out);
/* compile_reward.c */
void compile_reward(struct compiler *c, const cJSON *promotion, struct promotion *out);
/* compile_prices.c */
void compile_price_lists(struct compiler *c, const cJSON *root);
/* The list that member name of object names; NULL with a fault. */
const struct price_list *compile_list_named(struct compiler *c, const cJSON *object, const char *name);
void compile_reward_cap(struct compiler *c, const cJSON *json, struct promotion *out);
/* compile_sets.c: rewards that make sets or pick units, and what they share */
void compile_reward_gives(struct compiler *c, const cJSON *json, const char *ways, enum gives *out_gives,
                          int64_t *out_value);
void compile_reward_price_list(struct compiler *c, const cJSON *json, struct promotion *out);
void compile_reward_nth_unit(struct compiler *c, const cJSON *json, struct promotion *out);
void compile_reward_cheapest(struct compiler *c, const cJSON *json, struct promotion *out);
void compile_reward_mix(struct compiler *c, const cJSON *json, struct promotion *out);
void compile_reward_steps(struct compiler *c, const cJSON *json, struct promotion *out);
void compile_reward_gift(struct compiler *c, const cJSON *json, struct promotion *out);
/* compile_codes.c */
void compile_code_grammar(struct compiler *c, const cJSON *root);
/* compile_warn.c: at the place of the promotion; when all are there */
void compile_warn_promotion(struct compiler *c, const struct promotion *promotion);
void compile_warn_guard(struct compiler *c);
/* gate.c */
void compile_gates(struct compiler *c);
/* compile_promotion.c: sorted by layer, order, id afterwards. */
void compile_promotions(struct compiler *c, const cJSON *root);

/* digest.c: SHA-256 over the canonical text of a JSON value. */
void digest_begin(struct digest *d, struct arena *scratch, const cJSON *root);
/* The members before the one of that name, its name, and the begin of its array; false when it is not there. */
bool digest_to_array(struct digest *d, const char *name);
void digest_element(struct digest *d, const cJSON *value);
void digest_array_end(struct digest *d);
/* The rest; out_text has 64 hex digits. ST_INVALID: a number was no integer; ST_FULL: too large; ST_NOMEM. */
enum status digest_end(struct digest *d, char out_text[65]);

/* compile_signed.c: the keys of a coupon series, and that only a signed one has them. */
void compile_series_keys(struct compiler *c, const cJSON *json, bool is_signed, struct coupon_series *out);

#endif
