/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "drivers/sim/sim_shop.h"

#include <cjson/cJSON.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TIMES_MAX = 1000 * 1000, TIMES_FIRST = 256 };

void shop_count_problem(struct shop_report *report, const char *name)
{
    int i = 0;

    while (i < report->problem_count && strcmp(report->problems[i].name, name) != 0)
        i++;
    if (i == SHOP_PROBLEMS_MAX) {
        i--;
    } else if (i == report->problem_count) {
        (void)snprintf(report->problems[i].name, sizeof report->problems[i].name, "%s", name);
        report->problem_count++;
    }
    report->problems[i].count++;
}

void shop_add_time(struct shop_times *times, int64_t ns)
{
    if (times->count == times->room) {
        size_t room = times->room ? 2 * times->room : TIMES_FIRST;
        int64_t *grown = room <= TIMES_MAX ? realloc(times->ns, room * sizeof *grown) : NULL;

        if (!grown)
            return; /* the figures stay those of the first million */
        times->ns = grown;
        times->room = room;
    }
    times->ns[times->count++] = ns;
}

void shop_report_clear(struct shop_report *report)
{
    free(report->card.ns);
    free(report->item.ns);
    memset(report, 0, sizeof *report);
}

/* ---- a confirmed sale ---- */

static int64_t number_of(const cJSON *object, const char *name)
{
    int64_t value = 0;

    (void)json_int(object, name, 0, JSON_INT_MAX, &value, NULL);
    return value;
}

static void add_points(struct shop_totals *totals, const cJSON *item)
{
    const char *currency = "";
    int i = 0;

    (void)json_text(item, "currency", SHOP_NAME_BYTES - 1, &currency, NULL);
    while (i < totals->points_count && strcmp(totals->points[i].currency, currency) != 0)
        i++;
    if (i == SHOP_CURRENCIES_MAX) {
        (void)fprintf(stderr, "loyal-sim shop: points of %s are not counted: more than %d currencies\n", currency,
                      SHOP_CURRENCIES_MAX);
        return;
    }
    if (i == totals->points_count)
        (void)snprintf(totals->points[totals->points_count++].currency, SHOP_NAME_BYTES, "%s", currency);
    totals->points[i].earned += number_of(item, "earned");
    totals->points[i].redeemed += number_of(item, "redeemed") + number_of(item, "cost");
}

/* On disk before the next sale begins: a test that kills holds the till's journal against this file. */
static void keep(const struct shop *shop, const struct shop_sale *sale, const cJSON *view)
{
    char line[256];
    int len = snprintf(line, sizeof line, "%s %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 "\n", sale->id,
                       number_of(view, "gross_minor"), number_of(view, "discount_minor"),
                       number_of(view, "redeemed_minor"), number_of(view, "total_minor"));

    if (shop->confirmed_fd < 0)
        return;
    if (write(shop->confirmed_fd, line, (size_t)len) != len || fsync(shop->confirmed_fd) != 0)
        (void)fprintf(stderr, "loyal-sim shop: %s: %s\n", shop->settings.confirmed, strerror(errno));
}

void shop_confirm(struct shop *shop, struct shop_sale *sale, const char *text, size_t len)
{
    struct shop_totals *totals = &shop->report.totals;
    struct cJSON *view = NULL;
    const cJSON *item;
    const char *state = "";

    if (sale->confirmed)
        return;
    if (json_parse(text, len, SIM_CLIENT_BODY_MAX, &view, NULL) != ST_OK) {
        shop_count_problem(&shop->report, "answer_unreadable");
        return;
    }
    sale->confirmed = true;
    shop->report.sales++;
    totals->gross_minor += number_of(view, "gross_minor");
    totals->discount_minor += number_of(view, "discount_minor");
    totals->redeemed_minor += number_of(view, "redeemed_minor");
    totals->net_minor += number_of(view, "total_minor");
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(view, "result"),
                                                              "points")) add_points(totals, item);
    (void)json_text(view, "state", SHOP_NAME_BYTES - 1, &state, NULL);
    if (strncmp(shop->watch.state, "print", 5) != 0) /* an event may have told more already */
        (void)snprintf(shop->watch.state, sizeof shop->watch.state, "%s", state);
    keep(shop, sale, view);
    json_free(view);
}

