/* SPDX-License-Identifier: Apache-2.0 */
/* sim_words - what the simulators share in reading their command lines. */
#ifndef LOYALD_SIM_SIM_WORDS_H
#define LOYALD_SIM_SIM_WORDS_H

#include "agent/base/config.h"
#include "agent/base/errmsg.h"
#include "agent/base/status.h"

/* Takes a word of the command line (NULL: none, path stays as configured), and puts the state directory (NULL: none)
 * before a path that is not absolute. ST_INVALID when it is too long for a device's link or socket. */
enum status sim_take_path(const char *state_dir, const char *word, char path[CONFIG_TEXT_MAX], struct errmsg *err);
/* Takes a word that must be one of choices, parted by |; NULL: *value stays. ST_INVALID, option named, else. */
enum status sim_take_choice(const char *option, const char *choices, const char *word, int64_t *value,
                            struct errmsg *err);

#endif
