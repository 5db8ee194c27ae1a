/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/evaluation.h"

#include "agent/base/json_writer.h"
#include "agent/base/log.h"
#include "agent/db/cache.h"
#include "agent/db/journal.h"
#include "agent/engine/engine.h"
#include "agent/till/basket.h"
#include "agent/till/claims.h"
#include "agent/till/identity.h"
#include "agent/till/member.h"
#include "agent/till/projection.h"
#include "agent/till/reservations.h"
#include "agent/till/spending.h"
#include "agent/till/tree.h"

#include <cjson/cJSON.h>

#include <string.h>

void evaluation_init(struct evaluation *evaluation)
{
    *evaluation = (struct evaluation){
        .sale_json = STRBUF_INIT(EVALUATION_BYTES_MAX),
        .result_json = STRBUF_INIT(EVALUATION_BYTES_MAX),
        .titles_json = STRBUF_INIT(EVALUATION_BYTES_MAX),
    };
}

void evaluation_clear(struct evaluation *evaluation)
{
    strbuf_free(&evaluation->sale_json);
    strbuf_free(&evaluation->result_json);
    strbuf_free(&evaluation->titles_json);
    evaluation_init(evaluation);
}

/* ---- the engine's input ---- */

enum { COUPONS_ASKED_MAX = 32 }; /* with more in the basket all that were used are listed */

struct usage_writer {
    struct json_writer *w;
    const struct evaluation_question *question;
    bool written[RESERVATIONS_MAX]; /* by reservation: its name stands there already */
};

static void mark_written(struct usage_writer *u, const char *name)
{
    const struct reservations *all = u->question->reserved;

    for (int i = 0; i < all->count; i++)
        u->written[i] = u->written[i] || strcmp(all->items[i].name, name) == 0;
}

static bool write_use(void *context, const char *promotion, int64_t uses)
{
    struct usage_writer *u = context;

    /* Coupons are counted under "coupon:" and their code; others' reservations of either kind count as used. */
    uses += reservations_sum(u->question->reserved, u->question->sale_id,
                             strncmp(promotion, "coupon:", 7) == 0 ? EFFECT_COUPON : EFFECT_USE, "", promotion);
    jw_field_int(u->w, promotion, uses);
    mark_written(u, promotion);
    return true;
}

static int64_t position_of(void *context, uint64_t epoch, int64_t seq)
{
    const struct evaluation_question *question = context;
    int64_t position = 0;

    if (journal_position(question->journal, epoch, seq, &position) != ST_OK)
        position = 0;
    return position;
}

/* Uses that only a sale in tender makes so far: no row and no record names them yet. */
static void write_reserved_uses(struct usage_writer *u)
{
    const struct reservations *all = u->question->reserved;

    for (int i = 0; i < all->count; i++) {
        const struct reservation *one = &all->items[i];

        if (u->written[i] || (one->kind != EFFECT_USE && one->kind != EFFECT_COUPON) ||
            strcmp(one->sale_id, u->question->sale_id) == 0)
            continue;
        jw_field_int(u->w, one->name, reservations_sum(all, u->question->sale_id, one->kind, "", one->name));
        mark_written(u, one->name);
    }
}

