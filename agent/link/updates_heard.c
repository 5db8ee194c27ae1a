/* SPDX-License-Identifier: Apache-2.0 */
/* What an answer says of this till itself: of its records, its other lives, the time, and what it may do. */
#include "agent/link/link_internal.h"

#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/db/cache.h"
#include "agent/db/journal.h"
#include "agent/till/enrol_member.h"
#include "agent/till/identity.h"
#include "agent/till/rulebook.h"
#include "agent/till/trust.h"

#include <cjson/cJSON.h>

#include <stdlib.h>
#include <string.h>

/* It may have forgotten what it granted here. It is told so by a record, behind those it lacks, before the rows of
 * the answer take away what it does not know. ST_OK: the answer may be put. */
enum status updates_hear_incarnation(struct updates *updates, struct errmsg *err)
{
    const struct link_options *options = &updates->link->options;
    const char *incarnation;
    char *known = NULL;
    size_t len = 0;
    bool same;
    enum status st = ST_OK;

    if (json_text(updates->tree, "incarnation", CACHE_NAME_MAX, &incarnation, NULL) != ST_OK)
        return ST_OK;
    (void)journal_get_state(options->journal, IDENTITY_INCARNATION, &known, &len, NULL);
    same = known && strcmp(known, incarnation) == 0;
    if (known && !same && options->report_holdings)
        st = options->report_holdings(options->holdings_context, incarnation, err);
    if (st == ST_OK && !same)
        st = journal_put_state(options->journal, IDENTITY_INCARNATION, incarnation, strlen(incarnation), err);
    free(known);
    return st;
}

/* What the central has counted, now that every row of it is in the cache: those records may be pruned one day. 0 says
 * that more rows are to come; another incarnation is a central put back, which counts what it says and no more. */
void updates_take_counted(struct updates *updates)
{
    struct journal *journal = updates->link->options.journal;
    const struct cJSON *counted = NULL;
    struct errmsg err = ERRMSG_INIT;
    const char *text;
    uint64_t epoch = 0;
    int64_t seq = 0, told_unix_ms = 0;
    enum status st;

    (void)json_int(updates->tree, "at_unix_ms", 1, JSON_INT_MAX, &told_unix_ms, NULL); /* an older central: none */
    if (json_object(updates->tree, "counted", &counted, NULL) != ST_OK ||
        json_text(counted, "epoch", 16, &text, NULL) != ST_OK || hex_to_u64(text, &epoch) != ST_OK ||
        json_int(counted, "seq", 0, JSON_INT_MAX, &seq, NULL) != ST_OK || (seq == 0 && !updates->another))
        return;
    st = journal_set_counted(journal, epoch, seq, told_unix_ms, &err);
    if (st != ST_OK)
        log_warn("link-23", "what the central counts cannot be: %s", err.text);
}

void updates_hear_time(struct updates *updates)
{
    int64_t at_unix_ms = 0;

    if (json_int(updates->tree, "at_unix_ms", 1, JSON_INT_MAX, &at_unix_ms, NULL) == ST_OK)
        trust_heard_time(rulebook_trust(updates->link->options.rulebook), at_unix_ms, updates->of.asked_mono_ms);
}

void updates_take_acked(struct updates *updates)
{
    const struct cJSON *acked = NULL;
    uint8_t hash[SHA256_BYTES];
    struct journal_head head;
    const char *text;
    uint64_t epoch = 0;
    int64_t seq = 0;

    journal_head(updates->link->options.journal, &head);
    if (json_object(updates->tree, "acked", &acked, NULL) == ST_OK &&
        json_text(acked, "epoch", 16, &text, NULL) == ST_OK && hex_to_u64(text, &epoch) == ST_OK &&
        epoch == head.epoch && json_int(acked, "seq", 0, JSON_INT_MAX, &seq, NULL) == ST_OK &&
        json_hex(acked, "hash", sizeof hash, hash, NULL) == ST_OK)
        outbox_hear(&updates->link->outbox, seq, hash, updates->of.asked_acked);
}

/* Whether the central's record at its ack is ours. One beyond our end, or with another hash, was written by another
 * life of this till: a copy, or the disk before it was put back. What is removed was compared when it was acked. */
static bool is_our_life(const struct updates *updates)
{
    struct journal *journal = updates->link->options.journal;
    const struct cJSON *acked = NULL;
    uint8_t hash[SHA256_BYTES], ours[SHA256_BYTES];
    struct journal_head head;
    const char *text;
    uint64_t epoch = 0;
    int64_t seq = 0, position;

    journal_head(journal, &head);
    if (json_object(updates->tree, "acked", &acked, NULL) != ST_OK ||
        json_text(acked, "epoch", 16, &text, NULL) != ST_OK || hex_to_u64(text, &epoch) != ST_OK ||
        epoch != head.epoch || json_int(acked, "seq", 1, JSON_INT_MAX, &seq, NULL) != ST_OK ||
        json_hex(acked, "hash", sizeof hash, hash, NULL) != ST_OK)
        return true;
    if (seq > head.seq)
        return false;
    return journal_position(journal, epoch, seq, &position) != ST_OK ||
           journal_hash_at(journal, position, ours, NULL) != ST_OK || memcmp(ours, hash, sizeof hash) == 0;
}

/* The rows say what they count of ours. Where that is another life's, own uses of a lease would pass for counted, and
 * be given anew with each row: then what the cache has of leases must do, until the till is enrolled anew. */
void updates_leave_leases_of_another_life(struct updates *updates)
{
    if (updates->link->outbox.forked || !is_our_life(updates))
        rows_leave(&updates->rows, "leases");
}

/* What it takes to issue cards; terms that cannot be read leave those of before. */
void updates_take_terms(struct updates *updates)
{
    const struct cJSON *terms = NULL;
    struct errmsg err = ERRMSG_INIT;

    if (json_object(updates->tree, "enrolment", &terms, NULL) == ST_OK &&
        enrol_member_take_terms(updates->link->options.journal, terms, &err) != ST_OK)
        log_warn("link-24", "the terms of issuing cards were not taken: %s", err.text);
}
