/* SPDX-License-Identifier: Apache-2.0 */
/* JSON to a checked return. What a sale, its result and the earlier returns say must fit together: a result of
 * another sale, more back than was sold, or the same return twice would pay out what nobody paid. */
#include "agent/engine/refund.h"

#include "agent/base/json.h"

#include <string.h>

enum { EARLIER_MAX = 10000 };
#define REFUND_AMOUNT_MAX INT64_C(1000000000000000) /* 10^15: a whole sale */

static bool fail(struct refund *r, const char *code, const char *name, const char *message)
{
    return sr_fail(&r->at, code, name, message);
}

/* From now on faults are at that pointer. */
#define go(r, ...)                                                                                                   \
    do {                                                                                                             \
        struct errmsg go_at_ = ERRMSG_INIT;                                                                          \
        errmsg_set(&go_at_, __VA_ARGS__);                                                                            \
        sr_go(&(r)->at, go_at_.text);                                                                                \
    } while (0)

static bool integer(struct refund *r, const cJSON *object, const char *name, int64_t min, int64_t max, int64_t *out)
{
    if (!sr_member(object, name))
        return fail(r, "schema", name, "is missing");
    return sr_integer(&r->at, object, name, min, max, out);
}

static bool is_object(struct refund *r, const cJSON *json)
{
    if (cJSON_IsObject(json))
        return true;
    return fail(r, "schema", NULL, "wants an object");
}

static bool array(struct refund *r, const cJSON *object, const char *name, const cJSON **out)
{
    return sr_container(&r->at, object, name, true, out);
}

/* ---- what was sold */

static struct refund_sold *find_sold(struct refund *r, int64_t line)
{
    for (size_t i = 0; i < r->sold_count; i++) {
        if (r->sold[i].line->line == line)
            return &r->sold[i];
    }
    return NULL;
}

static bool read_redeemed(struct refund *r, const cJSON *json, struct refund_sold *sold)
{
    const cJSON *list, *value;
    struct refund_redeemed *items;
    int64_t sum = 0;

    if (!array(r, json, "redeemed", &list))
        return false;
    items = arena_array(&r->arena, list ? (size_t)cJSON_GetArraySize(list) + 1 : 1, sizeof *items);
    if (!items)
        return false;
    sold->by_currency = items;
    cJSON_ArrayForEach(value, list)
    {
        struct refund_redeemed *item = &items[sold->currency_count++];

        item->currency = "";
        if (!is_object(r, value) || !sr_text(&r->at, value, "currency", &item->currency) ||
            !integer(r, value, "amount_minor", 0, REFUND_AMOUNT_MAX, &item->amount))
            return false;
        sum += item->amount;
    }
    if (sum != sold->redeemed)
        return fail(r, "schema", "redeemed", "does not sum to redeemed_minor");
    return true;
}

static bool read_result_line(struct refund *r, const cJSON *json, bool *seen)
{
    struct refund_sold *sold;
    int64_t number;

    if (!is_object(r, json) || !integer(r, json, "line", -JSON_INT_MAX, JSON_INT_MAX, &number))
        return false;
    sold = find_sold(r, number);
    if (!sold)
        return fail(r, "line", "line", "the sale has no such line");
    if (seen[sold - r->sold])
        return fail(r, "duplicate", "line", "another line has this number");
    seen[sold - r->sold] = true;
    if (!integer(r, json, "gross_minor", 0, REFUND_AMOUNT_MAX, &sold->gross) ||
        !integer(r, json, "discount_minor", 0, sold->gross, &sold->discount) ||
        !integer(r, json, "redeemed_minor", 0, sold->gross, &sold->redeemed) ||
        !integer(r, json, "net_minor", 0, sold->gross, &sold->net))
        return false;
    if (sold->gross != sold->line->gross_minor)
        return fail(r, "schema", "gross_minor", "is not that of the sale's line: a result of another sale");
    if (sold->gross - sold->discount - sold->redeemed != sold->net)
        return fail(r, "schema", "net_minor", "is not gross less discount less redeemed");
    r->total += sold->net;
    return read_redeemed(r, json, sold);
}

static bool read_result_lines(struct refund *r)
{
    const cJSON *list, *value;
    bool *seen = arena_array(&r->arena, r->sold_count + 1, sizeof *seen);
    unsigned count = 0;

    sr_go(&r->at, "/result");
    if (!seen || !array(r, r->result_json, "lines", &list))
        return false;
    cJSON_ArrayForEach(value, list)
    {
        go(r, "/result/lines/%u", count++);
        if (!read_result_line(r, value, seen))
            return false;
    }
    sr_go(&r->at, "/result");
    if (count != r->sold_count)
        return fail(r, "schema", "lines", "are fewer than the sale's");
    return true;
}

