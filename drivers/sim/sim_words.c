/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/sim_words.h"

#include "drivers/sim/sim_pty.h"

#include <stdio.h>
#include <string.h>

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

/* The position of word in choices; -1 when it is none of them. */
static int64_t choose(const char *choices, const char *word)
{
    for (int64_t i = 0;; i++) {
        size_t len = strcspn(choices, "|");

        if (strlen(word) == len && memcmp(word, choices, len) == 0)
            return i;
        if (choices[len] == '\0')
            return -1;
        choices += len + 1;
    }
}

enum status sim_take_choice(const char *option, const char *choices, const char *word, int64_t *value,
                            struct errmsg *err)
{
    int64_t found = word ? choose(choices, word) : *value;

    if (found < 0) {
        errmsg_set(err, "--%s %.60s: must be one of %s", option, word, choices);
        return ST_INVALID;
    }
    *value = found;
    return ST_OK;
}
