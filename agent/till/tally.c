/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/tally.h"

#include "agent/till/tree.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <string.h>

static struct tally_points *points_of(struct tally *tally, const char *currency)
{
    for (int i = 0; i < tally->point_count; i++) {
        if (strcmp(tally->points[i].currency, currency) == 0)
            return &tally->points[i];
    }
    if (tally->point_count == TALLY_CURRENCIES_MAX)
        return NULL;
    (void)snprintf(tally->points[tally->point_count].currency, sizeof tally->points[0].currency, "%s", currency);
    return &tally->points[tally->point_count++];
}

static void add_points(struct tally *tally, const cJSON *result)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, tree_child(result, "points"))
    {
        struct tally_points *points = points_of(tally, tree_text(item, "currency"));

        if (!points)
            continue;
        points->earned += tree_int(item, "earned");
        points->redeemed += tree_int(item, "redeemed") + tree_int(item, "cost");
        points->taken_back += tree_int(item, "taken_back");
        points->given_back += tree_int(item, "given_back");
    }
}

static struct tally_tender *tender_of(struct tally *tally, const char *kind)
{
    for (int i = 0; i < tally->tender_count; i++) {
        if (strcmp(tally->tenders[i].kind, kind) == 0)
            return &tally->tenders[i];
    }
    if (tally->tender_count == TALLY_TENDERS_MAX)
        return NULL;
    (void)snprintf(tally->tenders[tally->tender_count].kind, sizeof tally->tenders[0].kind, "%s", kind);
    return &tally->tenders[tally->tender_count++];
}

static void add_tenders(struct tally *tally, const cJSON *body, bool back)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, tree_child(body, "tenders"))
    {
        struct tally_tender *tender = tender_of(tally, tree_text(item, "kind"));

        if (tender && back)
            tender->given_back_minor += tree_int(item, "amount_minor");
        else if (tender)
            tender->taken_minor += tree_int(item, "amount_minor");
    }
}

void tally_add(struct tally *tally, const char *type, const struct cJSON *body)
{
    const cJSON *result = tree_child(body, "result");
    bool is_sale = strcmp(type, "sale") == 0, is_return = strcmp(type, "return") == 0;

    tally->sales += is_sale;
    tally->returns += is_return;
    tally->voids += strcmp(type, "void") == 0;
    if (!is_sale && !is_return)
        return;
    tally->gross_minor += tree_int(result, "gross_minor");
    tally->discount_minor += tree_int(result, "discount_minor");
    tally->redeemed_minor += tree_int(result, "redeemed_minor");
    tally->net_minor += tree_int(result, "total_minor");
    tally->refund_minor += tree_int(result, "refund_minor");
    add_points(tally, result);
    add_tenders(tally, body, is_return);
}

static void add_points_figure(struct tally_points *points, const char *what, size_t len, int64_t amount)
{
    const struct {
        const char *name;
        int64_t *sum;
    } sums[] = {{"earned", &points->earned},
                {"redeemed", &points->redeemed},
                {"taken_back", &points->taken_back},
                {"given_back", &points->given_back}};

    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++) {
        if (strlen(sums[i].name) == len && strncmp(what, sums[i].name, len) == 0)
            *sums[i].sum += amount;
    }
}

void tally_add_figure(struct tally *tally, const char *name, int64_t amount)
{
    const struct {
        const char *name;
        int64_t *sum;
    } sums[] = {
        {"sales", &tally->sales},       {"returns", &tally->returns},         {"voids", &tally->voids},
        {"gross", &tally->gross_minor}, {"discount", &tally->discount_minor}, {"redeemed", &tally->redeemed_minor},
        {"net", &tally->net_minor},     {"refund", &tally->refund_minor}};
    const char *colon = strchr(name, ':');
    struct tally_points *points = colon ? points_of(tally, colon + 1) : NULL;

    if (points)
        add_points_figure(points, name, (size_t)(colon - name), amount);
    for (size_t i = 0; !colon && i < sizeof sums / sizeof sums[0]; i++) {
        if (strcmp(name, sums[i].name) == 0)
            *sums[i].sum += amount;
    }
}

static void write_points(const struct tally *tally, struct json_writer *w)
{
    jw_name(w, "points");
    jw_array_begin(w);
    for (int i = 0; i < tally->point_count; i++) {
        const struct tally_points *points = &tally->points[i];

        jw_object_begin(w);
        jw_field_text(w, "currency", points->currency);
        jw_field_int(w, "earned", points->earned);
        jw_field_int(w, "redeemed", points->redeemed);
        jw_field_int(w, "taken_back", points->taken_back);
        jw_field_int(w, "given_back", points->given_back);
        jw_object_end(w);
    }
    jw_array_end(w);
}

void tally_write_sums(const struct tally *tally, struct json_writer *w)
{
    jw_field_int(w, "sales", tally->sales);
    jw_field_int(w, "returns", tally->returns);
    jw_field_int(w, "voids", tally->voids);
    jw_field_int(w, "gross_minor", tally->gross_minor);
    jw_field_int(w, "discount_minor", tally->discount_minor);
    jw_field_int(w, "redeemed_minor", tally->redeemed_minor);
    jw_field_int(w, "net_minor", tally->net_minor);
    jw_field_int(w, "refund_minor", tally->refund_minor);
    write_points(tally, w);
}

void tally_write(const struct tally *tally, struct json_writer *w)
{
    tally_write_sums(tally, w);
    jw_name(w, "tenders");
    jw_array_begin(w);
    for (int i = 0; i < tally->tender_count; i++) {
        jw_object_begin(w);
        jw_field_text(w, "kind", tally->tenders[i].kind);
        jw_field_int(w, "taken_minor", tally->tenders[i].taken_minor);
        jw_field_int(w, "given_back_minor", tally->tenders[i].given_back_minor);
        jw_object_end(w);
    }
    jw_array_end(w);
}