static bool read_result_points(struct refund *r)
{
    const cJSON *list, *value;
    unsigned count = 0;

    sr_go(&r->at, "/result");
    if (!array(r, r->result_json, "points", &list))
        return false;
    r->points = arena_array(&r->arena, list ? (size_t)cJSON_GetArraySize(list) + 1 : 1, sizeof *r->points);
    if (!r->points)
        return false;
    cJSON_ArrayForEach(value, list)
    {
        struct refund_points *points = &r->points[r->point_count++];

        go(r, "/result/points/%u", count++);
        points->currency = "";
        if (!is_object(r, value) || !sr_text(&r->at, value, "currency", &points->currency) ||
            !sr_integer(&r->at, value, "earned", 0, REFUND_AMOUNT_MAX, &points->earned) ||
            !sr_integer(&r->at, value, "redeemed", 0, REFUND_AMOUNT_MAX, &points->redeemed) ||
            !sr_integer(&r->at, value, "cost", 0, REFUND_AMOUNT_MAX, &points->cost))
            return false;
    }
    return true;
}

static bool read_sale(struct refund *r)
{
    struct engine_fault fault;
    struct errmsg at = ERRMSG_INIT;
    enum status st = sale_from_tree(r->sale_json, &r->sale, &fault);

    if (st == ST_NOMEM) {
        r->arena.st = st;
        return false;
    }
    if (st != ST_OK) { /* the sale's own fault, below /sale */
        errmsg_set(&at, "/sale%s", fault.at);
        sr_go(&r->at, at.text);
        return fail(r, fault.code, NULL, fault.message);
    }
    r->sold_count = r->sale->line_count;
    r->sold = arena_array(&r->arena, r->sold_count + 1, sizeof *r->sold);
    for (size_t i = 0; r->sold && i < r->sold_count; i++)
        r->sold[i].line = &r->sale->lines[i];
    return r->sold && read_result_lines(r) && read_result_points(r);
}

/* ---- earlier returns */

static bool read_earlier_line(struct refund *r, const cJSON *json)
{
    int64_t number, qty, refund;
    struct refund_sold *sold;

    if (!is_object(r, json) || !integer(r, json, "line", -JSON_INT_MAX, JSON_INT_MAX, &number))
        return false;
    sold = find_sold(r, number);
    if (!sold)
        return fail(r, "line", "line", "the sale has no such line");
    if (!integer(r, json, "qty_milli", 1, LINE_QTY_MAX, &qty) ||
        !integer(r, json, "refund_minor", 0, REFUND_AMOUNT_MAX, &refund))
        return false;
    if (qty > sold->line->qty_milli - sold->before_qty)
        return fail(r, "quantity", "qty_milli", "is more than was left: the earlier returns do not fit the sale");
    sold->before_qty += qty;
    sold->before_minor += refund;
    r->before += refund;
    return true;
}

static bool read_earlier_points(struct refund *r, const cJSON *json)
{
    const char *currency = "";
    int64_t taken = 0, given = 0;

    if (!is_object(r, json) || !sr_text(&r->at, json, "currency", &currency) ||
        !sr_integer(&r->at, json, "taken_back", 0, REFUND_AMOUNT_MAX, &taken) ||
        !sr_integer(&r->at, json, "given_back", 0, REFUND_AMOUNT_MAX, &given))
        return false;
    for (size_t i = 0; i < r->point_count; i++) {
        if (strcmp(r->points[i].currency, currency) == 0) {
            r->points[i].before_taken += taken;
            r->points[i].before_given += given;
        }
    }
    return true;
}

/* The same return worked out twice would take and give twice. */
static bool return_is_new(struct refund *r, const cJSON *earlier, const cJSON *one)
{
    const cJSON *other;
    const char *id = "";

    if (!sr_text(&r->at, one, "return_id", &id))
        return false;
    if (*id && strcmp(id, r->return_id) == 0)
        return fail(r, "duplicate", "return_id", "is that of this return: it was worked out already");
    for (other = earlier->child; *id && other != one; other = other->next) {
        const cJSON *text = sr_member(other, "return_id");

        if (cJSON_IsString(text) && strcmp(text->valuestring, id) == 0)
            return fail(r, "duplicate", "return_id", "is there twice");
    }
    return true;
}

