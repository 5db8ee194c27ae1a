/* SPDX-License-Identifier: Apache-2.0 */
/* client_config - the options of loyald-sync, one table for the reader, the sample file and the man page. */
#ifndef LOYALD_CLIENT_CLIENT_CONFIG_H
#define LOYALD_CLIENT_CLIENT_CONFIG_H

#include "agent/base/config.h"

struct client_config {
    char url[CONFIG_TEXT_MAX];
    char ca_file[CONFIG_TEXT_MAX];
    char proxy[CONFIG_TEXT_MAX];
    int64_t connect_timeout_ms;
    int64_t renew_spread_s;
    char socket[CONFIG_TEXT_MAX];
    int64_t log_level; /* enum log_level */
};

extern const struct option_spec client_config_options[];

#endif
