/* SPDX-License-Identifier: Apache-2.0 */
/* What a start finds in the journal asked for and not ended: holds and claims, which it ends; and what the floor
 * limits have used, which it counts. */
#include "agent/till/spending.h"

#include "agent/base/json.h"
#include "agent/db/journal.h"
#include "agent/till/claims.h"
#include "agent/till/floor.h"
#include "agent/till/till_internal.h"
#include "agent/till/tree.h"
#include "sync/protocol/record.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- claims ---- */

struct open_claims {
    struct {
        char sale_id[ID_LEN_MAX + 1], code[CACHE_NAME_MAX + 1];
    } items[CLAIMS_OPEN_MAX];
    int count;
};

static void drop_claim(struct open_claims *open, int at)
{
    open->count--;
    memmove(&open->items[at], &open->items[open->count], sizeof open->items[at]);
}

static void read_claim(struct open_claims *open, bool asked, const struct cJSON *body)
{
    const char *sale_id = tree_text(body, "sale_id"), *code = tree_text(body, "code");

    for (int i = open->count - 1; i >= 0; i--) {
        if (strcmp(open->items[i].sale_id, sale_id) == 0 && strcmp(open->items[i].code, code) == 0)
            drop_claim(open, i);
    }
    if (!asked || open->count == CLAIMS_OPEN_MAX)
        return;
    (void)snprintf(open->items[open->count].sale_id, sizeof open->items[0].sale_id, "%s", sale_id);
    (void)snprintf(open->items[open->count].code, sizeof open->items[0].code, "%s", code);
    open->count++;
}

/* A sale that is over, by its record or its void, ends what it claimed. Few have claimed anything: only then is it
 * looked for. */
static void end_claims_of_sale(struct open_claims *open, const char *body, size_t len)
{
    char quoted[ID_LEN_MAX + 16];

    for (int i = open->count - 1; i >= 0; i--) {
        (void)snprintf(quoted, sizeof quoted, "\"sale_id\":\"%s\"", open->items[i].sale_id);
        if (memmem(body, len, quoted, strlen(quoted)))
            drop_claim(open, i);
    }
}

static void read_claims(struct open_claims *open, const char *type, const char *body, size_t len)
{
    bool asked = strcmp(type, "claim_asked") == 0;
    struct cJSON *tree = NULL;

    if (strcmp(type, "sale") == 0 || strcmp(type, "void") == 0) {
        end_claims_of_sale(open, body, len);
    } else if ((asked || strcmp(type, "claim_voided") == 0) &&
               json_parse(body, len, RECORD_BYTES_MAX, &tree, NULL) == ST_OK) {
        read_claim(open, asked, tree);
        json_free(tree);
    }
}

static void end_open_claims(struct till *till, const struct open_claims *open)
{
    for (int i = 0; i < open->count; i++)
        claims_void(till, open->items[i].sale_id, open->items[i].code);
}

/* ---- holds ---- */

enum { OPEN_HOLDS_MAX = TILL_SALES_MAX * SPENDING_PARTS_MAX };

struct loading {
    struct till *till;
    int64_t acked;
    char holds[OPEN_HOLDS_MAX][ID_LEN_MAX + 1]; /* asked for and not ended */
    int count;
    struct open_claims claims;
};

static void end_hold(struct loading *loading, const char *hold)
{
    for (int i = 0; i < loading->count; i++) {
        if (strcmp(loading->holds[i], hold) == 0)
            memmove(loading->holds[i], loading->holds[--loading->count], sizeof loading->holds[0]);
    }
}

static void load_body(struct loading *loading, const char *type, const struct cJSON *body)
{
    const struct cJSON *hold;

    if (strcmp(type, "hold_asked") == 0 && loading->count < OPEN_HOLDS_MAX) /* more can never be open at once */
        (void)snprintf(loading->holds[loading->count++], sizeof loading->holds[0], "%s", tree_text(body, "hold"));
    else if (strcmp(type, "hold_voided") == 0)
        end_hold(loading, tree_text(body, "hold"));
    cJSON_ArrayForEach(hold, tree_child(body, "holds"))
    {
        if (cJSON_IsString(hold))
            end_hold(loading, hold->valuestring);
    }
}

/* ---- all of it ---- */

static bool load_entry(void *context, const struct journal_entry *entry)
{
    struct loading *loading = context;
    bool is_sale = strcmp(entry->type, "sale") == 0;
    struct record_head head;
    struct cJSON *tree = NULL;
    const char *body;
    size_t len;

    if (record_parse(entry->bytes, entry->len, &head, &body, &len, NULL) != ST_OK)
        return true;
    if (entry->position > loading->acked && loading->till->floor_uses.oldest_unix_ms == 0)
        loading->till->floor_uses.oldest_unix_ms = record_hlc_ms(head.hlc);
    floor_count(loading->till, entry->type, body, len, entry->position);
    read_claims(&loading->claims, entry->type, body, len);
    /* Most sales name no hold: they are not read. */
    if ((strncmp(entry->type, "hold_", 5) == 0 || (is_sale && memmem(body, len, "\"holds\":[", 9))) &&
        json_parse(body, len, RECORD_BYTES_MAX, &tree, NULL) == ST_OK)
        load_body(loading, entry->type, tree);
    json_free(tree);
    return true;
}

enum status spending_load(struct till *till, struct errmsg *err)
{
    struct loading *loading = calloc(1, sizeof *loading);
    enum status st;

    if (!loading)
        return ST_NOMEM;
    loading->till = till;
    loading->acked = journal_acked_position(till->options.journal);
    st = journal_each(till->options.journal, 1, load_entry, loading, err);
    for (int i = 0; st == ST_OK && i < loading->count; i++)
        holds_void(till, loading->holds[i], "restart");
    if (st == ST_OK)
        end_open_claims(till, &loading->claims);
    free(loading);
    return st;
}
