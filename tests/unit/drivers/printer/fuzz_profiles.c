/* SPDX-License-Identifier: Apache-2.0 */
/* A store's file of printers: refused in words, or every profile of it can be printed with. */
#include "drivers/charset/code_pages.h"
#include "drivers/printer/profile.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct profiles *profiles = NULL;
    struct errmsg err = ERRMSG_INIT;
    const struct profile *profile;

    if (profiles_load((const char *)data, size, &profiles, &err) != ST_OK) {
        assert(!profiles && err.text[0]);
        return 0;
    }
    for (size_t i = 0; (profile = profiles_at(profiles, i)); i++) {
        assert(profiles_find(profiles, profile->name) == profile && strlen(profile->name) < PROFILE_NAME_BYTES_MAX);
        assert(profile->columns >= PROFILE_COLUMNS_MIN && profile->columns <= PROFILE_COLUMNS_MAX);
        assert(profile->dots >= PROFILE_DOTS_MIN && profile->dots <= PROFILE_DOTS_MAX);
        assert(profile->pages[0].number && profile->title[0]);
        for (int k = 0; profile->pages[k].number; k++)
            assert(k < PROFILE_PAGES_MAX && code_page_find(profile->pages[k].number));
    }
    profiles_destroy(profiles);
    return 0;
}
