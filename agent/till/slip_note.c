/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/slip_note.h"

#include "agent/base/civil_time.h"
#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/db/cache.h"
#include "agent/receipt/receipt.h"
#include "agent/till/till_internal.h"
#include "agent/till/tree.h"

#include <cjson/cJSON.h>

#include <stdlib.h>
#include <string.h>

enum { NOTED_MAX = RECEIPT_POINTS_MAX * RECEIPT_WAITING_MAX };

struct waiting {
    const char *currency; /* view into the lots */
    int32_t from;
    int64_t amount;
};

/* Those in the order of their days. Past RECEIPT_WAITING_MAX days of a currency the rest is added to the last one:
 * said to be spendable later than it is, never sooner. */
static void add_waiting(struct waiting *list, size_t *count, const struct waiting *one)
{
    size_t at = 0, same = 0, last = 0;

    for (; at < *count; at++) {
        if (strcmp(list[at].currency, one->currency) != 0)
            continue;
        if (list[at].from == one->from) {
            list[at].amount += one->amount;
            return;
        }
        last = at;
        same++;
    }
    if (same == RECEIPT_WAITING_MAX) {
        list[last].amount += one->amount;
        list[last].from = one->from;
    } else if (*count < NOTED_MAX) {
        list[(*count)++] = *one;
    }
}

static int by_day(const void *left, const void *right)
{
    const struct waiting *a = left, *b = right;

    return (a->from > b->from) - (a->from < b->from);
}

/* Adds up lots that begin after today, the nearest first. */
static size_t find_waiting(const struct cJSON *lots, int32_t today, struct waiting list[NOTED_MAX])
{
    size_t lot_count = (size_t)cJSON_GetArraySize(lots), found = 0, count = 0;
    struct waiting *all = calloc(lot_count + 1, sizeof *all);
    const struct cJSON *lot;

    cJSON_ArrayForEach(lot, lots)
    {
        struct waiting one = {tree_text(lot, "currency"), 0, tree_int(lot, "amount")};

        if (all && one.amount > 0 && civil_parse_date(tree_text(lot, "from"), &one.from) == ST_OK && one.from > today)
            all[found++] = one;
    }
    if (found > 0)
        qsort(all, found, sizeof *all, by_day);
    for (size_t i = 0; i < found; i++)
        add_waiting(list, &count, &all[i]);
    free(all);
    return count;
}

static void write_waiting(const struct waiting *list, size_t count, struct json_writer *w)
{
    char from[11];

    jw_name(w, "waiting");
    jw_array_begin(w);
    for (size_t i = 0; i < count; i++) {
        civil_format_date(list[i].from, from);
        jw_object_begin(w);
        jw_field_text(w, "currency", list[i].currency);
        jw_field_int(w, "amount", list[i].amount);
        jw_field_text(w, "from", from);
        jw_object_end(w);
    }
    jw_array_end(w);
}

/* When the central last told what is in the cache; false while the link is up, or when nobody knows. */
static bool find_as_of(const struct till *till, char out_text[26])
{
    const struct till_central *central = &till->options.central;
    struct civil_time local;
    char told[24];
    int64_t since, told_ms;

    if (!central->is_up || central->is_up(central->link, &since) ||
        cache_get_state(till->options.cache, CACHE_TOLD, told, sizeof told, NULL) != ST_OK)
        return false;
    told_ms = strtoll(told, NULL, 10);
    if (told_ms <= 0)
        return false;
    clock_local(told_ms, &local);
    civil_format_time(&local, out_text);
    return true;
}

void slip_note_points(struct till *till, const struct sale *sale, struct json_writer *w)
{
    struct waiting list[NOTED_MAX];
    char as_of[26];
    bool dated;
    size_t count;

    if (!sale->member.known)
        return;
    dated = find_as_of(till, as_of);
    count = find_waiting(sale->member.lots, sale->evaluation.at.day, list);
    if (dated || count > 0) {
        jw_name(w, "points_known");
        jw_object_begin(w);
        if (dated)
            jw_field_text(w, "as_of", as_of);
        if (count > 0)
            write_waiting(list, count, w);
        jw_object_end(w);
    }
}
