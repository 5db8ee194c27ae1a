/* SPDX-License-Identifier: Apache-2.0 */
/* screen_internal - what the files of the cashier page's screens share: all of them (screens.c), how the till is
 * (screen_status.c). Nobody else includes it. */
#ifndef LOYALD_API_SCREEN_INTERNAL_H
#define LOYALD_API_SCREEN_INTERNAL_H

#include "agent/api/api_internal.h"
#include "agent/base/json_writer.h"

#include <cjson/cJSON.h>

enum { SCREEN_CELL_MAX = 256 };

struct screen {
    struct api *api;
    const char *sale;          /* asked for */
    struct cJSON *till, *tree; /* owned: the till's health; what the screen is made of */
    struct json_writer w;
};

/* A text of the page in its language. */
const char *screen_word(const struct screen *screen, const char *name);
/* Of an answer of ours: 0 and "" when it has none of that name. */
int64_t screen_number(const struct cJSON *object, const char *name);
const char *screen_text(const struct cJSON *object, const char *name);
/* The time of today, else the day too: a screen that shows 14:05 means today's. */
void screen_put_time(int64_t unix_ms, char out_cell[32]);

void screen_row(struct screen *screen, const char *left, const char *right, const char *kind);
/* The word of that name and the number. */
void screen_row_number(struct screen *screen, const char *name, int64_t value);

/* Also what the page must know to show anything, since it asks for this every few seconds. */
enum problem screen_write_status(struct screen *screen);

#endif
