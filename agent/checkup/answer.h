/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer - reading what loyald answered, for showing it: what is absent or of another kind reads as 0 or "", since an older or
 * newer loyald may not say everything.
 */
#ifndef LOYALD_CHECKUP_ANSWER_H
#define LOYALD_CHECKUP_ANSWER_H

#include "agent/base/json.h"

#include <stdint.h>

enum { ANSWER_TEXT_MAX = 512 };

static inline int64_t answer_number(const struct cJSON *object, const char *name)
{
    int64_t value = 0;

    (void)json_int(object, name, -JSON_INT_MAX, JSON_INT_MAX, &value, NULL);
    return value;
}

/* A view, valid as long as the object. */
static inline const char *answer_text(const struct cJSON *object, const char *name)
{
    const char *view = "";

    (void)json_text(object, name, ANSWER_TEXT_MAX, &view, NULL);
    return view;
}

#endif
