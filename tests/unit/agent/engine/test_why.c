/* SPDX-License-Identifier: Apache-2.0 */
/* The sentences of why: one for each reason and figure, in both languages, as a cashier says them. */
#include "agent/engine/why.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENVELOPE                                                                                                     \
    "{\"format\":\"loyald-bundle/"                                                                                   \
    "1\",\"id\":\"b\",\"version\":1,\"currency\":\"RUB\",\"minor_digits\":2,\"layers\":["                            \
    "{\"id\":\"l\",\"mode\":\"best\"},{\"id\":\"c\",\"mode\":\"stack\"}],\"point_currencies\":[{\"id\":\"bonus\","   \
    "\"digits\":2,\"value_minor\":100}],\"coupon_series\":[{\"id\":\"s\",\"kind\":\"generic\",\"codes\":[\"X\"]}],"  \
    "\"promotions\":[%s]}"
#define PERCENT "\"reward\":{\"kind\":\"percent_off\",\"items\":{\"any\":true},\"percent_bp\":1000}"
#define LINES   "\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":2000,\"unit_price_minor\":1000}]"
#define NOON    "\"at\":\"2026-11-28T12:30:00+03:00\","

struct sentence_case {
    const char *promotion; /* its members but id, layer and title; id p, the first of those it is put beside */
    const char *sale;      /* its members but lines */
    const char *english, *russian;
};

static char *sentence(const struct sentence_case *c, const char *language)
{
    struct strbuf bundle_text = STRBUF_INIT(65536), sale_text = STRBUF_INIT(65536), out = STRBUF_INIT(1 << 20);
    struct strbuf promotions = STRBUF_INIT(65536);
    struct json_writer w = JSON_WRITER_INIT(&out);
    struct engine_options options = {.trace = true};
    const struct engine_result *result;
    struct engine_fault fault = {0};
    struct errmsg err = ERRMSG_INIT;
    struct engine_sale *sale;
    struct engine *engine;
    struct bundle *bundle;
    cJSON *json;
    char *text;

    strbuf_printf(&promotions,
                  "{\"id\":\"p\",\"layer\":\"l\",\"title\":{\"en\":\"Gold 10 %%\",\"ru\":\"Золото 10 %%\"},%s}",
                  c->promotion);
    strbuf_printf(&bundle_text, ENVELOPE, strbuf_text(&promotions));
    strbuf_printf(&sale_text, "{%s" LINES "}", c->sale);
    cr_assert_eq(bundle_compile(bundle_text.data, bundle_text.len, &bundle, NULL, &err), ST_OK, "%s", err.text);
    cr_assert_eq(engine_sale_parse(sale_text.data, sale_text.len, &sale, &fault), ST_OK, "%s %s", fault.at,
                 fault.message);
    cr_assert_eq(engine_create(&engine, NULL), ST_OK);
    cr_assert_eq(engine_evaluate(engine, bundle, sale, &options, &result, NULL), ST_OK);
    engine_why_write(bundle, sale, result, language, "p", &w);
    json = cJSON_Parse(strbuf_text(&out));
    cr_assert_eq(cJSON_GetArraySize(json), 1, "%s", strbuf_text(&out));
    text = strdup(cJSON_GetObjectItem(cJSON_GetArrayItem(json, 0), "sentence")->valuestring);
    cJSON_Delete(json);
    engine_destroy(engine);
    engine_sale_destroy(sale);
    bundle_destroy(bundle);
    strbuf_free(&promotions);
    strbuf_free(&bundle_text);
    strbuf_free(&sale_text);
    strbuf_free(&out);
    return text;
}

