/* SPDX-License-Identifier: Apache-2.0 */
/* report - what the office asks the books: totals, differences, dead letters, cashiers, one member. */
#ifndef LOYALD_CENTRAL_REPORT_H
#define LOYALD_CENTRAL_REPORT_H

#include "agent/base/json_writer.h"
#include "sync/central/central.h"

enum { REPORT_ROWS_MAX = 1000 /* of a list, newest first */ };

/* {"chains":[{"chain","currency","tills","sales","gross_minor",...,"points":[...]}],"ledger":{...}} */
enum status report_totals(struct central *central, struct json_writer *w, struct errmsg *err);
/* {"chains":[...]} and {"stores":[...]}: what was set up. */
enum status report_chains(struct central *central, struct json_writer *w, struct errmsg *err);
enum status report_stores(struct central *central, struct json_writer *w, struct errmsg *err);
/* {"chains":[...]}: a handful of numbers of each that are cheap to ask for, for monitoring. */
enum status report_metrics(struct central *central, struct json_writer *w, struct errmsg *err);
/* {"differences":[...]} */
enum status report_differences(struct central *central, struct json_writer *w, struct errmsg *err);
/* {"dead_letters":[...]} */
enum status report_dead_letters(struct central *central, struct json_writer *w, struct errmsg *err);
/* {"members":[{"chain","member":{row},"postings":[...]}]}: that id in every chain that has it, its last postings with
 * it. */
enum status report_member(struct central *central, const char *id, struct json_writer *w, struct errmsg *err);
/* {"points":[...]}: the chains' rules; {"leases":[...]}: those that live */
enum status report_point_rules(struct central *central, struct json_writer *w, struct errmsg *err);
enum status report_leases(struct central *central, struct json_writer *w, struct errmsg *err);
/* {"chains":[{"chain","currency","minor_digits","tills","till_minor","worst_minor","members_overdrawn","by_till":[...],
 * "by_points":[...]}]}: what may be spent beyond balances, and what was. */
enum status report_exposure(struct central *central, struct json_writer *w, struct errmsg *err);
/* {"days","complete","cashiers":[{"chain","store","till","cashier","cards","phones","coupons","paid_otherwise",
 * "unreferenced","other","same_most","last_us"}]}: what was typed by hand and let pass in the last days, by till and
 * cashier; same_most: how often the card or phone that came most. Of the newest 20,000 when there are more. */
enum { REPORT_CASHIER_DAYS = 30 };
enum status report_cashiers(struct central *central, struct json_writer *w, struct errmsg *err);
/* {"notices":[...]} */
enum status report_notices(struct central *central, struct json_writer *w, struct errmsg *err);

#endif
