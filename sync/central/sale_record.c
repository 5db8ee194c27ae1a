/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/sale_record.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/civil_time.h"
#include "agent/base/json.h"
#include "agent/base/money.h"
#include "agent/base/sha256.h"
#include "agent/base/strbuf.h"
#include "sync/protocol/record.h"

/* What a bundle may call a promotion or a currency is the engine's to say; here it must only be kept whole. */
enum { BUNDLE_NAME_MAX = 512, COUPON_CODE_MAX = 512 };

/* The end of a JSON value that begins at text[at]; the text was parsed before, so brackets and quotes match. */
static size_t value_end(const char *text, size_t len, size_t at)
{
    int depth = 0;
    bool quoted = false;

    for (; at < len; at++) {
        char c = text[at];

        if (quoted) {
            if (c == '\\')
                at++;
            else if (c == '"')
                quoted = false;
            continue;
        }
        if (c == '"')
            quoted = true;
        else if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']' || c == ',') && depth == 0)
            return at;
        else if (c == '}' || c == ']')
            depth--;
    }
    return at;
}

static size_t skip_space(const char *text, size_t len, size_t at)
{
    while (at < len && (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r'))
        at++;
    return at;
}

/* Finds the bytes of one member of the object that text is. Names with escapes are not found: ours have none. Of a
 * name given twice the first counts, as it does for cJSON. */
static bool find_value(const char *text, size_t len, const char *name, const char **out_value, size_t *out_len)
{
    size_t name_len = strlen(name), at = skip_space(text, len, 0) + 1;

    while (at < len) {
        size_t key, key_end, end;

        at = skip_space(text, len, at);
        if (at >= len || text[at] != '"')
            return false;
        key = at + 1;
        for (key_end = key; key_end < len && text[key_end] != '"'; key_end++)
            key_end += text[key_end] == '\\';
        at = skip_space(text, len, key_end + 1);
        at = skip_space(text, len, at + 1); /* past the colon */
        end = value_end(text, len, at);
        if (key_end - key == name_len && memcmp(text + key, name, name_len) == 0) {
            *out_value = text + at;
            *out_len = end - at;
            return end <= len;
        }
        at = end + 1;
    }
    return false;
}

static enum status read_amount(const struct cJSON *result, const char *name, int64_t *out_minor, struct errmsg *err)
{
    enum status st = json_int(result, name, -MONEY_MINOR_MAX, MONEY_MINOR_MAX, out_minor, err);

    return st == ST_NOT_FOUND ? ST_INVALID : st;
}

static enum status read_totals(struct sale_record *record, struct errmsg *err)
{
    enum status st = read_amount(record->result, "gross_minor", &record->gross_minor, err);

    if (st == ST_OK)
        st = read_amount(record->result, "discount_minor", &record->discount_minor, err);
    if (st == ST_OK)
        st = read_amount(record->result, "redeemed_minor", &record->redeemed_minor, err);
    if (st == ST_OK)
        st = read_amount(record->result, "total_minor", &record->net_minor, err);
    if (st == ST_OK && record->gross_minor - record->discount_minor - record->redeemed_minor != record->net_minor) {
        errmsg_set(err, "gross less discount less redeemed is not the total");
        st = ST_INVALID;
    }
    return st;
}

static enum status read_date(const struct cJSON *sale, struct sale_record *record, struct errmsg *err)
{
    const char *text = "";
    struct civil_time at;
    enum status st = json_text(sale, "business_date", 10, &text, err);

    if (st == ST_OK)
        st = civil_parse_date(text, &record->business_day);
    if (st == ST_NOT_FOUND) {
        st = json_text(sale, "at", 64, &text, err);
        if (st == ST_OK)
            st = civil_parse_time(text, &at);
        if (st == ST_OK)
            record->business_day = at.day;
    }
    if (st != ST_OK) {
        errmsg_set(err, "the sale has no business date that can be read");
        return ST_INVALID;
    }
    civil_format_date(record->business_day, record->business_date);
    return ST_OK;
}

static enum status read_id(const struct cJSON *object, const char *name, const char **out_id, struct errmsg *err)
{
    enum status st = json_text(object, name, ID_LEN_MAX, out_id, err);

    if (st == ST_OK && !id_is_valid(*out_id)) {
        errmsg_set(err, "%s is not a name", name);
        st = ST_INVALID;
    }
    return st;
}

static enum status read_sale(const struct cJSON *sale, struct sale_record *record, struct errmsg *err)
{
    const struct cJSON *object, *lines;
    enum status st = read_id(sale, "sale_id", &record->sale_id, err);

    if (st == ST_OK)
        st = read_date(sale, record, err);
    record->store = record->till = record->member = "";
    if (st == ST_OK) {
        st = json_object(sale, "store", &object, err);
        if (st == ST_OK)
            st = json_text(object, "id", ID_LEN_MAX, &record->store, err);
        st = json_optional(st);
    }
    if (st == ST_OK)
        st = json_optional(json_text(sale, "till", ID_LEN_MAX, &record->till, err));
    if (st == ST_OK) {
        st = json_object(sale, "member", &object, err);
        if (st == ST_OK)
            st = read_id(object, "id", &record->member, err);
        st = json_optional(st);
    }
    if (st == ST_OK) {
        st = json_array(sale, "lines", &lines, err);
        if (st == ST_OK)
            record->line_count = cJSON_GetArraySize(lines);
        st = json_optional(st);
    }
    return st;
}

static enum status read_body(const char *body, size_t len, struct sale_record *record, struct errmsg *err)
{
    const struct cJSON *sale;
    enum status st = json_object(record->root, "sale", &sale, err);

    if (st == ST_OK)
        st = json_object(record->root, "result", &record->result, err);
    if (st == ST_OK && !find_value(body, len, "sale", &record->sale_json, &record->sale_len)) {
        errmsg_set(err, "the sale cannot be found in the body");
        st = ST_INVALID;
    }
    if (st == ST_OK)
        st = read_sale(sale, record, err);
    if (st == ST_OK)
        st = read_totals(record, err);
    if (st == ST_OK)
        st = json_text(record->result, "digest", SHA256_TEXT - 1, &record->digest, err);
    record->bundle = record->identifier = "";
    if (st == ST_OK)
        st = json_optional(json_text(record->root, "bundle", SHA256_TEXT - 1, &record->bundle, err));
    if (st == ST_OK)
        st = json_optional(json_text(record->root, "identifier", 32, &record->identifier, err));
    if (st == ST_OK && record->identifier[0] &&
        (strlen(record->identifier) != 32 || strspn(record->identifier, "0123456789abcdef") != 32)) {
        errmsg_set(err, "identifier is not 32 hex digits");
        st = ST_INVALID;
    }
    return st == ST_NOT_FOUND ? ST_INVALID : st;
}

enum status sale_record_parse(const char *body, size_t len, struct sale_record *out_record, struct errmsg *err)
{
    struct sale_record record = {0};
    enum status st = json_pool_parse(&record.pool, body, len, RECORD_BYTES_MAX, &record.root, err);

    if (st == ST_OK)
        st = read_body(body, len, &record, err);
    if (st != ST_OK) {
        json_pool_free(&record.pool);
        *out_record = (struct sale_record){0};
        return st;
    }
    *out_record = record;
    return ST_OK;
}

void sale_record_clear(struct sale_record *record)
{
    json_pool_free(&record->pool);
    *record = (struct sale_record){0};
}

enum status sale_record_points(const struct sale_record *record, int index, struct sale_points *out_points,
                               struct errmsg *err)
{
    const struct cJSON *points, *one;
    struct sale_points read = {0};
    enum status st = json_array(record->result, "points", &points, err);

    if (st != ST_OK)
        return st;
    one = cJSON_GetArrayItem(points, index);
    if (!one)
        return ST_NOT_FOUND;
    st = json_text(one, "currency", BUNDLE_NAME_MAX, &read.currency, err);
    if (st == ST_NOT_FOUND)
        st = ST_INVALID;
    if (st == ST_OK)
        st = json_optional(json_int(one, "earned", 0, MONEY_MINOR_MAX, &read.earned, err));
    if (st == ST_OK)
        st = json_optional(json_int(one, "redeemed", 0, MONEY_MINOR_MAX, &read.redeemed, err));
    if (st == ST_OK)
        st = json_optional(json_int(one, "cost", 0, MONEY_MINOR_MAX, &read.cost, err));
    if (st == ST_OK)
        *out_points = read;
    return st;
}

/* Names met so far in one sale: each is visited once. */
struct uses {
    const char *names[SALE_USES_MAX];
    int count;
};

static enum status note_use(struct uses *uses, const struct cJSON *holder, struct errmsg *err)
{
    const char *name;
    enum status st = json_text(holder, "promotion", BUNDLE_NAME_MAX, &name, err);

    if (st != ST_OK)
        return st == ST_NOT_FOUND ? ST_INVALID : st;
    for (int i = 0; i < uses->count; i++)
        if (strcmp(uses->names[i], name) == 0)
            return ST_OK;
    if (uses->count == SALE_USES_MAX) {
        errmsg_set(err, "more than %d promotions in one sale", SALE_USES_MAX);
        return ST_INVALID;
    }
    uses->names[uses->count++] = name;
    return ST_OK;
}

static enum status note_list(struct uses *uses, const struct cJSON *object, const char *name, struct errmsg *err)
{
    const struct cJSON *list, *one;
    enum status st = json_array(object, name, &list, err);

    if (st != ST_OK)
        return json_optional(st);
    cJSON_ArrayForEach(one, list)
    {
        st = note_use(uses, one, err);
        if (st != ST_OK)
            return st;
    }
    return ST_OK;
}

/* Promotions that took money off, gave points, or issued a coupon. */
static enum status note_all(struct uses *uses, const struct cJSON *result, struct errmsg *err)
{
    static const struct {
        const char *outer, *inner;
    } places[] = {{"lines", "adjustments"}, {"points", "by"}};
    const struct cJSON *list, *one;
    enum status st;

    for (int i = 0; i < 2; i++) {
        st = json_array(result, places[i].outer, &list, err);
        if (st == ST_NOT_FOUND)
            continue;
        if (st != ST_OK)
            return st;
        cJSON_ArrayForEach(one, list)
        {
            st = note_list(uses, one, places[i].inner, err);
            if (st != ST_OK)
                return st;
        }
    }
    return note_list(uses, result, "issued_coupons", err);
}

static enum status visit_coupon(const struct cJSON *coupon, sale_use_visitor *visit, void *context,
                                struct errmsg *err)
{
    char name[COUPON_CODE_MAX + 16] = "coupon:";
    const char *code, *state;
    size_t len = strlen(name);
    enum status st = json_text(coupon, "code", COUPON_CODE_MAX, &code, err);

    if (st == ST_OK)
        st = json_text(coupon, "state", 32, &state, err);
    if (st != ST_OK)
        return st == ST_NOT_FOUND ? ST_INVALID : st;
    if (strcmp(state, "applied") != 0)
        return ST_OK;
    for (; *code; code++)
        if (*code != ' ' && *code != '-')
            name[len++] = (char)tolower((unsigned char)*code);
    name[len] = '\0';
    return visit(context, name, err);
}

enum status sale_record_uses(const struct sale_record *record, sale_use_visitor *visit, void *context,
                             struct errmsg *err)
{
    struct uses *uses = calloc(1, sizeof(*uses));
    const struct cJSON *coupons, *one;
    enum status st;

    if (!uses)
        return ST_NOMEM;
    st = note_all(uses, record->result, err);
    for (int i = 0; st == ST_OK && i < uses->count; i++)
        st = visit(context, uses->names[i], err);
    free(uses);
    if (st != ST_OK)
        return st;
    st = json_array(record->result, "coupons", &coupons, err);
    if (st != ST_OK)
        return json_optional(st);
    cJSON_ArrayForEach(one, coupons)
    {
        st = visit_coupon(one, visit, context, err);
        if (st != ST_OK)
            return st;
    }
    return ST_OK;
}

char *sale_record_with_member(const struct sale_record *record, const char *member_json, size_t *out_len)
{
    struct strbuf text = STRBUF_INIT(2 * RECORD_BYTES_MAX);
    size_t rest = skip_space(record->sale_json, record->sale_len, 1);

    strbuf_puts(&text, "{\"member\":");
    strbuf_puts(&text, member_json);
    if (record->sale_json[rest] != '}')
        strbuf_putc(&text, ',');
    strbuf_add(&text, record->sale_json + rest, record->sale_len - rest);
    if (strbuf_status(&text) != ST_OK) {
        strbuf_free(&text);
        return NULL;
    }
    return strbuf_detach(&text, out_len);
}
