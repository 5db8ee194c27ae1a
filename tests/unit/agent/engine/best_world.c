/* SPDX-License-Identifier: Apache-2.0 */
#include "best_world.h"

#include "tests/support/dice.h"

static struct dice dice;

static int below(int n)
{
    return (int)dice_below(&dice, n);
}

bool best_is_of_sets(const struct promo *p)
{
    return p->kind == BUY_GET || p->kind == NTH || p->kind == MIX;
}

/* ---- the same world as JSON */

static void items(struct strbuf *out, const struct world *w, int lines)
{
    strbuf_puts(out, "\"items\":{\"skus\":[");
    for (int l = 0, n = 0; l < w->lines; l++) {
        if (lines >> l & 1)
            strbuf_printf(out, "%s\"S%d\"", n++ ? "," : "", l);
    }
    strbuf_puts(out, "]}");
}

static const char *const gives_names[] = {"percent_bp", "amount_minor", "price_minor"};

static void reward_of_units(struct strbuf *out, const struct world *w, const struct promo *p)
{
    switch (p->kind) {
    case PERCENT:
    case PERCENT_SALE:
        strbuf_printf(out, "\"kind\":\"percent_off\",\"percent_bp\":%" PRId64 ",", p->value);
        break;
    case AMOUNT:
    case AMOUNT_LINE:
    case BASKET:
        strbuf_printf(out, "\"kind\":\"amount_off\",\"per\":\"%s\",\"amount_minor\":%" PRId64 ",",
                      p->kind == AMOUNT ? "unit" : (p->kind == BASKET ? "basket" : "line"), p->value);
        break;
    case FIXED:
    case FIXED_BASKET:
        strbuf_printf(out, "\"kind\":\"fixed_price\",\"per\":\"%s\",\"price_minor\":%" PRId64 ",",
                      p->kind == FIXED ? "unit" : "basket", p->value);
        break;
    case CHEAPEST:
        strbuf_printf(out, "\"kind\":\"cheapest\",\"count\":%d,\"%s\":%" PRId64 ",", p->get, gives_names[p->gives],
                      p->value);
        break;
    case GIFT:
        strbuf_printf(out, "\"kind\":\"gift\",\"qty\":%d,\"max_value_minor\":%" PRId64 ",", p->get, p->value);
        break;
    case NTH:
        strbuf_printf(out, "\"kind\":\"nth_unit\",\"pick\":\"%s\",\"every\":%d,\"percent_bp\":%" PRId64 ",",
                      p->dearest ? "dearest" : "cheapest", p->buy + 1, p->value);
        break;
    case LIST:
    case MIX:
    case BUY_GET:
    case KINDS:
        break;
    }
    items(out, w, p->lines);
}

static void reward_of_mix(struct strbuf *out, const struct world *w, const struct promo *p)
{
    strbuf_printf(out, "\"kind\":\"mix\",\"%s\":%" PRId64 ",\"parts\":[", gives_names[p->gives], p->value);
    for (int i = 0; i < p->parts; i++) {
        strbuf_printf(out, "%s{\"qty\":%d,", i ? "," : "", p->part_qty[i]);
        items(out, w, p->part[i]);
        strbuf_puts(out, "}");
    }
    strbuf_puts(out, "]");
}

static void reward(struct strbuf *out, const struct world *w, const struct promo *p, int number)
{
    if (p->kind == BUY_GET) {
        strbuf_printf(out, "\"kind\":\"buy_get\",\"pick\":\"%s\",\"buy\":{\"qty\":%d,",
                      p->dearest ? "dearest" : "cheapest", p->buy);
        items(out, w, p->buys);
        strbuf_printf(out, "},\"get\":{\"qty\":%d,\"percent_bp\":%" PRId64 ",", p->get, p->value);
        items(out, w, p->lines);
        strbuf_puts(out, "}");
    } else if (p->kind == MIX) {
        reward_of_mix(out, w, p);
    } else if (p->kind == LIST) {
        strbuf_printf(out, "\"kind\":\"price_list\",\"list\":\"l%d\"", number);
    } else {
        reward_of_units(out, w, p);
    }
    if (p->reuse)
        strbuf_puts(out, ",\"reuse_buys\":true");
    if (p->cap)
        strbuf_printf(out, ",\"cap_minor\":%" PRId64, p->cap);
}

static void price_lists(struct strbuf *out, const struct world *w)
{
    strbuf_puts(out, "\"price_lists\":{");
    for (int i = 0; i < w->promos; i++) {
        strbuf_printf(out, "%s\"l%d\":{", i ? "," : "", i);
        for (int l = 0, n = 0; l < w->lines; l++) {
            if (w->promo[i].lines >> l & 1)
                strbuf_printf(out, "%s\"S%d\":%" PRId64, n++ ? "," : "", l, w->promo[i].list[l]);
        }
        strbuf_puts(out, "}");
    }
    strbuf_puts(out, "},");
}

