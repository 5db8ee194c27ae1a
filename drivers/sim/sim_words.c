/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/sim_words.h"

#include "drivers/sim/sim_pty.h"

#include <stdio.h>

enum status sim_take_path(const char *state_dir, const char *word, char path[CONFIG_TEXT_MAX], struct errmsg *err)
{
    char given[CONFIG_TEXT_MAX];
    int len;

    (void)snprintf(given, sizeof given, "%s", word ? word : path);
    if (!state_dir || !given[0] || given[0] == '/')
        len = snprintf(path, CONFIG_TEXT_MAX, "%s", given);
    else
        len = snprintf(path, CONFIG_TEXT_MAX, "%s/%s", state_dir, given);
    if (len < SIM_PATH_BYTES_MAX)
        return ST_OK;
    errmsg_set(err, "%.200s: the path is too long", given);
    return ST_INVALID;
}

enum status sim_take_choice(const char *option, const char *choices, const char *word, int64_t *value,
                            struct errmsg *err)
{
    int64_t found = word ? config_choice(choices, word) : *value;

    if (found < 0) {
        errmsg_set(err, "--%s %.60s: must be one of %s", option, word, choices);
        return ST_INVALID;
    }
    *value = found;
    return ST_OK;
}
