/* SPDX-License-Identifier: Apache-2.0 */
/* signed_root - a root as it travels, {"text","signatures"}: the text is what was signed, to the byte. */
#ifndef LOYALD_CENTRAL_SIGNED_ROOT_H
#define LOYALD_CENTRAL_SIGNED_ROOT_H

#include "sync/protocol/root.h"

enum { SIGNED_ROOT_BYTES_MAX = 2 * ROOT_BYTES_MAX + 16 * 1024 }; /* the text is escaped in it */

struct signed_root {
    struct root root;
    struct cJSON *tree; /* owned */
    const char *text;   /* views of it */
    const struct cJSON *signatures;
};
/* Each returns owned. By whom it is signed is not looked at. ST_INVALID says what is wrong with it. */
enum status signed_root_parse(const char *json, size_t len, struct signed_root **out_root, struct errmsg *err);
enum status signed_root_read(const char *path, struct signed_root **out_root, struct errmsg *err);
void signed_root_destroy(struct signed_root *signed_root); /* accepts NULL */

#endif
