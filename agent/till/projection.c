/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/projection.h"

#include "agent/base/civil_time.h"
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/till/tree.h"
#include "sync/protocol/record.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void projection_clear(struct projection *projection)
{
    json_free(projection->tree);
    projection->tree = NULL;
    projection->effect_count = 0;
}

#define LEASE_ALL INT64_C(1000000000000000) /* more than any lease */

static void add(struct projection *p, enum cache_effect_kind kind, const char *subject, const char *name,
                int64_t amount, int32_t day)
{
    if (amount != 0 && p->effect_count < PROJECTION_EFFECTS_MAX)
        p->effects[p->effect_count++] = (struct cache_effect){kind, subject, name, amount, day};
}

/* One use is one sale in which the promotion gave something, however many times in it. */
static void add_use(struct projection *p, const char *promotion, int32_t day)
{
    for (size_t i = 0; i < p->effect_count; i++) {
        if (p->effects[i].kind == EFFECT_USE && strcmp(p->effects[i].name, promotion) == 0)
            return;
    }
    add(p, EFFECT_USE, "", promotion, 1, day);
    if (p->member[0] != '\0')
        add(p, EFFECT_MEMBER_USE, p->member, promotion, 1, day);
}

static void add_uses_of(struct projection *p, const cJSON *list, int32_t day)
{
    const cJSON *item;
    const char *promotion;

    cJSON_ArrayForEach(item, list)
    {
        if (json_text(item, "promotion", 128, &promotion, NULL) == ST_OK)
            add_use(p, promotion, day);
    }
}

static void add_points(struct projection *p, const cJSON *result, int32_t day)
{
    const cJSON *item;
    const char *currency;

    cJSON_ArrayForEach(item, tree_child(result, "points"))
    {
        if (p->member[0] != '\0' && json_text(item, "currency", 64, &currency, NULL) == ST_OK)
            add(p, EFFECT_POINTS, p->member, currency,
                tree_int(item, "earned") - tree_int(item, "redeemed") - tree_int(item, "cost"), day);
    }
}

void projection_coupon_name(const char *code, char out_name[CACHE_NAME_MAX + 1])
{
    size_t len = strlen("coupon:");

    memcpy(out_name, "coupon:", len);
    for (; *code && len < CACHE_NAME_MAX; code++) {
        if (*code != ' ' && *code != '-')
            out_name[len++] = (char)(*code >= 'A' && *code <= 'Z' ? *code + 32 : *code);
    }
    out_name[len] = '\0';
}

/* The name lives as long as the tree. */
static void add_coupon(struct projection *p, cJSON *holder, const char *code, int64_t amount, int32_t day)
{
    char name[CACHE_NAME_MAX + 1];
    cJSON *kept;

    projection_coupon_name(code, name);
    kept = cJSON_AddStringToObject(holder, name, name);
    if (kept)
        add(p, EFFECT_COUPON, "", kept->valuestring, amount, day);
}

static void add_coupons(struct projection *p, cJSON *result, int32_t day)
{
    cJSON *item;

    cJSON_ArrayForEach(item, tree_child(result, "coupons"))
    {
        if (strcmp(tree_text(item, "state"), "applied") == 0)
            add_coupon(p, item, tree_text(item, "code"), 1, day);
    }
}

/* The document that names another one: a return its sale, both parts of an exchange that. Views of the tree. */
static void add_tied(struct projection *p, const char *named, const char *by, int32_t day)
{
    if (named[0] != '\0' && strlen(named) <= CACHE_ID_MAX)
        add(p, EFFECT_TIED, named, by, 1, day);
}

static int32_t day_of(const cJSON *object)
{
    int32_t day = 0;

    (void)civil_parse_date(tree_text(object, "business_date"), &day);
    return day;
}

/* ---- totals ---- */

static void add_figure(struct projection *p, const char *name, int64_t amount, int32_t day)
{
    add(p, EFFECT_FIGURE, "", name, amount, day);
}

/* "earned:bonus" and the like. */
static void add_points_figure(struct projection *p, const char *what, const char *currency, int64_t amount,
                              int32_t day)
{
    char *name;

    if (amount == 0 || p->figure_name_count == PROJECTION_FIGURE_NAMES_MAX)
        return;
    name = p->figure_names[p->figure_name_count++];
    (void)snprintf(name, sizeof p->figure_names[0], "%s:%s", what, currency);
    add_figure(p, name, amount, day);
}

static void add_totals(struct projection *p, const cJSON *result, int32_t day)
{
    const char *digest = tree_text(result, "digest");
    const cJSON *item;

    add_figure(p, "sales", 1, day);
    add_figure(p, "gross", tree_int(result, "gross_minor"), day);
    add_figure(p, "discount", tree_int(result, "discount_minor"), day);
    add_figure(p, "redeemed", tree_int(result, "redeemed_minor"), day);
    add_figure(p, "net", tree_int(result, "total_minor"), day);
    if (digest[0] != '\0')
        add(p, EFFECT_DIGEST, "", digest, 1, day);
    cJSON_ArrayForEach(item, tree_child(result, "points"))
    {
        const char *currency = tree_text(item, "currency");

        add_points_figure(p, "earned", currency, tree_int(item, "earned"), day);
        add_points_figure(p, "redeemed", currency, tree_int(item, "redeemed") + tree_int(item, "cost"), day);
    }
}