static const struct sentence_case cases[] = {
    {PERCENT, "", "Gold 10 %: applied, 2.00 off.", "Золото 10 %: сработала, скидка 2.00."},
    {"\"reward\":{\"kind\":\"points\",\"currency\":\"bonus\",\"items\":{\"any\":true},\"give\":1250}",
     "\"member\":{\"id\":\"M\"},", "Gold 10 %: applied, points: 12.50.", "Золото 10 %: сработала, баллов: 12.50."},
    {"\"when\":{\"stores\":{\"ids\":[\"S1\"]}}," PERCENT, "", "Gold 10 %: not in this store.",
     "Золото 10 %: не в этом магазине."},
    {"\"when\":{\"channels\":[\"web\",\"app\"]}," PERCENT, "",
     "Gold 10 %: not for sales by \"till\"; it is for: app, web.",
     "Золото 10 %: не для покупок через «till»; она для: app, web."},
    {"\"when\":{\"from\":\"2026-12-01T08:00\"}," PERCENT, NOON,
     "Gold 10 %: has not begun yet; it begins on 2026-12-01 08:00.",
     "Золото 10 %: ещё не началась; начнётся 2026-12-01 08:00."},
    {"\"when\":{\"until\":\"2026-11-28T12:30\"}," PERCENT, NOON, "Gold 10 %: is over since 2026-11-28 12:30.",
     "Золото 10 %: уже закончилась 2026-11-28 12:30."},
    {"\"when\":{\"from\":\"2026-11-01T00:00\"}," PERCENT, "",
     "Gold 10 %: it goes by the date, and the sale tells no time.",
     "Золото 10 %: зависит от даты, а время покупки не указано."},
    {"\"when\":{\"hours\":[[\"10:00\",\"12:00\"],[\"17:00\",\"19:00\"]]}," PERCENT, NOON,
     "Gold 10 %: not at this hour (12:30); it is on from 10:00 to 12:00, 17:00 to 19:00.",
     "Золото 10 %: не в это время (12:30); действует с 10:00 до 12:00, 17:00 до 19:00."},
    {"\"when\":{\"weekdays\":[\"mon\",\"fri\"]}," PERCENT, NOON,
     "Gold 10 %: not on this day (Saturday); its days: Monday, Friday.",
     "Золото 10 %: не в этот день (суббота); её дни: понедельник, пятница."},
    {"\"when\":{\"member\":{\"required\":true}}," PERCENT, "",
     "Gold 10 %: for card holders only, and no card was shown.",
     "Золото 10 %: только по карте, а карту не показали."},
    {"\"when\":{\"member\":{\"tiers\":[\"gold\"]}}," PERCENT, "\"member\":{\"id\":\"M\",\"tier\":\"silver\"},",
     "Gold 10 %: it is for: gold; the card is silver.", "Золото 10 %: она для уровня: gold; у карты — silver."},
    {"\"when\":{\"member\":{\"tiers\":[\"gold\"]}}," PERCENT, "\"member\":{\"id\":\"M\"},",
     "Gold 10 %: it is for: gold; the card has no level.", "Золото 10 %: она для уровня: gold; у карты уровня нет."},
    {"\"when\":{\"member\":{\"segments\":[\"new\"]}}," PERCENT, "\"member\":{\"id\":\"M\"},",
     "Gold 10 %: the card holder is not among those it is for.",
     "Золото 10 %: держатель карты не из тех, для кого она."},
    {"\"when\":{\"member\":{\"birthday\":{}}}," PERCENT, NOON "\"member\":{\"id\":\"M\"},",
     "Gold 10 %: it is for the days around a birthday, and the card holder's is not known.",
     "Золото 10 %: она ко дню рождения, а день рождения держателя карты неизвестен."},
    {"\"when\":{\"member\":{\"birthday\":{}}}," PERCENT, NOON "\"member\":{\"id\":\"M\",\"birthday\":\"05-17\"},",
     "Gold 10 %: it is for the days around the card holder's birthday, and this is none of them.",
     "Золото 10 %: она ко дню рождения держателя карты, а сегодня другой день."},
    {"\"when\":{\"member\":{\"personal\":true}}," PERCENT, "\"member\":{\"id\":\"M\"},",
     "Gold 10 %: a personal offer, and not one of this card holder's.",
     "Золото 10 %: персональное предложение, не для этой карты."},
    {"\"when\":{\"member\":{\"attrs\":[{\"attr\":\"age\",\"gte\":18}]}}," PERCENT, "\"member\":{\"id\":\"M\"},",
     "Gold 10 %: the card holder does not meet what it asks for (age).",
     "Золото 10 %: держатель карты не подходит под её условие (age)."},
    {"\"when\":{\"tenders\":[\"card\"]}," PERCENT, "\"tenders\":[\"cash\"],",
     "Gold 10 %: not with this way of paying; it is for: card.",
     "Золото 10 %: не при таком способе оплаты; она для: card."},
    {"\"when\":{\"tenders\":[\"card\"]}," PERCENT, "",
     "Gold 10 %: it depends on how is paid, which is not known yet; it is for: card.",
     "Золото 10 %: зависит от способа оплаты, а он ещё не выбран; она для: card."},
    {"\"when\":{\"coupon\":\"s\"}," PERCENT, "", "Gold 10 %: it wants a coupon, and no good one was given.",
     "Золото 10 %: нужен купон, а действующего не предъявили."},
    {"\"cost\":{\"currency\":\"bonus\",\"points\":50000}," PERCENT, "\"member\":{\"id\":\"M\"},",
     "Gold 10 %: it is bought with points (500.00), and nobody asked for it.",
     "Золото 10 %: её покупают за баллы (500.00), а её не попросили."},
    {"\"cost\":{\"currency\":\"bonus\",\"points\":50000}," PERCENT,
     "\"member\":{\"id\":\"M\",\"balances\":{\"bonus\":46000}},\"rewards\":[\"p\"],",
     "Gold 10 %: points are missing: 40.00 (460.00 of 500.00).",
     "Золото 10 %: не хватает баллов: 40.00 (460.00 из 500.00)."},
    {"\"limits\":{\"total\":1000}," PERCENT, "\"usage\":{\"p\":1000},",
     "Gold 10 %: all that there were have been given out (1000).", "Золото 10 %: все уже розданы (1000)."},
    {"\"limits\":{\"per_member\":[{\"max\":2,\"per\":\"week\"}]}," PERCENT,
     "\"member\":{\"id\":\"M\",\"usage\":{\"p\":{\"count\":9,\"week\":2}}},",
     "Gold 10 %: the card holder has had it this week: 2 of 2.",
     "Золото 10 %: держатель карты уже получил её на этой неделе: 2 из 2."},
    {"\"exclusive_group\":\"g\",\"reward\":{\"kind\":\"percent_off\",\"items\":{\"skus\":[\"Z\"]},\"percent_bp\":1}},"
     "{\"id\":\"q\",\"title\":{\"en\":\"Friday 20 %\",\"ru\":\"Пятница 20 "
     "%\"},\"layer\":\"l\",\"exclusive_group\":\"g\"," PERCENT,
     "", "Gold 10 %: a sale gets one of these, and it was: Friday 20 %.",
     "Золото 10 %: в одном чеке действует одна из таких, и это была: Пятница 20 %."},
    {"\"when\":{\"basket\":[{\"items\":{\"any\":true},\"amount_min\":2400}]}," PERCENT, "",
     "Gold 10 %: 4.00 more is missing (20.00 of 24.00).", "Золото 10 %: не хватает 4.00 (20.00 из 24.00)."},
    {"\"when\":{\"basket\":[{\"items\":{\"any\":true},\"qty_min_milli\":3000}]}," PERCENT, "",
     "Gold 10 %: one more is missing (2 of 3).", "Золото 10 %: не хватает ещё одного (2 из 3)."},
    {"\"when\":{\"basket\":[{\"items\":{\"any\":true},\"qty_min_milli\":5000}]}," PERCENT, "",
     "Gold 10 %: 3 more are missing (2 of 5).", "Золото 10 %: не хватает ещё 3 (2 из 5)."},
    {"\"when\":{\"basket\":[{\"items\":{\"any\":true},\"qty_min_milli\":2250}]}," PERCENT, "",
     "Gold 10 %: 0.250 more are missing (2.000 of 2.250).", "Золото 10 %: не хватает ещё 0.250 (2.000 из 2.250)."},
    {"\"when\":{\"basket\":[{\"items\":{\"any\":true},\"distinct_min\":3}]}," PERCENT, "",
     "Gold 10 %: different goods are missing: 2 more (1 of 3).",
     "Золото 10 %: не хватает разных товаров: ещё 2 (1 из 3)."},
    {"\"reward\":{\"kind\":\"buy_get\",\"buy\":{\"items\":{\"any\":true},\"qty\":2},\"get\":{\"items\":{\"any\":true}"
     ","
     "\"qty\":1,\"percent_bp\":10000}}",
     "", "Gold 10 %: one more is missing (2 of 3).", "Золото 10 %: не хватает ещё одного (2 из 3)."},
    {"\"reward\":{\"kind\":\"percent_off\",\"items\":{\"skus\":[\"Z\"]},\"percent_bp\":1000}", "",
     "Gold 10 %: nothing in the basket that it makes cheaper.",
     "Золото 10 %: в покупке нет ничего, что она удешевляет."},
    {"\"reward\":{\"kind\":\"points\",\"currency\":\"bonus\",\"items\":{\"skus\":[\"Z\"]},\"give\":5}",
     "\"member\":{\"id\":\"M\"},", "Gold 10 %: nothing in the basket gives points for it.",
     "Золото 10 %: в покупке нет товаров, за которые она даёт баллы."},
    {"\"reward\":{\"kind\":\"gift\",\"items\":{\"skus\":[\"CUP\"]},\"qty\":1}", "",
     "Gold 10 %: the gift is not in the basket: fetch and scan it.",
     "Золото 10 %: подарка нет в чеке: принесите и отсканируйте его."},
    {PERCENT "},{\"id\":\"q\",\"layer\":\"l\",\"reward\":{\"kind\":\"percent_off\",\"items\":{\"any\":true},"
             "\"percent_bp\":2000}",
     "", "Gold 10 %: without it the basket comes cheaper: other promotions give more.",
     "Золото 10 %: без неё покупка выходит дешевле: другие акции дают больше."},
};

Test(why, each_reason_in_both_languages)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *english = sentence(&cases[i], "en"), *russian = sentence(&cases[i], "ru");

        cr_expect_str_eq(english, cases[i].english, "case %zu: \"%s\"", i, english);
        cr_expect_str_eq(russian, cases[i].russian, "case %zu: \"%s\"", i, russian);
        free(english);
        free(russian);
    }
}

Test(why, another_language_is_english)
{
    char *text = sentence(&cases[0], "de");

    cr_expect_str_eq(text, "Gold 10 %: applied, 2.00 off.");
    free(text);
}
