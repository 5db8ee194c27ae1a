/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/powercut/history.h"

#include "tests/powercut/must.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void history_begin(struct history *history)
{
    memset(history, 0, sizeof *history);
    history->committing = -1;
}

void history_copy(struct history *to, const struct history *from)
{
    size_t attempts = (size_t)from->last_position + 1, sales = (size_t)from->sale_count;

    /* What lies behind is zeros in from. */
    if (to->last_position > from->last_position)
        memset(to->attempts + attempts, 0,
               (size_t)(to->last_position - from->last_position) * sizeof to->attempts[0]);
    if (to->sale_count > from->sale_count)
        memset(to->sales + sales, 0, (size_t)(to->sale_count - from->sale_count) * sizeof to->sales[0]);
    memcpy(to->attempts, from->attempts, attempts * sizeof to->attempts[0]);
    memcpy(to->sales, from->sales, sales * sizeof to->sales[0]);
    to->last_position = from->last_position;
    to->hashed_position = from->hashed_position;
    to->sale_count = from->sale_count;
    to->committing = from->committing;
    to->rules_version = from->rules_version;
    to->stored = from->stored;
    to->counted = from->counted;
    to->old_until = from->old_until;
    memcpy(to->wrong, from->wrong, sizeof to->wrong);
    to->wrong_count = from->wrong_count;
}

void history_wrong(struct history *history, const char *format, ...)
{
    va_list args;

    if (history->wrong_count++ > 0)
        return;
    va_start(args, format);
    (void)vsnprintf(history->wrong, sizeof history->wrong, format, args);
    va_end(args);
}

struct told_sale *history_new_sale(struct history *history)
{
    struct told_sale *sale = &history->sales[history->sale_count];

    must(history->sale_count < HISTORY_SALES_MAX, "more sales than a history holds");
    (void)snprintf(sale->id, sizeof sale->id, "S%d", history->sale_count++);
    return sale;
}

int history_find_sale(const struct history *history, const char *id)
{
    for (int i = 0; i < history->sale_count; i++) {
        if (strcmp(history->sales[i].id, id) == 0)
            return i;
    }
    return -1;
}

/* Not for secrets: fast, and the records of a run differ in their counters anyway. */
uint64_t history_digest(const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    uint64_t sum = UINT64_C(0xcbf29ce484222325) ^ len, word;

    for (; len >= 8; len -= 8, at += 8) {
        memcpy(&word, at, 8);
        sum = (sum ^ word) * UINT64_C(0x9fb21c651e98df25);
        sum ^= sum >> 29;
    }
    for (; len > 0; len--, at++)
        sum = (sum ^ *at) * UINT64_C(0x100000001b3);
    return sum;
}

void history_attempt(struct history *history, int64_t position, const char *type, const void *bytes, size_t len)
{
    struct attempt *attempt = &history->attempts[position];

    must(position > 0 && position <= HISTORY_RECORDS_MAX, "more records than a history holds");
    if (attempt->returned)
        history_wrong(history, "record %lld was said to be on disk and is written anew", (long long)position);
    if (attempt->count ==
        HISTORY_TRIES_MAX) /* the oldest was refused by a full disk, or overwritten many times since */
        memmove(attempt->tries, attempt->tries + 1, (size_t)--attempt->count * sizeof attempt->tries[0]);
    attempt->last = attempt->count++;
    attempt->tries[attempt->last].digest = history_digest(bytes, len);
    attempt->tries[attempt->last].sale = strcmp(type, "sale") == 0 ? history->committing : -1;
    if (position > history->last_position)
        history->last_position = position;
}

void history_returned(struct history *history, int64_t position)
{
    struct attempt *attempt = &history->attempts[position];

    attempt->tries[0] = attempt->tries[attempt->last];
    attempt->count = 1;
    attempt->last = 0;
    attempt->returned = true;
}

bool history_found(struct history *history, int64_t position, const void *bytes, size_t len)
{
    struct attempt *attempt = &history->attempts[position];
    uint64_t digest = history_digest(bytes, len);

    for (int i = 0; i < attempt->count; i++) {
        if (attempt->tries[i].digest != digest)
            continue;
        attempt->last = i;
        history_returned(history, position); /* it is on disk now, asked for or not */
        return true;
    }
    return false;
}

int64_t history_balance(const struct history *history, int member)
{
    int64_t balance = HISTORY_FIRST_BALANCE;

    for (int i = 0; i < history->sale_count; i++) {
        if (history->sales[i].member == member && history->sales[i].found > 0)
            balance += history->sales[i].points;
    }
    return balance;
}

int64_t history_balance_at(const struct history *history, int member, int64_t position)
{
    int64_t balance = HISTORY_FIRST_BALANCE;

    for (int64_t at = 1; at <= position; at++) {
        int sale = history->attempts[at].tries[0].sale;

        if (sale >= 0 && history->sales[sale].member == member)
            balance += history->sales[sale].points;
    }
    return balance;
}