/* ---- the report ---- */

static int compare_ns(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static int64_t percentile_us(const struct shop_times *times, size_t percent)
{
    return times->count ? times->ns[(times->count - 1) * percent / 100] / 1000 : 0;
}

static void sort(const struct shop_times *times)
{
    if (times->count)
        qsort(times->ns, times->count, sizeof *times->ns, compare_ns);
}

static void write_times(const char *name, const struct shop_times *times, struct json_writer *w)
{
    sort(times);
    jw_name(w, name);
    jw_object_begin(w);
    jw_field_int(w, "count", (int64_t)times->count);
    jw_field_int(w, "p50_us", percentile_us(times, 50));
    jw_field_int(w, "p99_us", percentile_us(times, 99));
    jw_field_int(w, "max_us", percentile_us(times, 100));
    jw_object_end(w);
}

static void write_totals(const struct shop_totals *totals, struct json_writer *w)
{
    jw_field_int(w, "gross_minor", totals->gross_minor);
    jw_field_int(w, "discount_minor", totals->discount_minor);
    jw_field_int(w, "redeemed_minor", totals->redeemed_minor);
    jw_field_int(w, "net_minor", totals->net_minor);
    jw_name(w, "points");
    jw_array_begin(w);
    for (int i = 0; i < totals->points_count; i++) {
        jw_object_begin(w);
        jw_field_text(w, "currency", totals->points[i].currency);
        jw_field_int(w, "earned", totals->points[i].earned);
        jw_field_int(w, "redeemed", totals->points[i].redeemed);
        jw_object_end(w);
    }
    jw_array_end(w);
}

void shop_write_report(const struct shop_report *r, int64_t left_out, struct strbuf *out)
{
    const struct {
        const char *name;
        int64_t count;
    } counts[] = {
        {"baskets", r->baskets},
        {"sales", r->sales},
        {"members", r->members},
        {"voided", r->voided},
        {"given_up", r->given_up},
        {"retries", r->retries},
        {"printed", r->printed},
        {"print_failed", r->print_failed},
        {"print_unknown", r->print_unknown},
        {"print_unheard", r->print_unheard},
        {"cards_keyed", r->cards_keyed},
        {"items_unheard", r->items_unheard},
        {"faults_played", r->faults_played},
        {"faults_silent", r->faults_silent},
        {"lines_left_out", left_out},
    };
    struct json_writer w = JSON_WRITER_INIT(out);

    jw_object_begin(&w);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        jw_field_int(&w, counts[i].name, counts[i].count);
    write_totals(&r->totals, &w);
    write_times("card_answer", &r->card, &w);
    write_times("item_answer", &r->item, &w);
    jw_name(&w, "problems");
    jw_object_begin(&w);
    for (int i = 0; i < r->problem_count; i++)
        jw_field_int(&w, r->problems[i].name, r->problems[i].count);
    jw_object_end(&w);
    jw_object_end(&w);
    strbuf_putc(out, '\n');
}

void shop_print_summary(const struct shop_report *r)
{
    sort(&r->card);
    sort(&r->item);
    (void)printf("%" PRId64 " of %" PRId64 " baskets sold, %" PRId64 " with a card; net %" PRId64 ".%02" PRId64
                 "; card to answer p50 %" PRId64 " us, p99 %" PRId64 " us; retries %" PRId64 "\n",
                 r->sales, r->baskets, r->members, r->totals.net_minor / 100, r->totals.net_minor % 100,
                 percentile_us(&r->card, 50), percentile_us(&r->card, 99), r->retries);
}
