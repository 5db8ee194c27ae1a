/* SPDX-License-Identifier: Apache-2.0 */
/* updates_rows - answers with members, and what came of them, for the tests of updates. */
#ifndef LOYALD_TESTS_LINK_UPDATES_ROWS_H
#define LOYALD_TESTS_LINK_UPDATES_ROWS_H

#include "tests/unit/agent/link/rig.h"

enum { UPDATES_ANSWER_MAX = 900 * 1024 };

/* The cursor that the cache holds; a view until the next call. */
const char *updates_kept_cursor(const struct rig *rig);
/* Card number of the i-th member; his row behind those of an array begun with '['. */
void updates_card(int i, char out_card[14]);
void updates_add_member(const struct rig *rig, struct strbuf *out, int i, int64_t bonus);
/* An answer with members from..to; rest goes before its last brace. The caller frees it. */
struct strbuf updates_members(const struct rig *rig, int from, int to, int64_t bonus, const char *rest);
/* Whether the card of the i-th member finds him. */
bool updates_is_known(const struct rig *rig, int i);
bool updates_has_some(struct rig *rig);

#endif
