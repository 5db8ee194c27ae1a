/* SPDX-License-Identifier: Apache-2.0 */
/*
 * root - what everything signed is trusted by: the keys of each role of a chain, and how many of them must sign.
 *
 * Kept off line by the office. Root N is signed by as many of the root keys of N-1 as that wants and by as many of
 * its own, so a till that missed some goes from one to the next. Pure: reads and writes the text.
 */
#ifndef LOYALD_PROTOCOL_ROOT_H
#define LOYALD_PROTOCOL_ROOT_H

#include "agent/base/errmsg.h"
#include "agent/base/signers.h"
#include "agent/base/status.h"
#include "agent/base/strbuf.h"

#include <stdbool.h>
#include <stdint.h>

#define ROOT_FORMAT "loyald-root/1"
enum {
    ROOT_BYTES_MAX = 12 * 1024, /* a value of the till's journal holds it */
    ROOT_CHAIN_MAX = 64,
    ROOT_TIMESTAMP_DAYS = 7,
    ROOT_TIMESTAMP_DAYS_MAX = 90,
};

enum root_role { ROOT_ROLE_ROOT, ROOT_ROLE_RULES, ROOT_ROLE_TIMESTAMP, ROOT_ROLE_COUNT };

struct root {
    char chain[ROOT_CHAIN_MAX + 1];
    int64_t version;
    int64_t created_unix_ms, expires_unix_ms;
    int64_t timestamp_days; /* so long a timestamp holds at most */
    struct signers roles[ROOT_ROLE_COUNT];
};

const char *root_role_name(enum root_role role); /* "root", "rules", "timestamp" */
/* ST_NOT_FOUND for another word. */
enum status root_role_by_name(const char *name, enum root_role *out_role);
void root_write(const struct root *root, struct strbuf *out);
/* Each role has a key and a threshold that can be met, and no key stands twice, nor in two roles. */
enum status root_parse(const char *text, size_t len, struct root *out_root, struct errmsg *err);
/* Whether a key of that role in old is none of it in next: what that key may have run ahead with is forgotten then.
 */
bool root_lost_key(const struct root *old, const struct root *next, enum root_role role);

#endif
