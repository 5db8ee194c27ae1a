/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/sim_receipts.h"

#include "drivers/sim/sim_code.h"
#include "drivers/sim/sim_csv.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    QTY_MAX_MILLI = 100 * 1000 * 1000, /* of a line, as the till takes it */
    FUEL_QTY_MIN = 101,                /* CJ: quantities above 100 are thousandths of a gallon */
    FIRST_ROOM = 1024,
};

struct product {
    char code[SIM_SKU_BYTES];
    char name[SIM_NAME_BYTES], category[SIM_NAME_BYTES], brand[16];
};

struct row {
    uint64_t receipt; /* its number in the file; the second set's has the top bit set */
    uint64_t member;  /* 0: no card */
    int64_t qty_milli, amount_minor;
    char code[SIM_SKU_BYTES];
    int32_t order; /* of the row in its file */
    int16_t minute;
    bool weighed;
};

struct sim_receipts {
    struct product *products; /* by code */
    size_t product_count, product_room;
    struct row *rows; /* by receipt, then order */
    size_t row_count, row_room;
    size_t *starts; /* of each receipt in rows, and one more */
    size_t receipt_count;
    int64_t left_out;
};

/* Makes room for one more of count items; false when there is none. */
static bool make_room(void **items, size_t count, size_t *room, size_t item_bytes, size_t room_max)
{
    size_t more = *room ? *room * 2 : FIRST_ROOM;
    void *grown;

    if (count < *room)
        return true;
    grown = more <= 2 * room_max ? realloc(*items, more * item_bytes) : NULL;
    if (!grown)
        return false;
    *items = grown;
    *room = more;
    return true;
}

static int64_t to_int(const char *text)
{
    return strtoll(text, NULL, 10);
}

/* "2.55" or "0.001" in thousandths. */
static int64_t to_milli(const char *text)
{
    bool below = *text == '-';
    int64_t value = llabs(to_int(text)) * 1000, unit = 100;
    const char *point = strchr(text, '.');

    for (const char *at = point ? point + 1 : ""; isdigit((unsigned char)*at) && unit > 0; at++, unit /= 10)
        value += (*at - '0') * unit;
    return below ? -value : value;
}

/* The minute of the day in "2017-01-01T07:30:27". */
static int16_t to_minute(const char *at)
{
    return strlen(at) < 16 ? 0 : (int16_t)(to_int(at + 11) * 60 + to_int(at + 14));
}

static void copy(char *to, size_t room, const char *text)
{
    size_t len = strlen(text);

    if (len >= room) /* codes and names here are ASCII but for a few, which are cut before a character */
        for (len = room - 1; len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80;)
            len--;
    memcpy(to, text, len);
    to[len] = '\0';
}

/* ---- goods ---- */

static enum status add_product(struct sim_receipts *r, const char *code, const char *name, const char *category,
                               const char *brand)
{
    struct product *product;

    if (!make_room((void **)&r->products, r->product_count, &r->product_room, sizeof *r->products, SIM_PRODUCTS_MAX))
        return ST_NOMEM;
    product = &r->products[r->product_count++];
    copy(product->code, sizeof product->code, code);
    copy(product->name, sizeof product->name, name);
    copy(product->category, sizeof product->category, category);
    copy(product->brand, sizeof product->brand, brand);
    return ST_OK;
}

/* "FRZN ICE/CUBES" as one step of a category's path: a slash in it would be a step of its own. */
static void path_step(const char *text, char out[SIM_NAME_BYTES])
{
    copy(out, SIM_NAME_BYTES / 2, text);
    for (char *at = out; *at; at++)
        *at = (char)(*at == '/' ? '-' : tolower((unsigned char)*at));
}

static enum status read_products(struct sim_receipts *r, const char *dir, struct sim_csv *csv, struct errmsg *err)
{
    int id, department, brand, category, type;
    enum status st = sim_csv_open(csv, dir, "completejourney/products.csv.gz", err);

    if (st == ST_OK)
        st = sim_csv_column(csv, "product_id", &id, err);
    if (st == ST_OK)
        st = sim_csv_column(csv, "department", &department, err);
    if (st == ST_OK)
        st = sim_csv_column(csv, "brand", &brand, err);
    if (st == ST_OK)
        st = sim_csv_column(csv, "product_category", &category, err);
    if (st == ST_OK)
        st = sim_csv_column(csv, "product_type", &type, err);
    while (st == ST_OK && (st = sim_csv_next(csv, err)) == ST_OK) {
        char first[SIM_NAME_BYTES], second[SIM_NAME_BYTES], path[2 * SIM_NAME_BYTES];

        path_step(csv->fields[department], first);
        path_step(csv->fields[category], second);
        (void)snprintf(path, sizeof path, "%s%s%s", first, second[0] ? "/" : "", second);
        st = add_product(r, csv->fields[id], csv->fields[type], path, csv->fields[brand]);
    }
    sim_csv_close(csv);
    return st == ST_NOT_FOUND && csv->row > 0 ? ST_OK : st;
}

