/* SPDX-License-Identifier: Apache-2.0 */
/* plural - words behind a number, in English: plural(1, "sale is", "sales are") is "sale is". */
#ifndef LOYALD_BASE_PLURAL_H
#define LOYALD_BASE_PLURAL_H

#include <stdint.h>

/* Returns a view of one of the two. */
static inline const char *plural(int64_t count, const char *one, const char *many)
{
    return count == 1 ? one : many;
}

#endif
