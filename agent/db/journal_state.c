/* SPDX-License-Identifier: Apache-2.0 */
/* The ack and the small values beside the records. */
#include "agent/db/journal_internal.h"

#include "agent/base/bytes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum status journal_write_acked(struct journal *journal, struct errmsg *err)
{
    uint8_t bytes[8];

    if (!journal->acked_changed)
        return ST_OK;
    bytes_put_u64(bytes, (uint64_t)journal->acked);
    return sqlite_run(&journal->db, journal->put_state, VALUES(value_text(JOURNAL_STATE_ACKED), value_blob(bytes, 8)),
                      err);
}

enum status journal_read_acked(struct journal *journal, struct errmsg *err)
{
    char *value = NULL;
    size_t len = 0;
    enum status st = journal_get_state(journal, JOURNAL_STATE_ACKED, &value, &len, err);

    if (st == ST_OK && len == 8) {
        uint64_t acked = bytes_get_u64((const uint8_t *)value);

        /* Past the end it can be only in a file put together from two; sending again is safe, leaving out is not. */
        journal->acked = acked <= (uint64_t)journal->head.position ? (int64_t)acked : 0;
    }
    free(value);
    return st == ST_NOT_FOUND ? ST_OK : st;
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
    st = check_ack(journal, base + seq, seq, hash, err);
    if (st != ST_OK || journal->acked == base + seq)
        return st;
    journal->acked = base + seq;
    journal->acked_changed = true;
    return ST_OK;
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
        st = journal_write_acked(journal, err);
    st = sqlite_end(&journal->db, st, err);
    if (st == ST_OK)
        journal->acked_changed = false;
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
