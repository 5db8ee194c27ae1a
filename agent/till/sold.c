/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/sold.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/till/past.h"
#include "agent/till/till_internal.h"
#include "agent/till/tree.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <string.h>

enum { ANSWER_BYTES_MAX = 1024 * 1024 };

/* ---- the central's answers ---- */

static void forget(struct sold_answer *answer)
{
    json_free(answer->sale);
    *answer = (struct sold_answer){.sale_id = ""};
}

void sold_forget_answers(struct till *till)
{
    for (int i = 0; i < SOLD_ANSWERS_MAX; i++)
        forget(&till->sold_answers[i]);
}

void sold_keep_answer(struct till *till, const char *sale_id, const char *json, size_t len)
{
    struct sold_answer *place = &till->sold_answers[0];
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *sale = NULL;

    if (json && json_parse(json, len, ANSWER_BYTES_MAX, &sale, &err) != ST_OK) {
        log_warn("till-19", "the central's answer about a sale cannot be read: %s", err.text);
        return;
    }
    for (int i = 0; i < SOLD_ANSWERS_MAX; i++) {
        struct sold_answer *one = &till->sold_answers[i];

        if (strcmp(one->sale_id, sale_id) == 0) {
            place = one;
            break;
        }
        if (one->until_mono_ms < place->until_mono_ms)
            place = one;
    }
    forget(place);
    (void)snprintf(place->sale_id, sizeof place->sale_id, "%s", sale_id);
    place->until_mono_ms = clock_mono_ms(till->options.clock) + SOLD_ANSWER_MS;
    place->sale = sale;
}

static const struct sold_answer *find_answer(const struct till *till, const char *sale_id)
{
    for (int i = 0; i < SOLD_ANSWERS_MAX; i++) {
        const struct sold_answer *one = &till->sold_answers[i];

        if (strcmp(one->sale_id, sale_id) == 0 && clock_mono_ms(till->options.clock) <= one->until_mono_ms)
            return one;
    }
    return NULL;
}

/* ---- earlier returns ---- */

static bool is_there(const struct cJSON *earlier, const char *return_id)
{
    const struct cJSON *one;

    cJSON_ArrayForEach(one, earlier)
    {
        if (strcmp(tree_text(one, "return_id"), return_id) == 0)
            return true;
    }
    return false;
}

/* A return of our own is at the central too, once it was sent. */
static bool add_earlier(struct sold *sold, const struct cJSON *result)
{
    struct cJSON *copy;

    if (is_there(sold->earlier, tree_text(result, "return_id")))
        return true;
    copy = cJSON_Duplicate(result, true);
    if (copy && cJSON_AddItemToArray(sold->earlier, copy))
        return true;
    cJSON_Delete(copy);
    return false;
}

static enum status add_own(struct till *till, const char *sale_id, struct sold *sold, struct errmsg *err)
{
    struct past_tied tied;
    enum status st = past_tied_to(till, sale_id, &tied, err);

    if (st == ST_OK && tied.more) {
        errmsg_set(err, "more than %d returns of one sale", PAST_TIED_MAX);
        st = ST_FULL;
    }
    for (int i = 0; st == ST_OK && i < tied.count; i++) {
        struct past past;

        st = past_find(till, tied.ids[i], &past, err);
        if (st == ST_NOT_FOUND) { /* pruned: then the central has counted it, and the sale, older, is no more here either */
            st = ST_OK;
            continue;
        }
        if (st != ST_OK)
            break;
        if (strcmp(past.type, "return") == 0 && !add_earlier(sold, tree_child(past.tree, "result")))
            st = ST_NOMEM;
        past_clear(&past);
    }
    return st;
}

static enum status add_known(const struct sold_answer *answer, struct sold *sold)
{
    const struct cJSON *one;

    cJSON_ArrayForEach(one, tree_child(answer->sale, "returns"))
    {
        if (!add_earlier(sold, one))
            return ST_NOMEM;
    }
    return ST_OK;
}

