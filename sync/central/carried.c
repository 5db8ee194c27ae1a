/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/carried.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/hex.h"
#include "sync/central/steps.h"
#include "sync/protocol/origin.h"

/* The other one came before, from where this till carried it to. */
static enum status look_here(struct central *central, const struct device *device, int64_t seq,
                             struct carried *carried, struct errmsg *err)
{
    int64_t count = 0;
    enum status st = STORE_NUMBER(central->store, STATEMENT_CARRIED_HERE, &count, err, V_TEXT(device->dev),
                                  V_TEXT(device->epoch), V_INT(seq));

    carried->booked = count > 0;
    return st;
}

/* The record as it was first written, and who looks for it: the place it was carried to. */
struct claim {
    struct central *central;
    const char *first_dev;
    char epoch[HEX64_TEXT];
    const struct origin *origin;
    const struct device *device;
    int64_t seq;
};

/* It is here as it was first written, counted or waiting to be. */
static enum status is_known(const struct claim *claim, bool *out_known, struct errmsg *err)
{
    int64_t count = 0;
    enum status st =
        STORE_NUMBER(claim->central->store, STATEMENT_CARRIED_KNOWN, &count, err, V_TEXT(claim->first_dev),
                     V_TEXT(claim->epoch), V_INT(claim->origin->seq), V_BLOB(claim->origin->hash, SHA256_BYTES));

    *out_known = count > 0;
    return st;
}

/* *out_claimed: somebody has; *out_own: from this place, of which the transaction that was to book it ended. */
static enum status look_claimed(const struct claim *claim, bool *out_claimed, bool *out_own, struct errmsg *err)
{
    const struct device *device = claim->device;
    struct rows *rows;
    enum status st =
        STORE_SELECT(claim->central->store, STATEMENT_CARRIED_GET, &rows, err, V_TEXT(claim->first_dev),
                     V_TEXT(claim->epoch), V_INT(claim->origin->seq), V_BLOB(claim->origin->hash, SHA256_BYTES));

    if (st != ST_OK)
        return st;
    *out_claimed = rows_next(rows);
    *out_own = *out_claimed && strcmp(rows_text(rows, 0), device->dev) == 0 &&
               strcmp(rows_text(rows, 1), device->epoch) == 0 && rows_int(rows, 2) == claim->seq;
    return rows_end(rows, err);
}

/* The first till's row is kept first, so that its records are not taken in meanwhile; then it is looked once more. */
static enum status put_claim(const struct claim *claim, bool *out_known, struct errmsg *err)
{
    struct store *store = claim->central->store;
    enum status st = STORE_RUN(store, STATEMENT_DEVICE_CARRIED, err, V_TEXT(claim->first_dev));

    if (st == ST_OK)
        st = is_known(claim, out_known, err);
    if (st != ST_OK || *out_known)
        return st;
    return STORE_RUN(store, STATEMENT_CARRIED_PUT, err, V_TEXT(claim->first_dev), V_TEXT(claim->epoch),
                     V_INT(claim->origin->seq), V_BLOB(claim->origin->hash, SHA256_BYTES), V_TEXT(claim->device->dev),
                     V_TEXT(claim->device->epoch), V_INT(claim->seq));
}

static enum status look_there(const struct claim *claim, struct carried *carried, struct errmsg *err)
{
    bool known = false, claimed = false, own = false;
    enum status st = is_known(claim, &known, err);

    if (st == ST_OK && !known)
        st = look_claimed(claim, &claimed, &own, err);
    carried->booked = known || (claimed && !own);
    if (st != ST_OK || carried->booked || own)
        return st;
    st = put_claim(claim, &known, err);
    carried->again = steps_are_apart(claim->central);
    carried->booked = known && !carried->again;
    return st;
}

enum status carried_look(struct central *central, const struct device *device, const struct record_head *head,
                         const char *body, size_t body_len, struct carried *out_carried, struct errmsg *err)
{
    struct carried carried = {.booked = false};
    struct origin origin;
    enum status st = ST_OK, read;

    (void)snprintf(carried.first_dev, sizeof(carried.first_dev), "%s", device->dev);
    if (device->carried)
        st = look_here(central, device, head->seq, &carried, err);
    read = st == ST_OK && !carried.booked ? origin_read(head, body, body_len, &origin, err) : ST_NOT_FOUND;
    if (read == ST_OK) {
        struct claim claim = {central, carried.first_dev, "", &origin, device, head->seq};

        hex_from_u64(origin.dev, carried.first_dev);
        hex_from_u64(origin.epoch, claim.epoch);
        st = look_there(&claim, &carried, err);
    } else if (read != ST_NOT_FOUND)
        st = read;
    if (st == ST_OK)
        *out_carried = carried;
    return st;
}
