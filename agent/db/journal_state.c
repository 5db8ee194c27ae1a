/* SPDX-License-Identifier: Apache-2.0 */
/* What the central told, and the small values beside the records. */
#include "agent/db/journal_internal.h"

#include "agent/base/bytes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static enum status write_position(struct journal *journal, const char *name, int64_t position, struct errmsg *err)
{
    uint8_t bytes[8];

    bytes_put_u64(bytes, (uint64_t)position);
    return sqlite_run(&journal->db, journal->put_state, VALUES(value_text(name), value_blob(bytes, 8)), err);
}

static enum status write_marks(struct journal *journal, struct errmsg *err)
{
    uint8_t bytes[16 * JOURNAL_MARKS_MAX];

    for (int i = 0; i < journal->mark_count; i++) {
        bytes_put_u64(bytes + 16 * i, (uint64_t)journal->marks[i].told_unix_ms);
        bytes_put_u64(bytes + 16 * i + 8, (uint64_t)journal->marks[i].position);
    }
    return sqlite_run(&journal->db, journal->put_state,
                      VALUES(value_text(JOURNAL_STATE_MARKS), value_blob(bytes, 16 * (size_t)journal->mark_count)),
                      err);
}

enum status journal_write_told(struct journal *journal, struct errmsg *err)
{
    enum status st;

    if (!journal->told_changed)
        return ST_OK;
    st = write_position(journal, JOURNAL_STATE_ACKED, journal->acked, err);
    if (st == ST_OK)
        st = write_position(journal, JOURNAL_STATE_COUNTED, journal->counted, err);
    return st == ST_OK ? write_marks(journal, err) : st;
}

/* Past the end it can be only in a file put together from two; sending again is safe, leaving out is not. */
static enum status read_position(struct journal *journal, const char *name, int64_t *out_position, struct errmsg *err)
{
    char *value = NULL;
    size_t len = 0;
    enum status st = journal_get_state(journal, name, &value, &len, err);

    *out_position = journal->pruned.position;
    if (st == ST_OK && len == 8) {
        uint64_t position = bytes_get_u64((const uint8_t *)value);

        if (position <= (uint64_t)journal->head.position && (int64_t)position > *out_position)
            *out_position = (int64_t)position;
    }
    free(value);
    return st == ST_NOT_FOUND ? ST_OK : st;
}

/* Marks that cannot be are none: records stay longer for it. */
static enum status read_marks(struct journal *journal, struct errmsg *err)
{
    char *value = NULL;
    size_t len = 0;
    enum status st = journal_get_state(journal, JOURNAL_STATE_MARKS, &value, &len, err);
    int count = st == ST_OK && len % 16 == 0 && len / 16 <= JOURNAL_MARKS_MAX ? (int)(len / 16) : 0;

    for (int i = 0; i < count; i++) {
        const uint8_t *at = (const uint8_t *)value + 16 * (size_t)i;
        struct journal_mark mark = {(int64_t)bytes_get_u64(at), (int64_t)bytes_get_u64(at + 8)};

        if (mark.told_unix_ms <= journal->told_unix_ms || mark.position < 0 || mark.position > journal->counted) {
            journal->mark_count = 0;
            break;
        }
        journal->told_unix_ms = mark.told_unix_ms;
        journal->marks[journal->mark_count++] = mark;
    }
    free(value);
    return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status journal_read_told(struct journal *journal, struct errmsg *err)
{
    enum status st = read_position(journal, JOURNAL_STATE_ACKED, &journal->acked, err);

    if (st == ST_OK)
        st = read_position(journal, JOURNAL_STATE_COUNTED, &journal->counted, err);
    return st == ST_OK ? read_marks(journal, err) : st;
}

static enum status check_ack(struct journal *journal, int64_t position, int64_t seq, const uint8_t hash[SHA256_BYTES],
                             struct errmsg *err)
{
    uint8_t ours[SHA256_BYTES] = {0};
    enum status st = seq == 0 ? ST_OK : journal_hash_at(journal, position, ours, err);

