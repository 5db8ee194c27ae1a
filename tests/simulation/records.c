/* SPDX-License-Identifier: Apache-2.0 */
/* What a till writes is watched: what its journal said is on disk must be there ever after, with the same bytes. */
#include "agent/db/journal.h"
#include "tests/powercut/must.h"
#include "tests/simulation/sim.h"

#include <string.h>

enum status __real_journal_append(struct journal *journal, const char *type, uint64_t hlc, const char *bytes,
                                  size_t len, struct errmsg *err);
enum status __wrap_journal_append(struct journal *journal, const char *type, uint64_t hlc, const char *bytes,
                                  size_t len, struct errmsg *err);
enum status __real_journal_set_counted(struct journal *journal, uint64_t epoch, int64_t seq, int64_t told_unix_ms,
                                       struct errmsg *err);
enum status __wrap_journal_set_counted(struct journal *journal, uint64_t epoch, int64_t seq, int64_t told_unix_ms,
                                       struct errmsg *err);

static struct sim_till *till_of(const struct journal *journal)
{
    for (int i = 0; i < TILLS; i++) {
        if (sim_world()->tills[i].journal == journal)
            return &sim_world()->tills[i];
    }
    return NULL;
}

enum status __wrap_journal_append(struct journal *journal, const char *type, uint64_t hlc, const char *bytes,
                                  size_t len, struct errmsg *err)
{
    struct sim_till *till = till_of(journal);
    struct journal_head head;
    struct sim_record *record;
    enum status st;

    if (!till || journal_failed(journal) || disk_is_off(till->disk))
        return __real_journal_append(journal, type, hlc, bytes, len, err);
    journal_head(journal, &head);
    must(head.position < RECORDS_MAX, "more records than a till has");
    record = &till->records[head.position + 1];
    if (record->confirmed)
        sim_wrong(sim_world(), "record %lld of till %d was on disk and is written anew", (long long)head.position + 1,
                  till->place - 1);
    if (record->count == TRIES_MAX)
        memmove(record->tries, record->tries + 1, sizeof record->tries[0] * (size_t)--record->count);
    record->tries[record->count++] = sim_digest(bytes, len);
    promises_of_record(sim_world(), till, head.position + 1, type, bytes, len, false);
    st = __real_journal_append(journal, type, hlc, bytes, len, err);
    sim_note(sim_world(), "append %d %lld %s %d %llx", till->place, (long long)head.position + 1, type, (int)st,
             (unsigned long long)sim_digest(bytes, len));
    if (st == ST_OK) {
        record->tries[0] = record->tries[record->count - 1];
        record->count = 1;
        record->confirmed = true;
        till->head = head.position + 1;
        till->first[till->head] = record->tries[0];
        lives_wrote(till, head.epoch, head.seq + 1, record->tries[0], record->tries[0]);
    } else {
        promises_forget(till, head.position);
    }
    return st;
}

enum status __wrap_journal_set_counted(struct journal *journal, uint64_t epoch, int64_t seq, int64_t told_unix_ms,
                                       struct errmsg *err)
{
    struct sim_till *till = till_of(journal);
    enum status st = __real_journal_set_counted(journal, epoch, seq, told_unix_ms, err);

    if (till)
        till->counted = journal_counted_position(journal);
    return st;
}

struct walk {
    struct sim_till *till;
    int64_t at;
};

static bool compare(void *context, const struct journal_entry *entry)
{
    struct walk *walk = context;
    struct sim_record *record = &walk->till->records[entry->position];
    uint64_t digest = sim_digest(entry->bytes, entry->len);
    int found = -1;

    for (int i = 0; i < record->count; i++)
        found = record->tries[i] == digest ? i : found;
    if (found < 0) {
        sim_wrong(sim_world(), "till %d holds another record %lld than it was given", walk->till->place - 1,
                  (long long)entry->position);
        return false;
    }
    if (!record->confirmed) { /* its writer was cut off, and never heard that it is there */
        promises_of_record(sim_world(), walk->till, entry->position, entry->type, entry->bytes, entry->len, true);
        walk->till->first[entry->position] = digest;
        lives_wrote(walk->till, entry->epoch, entry->seq, digest, digest);
    }
    record->tries[0] = digest;
    record->count = 1;
    record->confirmed = true;
    walk->at = entry->position;
    return true;
}

/* I1: what was confirmed is there, with these bytes. */
void till_look_at_journal(struct sim_world *world, struct sim_till *till)
{
    struct walk walk = {till, journal_pruned_position(till->journal)};

    if (journal_each(till->journal, walk.at + 1, compare, &walk, NULL) != ST_OK)
        sim_wrong(world, "the journal of till %d cannot be read", till->place - 1);
    for (int64_t at = walk.at + 1; at <= RECORDS_MAX; at++) {
        if (till->records[at].confirmed)
            sim_wrong(world, "record %lld of till %d was confirmed and is lost", (long long)at, till->place - 1);
    }
    till->head = walk.at;
}
