/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger - points by double entry. What a member gets, another account gives: "issued" (earned, as the receipt said),
 * "issued_later" (earned by a card the till did not know), "opening" (imported); what a member pays with goes to
 * "redeemed", what rewards cost to "spent", what expires to "expired", what merges moves through "merged". An entry
 * moves points of one currency from one account to another, so no posting is out of balance; each change of a
 * member's account is one of his lots as well (lot.h).
 *
 * What a return takes back goes to "taken_back", what it gives back comes from "given_back".
 *
 * A sale that happened is always posted: a balance may go below zero, and by which record is kept.
 */
#ifndef LOYALD_CENTRAL_LEDGER_H
#define LOYALD_CENTRAL_LEDGER_H

#include "agent/base/json_writer.h"
#include "sync/central/central.h"

struct ledger_record { /* the till's record that a posting is made of; each is posted once */
    const char *dev, *epoch;
    int64_t seq;
};

struct ledger_move {
    const char *currency;
    int64_t earned, earned_later, redeemed, cost; /* none below zero */
};

/* Views of what it was begun with. It is written with its first entry: one that moves nothing is none. */
struct ledger_posting {
    int64_t id; /* 0: not written */
    int64_t lines;
    const char *chain, *member;
    const char *kind;
    struct ledger_record record; /* dev "": not by a record */
    int32_t day;                 /* points are earned on; begin sets today */
};

struct ledger_posting ledger_begin(const struct central *central, const char *chain, const char *member,
                                   const struct ledger_record *record);
/* All inside a transaction. ST_CONFLICT when the record was posted before. */
enum status ledger_sale(struct central *central, struct ledger_posting *posting, const struct ledger_move *move,
                        struct errmsg *err);
/* A return: points taken from the member and given to him, none below zero. */
struct ledger_posting ledger_begin_return(const struct central *central, const char *chain, const char *member,
                                          const struct ledger_record *record);
enum status ledger_return(struct central *central, struct ledger_posting *posting, const char *currency,
                          int64_t taken_back, int64_t given_back, struct errmsg *err);
/* "expiry" or "opening": by no record. */
struct ledger_posting ledger_begin_kind(const struct central *central, const char *chain, const char *member,
                                        const char *kind);
enum status ledger_expire(struct central *central, struct ledger_posting *posting, const char *currency,
                          int64_t amount, struct errmsg *err);
/* All of one member's points to another, lots as they are. */
enum status ledger_merge(struct central *central, const char *chain, const char *from, const char *to,
                         struct errmsg *err);
/* Moves the member's balance to what an import says, by the difference. */
enum status ledger_opening(struct central *central, struct ledger_posting *posting, const char *currency,
                           int64_t balance, struct errmsg *err);
/* "balances":{...} of a member as the value of a name already written. */
enum status ledger_write_balances(struct central *central, const char *chain, const char *member,
                                  struct json_writer *w, struct errmsg *err);

/* {"ok","postings","entries","accounts","unbalanced_postings","wrong_balances","wrong_lots",
 * "overpromised"}; ok is that the last four are 0: entries are between accounts of one currency, balances are the
 * sums of their entries and of their lots, and nobody's leases are more than his points who is not marked as overdrawn. */
enum status ledger_check(struct central *central, struct json_writer *w, bool *out_ok, struct errmsg *err);

#endif