/* What follows is of that shift, until the next one opens. */
static void read_shift(struct projection *p)
{
    const char *shift = tree_text(p->tree, "shift");

    if (strcmp(tree_text(p->tree, "state"), "open") == 0 && strlen(shift) <= CACHE_ID_MAX)
        add(p, EFFECT_SHIFT, "", shift, 1, 0);
}

/* ---- a sale, a return ---- */

static void read_sale(struct projection *p)
{
    const cJSON *sale = tree_child(p->tree, "sale"), *item;
    cJSON *result = cJSON_GetObjectItemCaseSensitive(p->tree, "result");
    const char *text;
    int32_t day = day_of(sale);

    if (json_text(sale, "sale_id", ID_LEN_MAX, &text, NULL) == ST_OK)
        (void)snprintf(p->sale_id, sizeof p->sale_id, "%s", text);
    if (json_text(tree_child(sale, "member"), "id", CACHE_ID_MAX, &text, NULL) == ST_OK)
        (void)snprintf(p->member, sizeof p->member, "%s", text);
    if (p->member[0] != '\0')
        add(p, EFFECT_MEMBER_USE, p->member, "", 1, day); /* the sale itself: a purchase */
    add_points(p, result, day);
    add_coupons(p, result, day);
    add_totals(p, result, day);
    add_tied(p, tree_text(tree_child(p->tree, "exchange"), "id"), tree_text(sale, "sale_id"), day);
    cJSON_ArrayForEach(item, tree_child(p->tree, "leases"))
        add(p, EFFECT_LEASE, "", tree_text(item, "id"), tree_int(item, "used"), day);
    cJSON_ArrayForEach(item, tree_child(result, "lines")) add_uses_of(p, tree_child(item, "adjustments"), day);
    cJSON_ArrayForEach(item, tree_child(result, "points")) add_uses_of(p, tree_child(item, "by"), day);
    add_uses_of(p, tree_child(result, "gifts"), day);
    add_uses_of(p, tree_child(result, "issued_coupons"), day);
}

/* What the sale did comes back in part: points taken and given, coupons free again. Uses stay counted: the promotion
 * did serve. */
static void read_return(struct projection *p)
{
    cJSON *result = cJSON_GetObjectItemCaseSensitive(p->tree, "result"), *item;
    const char *id = tree_text(p->tree, "return_id");
    int32_t day = day_of(p->tree);

    (void)snprintf(p->sale_id, sizeof p->sale_id, "%s", id);
    (void)snprintf(p->member, sizeof p->member, "%s", tree_text(p->tree, "member"));
    add_figure(p, "returns", 1, day);
    add_figure(p, "refund", tree_int(result, "refund_minor"), day);
    add_tied(p, tree_text(p->tree, "sale_id"), id, day);
    add_tied(p, tree_text(p->tree, "exchange"), id, day);
    cJSON_ArrayForEach(item, tree_child(result, "points"))
    {
        const char *currency = tree_text(item, "currency");

        add_points_figure(p, "taken_back", currency, tree_int(item, "taken_back"), day);
        add_points_figure(p, "given_back", currency, tree_int(item, "given_back"), day);
        if (p->member[0] != '\0')
            add(p, EFFECT_POINTS, p->member, currency,
                tree_int(item, "given_back") - tree_int(item, "taken_back"), day);
    }
    cJSON_ArrayForEach(item, tree_child(result, "coupons_released"))
    {
        if (cJSON_IsString(item))
            add_coupon(p, result, item->valuestring, -1, day);
    }
}

/* Its id is used up. */
static void read_void(struct projection *p)
{
    add_figure(p, "voids", 1, day_of(p->tree));
    (void)snprintf(p->sale_id, sizeof p->sale_id, "%s", tree_text(p->tree, "sale_id"));
}

/* Nothing more is spent from it, whatever a row says that was on its way before this record. */
static void read_lease_close(struct projection *p)
{
    (void)snprintf(p->member, sizeof p->member, "%s", tree_text(p->tree, "member"));
    add(p, EFFECT_LEASE, "", tree_text(p->tree, "lease"), LEASE_ALL, 0);
}

/* Those that do something here; a record of any other type does nothing. */
static const struct {
    const char *type;
    void (*read)(struct projection *p);
} readers[] = {{"sale", read_sale},
               {"return", read_return},
               {"shift", read_shift},
               {"void", read_void},
               {"lease_close", read_lease_close}};

enum status projection_read(const char *type, const char *body, size_t len, struct projection *out_projection,
                            struct errmsg *err)
{
    struct projection *p = out_projection;
    enum status st = ST_OK;

    p->tree = NULL;
    p->effect_count = p->figure_name_count = 0;
    p->sale_id[0] = p->member[0] = '\0';
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        if (strcmp(type, readers[i].type) != 0)
            continue;
        st = json_parse(body, len, RECORD_BYTES_MAX, &p->tree, err);
        if (st == ST_OK)
            readers[i].read(p);
        else if (st != ST_NOMEM)
            add_figure(p, "unreadable", 1, 0);
    }
    return st;
}

enum status projection_put(struct projection *p, struct cache *cache, const char *type, const char *body, size_t len,
                           int64_t position, struct errmsg *err)
{
    enum status st = projection_read(type, body, len, p, NULL);

    if (st == ST_NOMEM) {
        errmsg_set(err, "record %" PRId64 ": no memory to read it", position);
        return st;
    }
    if (st != ST_OK)
        log_error("till-17", "record cannot be read, its effects are left out position=%" PRId64, position);
    st = cache_project(cache, position, p->sale_id[0] ? p->sale_id : NULL, p->effects, p->effect_count, err);
    projection_clear(p);
    return st;
}
