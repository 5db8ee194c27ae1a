/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command - what the commands of loyalctl share: how they are called and what they exit with.
 */
#ifndef LOYALD_TOOLS_COMMAND_H
#define LOYALD_TOOLS_COMMAND_H

#include "agent/base/config.h"
#include "agent/base/errmsg.h"
#include "agent/tools/ask.h"

#include <stdbool.h>
#include <stdio.h>

/* Of the commands but status, whose exits are those of monitoring (status.h). */
enum { EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_NO_DAEMON = 3 };

/* [doctor] of loyalctl.conf: where the parts of this till are. */
struct command_places {
    char loyald_config[CONFIG_TEXT_MAX], courier_config[CONFIG_TEXT_MAX];
    char state_dir[CONFIG_TEXT_MAX], courier_state_dir[CONFIG_TEXT_MAX];
    char user[CONFIG_TEXT_MAX], courier_user[CONFIG_TEXT_MAX];
    char udev_rules[CONFIG_TEXT_MAX];
    char storage_key[CONFIG_TEXT_MAX], tpm[CONFIG_TEXT_MAX];
};

struct command_config {
    char socket[CONFIG_TEXT_MAX];
    int64_t timeout_s;
    struct command_places places;
};
extern const struct option_spec command_options[];

struct command_call {
    struct ask ask;
    const struct command_config *config;
    const char *const *words; /* those after the command's own */
    int word_count;
    bool json, trace, stats, count, new_name;
    const char *bundle;   /* NULL: not given */
    const char *file;     /* likewise */
    const char *wait;     /* likewise: seconds */
    const char *language; /* likewise: of sentences */
    const char *template, *columns, *format; /* likewise: of a receipt */
    bool hex;
    const char *family, *framing, *code_ids, *seconds; /* of devices; NULL: not given */
    const char *commands, *code_page, *code_page_n;    /* likewise: of a display */
    const char *profile;                               /* likewise: of a printer */
};

/* Each answers the exit status and has said on standard error what went wrong. */
typedef int command_fn(const struct command_call *call);
command_fn command_status, command_totals, command_outbox, command_doctor, command_check_config, command_support_bundle, command_idle, command_enrol, command_shift_show, command_shift_open, command_shift_close, command_sale_list,
    command_sale_show, command_sale_copy, command_events,
    command_api, command_page, command_evaluate, command_refund, command_bundle_check;
command_fn command_why, command_salvage, command_new_epoch, command_export_unsynced, command_receipt_preview, command_receipt_template;
command_fn command_devices_list, command_devices_scan, command_devices_test_scan, command_devices_monitor,
    command_devices_record, command_devices_test_display, command_devices_profiles, command_devices_test_print,
    command_devices_allow;

/* Says "loyalctl: ..." on standard error. */
__attribute__((format(printf, 1, 2))) void command_say(const char *format, ...);
/* Asks loyald; says what is wrong unless it answered with 2xx. 0, EXIT_REFUSED or EXIT_NO_DAEMON. */
int command_ask(const struct command_call *call, const char *method, const char *path, const char *body, size_t len,
                struct strbuf *out);
struct cJSON;
/* Asks, and shows the answer's object, or with --json the answer as it came. */
int command_show(const struct command_call *call, const char *method, const char *path, const char *body,
                 void (*show)(const struct cJSON *answer));
/* The sums of a shift or of all that was sold, a line each, in minor units. */
void command_show_sums(const struct cJSON *totals);
struct bundle;
struct bundle_report;
/* Reads and compiles, its templates too. EXIT_USAGE with words when it cannot be read; otherwise 0, and *out_bundle is
 * NULL when it has faults. */
int command_load_bundle(const char *path, struct bundle **out_bundle, struct bundle_report *report);
/* The bundle in a file that was checked before: its first fault is in err. On ST_OK the caller owns *out_bundle. */
enum status command_compile_bundle(const char *path, struct bundle **out_bundle, struct errmsg *err);
/* Prints what --json is answered with, as one line, frees it and finishes; EXIT_REFUSED and words where it did not fit. */
int command_print_json(struct strbuf *json, int exit_status);
void command_print_notes(FILE *file, const struct bundle_report *report);
/* Flushes standard output: what was written must have arrived. exit_status, or EXIT_REFUSED and words. */
int command_finish(int exit_status);

#endif
