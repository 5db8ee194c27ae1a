/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sale_read - readers of a sale's JSON (internal). Each answers false with the fault set, or without memory (the
 * sale's arena says so); an absent or null member leaves the output as it was and is true.
 */
#ifndef LOYALD_ENGINE_SALE_READ_H
#define LOYALD_ENGINE_SALE_READ_H

#include "agent/engine/sale.h"

#include <cjson/cJSON.h>

#define LINE_AMOUNT_MAX INT64_C(1000000000000) /* 10^12 */
#define LINE_QTY_MAX    INT64_C(100000000)     /* 10^8 */
#define POINTS_MAX      INT64_C(1000000000000)

struct sale_reader {
    struct engine_sale *sale;
    struct engine_fault *fault;
    char at[128]; /* where we are */
    bool indexed; /* and which element there: "/lines" and 3 are "/lines/3", put together only when it must be told */
    uint32_t index;
};

bool sr_fail(struct sale_reader *p, const char *code, const char *name, const char *message);
void sr_go_index(struct sale_reader *p, const char *at, uint32_t index);
void sr_go(struct sale_reader *p, const char *at);
const cJSON *sr_member(const cJSON *object, const char *name);
bool sr_text(struct sale_reader *p, const cJSON *object, const char *name, const char **out);
bool sr_integer(struct sale_reader *p, const cJSON *object, const char *name, int64_t min, int64_t max, int64_t *out);
bool sr_boolean(struct sale_reader *p, const cJSON *object, const char *name, bool *out);
bool sr_container(struct sale_reader *p, const cJSON *object, const char *name, bool array, const cJSON **out);
/* The same, with room for an item for each of its entries: NULL when there are none. */
bool sr_items(struct sale_reader *p, const cJSON *object, const char *name, bool array, size_t item_bytes,
              const cJSON **out_container, void **out_items);
bool sr_texts(struct sale_reader *p, const cJSON *object, const char *name, struct text_list *out);
bool sr_attrs(struct sale_reader *p, const cJSON *object, struct sale_attrs *out);
bool sr_amounts(struct sale_reader *p, const cJSON *object, const char *name, bool max_allowed,
                struct sale_amounts *out);

/* sale_parse.c: a checked sale of a tree that is already there. */
enum status sale_from_tree(const cJSON *root, struct engine_sale **out_sale, struct engine_fault *out_fault);
/* sale_member.c */
bool sale_member_parse(struct sale_reader *p, const cJSON *root);

#endif
