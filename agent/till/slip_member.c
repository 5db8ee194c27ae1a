/* SPDX-License-Identifier: Apache-2.0 */
/* What of a slip is the member's: points, offers, coupons for the next visit, and what promotions say. */
#include "agent/till/slip_internal.h"

#include "agent/base/civil_time.h"
#include "agent/base/sha256.h"
#include "agent/engine/engine.h"
#include "agent/till/tree.h"

#include <cjson/cJSON.h>

#include <string.h>

/* Earned ones are taken back, spent ones given back; what the balance is then the central knows. */
void slip_fill_points_back(struct slip_build *b)
{
    const struct bundle *bundle = b->from->bundle;
    const cJSON *item;

    for (size_t i = 0; i < bundle_currency_count(bundle) && i < RECEIPT_POINTS_MAX; i++) {
        cJSON_ArrayForEach(item, tree_child(b->result, "points"))
        {
            if (strcmp(tree_text(item, "currency"), bundle_currency_id(bundle, i)) == 0 &&
                b->facts.points_count < RECEIPT_POINTS_MAX)
                b->points[b->facts.points_count++] = (struct receipt_points){
                    .name = "",
                    .digits = bundle_currency_digits(bundle, i),
                    .earned = -tree_int(item, "taken_back"),
                    .redeemed = -tree_int(item, "given_back"),
                };
        }
    }
    b->facts.points = b->points;
}

/* What slip_note wrote beside the sale: of when the balance is, and what of it waits. */
static void fill_waiting(struct slip_build *b, const char *currency, struct receipt_points *points)
{
    const char *language = b->from->language;
    char(*from_text)[SLIP_DATE_MAX] = b->waiting_from[points - b->points];
    const cJSON *item;

    cJSON_ArrayForEach(item, tree_child(tree_child(b->body, "points_known"), "waiting"))
    {
        size_t i = points->waiting_count;
        int32_t day;

        if (i == RECEIPT_WAITING_MAX || strcmp(tree_text(item, "currency"), currency) != 0 ||
            civil_parse_date(tree_text(item, "from"), &day) != ST_OK)
            continue;
        slip_format_day(day, language, from_text[i]);
        points->waiting[i] = (struct receipt_waiting){tree_int(item, "amount"), from_text[i]};
        points->waiting_count++;
    }
}

void slip_fill_points(struct slip_build *b)
{
    const struct bundle *bundle = b->from->bundle;
    const cJSON *balances = tree_child(tree_child(b->sale, "member"), "balances"), *item;

    slip_format_time(tree_text(tree_child(b->body, "points_known"), "as_of"), b->from->language, b->as_of_text);
    for (size_t i = 0; tree_child(b->sale, "member") && i < bundle_currency_count(bundle) && i < RECEIPT_POINTS_MAX;
         i++) {
        const char *id = bundle_currency_id(bundle, i);
        struct receipt_points *points = &b->points[b->facts.points_count++];
        int64_t cost = 0;

        /* The name stays empty, which prints the word for points: bundles name currencies by id only. */
        *points = (struct receipt_points){.name = "",
                                          .digits = bundle_currency_digits(bundle, i),
                                          .balance_known = true,
                                          .balance_as_of = b->as_of_text};
        fill_waiting(b, id, points);
        cJSON_ArrayForEach(item, tree_child(b->result, "points"))
        {
            if (strcmp(tree_text(item, "currency"), id) != 0)
                continue;
            points->earned = tree_int(item, "earned");
            points->redeemed = tree_int(item, "redeemed");
            cost = tree_int(item, "cost");
        }
        points->balance = tree_int(balances, id) + points->earned - points->redeemed - cost;
        points->redeemed += cost;
        for (size_t k = 0; k < points->waiting_count; k++) /* the sale's balance is what could be spent */
            points->balance += points->waiting[k].amount;
    }
    b->facts.points = b->points;
}

