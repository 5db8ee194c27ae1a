/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/rule_edition.h"

#include "agent/engine/engine.h"

#include <stdio.h>
#include <stdlib.h>

struct rule_edition *rule_edition_hold(struct rule_edition *edition)
{
    edition->refs++;
    return edition;
}

void rule_edition_release(struct rule_edition *edition)
{
    if (!edition || --edition->refs > 0)
        return;
    bundle_destroy(edition->bundle);
    free(edition);
}

const struct bundle *rule_edition_bundle(const struct rule_edition *edition)
{
    return edition->bundle;
}

const char *rule_edition_sha256(const struct rule_edition *edition)
{
    return edition->sha256;
}

int64_t rule_edition_version(const struct rule_edition *edition)
{
    return edition->version;
}

struct rule_edition *rule_edition_create(struct bundle *bundle, const char *sha256, int64_t version, int64_t now)
{
    struct rule_edition *edition = calloc(1, sizeof *edition);

    if (!edition) {
        bundle_destroy(bundle);
        return NULL;
    }
    edition->refs = 1;
    edition->bundle = bundle;
    edition->version = version;
    edition->since_unix_ms = now;
    (void)snprintf(edition->sha256, sizeof edition->sha256, "%s", sha256);
    return edition;
}
