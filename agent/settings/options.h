/* SPDX-License-Identifier: Apache-2.0 */
/* options - everything loyald.conf may say, in one table (options.c): the parser, the sample file and the man page come from it. */
#ifndef LOYALD_SETTINGS_OPTIONS_H
#define LOYALD_SETTINGS_OPTIONS_H

#include "agent/base/config.h"
#include "agent/checkup/screen.h"

#include <sys/types.h>

enum { OPTIONS_SCANNERS = 4 };

struct scanner_settings {
    char port[CONFIG_TEXT_MAX]; /* "": none */
    int64_t family, code_ids, framing, uid_format, uid_bytes, answer;
    char code_id_table[CONFIG_TEXT_MAX];
};

struct options {
    int64_t log_level;
    int64_t language;
    char runtime_dir[CONFIG_TEXT_MAX];
    char api_socket[CONFIG_TEXT_MAX];
    int64_t api_socket_mode;
    char api_listen[CONFIG_TEXT_MAX];
    int64_t api_port;
    char dropbox_dir[CONFIG_TEXT_MAX];
    char tee_link[CONFIG_TEXT_MAX];
    int64_t tee_suffix;
    char sync_socket[CONFIG_TEXT_MAX];
    int64_t sync_socket_mode;
    int64_t retry_max_s, poll_wait_s;
    int64_t sale_timeout_min;
    char card_prefixes[CONFIG_TEXT_MAX];
    struct scanner_settings scanners[OPTIONS_SCANNERS];
    char printer_port[CONFIG_TEXT_MAX];
    char printer_profile[CONFIG_TEXT_MAX];
    char printer_profiles[CONFIG_TEXT_MAX];
    char printer_font[CONFIG_TEXT_MAX], printer_pictures[CONFIG_TEXT_MAX];
    int64_t printer_drawer;
    char display_port[CONFIG_TEXT_MAX];
    int64_t display_commands, display_code_page, display_code_page_n, display_columns;
    char display_welcome[CONFIG_TEXT_MAX];
    struct screen_limits limits;
    char doctor_file[CONFIG_TEXT_MAX];
};

extern const struct option_spec loyald_options[];
/* The words of OPTION_ENUM as what they stand for. */
mode_t options_mode(int64_t choice);
const char *options_language(int64_t choice);
const char *options_suffix(int64_t choice); /* the bytes after a scan that is passed on */

#endif