    if (st == ST_OK && memcmp(ours, hash, SHA256_BYTES) != 0) {
        errmsg_set(err,
                   "%s: the central has another record at seq %" PRId64 ": two tills share one identity, or one was "
                   "restored from an old image",
                   journal->db.name, seq);
        st = ST_CORRUPT;
    }
    return st;
}

enum status journal_set_acked(struct journal *journal, uint64_t epoch, int64_t seq, const uint8_t hash[SHA256_BYTES],
                              struct errmsg *err)
{
    int index = journal_epoch_index(journal, epoch);
    enum status st;
    int64_t base;

    if (index < 0 || seq < 0) {
        errmsg_set(err, "%s: the ack of epoch %016" PRIx64 " seq %" PRId64 " is not about this journal",
                   journal->db.name, epoch, seq);
        return ST_NOT_FOUND;
    }
    base = journal->epochs[index].base;
    if (seq > journal_epoch_end(journal, index) - base) {
        errmsg_set(err,
                   "%s: the central has seq %" PRId64 " of this till, which ends at %" PRId64 ": the journal was "
                   "restored from an old image",
                   journal->db.name, seq, journal_epoch_end(journal, index) - base);
        return ST_CORRUPT;
    }
    if (base + seq < journal->pruned.position) {
        errmsg_set(err,
                   "%s: the central has this till's records up to seq %" PRId64 " only, and those before position "
                   "%" PRId64 " are here no more: the central was put back to a state of more than %d days ago; put "
                   "it back to a later one",
                   journal->db.name, seq, journal->pruned.position + 1, JOURNAL_KEPT_DAYS);
        return ST_RANGE;
    }
    st = check_ack(journal, base + seq, seq, hash, err);
    if (st != ST_OK || journal->acked == base + seq)
        return st;
    journal->acked = base + seq;
    journal->told_changed = true;
    return ST_OK;
}

/* What the central counts no more, or counted at a time that its clock has yet to come to, it did not count then. */
static bool mend_marks(struct journal *journal, int64_t told_unix_ms)
{
    bool mended = false;

    for (int i = journal->mark_count - 1; i >= 0; i--) {
        struct journal_mark *mark = &journal->marks[i];

        if (mark->position > journal->counted) {
            mark->position = journal->counted;
            mended = true;
        }
        if (mark->told_unix_ms > told_unix_ms) {
            journal->mark_count = i;
            mended = true;
        }
    }
    return mended;
}

/* Of several marks that are old enough, the last one says it all. */
static bool add_mark(struct journal *journal, int64_t told_unix_ms)
{
    struct journal_mark *marks = journal->marks;

    if (journal->mark_count > 0 && told_unix_ms - marks[journal->mark_count - 1].told_unix_ms < JOURNAL_DAY_MS)
        return false;
    while (journal->mark_count == JOURNAL_MARKS_MAX ||
           (journal->mark_count > 1 && told_unix_ms - marks[1].told_unix_ms >= JOURNAL_KEPT_DAYS * JOURNAL_DAY_MS))
        memmove(marks, marks + 1, sizeof marks[0] * (size_t)--journal->mark_count);
    marks[journal->mark_count++] = (struct journal_mark){told_unix_ms, journal->counted};
    return true;
}

int64_t journal_counted_long_ago(const struct journal *journal)
{
    int64_t position = 0;

    for (int i = 0; i < journal->mark_count; i++) {
        if (journal->told_unix_ms - journal->marks[i].told_unix_ms >= JOURNAL_KEPT_DAYS * JOURNAL_DAY_MS)
            position = journal->marks[i].position;
    }
    return position;
}

enum status journal_set_counted(struct journal *journal, uint64_t epoch, int64_t seq, int64_t told_unix_ms,
                                struct errmsg *err)
{
    int index = journal_epoch_index(journal, epoch);
    int64_t position;