void slip_fill_messages(struct slip_build *b)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, tree_child(b->result, "messages"))
    {
        const cJSON *text = tree_child(item, "text");
        const char *words = cJSON_IsString(text) ? text->valuestring : tree_text(text, b->from->language);

        if (words[0] == '\0')
            words = tree_text(text, "en");
        if (strcmp(tree_text(item, "to"), "receipt") == 0 && b->facts.message_count < RECEIPT_MESSAGES_MAX)
            b->messages[b->facts.message_count++] = words;
    }
    b->facts.messages = b->messages;
}

/* The business date; 0 when the sale has none, so that nothing is over. */
static int32_t sold_on(const struct slip_build *b)
{
    int32_t day = 0;

    (void)civil_parse_date(tree_text(b->sale, "business_date"), &day);
    return day;
}

/* What is for this member alone and did not apply to this sale. */
void slip_fill_offers(struct slip_build *b)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, tree_child(tree_child(b->sale, "member"), "personal"))
    {
        const char *id = cJSON_IsString(item) ? item->valuestring : "";
        const char *title = bundle_title(b->from->bundle, id, b->from->language);
        struct receipt_offer *offer = &b->offers[b->facts.offer_count];
        bool used = strcmp(title, id) == 0; /* the rules know of no such promotion */
        int32_t last_day;

        if (b->facts.offer_count == RECEIPT_OFFERS_MAX)
            break;
        for (size_t i = 0; i < b->facts.line_count; i++) {
            for (size_t k = 0; k < b->lines[i].adjustment_count; k++)
                used = used || strcmp(b->lines[i].adjustments[k].title, title) == 0;
        }
        if (used)
            continue;
        *offer = (struct receipt_offer){.title = title};
        if (bundle_last_day(b->from->bundle, id, &last_day)) {
            if (last_day < sold_on(b))
                continue;
            offer->valid_until = b->offer_until[b->facts.offer_count];
            slip_format_day(last_day, b->from->language, b->offer_until[b->facts.offer_count]);
        }
        b->facts.offer_count++;
    }
    b->facts.offers = b->offers;
}

/* The same for each copy of a sale, another for most other sales. */
static uint64_t pick_of(const char *sale_id, const char *promotion)
{
    uint8_t digest[SHA256_BYTES];
    struct sha256 sum;
    uint64_t pick = 0;

    sha256_init(&sum);
    sha256_add(&sum, sale_id, strlen(sale_id));
    sha256_add(&sum, "\n", 1);
    sha256_add(&sum, promotion, strlen(promotion));
    sha256_end(&sum, digest);
    for (size_t i = 0; i < sizeof pick; i++)
        pick = pick << 8 | digest[i];
    return pick;
}

/* In capitals, as people read codes to each other; "" when the series has none to give, or one too long. */
static void write_code(const struct slip_build *b, const cJSON *issued, char out_code[SLIP_CODE_MAX])
{
    const char *code = bundle_series_code(b->from->bundle, tree_text(issued, "series"),
                                          pick_of(tree_text(b->sale, "sale_id"), tree_text(issued, "promotion")));

    if (!code || strlen(code) >= SLIP_CODE_MAX)
        code = "";
    for (size_t i = 0; i <= strlen(code); i++)
        out_code[i] = (char)(code[i] >= 'a' && code[i] <= 'z' ? code[i] - 'a' + 'A' : code[i]);
}

void slip_fill_coupons(struct slip_build *b)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, tree_child(b->result, "issued_coupons"))
    {
        size_t i = b->facts.coupon_count;
        int32_t day;

        if (i == RECEIPT_COUPONS_MAX)
            break;
        if (!cJSON_IsTrue(tree_child(item, "print")))
            continue;
        b->coupon_until[i][0] = '\0';
        if (civil_parse_date(tree_text(item, "valid_until"), &day) == ST_OK)
            slip_format_day(day, b->from->language, b->coupon_until[i]);
        write_code(b, item, b->coupon_code[i]);
        b->coupons[i] = (struct receipt_coupon){
            bundle_title(b->from->bundle, tree_text(item, "promotion"), b->from->language),
            b->coupon_until[i],
            b->coupon_code[i],
        };
        b->facts.coupon_count++;
    }
    b->facts.coupons = b->coupons;
}
