/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lots - what of a member's points is not there yet, or ends: the central tells points by when they begin and when
 * they expire (docs/protocol.md 5), and a till without a link must see both days come. Inside agent/till.
 */
#ifndef LOYALD_TILL_LOTS_H
#define LOYALD_TILL_LOTS_H

#include "agent/base/json_writer.h"

#include <stdint.h>

struct cache;
struct cJSON;
struct till_member;

enum { LOTS_SOON_DAYS = 30, LOTS_SHOWN_MAX = 8, LOTS_ACTIVATION_MAX = 3660 };

/* Reads the member's lots. Returns owned the array (json_free); NULL: all of the points are there, for good. */
struct cJSON *lots_load(struct cache *cache, const char *member);
/* Points of the balance that cannot be spent today: those that begin later, own sales' too where a delay is told, and
 * those that expired and that own sales had not spent before. */
int64_t lots_idle(const struct till_member *member, struct cache *cache, const char *currency, int32_t today);
/* Writes "pending" and "expiring" into an object: what begins after today, what ends within LOTS_SOON_DAYS; the next
 * LOTS_SHOWN_MAX of each. Nothing when there are none. */
void lots_write(const struct till_member *member, int32_t today, struct json_writer *w);
/* The same in words, for the cashier: "5,00 - 01.12.2026; ...", the next two; "" when there are none. digits_of tells
 * a currency's. */
enum lots_what { LOTS_PENDING, LOTS_EXPIRING };
typedef int lots_digits_fn(void *context, const char *currency);
void lots_describe(const struct till_member *member, enum lots_what what, int32_t today, char comma,
                   lots_digits_fn *digits_of, void *context, char *out_text, size_t size);

#endif
