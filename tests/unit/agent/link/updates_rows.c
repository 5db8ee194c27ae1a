/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/agent/link/updates_rows.h"

#include "agent/db/cache.h"

#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdio.h>

const char *updates_kept_cursor(const struct rig *rig)
{
    static char text[OPERATION_ARG_BYTES_MAX + 1];

    (void)cache_get_state(rig->world.cache, "cursor", text, sizeof text, NULL);
    return text;
}

void updates_card(int i, char out_card[14])
{
    (void)snprintf(out_card, 14, "29%011d", i);
}

void updates_add_member(const struct rig *rig, struct strbuf *out, int i, int64_t bonus)
{
    char id[16], card[14], extra[64];

    (void)snprintf(id, sizeof id, "M%d", i);
    (void)snprintf(extra, sizeof extra, "\"balances\":{\"bonus\":%" PRId64 "},", bonus);
    updates_card(i, card);
    if (out->data[out->len - 1] != '[')
        strbuf_putc(out, ',');
    world_member_row(&rig->world, id, card, extra, 0, out);
}

struct strbuf updates_members(const struct rig *rig, int from, int to, int64_t bonus, const char *rest)
{
    struct strbuf out = STRBUF_INIT(UPDATES_ANSWER_MAX);

    strbuf_puts(&out, "{\"members\":[");
    for (int i = from; i <= to; i++)
        updates_add_member(rig, &out, i, bonus);
    strbuf_printf(&out, "]%s}", rest);
    cr_assert_eq(strbuf_status(&out), ST_OK);
    return out;
}

bool updates_is_known(const struct rig *rig, int i)
{
    uint8_t hash[IDENTITY_HASH_BYTES];
    struct cache_member row = {0};
    char card[14];
    enum status st;

    updates_card(i, card);
    identity_hash(&rig->world.identity, "card", card, hash);
    st = cache_find_member(rig->world.cache, hash, &row, NULL);
    cache_member_clear(&row);
    return st == ST_OK;
}

bool updates_has_some(struct rig *rig)
{
    return cache_member_count(rig->world.cache) > 0;
}
