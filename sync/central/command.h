/* SPDX-License-Identifier: Apache-2.0 */
/* command - the commands of loyal-central: what each gets from the command line, and where each lives. Used by main
 * only. */
#ifndef LOYALD_CENTRAL_COMMAND_H
#define LOYALD_CENTRAL_COMMAND_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

#include <stdbool.h>
#include <stdint.h>

enum { COMMAND_WORDS_MAX = 64 };

struct command_call {
    const char *state_dir;
    const char *database; /* "" : embedded */
    const char *listen_host;
    int64_t listen_port, connections_max;
    bool spread;
    bool json, force, unproven;
    int *exit_code; /* of a command that did what it should and found something; else 0 */
    const char *host, *name, *currency, *language, *key, *chain, *expires, *out;
    const char *rings, *time_out, *failures, *band, *reason;
    const char *activate, *live, *lease_cap, *lease_days, *lost_days, *tills, *accept_exposure;
    const char *after, *root_threshold, *rules_threshold, *timestamp_days;
    const char *attrs[COMMAND_WORDS_MAX]; /* "k=v" */
    int attr_count;
    const char *words[COMMAND_WORDS_MAX]; /* behind the command's own */
    int word_count;
};

typedef enum status command_fn(const struct command_call *call, struct errmsg *err);

/* command_serve.c */
command_fn command_init, command_serve, command_restored;
/* command_backup.c */
command_fn command_backup;
/* command_ca.c */
command_fn command_ca_rotate, command_ca_drop;
/* command_fleet.c */
command_fn command_fleet;
/* command_metrics.c */
command_fn command_metrics;
/* command_store.c */
command_fn command_chain_list, command_store_list, command_store_create, command_store_set;
/* command_office.c */
command_fn command_chain_create, command_chain_key_add, command_chain_threshold, command_consent_set,
    command_upkeep, command_till_code, command_till_list, command_till_revoke, command_member_show;
/* command_import.c */
command_fn command_member_import, command_coupon_import, command_till_import;
/* command_sign.c */
command_fn command_key_create, command_bundle_sign, command_bundle_cosign;
/* command_bundle.c */
command_fn command_bundle_check, command_bundle_publish, command_bundle_list;
/* command_root_make.c */
command_fn command_root_create;
/* command_root.c */
command_fn command_root_check, command_root_publish, command_root_list, command_timestamp_rotate;
/* command_rollout_start.c */
command_fn command_rollout_start;
/* command_rollout.c */
command_fn command_rollout_status, command_rollout_advance, command_rollout_halt,
    command_rollout_resume, command_rollout_back, command_rollout_approve;
/* command_coupon.c */
command_fn command_coupon_key, command_coupon_sign;
/* command_points.c */
command_fn command_points_set, command_points_list, command_member_merge, command_chain_audience,
    command_store_circle, command_lease_list, command_lease_recall, command_exposure;
/* command_report.c */
command_fn command_totals, command_ledger_check, command_difference_list, command_dead_list, command_notice_list;
command_fn command_cashier_list;

#endif