static enum status read_catalogue(struct sim_receipts *r, const char *dir, struct sim_csv *csv, struct errmsg *err)
{
    int code, description;
    enum status st = sim_csv_open(csv, dir, "onlineretail/catalogue.csv.gz", err);

    if (st == ST_OK)
        st = sim_csv_column(csv, "stock_code", &code, err);
    if (st == ST_OK)
        st = sim_csv_column(csv, "description", &description, err);
    while (st == ST_OK && (st = sim_csv_next(csv, err)) == ST_OK)
        st = add_product(r, csv->fields[code], csv->fields[description], "gifts", "");
    sim_csv_close(csv);
    return st == ST_NOT_FOUND && csv->row > 0 ? ST_OK : st;
}

static int compare_products(const void *a, const void *b)
{
    return strcmp(((const struct product *)a)->code, ((const struct product *)b)->code);
}

/* ---- receipts ---- */

static enum status add_row(struct sim_receipts *r, const struct row *row)
{
    if (row->qty_milli <= 0 || row->qty_milli > QTY_MAX_MILLI || row->amount_minor < 0) {
        r->left_out++;
        return ST_OK;
    }
    if (!make_room((void **)&r->rows, r->row_count, &r->row_room, sizeof *r->rows, SIM_RECEIPT_LINES_MAX))
        return ST_NOMEM;
    r->rows[r->row_count] = *row;
    r->rows[r->row_count].order = (int32_t)r->row_count;
    r->row_count++;
    return ST_OK;
}

/* The first set: money is what the shelf said, before the card. */
static enum status add_journey_row(struct sim_receipts *r, const struct sim_csv *csv, const int *at)
{
    int64_t qty = to_int(csv->fields[at[3]]);
    struct row row = {
        .receipt = (uint64_t)to_int(csv->fields[at[0]]),
        .member = (uint64_t)to_int(csv->fields[at[1]]),
        .weighed = qty >= FUEL_QTY_MIN,
        .amount_minor = to_int(csv->fields[at[4]]) + to_int(csv->fields[at[5]]) + to_int(csv->fields[at[6]]),
        .minute = to_minute(csv->fields[at[7]]),
    };

    row.qty_milli = row.weighed ? qty : qty * 1000;
    copy(row.code, sizeof row.code, csv->fields[at[2]]);
    return add_row(r, &row);
}

/* The second set: pounds of up to three decimals, so the line is rounded, half up, to the penny. */
static enum status add_invoice_row(struct sim_receipts *r, const struct sim_csv *csv, const int *at)
{
    int64_t qty = to_int(csv->fields[at[3]]), price_milli = to_milli(csv->fields[at[4]]);
    struct row row = {
        .receipt = (uint64_t)to_int(csv->fields[at[0]]) | UINT64_C(1) << 63,
        .member = (uint64_t)to_int(csv->fields[at[1]]),
        .qty_milli = qty * 1000,
        .amount_minor = price_milli < 0 ? -1 : (qty * price_milli + 5) / 10,
        .minute = to_minute(csv->fields[at[5]]),
    };

    if (strcmp(csv->fields[at[6]], "sale") != 0)
        return ST_OK; /* cancellations and adjustments are no sales */
    copy(row.code, sizeof row.code, csv->fields[at[2]]);
    return add_row(r, &row);
}

enum { COLUMNS_MAX = 8 };
static enum status read_rows(struct sim_receipts *r, const char *dir, const char *name, const char *const *columns,
                             enum status (*add)(struct sim_receipts *, const struct sim_csv *, const int *),
                             struct sim_csv *csv, struct errmsg *err)
{
    int at[COLUMNS_MAX] = {0};
    enum status st = sim_csv_open(csv, dir, name, err);

    for (int i = 0; st == ST_OK && columns[i]; i++)
        st = sim_csv_column(csv, columns[i], &at[i], err);
    while (st == ST_OK && (st = sim_csv_next(csv, err)) == ST_OK)
        st = add(r, csv, at);
    sim_csv_close(csv);
    return st == ST_NOT_FOUND && csv->row > 0 ? ST_OK : st;
}

