/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "drivers/sim/sim_basket.h"
#include "drivers/sim/sim_catalogue.h"
#include "drivers/sim/sim_csv.h"
#include "drivers/sim/sim_receipts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char cards[][SIM_EAN_BYTES] = {"2900000000018", "2900000000025"};
static const struct sim_basket_source day = {
    .seed = 11, .day_baskets = 2000, .cards = cards, .card_count = 2, .russian = true};

static struct sim_basket one, other;

Test(sim_basket, gives_cards_and_items_their_barcodes)
{
    char text[SIM_EAN_BYTES];

    sim_ean13("29", 906, text);
    cr_expect_str_eq(text, "2900000009066");
    sim_ean13("29", 1, text);
    cr_expect_str_eq(text, "2900000000018");
    sim_ean13("20", 0, text);
    cr_expect_str_eq(text, "2000000000008");
}

Test(sim_basket, same_seed_and_index_give_the_same_basket)
{
    struct sim_basket_source another = day;

    sim_basket_make(&day, 700, &other);
    sim_basket_make(&day, 3, &one);
    sim_basket_make(&day, 700, &one);
    cr_expect_eq(one.line_count, other.line_count);
    cr_expect_eq(memcmp(one.lines, other.lines, (size_t)one.line_count * sizeof one.lines[0]), 0);
    another.seed = 12;
    sim_basket_make(&another, 700, &other);
    cr_expect(one.line_count != other.line_count ||
              memcmp(one.lines, other.lines, (size_t)one.line_count * sizeof one.lines[0]) != 0);
}

Test(sim_basket, comes_in_the_order_of_the_day)
{
    int32_t hours = 0, before = 0, busy = 0;

    for (int64_t i = 0; i < day.day_baskets; i++) {
        sim_basket_make(&day, i, &one);
        cr_assert(one.minute >= before - 1 && one.minute < 24 * 60, "basket %d at minute %d after %d", (int)i,
                  one.minute, before);
        hours += one.minute >= 60 * 10 && one.minute < 60 * 20;
        busy += one.minute >= 60 * 17 && one.minute < 60 * 18;
        before = one.minute;
    }
    /* 7,768 and 1,035 of 10,000 in the table of hours. */
    cr_expect(hours > 1540 && hours < 1570, "%d", hours);
    cr_expect(busy > 200 && busy < 214, "%d", busy);
}

Test(sim_basket, keeps_to_the_figures_it_was_made_from)
{
    int64_t lines = 0, single = 0, members = 0, promoted = 0, goods = 0;

    for (int64_t i = 0; i < day.day_baskets; i++) {
        sim_basket_make(&day, i, &one);
        cr_assert(one.line_count >= 1 && one.line_count <= 40);
        lines += one.line_count;
        members += one.card[0] != '\0';
        for (int k = 0; k < one.line_count; k++) {
            const struct sim_item *item = &sim_items[atoi(one.lines[k].sku) - 1001];

            cr_assert(one.lines[k].qty_milli > 0 && one.lines[k].unit_price_minor > 0);
            promoted += item->promoted;
            goods += !item->weighed;
            single += !item->weighed && one.lines[k].qty_milli == 1000;
        }
    }
    /* Means within some standard deviations of the tables': 12.2 lines, 83.2 %, 49.1 %, 80.0 %. */
    cr_expect(lines > 2000 * 115 / 10 && lines < 2000 * 130 / 10, "%d", (int)lines);
    cr_expect(members > 1600 && members < 1730, "%d", (int)members);
    cr_expect(promoted * 100 > lines * 47 && promoted * 100 < lines * 51, "%d of %d", (int)promoted, (int)lines);
    cr_expect(single * 100 > goods * 78 && single * 100 < goods * 82, "%d of %d", (int)single, (int)goods);
}

Test(sim_basket, without_cards_nobody_is_a_member)
{
    const struct sim_basket_source nobody = {.seed = 11};

    for (int64_t i = 0; i < 50; i++) {
        sim_basket_make(&nobody, i, &one);
        cr_expect_str_eq(one.card, "");
    }
}

/* ---- files ---- */

static char folder[64];

static void put(const char *name, const char *text)
{
    char path[256];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "w");
    cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0, "%s", path);
}