    if (index < 0 || seq < 0 || seq > journal_epoch_end(journal, index) - journal->epochs[index].base) {
        errmsg_set(err, "%s: what the central counts of epoch %016" PRIx64 ", seq %" PRId64 ", is not here",
                   journal->db.name, epoch, seq);
        return ST_NOT_FOUND;
    }
    position = journal->epochs[index].base + seq;
    if (position < journal->pruned.position)
        position = journal->pruned.position;
    if (journal->counted != position) {
        journal->counted = position;
        journal->told_changed = true;
    }
    if (told_unix_ms <= 0)
        return ST_OK;
    if (mend_marks(journal, told_unix_ms))
        journal->told_changed = true;
    if (add_mark(journal, told_unix_ms))
        journal->told_changed = true;
    journal->told_unix_ms = told_unix_ms;
    return ST_OK;
}

int64_t journal_counted_position(const struct journal *journal)
{
    return journal->counted;
}

int64_t journal_acked_position(const struct journal *journal)
{
    return journal->acked;
}

static enum status check_state(const struct journal_state *state, struct errmsg *err)
{
    size_t len = strlen(state->name);

    if (len == 0 || len > JOURNAL_STATE_NAME_MAX ||
        strncmp(state->name, JOURNAL_OWN_STATES, sizeof JOURNAL_OWN_STATES - 1) == 0) {
        errmsg_set(err, "journal state \"%.70s\": the name is empty, longer than %d or the journal's own",
                   state->name, JOURNAL_STATE_NAME_MAX);
        return ST_INVALID;
    }
    if (state->value && state->len > JOURNAL_STATE_BYTES_MAX) {
        errmsg_set(err, "journal state \"%s\": %zu bytes are more than %d", state->name, state->len,
                   JOURNAL_STATE_BYTES_MAX);
        return ST_RANGE;
    }
    return ST_OK;
}

static enum status put_one(struct journal *journal, const struct journal_state *state, struct errmsg *err)
{
    if (!state->value)
        return sqlite_run(&journal->db, journal->delete_state, VALUES(value_text(state->name)), err);
    return sqlite_run(&journal->db, journal->put_state,
                      VALUES(value_text(state->name), value_blob(state->value, state->len)), err);
}

enum status journal_put_states(struct journal *journal, const struct journal_state *states, size_t count,
                               struct errmsg *err)
{
    enum status st = journal_may_write(journal, err);

    for (size_t i = 0; st == ST_OK && i < count; i++)
        st = check_state(&states[i], err);
    if (st != ST_OK)
        return st;
    st = sqlite_begin(&journal->db, err);
    if (st != ST_OK)
        return journal_note(journal, st, err);
    for (size_t i = 0; st == ST_OK && i < count; i++)
        st = put_one(journal, &states[i], err);
    if (st == ST_OK)
        st = journal_write_told(journal, err);
    st = sqlite_end(&journal->db, st, err);
    if (st == ST_OK)
        journal->told_changed = false;
    return journal_note(journal, st, err);
}

enum status journal_put_state(struct journal *journal, const char *name, const void *value, size_t len,
                              struct errmsg *err)
{
    return journal_put_states(journal, &(struct journal_state){name, value ? value : "", len}, 1, err);
}

enum status journal_get_state(struct journal *journal, const char *name, char **out_value, size_t *out_len,
                              struct errmsg *err)
{
    enum status st = sqlite_query(&journal->db, journal->get_state, VALUES(value_text(name)), err);
    size_t len;
    char *copy;

    if (st == ST_NOT_FOUND)
        errmsg_set(err, "%s: state \"%s\" is not set", journal->db.name, name);
    if (st != ST_OK)
        return st;
    len = (size_t)sqlite3_column_bytes(journal->get_state, 0);
    copy = malloc(len + 1);
    if (copy) {
        if (len > 0)
            memcpy(copy, sqlite3_column_blob(journal->get_state, 0), len);
        copy[len] = '\0';
        *out_value = copy;
        *out_len = len;
    } else {
        errmsg_set(err, "%s: state \"%s\": out of memory", journal->db.name, name);
        st = ST_NOMEM;
    }
    sqlite_reset(journal->get_state);
    return st;
}