static int compare_rows(const void *a, const void *b)
{
    const struct row *x = a, *y = b;

    if (x->receipt != y->receipt)
        return x->receipt < y->receipt ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static enum status find_starts(struct sim_receipts *r, struct errmsg *err)
{
    r->starts = malloc((r->row_count + 1) * sizeof *r->starts);
    if (!r->starts)
        return ST_NOMEM;
    for (size_t i = 0; i < r->row_count; i++)
        if (i == 0 || r->rows[i].receipt != r->rows[i - 1].receipt)
            r->starts[r->receipt_count++] = i;
    r->starts[r->receipt_count] = r->row_count;
    if (r->receipt_count > 0)
        return ST_OK;
    errmsg_set(err, "there is no receipt in the data");
    return ST_INVALID;
}

enum status sim_receipts_read(const char *dir, struct sim_receipts **out_receipts, struct errmsg *err)
{
    static const char *const journey[] = {"basket_id",          "household_id", "product_id",
                                          "quantity",           "sales_cents",  "retail_disc_cents",
                                          "coupon_match_cents", "at",           NULL};
    static const char *const invoices[] = {"invoice",    "customer_id", "stock_code", "quantity",
                                           "unit_price", "at",          "kind",       NULL};
    struct sim_receipts *r = calloc(1, sizeof *r);
    struct sim_csv *csv = calloc(1, sizeof *csv);
    enum status st = r && csv ? ST_OK : ST_NOMEM;

    if (st == ST_OK)
        st = read_products(r, dir, csv, err);
    if (st == ST_OK)
        st = read_catalogue(r, dir, csv, err);
    if (st == ST_OK)
        st = read_rows(r, dir, "completejourney/transaction_lines.csv.gz", journey, add_journey_row, csv, err);
    if (st == ST_OK)
        st = read_rows(r, dir, "onlineretail/invoice_lines.csv.gz", invoices, add_invoice_row, csv, err);
    if (st == ST_OK) {
        qsort(r->products, r->product_count, sizeof *r->products, compare_products);
        qsort(r->rows, r->row_count, sizeof *r->rows, compare_rows);
        st = find_starts(r, err);
    }
    free(csv);
    if (st != ST_OK) {
        sim_receipts_destroy(r);
        return st;
    }
    *out_receipts = r;
    return ST_OK;
}

void sim_receipts_destroy(struct sim_receipts *receipts)
{
    if (!receipts)
        return;
    free(receipts->products);
    free(receipts->rows);
    free(receipts->starts);
    free(receipts);
}

int64_t sim_receipts_count(const struct sim_receipts *receipts)
{
    return (int64_t)receipts->receipt_count;
}

int64_t sim_receipts_left_out(const struct sim_receipts *receipts)
{
    return receipts->left_out;
}

/* ---- baskets ---- */

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

/* Steps of a length that has no divisor in common with the count visit each place once. */
static size_t place_of(const struct sim_receipts *receipts, uint64_t seed, int64_t index)
{
    uint64_t state = seed, count = receipts->receipt_count;
    uint64_t first = sim_random(&state) % count, step = sim_random(&state) % count;

    while (common_divisor(step, count) != 1)
        step = step % count + 1;
    return (size_t)((first + (uint64_t)index % count * step) % count);
}

static void fill_line(const struct sim_receipts *receipts, const struct row *row, struct sim_line *line)
{
    struct product key;
    const struct product *product;

    memset(line, 0, sizeof *line);
    memcpy(line->sku, row->code, sizeof line->sku);
    if (row->code[0] != '\0' && row->code[strspn(row->code, "0123456789")] == '\0')
        sim_ean13("20", (uint64_t)to_int(row->code), line->gtin);
    memcpy(key.code, row->code, sizeof key.code);
    product = bsearch(&key, receipts->products, receipts->product_count, sizeof key, compare_products);
    if (product) { /* one that the catalogue lacks is sold by its number, as tills do */
        memcpy(line->name, product->name, sizeof line->name);
        memcpy(line->category, product->category, sizeof line->category);
        memcpy(line->brand, product->brand, sizeof product->brand);
    }
    line->qty_milli = row->qty_milli;
    line->weighed = row->weighed;
    line->amount_minor = row->amount_minor;
    line->unit_price_minor = (row->amount_minor * 1000 + row->qty_milli / 2) / row->qty_milli;
}

void sim_receipts_take(const struct sim_receipts *receipts, uint64_t seed, int64_t index,
                       struct sim_basket *out_basket)
{
    size_t place = place_of(receipts, seed, index);
    size_t from = receipts->starts[place], to = receipts->starts[place + 1];

    out_basket->minute = receipts->rows[from].minute;
    out_basket->card[0] = '\0';
    if (receipts->rows[from].member > 0)
        sim_ean13("29", receipts->rows[from].member, out_basket->card);
    if (to - from > SIM_BASKET_LINES_MAX)
        to = from + SIM_BASKET_LINES_MAX;
    out_basket->line_count = (int)(to - from);
    for (size_t i = from; i < to; i++)
        fill_line(receipts, &receipts->rows[i], &out_basket->lines[i - from]);
}