static bool read_earlier_one(struct refund *r, const cJSON *earlier, const cJSON *one, unsigned number)
{
    const cJSON *lines, *points, *value;
    unsigned i = 0;

    go(r, "/earlier/%u", number);
    if (!is_object(r, one))
        return false;
    if (!return_is_new(r, earlier, one) || !array(r, one, "lines", &lines) || !array(r, one, "points", &points))
        return false;
    cJSON_ArrayForEach(value, lines)
    {
        go(r, "/earlier/%u/lines/%u", number, i++);
        if (!read_earlier_line(r, value))
            return false;
    }
    i = 0;
    cJSON_ArrayForEach(value, points)
    {
        go(r, "/earlier/%u/points/%u", number, i++);
        if (!read_earlier_points(r, value))
            return false;
    }
    return true;
}

static bool read_earlier(struct refund *r, const cJSON *root)
{
    const cJSON *earlier, *value;
    unsigned number = 0;

    sr_go(&r->at, "");
    if (!array(r, root, "earlier", &earlier))
        return false;
    if (earlier && cJSON_GetArraySize(earlier) > EARLIER_MAX)
        return fail(r, "range", "earlier", "has more than 10000 returns");
    cJSON_ArrayForEach(value, earlier)
    {
        if (!read_earlier_one(r, earlier, value, number++))
            return false;
    }
    return true;
}

/* ---- this return */

static bool line_of_sale(struct refund *r, struct refund_line *out)
{
    struct refund_sold *sold = find_sold(r, out->line);

    if (!sold)
        return fail(r, "line", "line", "the sale has no such line");
    if (sold->back_qty > 0)
        return fail(r, "duplicate", "line", "is returned twice here; write it once with the whole quantity");
    if (!sold->line->weight && out->qty % 1000 != 0)
        return fail(r, "quantity", "qty_milli", "is not whole: the line was not sold by weight");
    if (out->qty > sold->line->qty_milli - sold->before_qty)
        return fail(r, "quantity", "qty_milli", "is more than was sold and is not back yet");
    sold->back_qty = out->qty;
    out->sold = sold;
    return true;
}

static bool read_lines(struct refund *r, const cJSON *root)
{
    const cJSON *list, *value;

    sr_go(&r->at, "");
    if (!array(r, root, "lines", &list))
        return false;
    if (!list || !list->child)
        return fail(r, "schema", "lines", "is missing: what comes back?");
    if (cJSON_GetArraySize(list) > SALE_LINES_MAX)
        return fail(r, "range", "lines", "has more than 1000 lines");
    r->lines = arena_array(&r->arena, (size_t)cJSON_GetArraySize(list), sizeof *r->lines);
    if (!r->lines)
        return false;
    for (value = list->child; value; value = value->next) {
        struct refund_line *line = &r->lines[r->line_count];

        go(r, "/lines/%u", (unsigned)r->line_count++);
        if (!is_object(r, value) || !integer(r, value, "line", -JSON_INT_MAX, JSON_INT_MAX, &line->line) ||
            !integer(r, value, "qty_milli", 1, LINE_QTY_MAX, &line->qty))
            return false;
        if (r->policy == REFUND_UNREFERENCED
                ? !integer(r, value, "unit_price_minor", 0, LINE_AMOUNT_MAX, &line->unit_price)
                : !line_of_sale(r, line))
            return false;
    }
    return true;
}

static bool read_policy(struct refund *r, const cJSON *root)
{
    static const char *const words[] = {"as_paid", "recompute", "unreferenced"};
    const char *word = "as_paid";

    if (!sr_text(&r->at, root, "policy", &word))
        return false;
    for (int i = 0; i < 3; i++) {
        if (strcmp(word, words[i]) == 0) {
            r->policy = (enum refund_policy)i;
            return true;
        }
    }
    return fail(r, "schema", "policy", "wants as_paid, recompute or unreferenced");
}

bool refund_read(struct refund *r, const cJSON *root)
{
    if (!is_object(r, root))
        return false;
    r->return_id = "";
    if (!sr_text(&r->at, root, "return_id", &r->return_id) || !read_policy(r, root))
        return false;
    if (r->policy == REFUND_UNREFERENCED)
        return read_lines(r, root);
    if (!sr_member(root, "sale"))
        return fail(r, "unreferenced", "sale", "is missing: without its sale nothing is refunded under this policy");
    if (!sr_container(&r->at, root, "sale", false, &r->sale_json) ||
        !sr_container(&r->at, root, "result", false, &r->result_json))
        return false;
    if (!r->result_json)
        return fail(r, "schema", "result", "is missing: what was paid for the sale");
    return read_sale(r) && read_earlier(r, root) && read_lines(r, root);
}