void best_write_bundle(struct strbuf *out, const struct world *w, int search_nodes)
{
    strbuf_printf(out,
                  "{\"format\":\"loyald-bundle/1\",\"id\":\"b\",\"version\":1,\"currency\":\"EUR\",\"layers\":"
                  "[{\"id\":\"l\",\"mode\":\"best\"}],\"search_nodes\":%d,",
                  search_nodes);
    price_lists(out, w);
    strbuf_puts(out, "\"promotions\":[");
    for (int i = 0; i < w->promos; i++) {
        const struct promo *p = &w->promo[i];

        strbuf_printf(out, "%s{\"id\":\"p%d\",\"layer\":\"l\",\"limits\":{\"per_sale\":%" PRId64 "},", i ? "," : "",
                      i, p->per_sale);
        if (p->group)
            strbuf_printf(out, "\"exclusive_group\":\"g%d\",", p->group);
        if (p->kind == PERCENT_SALE)
            strbuf_puts(out, "\"round\":\"sale\",");
        strbuf_puts(out, "\"reward\":{");
        reward(out, w, p, i);
        strbuf_puts(out, "}}");
    }
    strbuf_puts(out, "]}");
}

void best_write_sale(struct strbuf *out, const struct world *w)
{
    strbuf_puts(out, "{\"lines\":[");
    for (int l = 0; l < w->lines; l++)
        strbuf_printf(out,
                      "%s{\"line\":%d,\"sku\":\"S%d\",\"qty_milli\":%d,\"unit_price_minor\":%" PRId64
                      ",\"floor_price_minor\":%" PRId64 "}",
                      l ? "," : "", l + 1, l, w->qty[l] * 1000, w->price[l], w->floor[l]);
    strbuf_puts(out, "]}");
}

static void make_promo(struct world *w, struct promo *p)
{
    static const int64_t percents[] = {500, 1000, 1500, 3333, 5000, 10000};
    int all = (1 << w->lines) - 1;

    *p = (struct promo){.kind = (enum kind)below(KINDS),
                        .lines = 1 + below(all),
                        .buy = 1 + below(2),
                        .get = 1 + (below(4) == 0),
                        .dearest = below(4) == 0};
    p->buys = below(2) ? p->lines : 1 + below(all);
    p->gives = p->kind == MIX ? (enum gives)below(3) : (enum gives)below(2);
    if (p->kind == NTH) {
        p->buys = p->lines;
        p->get = 1;
    }
    p->value = p->kind == PERCENT || p->kind == PERCENT_SALE || p->kind == BUY_GET || p->kind == NTH ||
                       (p->gives == GIVES_PERCENT && (p->kind == CHEAPEST || p->kind == MIX))
                   ? percents[below(6)]
                   : 1 + below(300);
    for (int l = 0; l < LINES; l++)
        p->list[l] = below(200);
    p->parts = 1 + below(2);
    for (int i = 0; i < p->parts; i++) {
        p->part[i] = below(3) ? 1 + below(all) : all;
        p->part_qty[i] = 1 + below(2);
    }
    if (p->kind != BASKET && p->kind != FIXED_BASKET && p->kind != CHEAPEST && p->kind != GIFT)
        p->per_sale = below(3) ? 0 : 1 + below(3);
    p->group = below(4) ? 0 : 1;
    p->cap = below(5) ? 0 : 1 + below(200);
    p->reuse = (p->kind == NTH || p->kind == BUY_GET) && below(2) == 0;
}

void best_make_world(struct world *w)
{
    static const int64_t prices[] = {1, 3, 5, 10, 33, 99, 100, 150, 250};

    *w = (struct world){.lines = 1 + below(LINES), .promos = 1 + below(PROMOS)};
    for (int l = 0; l < w->lines; l++) {
        int left = UNITS - w->units - (w->lines - 1 - l);

        w->qty[l] = 1 + below(left < 3 ? left : 3);
        w->price[l] = prices[below(9)];
        w->floor[l] = below(4) ? 0 : below((int)w->price[l] + 1);
        for (int i = 0; i < w->qty[l]; i++)
            w->line_of[w->units++] = l;
    }
    for (int i = 0; i < w->promos; i++) {
        make_promo(w, &w->promo[i]);
        w->limited = w->limited || w->promo[i].kind == CHEAPEST || w->promo[i].kind == GIFT ||
                     (w->promo[i].per_sale && !best_is_of_sets(&w->promo[i]));
    }
    for (int i = 0; i < w->promos && w->limited; i++) {
        if (best_is_of_sets(&w->promo[i])) {
            w->promo[i].kind = PERCENT;
            w->promo[i].value = 1 + below(10000);
            w->promo[i].reuse = false;
        }
    }
}

void best_begin(void)
{
    dice = dice_of_environment();
}
