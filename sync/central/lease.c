/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/lease_internal.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/int_math.h"
#include "sync/central/lot.h"
#include "sync/central/member.h"

static const int64_t SEEN_US = INT64_C(3600000000);

struct lease {
    char id[ID_BYTES], chain[ID_BYTES], member[ID_BYTES], currency[LOT_CURRENCY_BYTES];
    int64_t granted, used, expires_us;
    bool live, recalled;
};

/* ---- both sides of it ---- */

enum status lease_fill(struct central *central, const char *id, int64_t days, int64_t amount, struct errmsg *err)
{
    int64_t change;
    enum status st = store_next_change(central->store, &change, err);

    if (st != ST_OK)
        return st;
    return STORE_RUN(central->store, STATEMENT_LEASE_FILL, err, V_TEXT(id), V_INT(amount),
                     V_INT(central_now_us(central) + days * LEASE_DAY_US), V_INT(change));
}

enum status lease_end(struct central *central, const char *id, const char *state, struct errmsg *err)
{
    int64_t change;
    enum status st = store_next_change(central->store, &change, err);

    if (st != ST_OK)
        return st;
    return STORE_RUN(central->store, STATEMENT_LEASE_END, err, V_TEXT(id), V_TEXT(state), V_INT(change));
}

/* ---- what the till says ---- */

static enum status load(struct central *central, const char *id, const struct device *device, struct lease *out_lease,
                        struct errmsg *err)
{
    struct lease lease = {0};
    struct rows *rows;
    bool found;
    enum status st = STORE_SELECT(central->store, STATEMENT_LEASE_GET, &rows, err, V_TEXT(id), V_TEXT(device->dev),
                                  V_TEXT(device->epoch));

    if (st != ST_OK)
        return st;
    found = rows_next(rows);
    if (found) {
        (void)snprintf(lease.id, sizeof(lease.id), "%s", id);
        (void)snprintf(lease.chain, sizeof(lease.chain), "%s", rows_text(rows, 0));
        (void)snprintf(lease.member, sizeof(lease.member), "%s", rows_text(rows, 1));
        (void)snprintf(lease.currency, sizeof(lease.currency), "%s", rows_text(rows, 2));
        lease.granted = rows_int(rows, 3);
        lease.used = rows_int(rows, 4);
        lease.live = strcmp(rows_text(rows, 5), "live") == 0;
        lease.recalled = rows_int(rows, 6) != 0;
        lease.expires_us = rows_int(rows, 7);
    }
    st = rows_end(rows, err);
    if (st == ST_OK && found)
        *out_lease = lease;
    return st == ST_OK && !found ? ST_NOT_FOUND : st;
}

static enum status tell(struct central *central, const struct device *device, const char *id, const char *what,
                        struct errmsg *err)
{
    char text[300];

    (void)snprintf(text, sizeof(text), "till %s of store %s: lease %.64s %s", device->till, device->store, id, what);
    return notice_put(central, device->chain, "", text, err);
}

enum status lease_used(struct central *central, const struct device *device, const char *id, int64_t amount,
                       struct errmsg *err)
{
    struct lease lease;
    int64_t change, used;
    enum status st = load(central, id, device, &lease, err);

    if (st == ST_NOT_FOUND)
        return tell(central, device, id, "is not one of its own here; what it spent is posted", err);
    if (st == ST_OK)
        st = int_add(lease.used, amount, &used);
    if (st == ST_OK)
        st = store_next_change(central->store, &change, err);
    if (st != ST_OK)
        return st;
    /* Never more than was set aside, or points would become available out of nothing. */
    st = STORE_RUN(central->store, STATEMENT_LEASE_USE, err, V_TEXT(id),
                   V_INT(used < lease.granted ? used : lease.granted), V_INT(change));
    if (st == ST_OK && !lease.live)
        return tell(central, device, id, "was over when it was spent from; what it spent is posted", err);
    return st == ST_OK && used > lease.granted ? tell(central, device, id, "was spent from beyond what it held", err)
                                               : st;
}

enum status lease_closed(struct central *central, const struct device *device, const char *id, struct errmsg *err)
{
    struct lease lease;
    enum status st = load(central, id, device, &lease, err);

    if (st == ST_NOT_FOUND)
        return ST_OK; /* of before a backup: nothing is set aside for it */
    if (st != ST_OK || !lease.live)
        return st;
    st = lease_end(central, id, "closed", err);
    return st == ST_OK ? member_touch(central, lease.chain, lease.member, err) : st;
}

enum status lease_write(struct central *central, const char *id, const struct device *device, struct json_writer *w,
                        struct errmsg *err)
{
    struct lease lease;
    enum status st = load(central, id, device, &lease, err);
    bool gone;

    if (st != ST_OK)
        return st;
    gone = !lease.live;
    jw_object_begin(w);
    jw_field_text(w, "id", id);
    jw_field_text(w, "member", lease.member);
    jw_field_text(w, "currency", lease.currency);
    jw_field_int(w, "granted", gone ? 0 : lease.granted);
    jw_field_int(w, "used", gone ? 0 : lease.used);
    /* Recalled, its time is over at once: the till spends nothing more and says so by lease_close. */
    jw_field_int(w, "expires_unix_ms", lease.recalled ? 0 : lease.expires_us / 1000);
    jw_field_text(w, "epoch", device->epoch);
    jw_field_int(w, "seq", device->counted);
    jw_object_end(w);
    return ST_OK;
}

/* ---- time, and the office ---- */

/* One lease that is due: its id and its chain's days. */
static enum status next_due(struct central *central, const struct device *device, char id[ID_BYTES],
                            int64_t *out_days, struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_LEASE_DUE, &rows, err, V_TEXT(device->dev),
                                  V_TEXT(device->epoch), V_INT(central_now_us(central)), V_INT(LEASE_DAY_US / 2));

    id[0] = '\0';
    if (st != ST_OK)
        return st;
    if (rows_next(rows)) {
        (void)snprintf(id, ID_BYTES, "%s", rows_text(rows, 0));
        *out_days = rows_int(rows, 1);
    }
    return rows_end(rows, err);
}

enum status lease_prolong(struct central *central, const struct device *device, struct errmsg *err)
{
    char id[ID_BYTES];
    int64_t days = 0;
    /* A till that sells nothing is heard of as well; once an hour is enough. */
    enum status st = STORE_RUN(central->store, STATEMENT_DEVICE_SEEN, err, V_TEXT(device->dev),
                               V_INT(central_now_us(central)), V_INT(SEEN_US));

    if (st == ST_OK)
        st = next_due(central, device, id, &days, err);
    if (st != ST_OK || !id[0])
        return st;
    st = store_begin(central->store, err);
    while (st == ST_OK && id[0]) {
        st = lease_fill(central, id, days, 0, err);
        if (st == ST_OK)
            st = next_due(central, device, id, &days, err);
    }
    return store_end(central->store, st, err);
}

enum status lease_recall(struct central *central, const char *id, struct errmsg *err)
{
    int64_t change = 0, changed = 0;
    enum status st = store_begin(central->store, err);

    if (st == ST_OK)
        st = store_next_change(central->store, &change, err);
    if (st == ST_OK)
        st =
            store_run(central->store, STATEMENT_LEASE_RECALL, STORE_VALUES(V_TEXT(id), V_INT(change)), &changed, err);
    if (st == ST_OK && changed == 0) {
        errmsg_set(err, "no live lease \"%.64s\": see \"loyal-central lease list\"", id);
        st = ST_NOT_FOUND;
    }
    return central_end(central, st, err);
}
