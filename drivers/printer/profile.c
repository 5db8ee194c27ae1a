/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/printer/profile.h"

#include <string.h>

const struct profile *profile_find(const char *name)
{
    for (const struct profile *profile = profile_table; profile->name; profile++) {
        if (strcmp(profile->name, name) == 0)
            return profile;
    }
    return NULL;
}

const struct profile *profile_at(size_t index)
{
    size_t count = 0;

    while (profile_table[count].name && count < index)
        count++;
    return profile_table[count].name ? &profile_table[count] : NULL;
}

const char *profile_word(const char *choices, int value, char out_word[16])
{
    size_t len;

    while (value-- > 0 && choices[strcspn(choices, "|")])
        choices += strcspn(choices, "|") + 1;
    len = strcspn(choices, "|");
    len = len < 15 ? len : 15;
    memcpy(out_word, choices, len);
    out_word[len] = '\0';
    return out_word;
}