/* A name stands once in the object, however often the basket has the code. */
static bool is_asked(char (*names)[CACHE_NAME_MAX + 1], int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* Of the coupons in the basket only: a chain's used ones are many. */
static void write_coupon_uses(struct usage_writer *u, const cJSON *coupons)
{
    char names[COUPONS_ASKED_MAX][CACHE_NAME_MAX + 1];
    const cJSON *item;
    int count = 0;

    cJSON_ArrayForEach(item, coupons)
    {
        int64_t uses = 0;

        if (!cJSON_IsString(item))
            continue; /* the engine says so */
        projection_coupon_name(item->valuestring, names[count]);
        if (is_asked(names, count, names[count]))
            continue;
        if (cache_usage_of(u->question->cache, names[count], position_of, (void *)(uintptr_t)u->question, &uses,
                           NULL) == ST_OK &&
            uses > 0)
            (void)write_use(u, names[count], uses);
        count++;
    }
}

static void write_usage(struct json_writer *w, const struct evaluation_question *question)
{
    struct usage_writer u = {.w = w, .question = question};
    const cJSON *coupons = question->basket->coupons;
    void *context = (void *)(uintptr_t)question;

    jw_name(w, "usage");
    jw_object_begin(w);
    if (cJSON_GetArraySize(coupons) > COUPONS_ASKED_MAX) {
        (void)cache_each_usage(question->cache, position_of, context, write_use, &u, NULL);
    } else {
        (void)cache_each_promotion_usage(question->cache, position_of, context, write_use, &u, NULL);
        write_coupon_uses(&u, coupons);
    }
    write_reserved_uses(&u);
    jw_object_end(w);
}

static void write_tenders(struct json_writer *w, const struct basket *basket)
{
    jw_name(w, "tenders");
    jw_array_begin(w);
    for (int i = 0; i < basket->tender_count; i++)
        jw_text(w, basket->tenders[i].kind);
    jw_array_end(w);
}

static void write_place_and_time(struct json_writer *w, const struct evaluation_question *question)
{
    const struct identity *identity = question->identity;
    char at[26], date[11];

    civil_format_time(&question->at, at);
    civil_format_date(question->at.day, date);
    jw_field_text(w, "sale_id", question->sale_id);
    jw_name(w, "store");
    jw_object_begin(w);
    jw_field_text(w, "id", identity->store);
    jw_field_raw(w, "attrs", identity->store_attrs, strlen(identity->store_attrs));
    jw_object_end(w);
    jw_field_text(w, "till", identity->till);
    jw_field_text(w, "channel", question->basket->channel);
    jw_field_text(w, "at", at);
    jw_field_text(w, "business_date", date);
}

static enum status compose(const struct evaluation_question *question, bool with_member, struct strbuf *out,
                           struct errmsg *err)
{
    const struct basket *basket = question->basket;
    struct json_writer w = JSON_WRITER_INIT(out);
    enum status st = ST_OK;

    jw_object_begin(&w);
    write_place_and_time(&w, question);
    tree_write(&w, "lines", basket->lines);
    if (with_member) {
        jw_name(&w, "member");
        st = till_member_write(question->member, question->cache, question->reserved, question->sale_id,
                               question->at.day, &w, err);
    }
    claims_write_coupons(question->claims, basket->coupons, &w);
    if (question->no_spending)
        tree_write(&w, "rewards", basket->rewards);
    else
        spending_write_asked(question->spending, basket, &w);
    write_tenders(&w, basket);
    write_usage(&w, question);
    jw_object_end(&w);
    return st == ST_OK ? strbuf_status(out) : st;
}

/* ---- evaluation ---- */

/* A promotion is named once; past TITLES_MAX the ids must do. */
enum { TITLES_MAX = 128 };

struct titles {
    const struct evaluation_question *question;
    const char *ids[TITLES_MAX];
    size_t count;
    struct json_writer w;
};

static void add_title(struct titles *titles, const char *id)
{
    for (size_t i = 0; i < titles->count; i++) {
        if (strcmp(titles->ids[i], id) == 0)
            return;
    }
    if (titles->count == TITLES_MAX)
        return;
    titles->ids[titles->count++] = id;
    jw_field_text(&titles->w, id, bundle_title(titles->question->bundle, id, titles->question->language));
}

static void write_titles(const struct evaluation_question *question, const struct engine_result *result,
                         struct strbuf *out)
{
    struct titles titles = {.question = question, .w = JSON_WRITER_INIT(out)};

    jw_object_begin(&titles.w);
    for (size_t i = 0; i < result->line_count; i++) {
        for (size_t k = 0; k < result->lines[i].adjustment_count; k++)
            add_title(&titles, result->lines[i].adjustments[k].promotion);
    }
    for (size_t i = 0; i < result->point_count; i++) {
        for (size_t k = 0; k < result->points[i].by_count; k++)
            add_title(&titles, result->points[i].by[k].promotion);
    }
    for (size_t i = 0; i < result->gift_count; i++)
        add_title(&titles, result->gifts[i].promotion);
    for (size_t i = 0; i < result->hint_count; i++)
        add_title(&titles, result->hints[i].promotion);
    jw_object_end(&titles.w);
}

static void take_result(const struct evaluation_question *question, const struct engine_result *result,
                        struct evaluation *next)
{
    next->gross_minor = result->gross_minor;
    next->discount_minor = result->discount_minor;
    next->redeemed_minor = result->redeemed_minor;
    next->total_minor = result->total_minor;
    engine_result_write(result, false, &next->result_json);
    write_titles(question, result, &next->titles_json);
}

/* Parses the composed sale. A row of the central that the engine cannot take, or a cache that cannot be read, must
 * not stop a sale: the member is left out then. */
static enum status parse(const struct evaluation_question *question, struct evaluation *next,
                         struct engine_sale **out_sale, struct errmsg *err)
{
    bool with_member = question->member->known;

    for (;;) {
        struct engine_fault fault = {0};
        enum status st;

        strbuf_clear(&next->sale_json);
        st = compose(question, with_member, &next->sale_json, err);
        if (with_member && (st == ST_CORRUPT || st == ST_IO)) {
            log_error("till-31", "what is known of a member cannot be read, selling at shelf price sale=%s: %s",
                      question->sale_id, err ? err->text : status_text(st));
            with_member = false;
            next->shelf_price = true;
            continue;
        }
        if (st != ST_OK)
            return st;
        st = engine_sale_parse(next->sale_json.data, next->sale_json.len, out_sale, &fault);
        if (st == ST_OK)
            return st;
        if (st == ST_INVALID && with_member && strncmp(fault.at, "/member", 7) == 0) {
            log_warn("till-09", "the central's row of a member cannot be used at=%s: %s", fault.at, fault.message);
            with_member = false;
            next->shelf_price = true;
            continue;
        }
        errmsg_set(err, "%s: %s", fault.at, fault.message);
        return st;
    }
}

enum status evaluation_run(const struct evaluation_question *question, struct evaluation *out_evaluation,
                           struct errmsg *err)
{
    struct evaluation next;
    struct engine_sale *sale = NULL;
    const struct engine_result *result;
    enum status st;

    evaluation_init(&next);
    next.at = question->at;
    st = parse(question, &next, &sale, err);
    if (st != ST_OK)
        goto out;
    st = engine_evaluate(question->engine, question->bundle, sale, NULL, &result, err);
    if (st != ST_OK) {
        log_error("till-10", "rules could not be applied, selling at shelf price sale=%s: %s", question->sale_id,
                  err ? err->text : status_text(st));
        next.shelf_price = true;
        st = engine_evaluate(question->engine, question->no_rules, sale, NULL, &result, err);
    }
    if (st == ST_OK) {
        take_result(question, result, &next);
        st = strbuf_status(&next.result_json);
    }
    if (st == ST_OK) {
        next.done = true;
        evaluation_clear(out_evaluation);
        *out_evaluation = next;
        evaluation_init(&next);
    }
out:
    engine_sale_destroy(sale);
    evaluation_clear(&next);
    return st;
}