/* ---- the sale ---- */

static enum status take_own_sale(struct till *till, const char *sale_id, struct sold *sold)
{
    struct past past;
    enum status st = past_find(till, sale_id, &past, NULL);

    if (st != ST_OK)
        return st;
    if (strcmp(past.type, "sale") == 0) {
        sold->body = past.tree;
        past.tree = NULL;
    }
    past_clear(&past);
    return sold->body ? ST_OK : ST_NOT_FOUND;
}

static enum status take_known_sale(const struct sold_answer *answer, struct sold *sold)
{
    const struct cJSON *body = tree_child(answer->sale, "body");

    if (!cJSON_IsObject(body))
        return ST_NOT_FOUND;
    sold->elsewhere = true;
    sold->body = cJSON_Duplicate(body, true);
    return sold->body ? ST_OK : ST_NOMEM;
}

static void name_member(const struct sold_answer *answer, struct sold *sold)
{
    const char *known = answer ? tree_text(answer->sale, "member") : "";

    if (known[0] == '\0') /* the central knows better: it may have been merged, or found by its card since */
        known = tree_text(tree_child(tree_child(sold->body, "sale"), "member"), "id");
    (void)snprintf(sold->member, sizeof sold->member, "%s", known);
}

enum problem sold_find(struct till *till, const char *sale_id, struct sold *out_sold, struct errmsg *err)
{
    const struct sold_answer *answer = find_answer(till, sale_id);
    struct sold sold = {.earlier = cJSON_CreateArray(), .checked = answer && answer->sale};
    enum status st = sold.earlier ? take_own_sale(till, sale_id, &sold) : ST_NOMEM;

    if (st == ST_NOT_FOUND && answer)
        st = take_known_sale(answer, &sold);
    if (st == ST_NOT_FOUND) {
        sold_clear(&sold);
        errmsg_set(err, "sale %s", sale_id);
        return answer ? PROBLEM_NO_SALE : PROBLEM_SALE_ELSEWHERE;
    }
    if (st == ST_OK && answer)
        st = add_known(answer, &sold);
    if (st == ST_OK)
        st = add_own(till, sale_id, &sold, err);
    if (st != ST_OK) {
        sold_clear(&sold);
        errmsg_wrap(err, "sale %s", sale_id);
        return PROBLEM_INTERNAL;
    }
    name_member(answer, &sold);
    *out_sold = sold;
    return PROBLEM_NONE;
}

void sold_clear(struct sold *sold)
{
    json_free(sold->body);
    json_free(sold->earlier);
    *sold = (struct sold){.body = NULL};
}

/* ---- what is left of it ---- */

static int64_t back_of_line(const struct sold *sold, int64_t line)
{
    const struct cJSON *one, *item;
    int64_t back = 0;

    cJSON_ArrayForEach(one, sold->earlier)
    {
        cJSON_ArrayForEach(item, tree_child(one, "lines"))
        {
            if (tree_int(item, "line") == line)
                back += tree_int(item, "qty_milli");
        }
    }
    return back;
}

struct cJSON *sold_rest(const struct sold *sold)
{
    struct cJSON *rest = cJSON_CreateArray(), *item;
    const struct cJSON *line;

    cJSON_ArrayForEach(line, tree_child(tree_child(sold->body, "sale"), "lines"))
    {
        int64_t number = tree_int(line, "line"), left = tree_int(line, "qty_milli") - back_of_line(sold, number);

        if (left <= 0)
            continue;
        item = cJSON_CreateObject();
        if (!rest || !item || !cJSON_AddNumberToObject(item, "line", (double)number) ||
            !cJSON_AddNumberToObject(item, "qty_milli", (double)left) || !cJSON_AddItemToArray(rest, item)) {
            cJSON_Delete(item);
            cJSON_Delete(rest);
            return NULL;
        }
    }
    return rest;
}
