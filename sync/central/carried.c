/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/carried.h"

#include <stdio.h>

#include "agent/base/hex.h"
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

/* The record as it was first written may be here, counted or waiting to be; another till may have carried it, too. */
static enum status look_there(struct central *central, const struct device *device, int64_t seq,
                              const struct origin *origin, struct carried *carried, struct errmsg *err)
{
    char epoch[HEX64_TEXT];
    int64_t known = 0, put = 0;
    enum status st;

    hex_from_u64(origin->dev, carried->first_dev);
    hex_from_u64(origin->epoch, epoch);
    /* First, so that its own records are not booked meanwhile. */
    st = STORE_RUN(central->store, STATEMENT_DEVICE_CARRIED, err, V_TEXT(carried->first_dev));
    if (st == ST_OK)
        st = STORE_NUMBER(central->store, STATEMENT_CARRIED_KNOWN, &known, err, V_TEXT(carried->first_dev),
                          V_TEXT(epoch), V_INT(origin->seq), V_BLOB(origin->hash, SHA256_BYTES));
    if (st == ST_OK && known == 0)
        st = store_run(central->store, STATEMENT_CARRIED_PUT,
                       STORE_VALUES(V_TEXT(carried->first_dev), V_TEXT(epoch), V_INT(origin->seq),
                                    V_BLOB(origin->hash, SHA256_BYTES), V_TEXT(device->dev), V_TEXT(device->epoch),
                                    V_INT(seq)),
                       &put, err);
    carried->booked = known > 0 || put == 0;
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
    if (read == ST_OK)
        st = look_there(central, device, head->seq, &origin, &carried, err);
    else if (read != ST_NOT_FOUND)
        st = read;
    if (st == ST_OK)
        *out_carried = carried;
    return st;
}
