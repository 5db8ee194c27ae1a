/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/tree.h"

#include "agent/base/json.h"
#include "agent/base/json_writer.h"

#include <cjson/cJSON.h>

#include <string.h>

enum { TEXT_MAX = 64 * 1024 };

int64_t tree_int(const struct cJSON *object, const char *name)
{
    int64_t value = 0;

    (void)json_int(object, name, -JSON_INT_MAX, JSON_INT_MAX, &value, NULL);
    return value;
}

const char *tree_text(const struct cJSON *object, const char *name)
{
    const char *text = "";

    (void)json_text(object, name, TEXT_MAX, &text, NULL);
    return text;
}

const struct cJSON *tree_child(const struct cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

void tree_write(struct json_writer *w, const char *name, const struct cJSON *tree)
{
    char *text = tree ? cJSON_PrintUnformatted(tree) : NULL;

    if (text)
        jw_field_raw(w, name, text, strlen(text));
    cJSON_free(text);
}
