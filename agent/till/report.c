/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/till_internal.h"

#include "agent/base/json.h"
#include "agent/db/ballast.h"
#include "agent/db/cache.h"
#include "agent/db/journal.h"
#include "agent/engine/engine.h"
#include "agent/till/tally.h"
#include "agent/till/tree.h"

#include <stdlib.h>
#include <string.h>

/* ---- health ---- */

static int compare_ns(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void write_times(const struct till_times *times, struct json_writer *w)
{
    int64_t count = times->count < TILL_TIMES_MAX ? times->count : TILL_TIMES_MAX;
    int64_t *sorted = count > 0 ? malloc((size_t)count * sizeof *sorted) : NULL;

    jw_object_begin(w);
    jw_field_int(w, "count", times->count);
    if (sorted) {
        memcpy(sorted, times->ns, (size_t)count * sizeof *sorted);
        qsort(sorted, (size_t)count, sizeof *sorted, compare_ns);
        jw_field_int(w, "p50_us", sorted[(count - 1) / 2] / 1000);
        jw_field_int(w, "p99_us", sorted[(count - 1) * 99 / 100] / 1000);
        jw_field_int(w, "max_us", sorted[count - 1] / 1000);
    }
    jw_object_end(w);
    free(sorted);
}

static void write_link(struct till *till, struct json_writer *w)
{
    const struct till_central *central = &till->options.central;
    int64_t since = 0;
    bool up = central->is_up && central->is_up(central->link, &since);

    jw_object_begin(w);
    jw_field_bool(w, "up", up);
    if (since > 0)
        jw_field_int(w, "since_unix_ms", since);
    jw_object_end(w);
}

enum { COUNT_SLICE = 1000 };

struct sale_count {
    int64_t until, sales;
};

static bool count_sale(void *context, const struct journal_entry *entry)
{
    struct sale_count *count = context;

    if (entry->position > count->until)
        return false;
    count->sales += strcmp(entry->type, "sale") == 0;
    return true;
}

/* Sales in the records after *at up to goal, a slice at most; *at moves on. */
static int64_t sales_up_to(struct till *till, int64_t *at, int64_t goal)
{
    struct sale_count count = {.until = goal - *at > COUNT_SLICE ? *at + COUNT_SLICE : goal};

    if (goal <= *at || journal_each(till->options.journal, *at + 1, count_sale, &count, NULL) != ST_OK)
        return 0;
    *at = count.until;
    return count.sales;
}

/* Receipts that wait for the central. After a start with a long queue at least so many, until all are counted. */
static int64_t unsynced_sales(struct till *till, int64_t head, int64_t acked)
{
    struct unsynced_sales *known = &till->unsynced_sales;

    if (known->acked > acked || known->counted < acked) /* a central restored from its backup; or a first look */
        *known = (struct unsynced_sales){.acked = acked, .counted = acked};
    known->count += sales_up_to(till, &known->counted, head);
    known->count -= sales_up_to(till, &known->acked, acked);
    return known->count;
}

static void write_currencies(const struct till *till, struct json_writer *w)
{
    const struct bundle *bundle = rule_edition_bundle(rulebook_active(till->options.rulebook));

    jw_field_text(w, "currency", bundle_currency(bundle));
    jw_field_int(w, "minor_digits", bundle_minor_digits(bundle));
    jw_name(w, "points");
    jw_array_begin(w);
    for (size_t i = 0; i < bundle_currency_count(bundle); i++) {
        jw_object_begin(w);
        jw_field_text(w, "currency", bundle_currency_id(bundle, i));
        jw_field_int(w, "digits", bundle_currency_digits(bundle, i));
        jw_object_end(w);
    }
    jw_array_end(w);
}

void till_write_health(struct till *till, struct json_writer *w)
{
    const struct identity *identity = till->options.identity;
    int64_t acked = journal_acked_position(till->options.journal);
    struct journal_head head;
    int open = 0;

    for (int i = 0; i < TILL_SALES_MAX; i++)
        open += till->sales[i] && sale_is_open(till->sales[i]);
    journal_head(till->options.journal, &head);
    jw_object_begin(w);
    jw_field_bool(w, "enrolled", identity->enrolled);
    jw_field_text(w, "chain", identity->chain);
    jw_field_text(w, "store", identity->store);
    jw_field_text(w, "till", identity->till);
    jw_field_text(w, "language", till_language(till));
    write_currencies(till, w);
    jw_field_int(w, "open_sales", open);
    jw_field_text(w, "current_sale", till->current ? till->current->id : NULL);
    jw_field_int(w, "records", head.position);
    jw_field_int(w, "unsynced", head.position - acked);
    jw_field_int(w, "unsynced_sales", unsynced_sales(till, head.position, acked));
    jw_field_int(w, "uncounted", head.position - journal_counted_position(till->options.journal));
    jw_field_int(w, "pruned", journal_pruned_position(till->options.journal));
    jw_field_int(w, "behind", upkeep_behind(till));
    if (till->options.ballast && till->options.ballast->bytes > 0) {
        jw_field_text(w, "room", room_name(till->options.ballast->room));
        jw_field_int(w, "disk_free_bytes", till->options.ballast->free_bytes);
    }
    if (till->upkeep.damage[0] != '\0')
        jw_field_text(w, "journal_damage", till->upkeep.damage);
    jw_field_int(w, "members", cache_member_count(till->options.cache));
    jw_field_bool(w, "spends_without_link", spending_without_link(till));
    jw_field_int(w, "scan_faults", till->scan_faults);
    jw_name(w, "link");
    write_link(till, w);
    jw_name(w, "rules");
    rulebook_write(till->options.rulebook, w);
    jw_name(w, "scan_to_answer");
    write_times(&till->times, w);
    jw_object_end(w);
}

/* ---- totals, as the projection added them up ---- */

struct totals {
    struct tally tally;
    int64_t unreadable;
};

static bool add_total(void *context, int32_t day, const char *shift, const char *name, int64_t amount)
{
    struct totals *totals = context;

    (void)day;
    (void)shift;
    if (strcmp(name, "unreadable") == 0)
        totals->unreadable += amount;
    else
        tally_add_figure(&totals->tally, name, amount);
    return true;
}

enum status till_write_totals(struct till *till, struct json_writer *w, struct errmsg *err)
{
    struct totals totals = {0};
    struct journal_head head;
    uint8_t digest[SHA256_BYTES];
    enum status st;

    st = cache_each_total(till->options.cache, INT32_MIN, INT32_MAX, add_total, &totals, err);
    if (st == ST_OK)
        st = cache_digests(till->options.cache, digest, err);
    if (st != ST_OK)
        return st;
    journal_head(till->options.journal, &head);
    jw_object_begin(w);
    jw_field_int(w, "records", head.position);
    tally_write_sums(&totals.tally, w);
    jw_field_hex(w, "digests_sha256", digest, sizeof digest);
    jw_field_hex(w, "head_hash", head.hash, sizeof head.hash);
    jw_field_int(w, "unsynced", head.position - journal_acked_position(till->options.journal));
    jw_field_bool(w, "unreadable_records", totals.unreadable > 0);
    jw_field_int(w, "behind", upkeep_behind(till));
    jw_object_end(w);
    return ST_OK;
}
