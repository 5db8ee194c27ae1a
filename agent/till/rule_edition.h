/* SPDX-License-Identifier: Apache-2.0 */
/* rule_edition - a compiled bundle and who holds it. Internal to the rulebook; what others may do with one is in rulebook.h. */
#ifndef LOYALD_TILL_RULE_EDITION_H
#define LOYALD_TILL_RULE_EDITION_H

#include "agent/base/sha256.h"
#include "agent/till/rulebook.h"

struct rule_edition {
    int refs;
    struct bundle *bundle;
    char sha256[SHA256_TEXT];
    int64_t version;
    int64_t since_unix_ms;
};

/* Takes bundle, also on failure. The caller holds the edition; NULL: no memory. */
struct rule_edition *rule_edition_create(struct bundle *bundle, const char *sha256, int64_t version, int64_t now);

#endif