static void make_folder(void)
{
    char path[128];

    (void)snprintf(folder, sizeof folder, "/tmp/sim-basket.XXXXXX");
    cr_assert(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/completejourney", folder);
    cr_assert_eq(mkdir(path, 0700), 0);
    (void)snprintf(path, sizeof path, "%s/onlineretail", folder);
    cr_assert_eq(mkdir(path, 0700), 0);
    put("completejourney/products.csv.gz",
        "\"product_id\",\"department\",\"brand\",\"product_category\",\"product_type\"\n"
        "25671,\"GROCERY\",\"National\",\"ICE/CUBES\",\"ICE, \"\"FINE\"\"\"\n");
    put("onlineretail/catalogue.csv.gz", "\"stock_code\",\"description\"\n\"85123A\",\"HOLDER\"\n");
    put("completejourney/transaction_lines.csv.gz",
        "\"household_id\",\"basket_id\",\"product_id\",\"quantity\",\"sales_cents\",\"retail_disc_cents\","
        "\"coupon_match_cents\",\"at\"\n"
        "906,31,25671,3,400,100,0,\"2017-01-01T07:30:27\"\n"
        "906,31,99999,12345,2500,0,0,\"2017-01-01T07:30:27\"\n"
        "906,31,25671,0,0,0,0,\"2017-01-01T07:30:27\"\n");
    put("onlineretail/invoice_lines.csv.gz",
        "\"invoice\",\"kind\",\"at\",\"customer_id\",\"stock_code\",\"quantity\",\"unit_price\"\n"
        "5,\"sale\",\"2010-12-01T08:26\",,\"85123A\",6,2.555\n"
        "6,\"cancel\",\"2010-12-01T08:27\",17850,\"85123A\",-6,2.55\n"
        "7,\"sale\",\"2010-12-01T08:28\",17850,\"85123A\",-1,2.55\n");
}

static void remove_folder(void)
{
    char command[128];

    (void)snprintf(command, sizeof command, "rm -r '%s'", folder);
    cr_expect_eq(system(command), 0);
}

static void check_journey(const struct sim_basket *basket)
{
    cr_expect_str_eq(basket->card, "2900000009066");
    cr_expect_eq(basket->minute, 7 * 60 + 30);
    cr_assert_eq(basket->line_count, 2);
    cr_expect_str_eq(basket->lines[0].gtin, "2000000256719");
    cr_expect_str_eq(basket->lines[0].name, "ICE, \"FINE\"");
    cr_expect_str_eq(basket->lines[0].category, "grocery/ice-cubes");
    cr_expect_eq(basket->lines[0].qty_milli, 3000);
    cr_expect_eq(basket->lines[0].amount_minor, 500, "the shelf price, before the card");
    cr_expect_eq(basket->lines[0].unit_price_minor, 167);
    cr_expect(basket->lines[1].weighed, "thousands are fuel");
    cr_expect_eq(basket->lines[1].qty_milli, 12345);
    cr_expect_str_eq(basket->lines[1].name, "", "one that the catalogue lacks");
}

Test(sim_receipts, become_baskets, .init = make_folder, .fini = remove_folder)
{
    struct sim_receipts *receipts = NULL;
    struct errmsg err = ERRMSG_INIT;
    bool seen[2] = {false, false};

    cr_assert_eq(sim_receipts_read(folder, &receipts, &err), ST_OK, "%s", err.text);
    cr_assert_eq(sim_receipts_count(receipts), 2);
    cr_expect_eq(sim_receipts_left_out(receipts), 2, "no quantity, and below zero");
    for (int64_t i = 0; i < 2; i++) { /* any order gives each once */
        sim_receipts_take(receipts, 4, i, &one);
        seen[one.card[0] != '\0'] = true;
        if (one.card[0] != '\0') {
            check_journey(&one);
            continue;
        }
        cr_assert_eq(one.line_count, 1);
        cr_expect_str_eq(one.lines[0].gtin, "", "a code with a letter has no barcode");
        cr_expect_eq(one.lines[0].amount_minor, 1533, "15.33 of 15.330");
    }
    cr_expect(seen[0] && seen[1]);
    sim_receipts_destroy(receipts);
}

Test(sim_receipts, say_which_column_is_missing, .init = make_folder, .fini = remove_folder)
{
    struct sim_receipts *receipts = NULL;
    struct errmsg err = ERRMSG_INIT;

    put("onlineretail/invoice_lines.csv.gz", "\"invoice\",\"kind\"\n");
    cr_expect_eq(sim_receipts_read(folder, &receipts, &err), ST_INVALID);
    cr_expect(strstr(err.text, "customer_id") && strstr(err.text, "invoice_lines"), "%s", err.text);
    put("completejourney/products.csv.gz", "");
    cr_expect_eq(sim_receipts_read(folder, &receipts, &err), ST_INVALID);
    cr_expect_eq(sim_receipts_read("/nowhere", &receipts, &err), ST_NOT_FOUND);
    cr_expect(strstr(err.text, "/nowhere/"), "%s", err.text);
}

Test(sim_csv, refuses_rows_beyond_its_bounds, .init = make_folder, .fini = remove_folder)
{
    static struct sim_csv csv;
    char *text = calloc(1, SIM_CSV_ROW_BYTES_MAX + 64);
    struct errmsg err = ERRMSG_INIT;

    cr_assert(text);
    memcpy(text, "a,b\n1\n", 6);
    memset(text + 6, 'x', SIM_CSV_ROW_BYTES_MAX);
    put("rows.csv", text);
    free(text);
    cr_assert_eq(sim_csv_open(&csv, folder, "rows.csv", &err), ST_OK, "%s", err.text);
    cr_expect_eq(sim_csv_next(&csv, &err), ST_INVALID, "one column of two");
    cr_expect(strstr(err.text, "rows.csv:2"), "%s", err.text);
    cr_expect_eq(sim_csv_next(&csv, &err), ST_INVALID, "too long");
    cr_expect(strstr(err.text, "rows.csv:3"), "%s", err.text);
    sim_csv_close(&csv);
}
