/* SPDX-License-Identifier: Apache-2.0 */
/* What is broken on purpose, in the place of the calls that keep the promises. */
#include "agent/db/journal.h"
#include "sync/central/device.h"
#include "sync/central/journal.h"
#include "sync/central/ledger.h"
#include "sync/protocol/record.h"
#include "tests/simulation/sim.h"

#include <string.h>

/* ---- of the central ---- */

enum status __real_device_load(struct central *central, const char *dev, struct device *out, struct errmsg *err);
enum status __wrap_device_load(struct central *central, const char *dev, struct device *out, struct errmsg *err);
enum status __real_store_run(struct store *store, enum statement statement, const struct store_value *values,
                             size_t count, int64_t *out_changed, struct errmsg *err);
enum status __wrap_store_run(struct store *store, enum statement statement, const struct store_value *values,
                             size_t count, int64_t *out_changed, struct errmsg *err);
enum status __real_ledger_sale(struct central *central, struct ledger_posting *posting,
                               const struct ledger_move *move, struct errmsg *err);
enum status __wrap_ledger_sale(struct central *central, struct ledger_posting *posting,
                               const struct ledger_move *move, struct errmsg *err);
int __real_disk_sync(struct disk *disk, int handle);
int __wrap_disk_sync(struct disk *disk, int handle);

static struct record_head first_of_batch; /* of the request under way */
static bool in_batch;

void mutants_batch(const char *body, size_t len)
{
    const char *inner;
    size_t inner_len;

    (void)len;
    in_batch = body && record_parse(body, strcspn(body, "\n"), &first_of_batch, &inner, &inner_len, NULL) == ST_OK;
}

enum status __wrap_device_load(struct central *central, const char *dev, struct device *out, struct errmsg *err)
{
    enum status st = __real_device_load(central, dev, out, err);

    if (st == ST_OK && in_batch && sim_world()->mutant == SIM_NO_DEDUP && first_of_batch.seq <= out->acked) {
        out->acked = first_of_batch.seq - 1; /* as if none of it were known */
        memcpy(out->head_hash, first_of_batch.prev, SHA256_BYTES);
    }
    return st;
}

enum status __wrap_store_run(struct store *store, enum statement statement, const struct store_value *values,
                             size_t count, int64_t *out_changed, struct errmsg *err)
{
    enum status st = __real_store_run(store, statement, values, count, out_changed, err);

    if (st == ST_CONFLICT && statement == STATEMENT_JOURNAL_INSERT && sim_world()->mutant == SIM_NO_DEDUP)
        return ST_OK;
    return st;
}

enum status __wrap_ledger_sale(struct central *central, struct ledger_posting *posting,
                               const struct ledger_move *move, struct errmsg *err)
{
    struct ledger_move twice = *move;

    if (sim_world()->mutant == SIM_TWICE && sim_world()->order % 7 == 0)
        twice.earned *= 2;
    return __real_ledger_sale(central, posting, &twice, err);
}

int __wrap_disk_sync(struct disk *disk, int handle)
{
    const struct sim_world *world = sim_world();

    if (world && world->mutant == SIM_ACK_FIRST && disk == world->central_disk && !disk_is_off(disk))
        return 0; /* it says so, and has not */
    return __real_disk_sync(disk, handle);
}

/* ---- of the till ---- */

enum status __real_journal_set_counted(struct journal *journal, uint64_t epoch, int64_t seq, int64_t told_unix_ms,
                                       struct errmsg *err);
enum status __real_journal_set_acked(struct journal *journal, uint64_t epoch, int64_t seq, const uint8_t *hash,
                                     struct errmsg *err);
enum status __wrap_journal_set_acked(struct journal *journal, uint64_t epoch, int64_t seq, const uint8_t *hash,
                                     struct errmsg *err);

/* The mutant takes what is acked for counted. */
enum status __wrap_journal_set_acked(struct journal *journal, uint64_t epoch, int64_t seq, const uint8_t *hash,
                                     struct errmsg *err)
{
    enum status st = __real_journal_set_acked(journal, epoch, seq, hash, err);

    if (st == ST_OK && sim_world()->mutant == SIM_PRUNE_FIRST)
        (void)__real_journal_set_counted(journal, epoch, seq, 0, err);
    return st;
}

/* The mutant removes what is acked at once. */
enum status __real_journal_prunable(struct journal *journal, int64_t *out_position, struct errmsg *err);
enum status __wrap_journal_prunable(struct journal *journal, int64_t *out_position, struct errmsg *err);
enum status __wrap_journal_prunable(struct journal *journal, int64_t *out_position, struct errmsg *err)
{
    struct journal_head head;

    if (sim_world()->mutant != SIM_PRUNE_FIRST)
        return __real_journal_prunable(journal, out_position, err);
    journal_head(journal, &head);
    *out_position = journal_acked_position(journal);
    if (*out_position >= head.position)
        *out_position = head.position - 1;
    return ST_OK;
}
