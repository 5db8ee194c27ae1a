/* SPDX-License-Identifier: Apache-2.0 */
/*
 * By cashier, what was typed in by hand instead of scanned and what was let pass against a rule: the records
 * keyed_entry and override (docs/protocol.md 2), read from the journal when somebody asks, newest first.
 */
#include "sync/central/report.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "sync/protocol/record.h"

enum { TOLD_MAX = 20000, NAME_TEXT = 65, HASH_TEXT = 33 };

enum told_kind { TOLD_CARD, TOLD_PHONE, TOLD_COUPON, TOLD_TOTAL, TOLD_RETURN, TOLD_OTHER, TOLD_KINDS };

static const char *const kind_names[TOLD_KINDS] = {
    [TOLD_CARD] = "cards",           [TOLD_PHONE] = "phones",        [TOLD_COUPON] = "coupons",
    [TOLD_TOTAL] = "paid_otherwise", [TOLD_RETURN] = "unreferenced", [TOLD_OTHER] = "other"};

struct told {
    char chain[NAME_TEXT], store[NAME_TEXT], till[NAME_TEXT], cashier[NAME_TEXT];
    char identifier[HASH_TEXT]; /* of a card or phone, else "" */
    enum told_kind kind;
    int64_t at_us;
};

struct told_list {
    struct told *told;
    size_t count;
    bool complete;
};

/* As the texts of problems name the rules (docs/errors.md); what a later till tells of is counted as other. */
static enum told_kind kind_of(bool typed, const char *what)
{
    static const struct {
        bool typed;
        const char *what;
        enum told_kind kind;
    } kinds[] = {{true, "card", TOLD_CARD},
                 {true, "phone", TOLD_PHONE},
                 {true, "coupon", TOLD_COUPON},
                 {false, "L-204", TOLD_TOTAL},
                 {false, "L-212", TOLD_RETURN}};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (kinds[i].typed == typed && strcmp(kinds[i].what, what) == 0)
            return kinds[i].kind;
    return TOLD_OTHER;
}

/* A body that cannot be read still counts, of nobody. */
static void read_told(const struct rows *rows, struct told *out_told)
{
    struct record_head head;
    const char *body, *cashier = "", *what = "", *identifier = "";
    size_t len, body_len;
    const char *bytes = rows_blob(rows, 3, &len);
    struct cJSON *tree = NULL;
    bool typed = false;

    if (record_parse(bytes, len, &head, &body, &body_len, NULL) == ST_OK) {
        typed = strcmp(head.type, "keyed_entry") == 0;
        (void)json_parse(body, body_len, RECORD_BYTES_MAX, &tree, NULL);
    }
    (void)json_text(tree, typed ? "cashier" : "by", NAME_TEXT - 1, &cashier, NULL);
    (void)json_text(tree, "what", NAME_TEXT - 1, &what, NULL);
    out_told->kind = kind_of(typed, what);
    if (out_told->kind == TOLD_CARD || out_told->kind == TOLD_PHONE)
        (void)json_text(tree, "identifier", HASH_TEXT - 1, &identifier, NULL);
    (void)snprintf(out_told->chain, NAME_TEXT, "%s", rows_text(rows, 0));
    (void)snprintf(out_told->store, NAME_TEXT, "%s", rows_text(rows, 1));
    (void)snprintf(out_told->till, NAME_TEXT, "%s", rows_text(rows, 2));
    (void)snprintf(out_told->cashier, NAME_TEXT, "%s", cashier);
    (void)snprintf(out_told->identifier, HASH_TEXT, "%s", identifier);
    out_told->at_us = rows_int(rows, 4);
    json_free(tree);
}

static enum status read_list(struct central *central, struct told_list *list, struct errmsg *err)
{
    int64_t since_us = central_now_us(central) - REPORT_CASHIER_DAYS * INT64_C(86400000000);
    struct rows *rows;
    enum status st =
        STORE_SELECT(central->store, STATEMENT_TOLD_LIST, &rows, err, V_INT(since_us), V_INT(TOLD_MAX + 1));

    if (st != ST_OK)
        return st;
    list->complete = true;
    while (list->complete && rows_next(rows)) {
        list->complete = list->count < TOLD_MAX;
        if (list->complete)
            read_told(rows, &list->told[list->count++]);
    }
    return rows_end(rows, err);
}

static int by_cashier(const struct told *x, const struct told *y)
{
    int order = strcmp(x->chain, y->chain);

    if (order == 0)
        order = strcmp(x->store, y->store);
    if (order == 0)
        order = strcmp(x->till, y->till);
    return order != 0 ? order : strcmp(x->cashier, y->cashier);
}

static int by_cashier_and_identifier(const void *a, const void *b)
{
    const struct told *x = a, *y = b;
    int order = by_cashier(x, y);

    return order != 0 ? order : strcmp(x->identifier, y->identifier);
}

/* The records [from, until) are one cashier's, those of one identifier side by side. */
static void write_cashier(const struct told *from, const struct told *until, struct json_writer *w)
{
    int64_t counts[TOLD_KINDS] = {0}, last_us = 0, same = 0, same_most = 0;

    for (const struct told *told = from; told < until; told++) {
        counts[told->kind]++;
        last_us = told->at_us > last_us ? told->at_us : last_us;
        same = told > from && strcmp(told->identifier, told[-1].identifier) == 0 ? same + 1 : 1;
        if (told->identifier[0] != '\0' && same > same_most)
            same_most = same;
    }
    jw_object_begin(w);
    jw_field_text(w, "chain", from->chain);
    jw_field_text(w, "store", from->store);
    jw_field_text(w, "till", from->till);
    jw_field_text(w, "cashier", from->cashier);
    for (int i = 0; i < TOLD_KINDS; i++)
        jw_field_int(w, kind_names[i], counts[i]);
    jw_field_int(w, "same_most", same_most);
    jw_field_int(w, "last_us", last_us);
    jw_object_end(w);
}

enum status report_cashiers(struct central *central, struct json_writer *w, struct errmsg *err)
{
    struct told_list list = {.told = calloc(TOLD_MAX, sizeof(struct told))};
    enum status st = list.told ? read_list(central, &list, err) : ST_NOMEM;

    if (st == ST_OK) {
        qsort(list.told, list.count, sizeof(struct told), by_cashier_and_identifier);
        jw_object_begin(w);
        jw_field_int(w, "days", REPORT_CASHIER_DAYS);
        jw_field_bool(w, "complete", list.complete);
        jw_name(w, "cashiers");
        jw_array_begin(w);
        for (size_t from = 0, until = 0; from < list.count; from = until) {
            while (until < list.count && by_cashier(&list.told[from], &list.told[until]) == 0)
                until++;
            write_cashier(&list.told[from], &list.told[until], w);
        }
        jw_array_end(w);
        jw_object_end(w);
    }
    free(list.told);
    return st;
}
