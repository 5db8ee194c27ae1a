/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/lease.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/int_math.h"
#include "sync/central/lot.h"
#include "sync/central/member.h"
#include "sync/central/restore.h"
#include "sync/central/steps.h"

static const int64_t DAY_US = INT64_C(86400000000), SEEN_US = INT64_C(3600000000);

struct rule {
    char currency[LOT_CURRENCY_BYTES];
    int64_t cap, days;
};

struct lease {
    char id[ID_BYTES], chain[ID_BYTES], member[ID_BYTES], currency[LOT_CURRENCY_BYTES];
    int64_t granted, used, expires_us;
    bool live, recalled;
};

/* ---- grants ---- */

static enum status read_rules(struct central *central, const char *chain, struct rule *out_rules, int *out_count,
                              struct errmsg *err)
{
    struct rows *rows;
    enum status st =
        STORE_SELECT(central->store, STATEMENT_LEASE_RULES, &rows, err, V_TEXT(chain), V_INT(LEASE_RULES_MAX));

    *out_count = 0;
    if (st != ST_OK)
        return st;
    while (*out_count < LEASE_RULES_MAX && rows_next(rows)) {
        struct rule *rule = &out_rules[(*out_count)++];

        (void)snprintf(rule->currency, sizeof(rule->currency), "%s", rows_text(rows, 0));
        rule->cap = rows_int(rows, 1);
        rule->days = rows_int(rows, 2);
    }
    return rows_end(rows, err);
}

/* Whether this is one of the tills where the member buys most, and often enough. */
static enum status is_usual(struct central *central, const struct device *device, const char *member, bool *out_usual,
                            struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_MEMBER_TILLS, &rows, err, V_TEXT(device->chain),
                                  V_TEXT(member), V_INT(LEASE_TILLS_MAX));

    *out_usual = false;
    if (st != ST_OK)
        return st;
    while (rows_next(rows))
        *out_usual |= strcmp(rows_text(rows, 0), device->dev) == 0 && rows_int(rows, 1) >= LEASE_SALES_MIN;
    return rows_end(rows, err);
}

static enum status put_lease(struct central *central, const struct device *device, const char *member,
                             const struct rule *rule, int64_t amount, struct errmsg *err)
{
    char id[ID_BYTES];
    int64_t change, now = central_now_us(central);
    enum status st = store_next_change(central->store, &change, err);

    if (st != ST_OK)
        return st;
    /* A database put back from a backup counts its changes anew, under another incarnation. */
    (void)snprintf(id, sizeof(id), "L%s.%" PRId64, central->incarnation, change);
    return STORE_RUN(central->store, STATEMENT_LEASE_PUT, err, V_TEXT(id), V_TEXT(device->chain), V_TEXT(device->dev),
                     V_TEXT(device->epoch), V_TEXT(member), V_TEXT(rule->currency), V_INT(amount),
                     V_INT(now + rule->days * DAY_US), V_INT(change), V_INT(now));
}

/* That much more in it, and that many days from now; nothing more prolongs it. */
static enum status fill_lease(struct central *central, const char *id, int64_t days, int64_t amount,
                              struct errmsg *err)
{
    int64_t change;
    enum status st = store_next_change(central->store, &change, err);

    if (st != ST_OK)
        return st;
    return STORE_RUN(central->store, STATEMENT_LEASE_FILL, err, V_TEXT(id), V_INT(amount),
                     V_INT(central_now_us(central) + days * DAY_US), V_INT(change));
}

/* The one this till has, if any: its id, and what is left of it. */
static enum status find_own(struct central *central, const struct device *device, const char *member,
                            const struct rule *rule, char id[ID_BYTES], int64_t *out_left, struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_LEASE_OWN, &rows, err, V_TEXT(device->dev),
                                  V_TEXT(device->epoch), V_TEXT(member), V_TEXT(rule->currency));

    id[0] = '\0';
    *out_left = 0;
    if (st != ST_OK)
        return st;
    if (rows_next(rows)) {
        (void)snprintf(id, ID_BYTES, "%s", rows_text(rows, 0));
        *out_left = rows_int(rows, 2) ? rule->cap : rows_int(rows, 1); /* a recalled one is not filled */
    }
    return rows_end(rows, err);
}

static enum status grant(struct central *central, const struct device *device, const char *member,
                         const struct rule *rule, struct errmsg *err)
{
    struct lot_sums sums;
    char id[ID_BYTES];
    int64_t left, amount, tills = 0;
    enum status st = find_own(central, device, member, rule, id, &left, err);

    /* Filled up when half is gone, so that not every sale sends a row. */
    if (st != ST_OK || left > rule->cap / 2)
        return st;
    st = STORE_NUMBER(central->store, STATEMENT_LEASE_COUNT, &tills, err, V_TEXT(device->chain), V_TEXT(member),
                      V_TEXT(rule->currency));
    if (st == ST_OK && !id[0] && tills >= LEASE_TILLS_MAX)
        return ST_OK;
    if (st == ST_OK)
        st = lot_sum(central, device->chain, member, rule->currency, &sums, err);
    if (st != ST_OK)
        return st;
    amount = lot_available(&sums) < rule->cap - left ? lot_available(&sums) : rule->cap - left;
    if (amount <= 0)
        return ST_OK;
    return id[0] ? fill_lease(central, id, rule->days, amount, err)
                 : put_lease(central, device, member, rule, amount, err);
}

enum status lease_are_granted(struct central *central, const char *chain, bool *out_granted, struct errmsg *err)
{
    struct rule rules[LEASE_RULES_MAX];
    int64_t waiting = 0;
    int count = 0;
    enum status st = read_rules(central, chain, rules, &count, err);

    if (st == ST_OK && count > 0)
        st = restore_waiting(central, chain, &waiting, err);
    *out_granted = count > 0 && waiting == 0;
    return st;
}

enum status lease_after_sale(struct central *central, const struct device *device, const char *member,
                             struct errmsg *err)
{
    struct rule rules[LEASE_RULES_MAX];
    bool usual = false;
    int64_t spends = 0;
    int count = 0;
    enum status st = is_usual(central, device, member, &usual, err);

    if (st != ST_OK || !usual)
        return st;
    st = STORE_NUMBER(central->store, STATEMENT_MEMBER_SPENDS, &spends, err, V_TEXT(device->chain), V_TEXT(member));
    if (st == ST_OK)
        st = read_rules(central, device->chain, rules, &count, err);
    for (int i = 0; st == ST_OK && spends && i < count; i++)
        st = grant(central, device, member, &rules[i], err);
    return st;
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

static enum status end_lease(struct central *central, const char *id, const char *state, struct errmsg *err)
{
    int64_t change;
    enum status st = store_next_change(central->store, &change, err);

    if (st != ST_OK)
        return st;
    return STORE_RUN(central->store, STATEMENT_LEASE_END, err, V_TEXT(id), V_TEXT(state), V_INT(change));
}

enum status lease_closed(struct central *central, const struct device *device, const char *id, struct errmsg *err)
{
    struct lease lease;
    enum status st = load(central, id, device, &lease, err);

    if (st == ST_NOT_FOUND)
        return ST_OK; /* of before a backup: nothing is set aside for it */
    if (st != ST_OK || !lease.live)
        return st;
    st = end_lease(central, id, "closed", err);
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

/* ---- time ---- */

/* One lease that is due: its id and its chain's days. */
static enum status next_due(struct central *central, const struct device *device, char id[ID_BYTES],
                            int64_t *out_days, struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_LEASE_DUE, &rows, err, V_TEXT(device->dev),
                                  V_TEXT(device->epoch), V_INT(central_now_us(central)), V_INT(DAY_US / 2));

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
        st = fill_lease(central, id, days, 0, err);
        if (st == ST_OK)
            st = next_due(central, device, id, &days, err);
    }
    return store_end(central->store, st, err);
}

/* ---- given up ---- */

struct lost {
    char what[8], id[ID_BYTES], chain[ID_BYTES], dev[HEX64_TEXT], epoch[HEX64_TEXT], member[ID_BYTES];
    char currency[LOT_CURRENCY_BYTES], store[ID_BYTES], till[ID_BYTES];
    int64_t amount;
};

static enum status next_lost(struct central *central, struct lost *out_lost, bool *out_found, struct errmsg *err)
{
    struct lost *lost = out_lost;
    struct {
        char *text;
        size_t size;
    } texts[] = {{lost->what, sizeof(lost->what)},         {lost->id, sizeof(lost->id)},
                 {lost->chain, sizeof(lost->chain)},       {lost->dev, sizeof(lost->dev)},
                 {lost->epoch, sizeof(lost->epoch)},       {lost->member, sizeof(lost->member)},
                 {lost->currency, sizeof(lost->currency)}, {lost->store, sizeof(lost->store)},
                 {lost->till, sizeof(lost->till)}};
    struct rows *rows;
    enum status st =
        STORE_SELECT(central->store, STATEMENT_LOST_NEXT, &rows, err, V_INT(central_now_us(central)), V_INT(DAY_US));

    if (st != ST_OK)
        return st;
    *out_found = rows_next(rows);
    for (int i = 0; *out_found && i < 9; i++)
        (void)snprintf(texts[i].text, texts[i].size, "%s", rows_text(rows, i));
    if (*out_found)
        lost->amount = rows_int(rows, 9);
    return rows_end(rows, err);
}

static enum status write_off_one(struct central *central, const struct lost *lost, struct errmsg *err)
{
    char text[400];
    bool lease = strcmp(lost->what, "lease") == 0;
    enum status st = STORE_RUN(central->store, STATEMENT_WRITE_OFF_PUT, err, V_TEXT(lost->what), V_TEXT(lost->id),
                               V_TEXT(lost->chain), V_TEXT(lost->dev), V_TEXT(lost->epoch), V_TEXT(lost->member),
                               V_TEXT(lost->currency), V_INT(lost->amount), V_INT(central_now_us(central)));

    if (st == ST_OK && lease)
        st = end_lease(central, lost->id, "written_off", err);
    else if (st == ST_OK)
        st = STORE_RUN(central->store, STATEMENT_HOLD_WRITE_OFF, err, V_TEXT(lost->dev), V_TEXT(lost->epoch),
                       V_TEXT(lost->id));
    (void)snprintf(text, sizeof(text),
                   "write-off: %s %.64s of %" PRId64 " %.64s at till %s of store %s, not heard of for too long; what "
                   "it spent will be posted if it comes back",
                   lost->what, lost->id, lost->amount, lost->currency, lost->till, lost->store);
    if (st == ST_OK)
        st = notice_put(central, lost->chain, "", text, err);
    return st == ST_OK ? member_touch(central, lost->chain, lost->member, err) : st;
}

static enum status write_off_next(void *context, bool *out_found, struct errmsg *err)
{
    struct central *central = context;
    struct lost lost;
    enum status st = next_lost(central, &lost, out_found, err);

    return st == ST_OK && *out_found ? write_off_one(central, &lost, err) : st;
}

enum status lease_write_off(struct central *central, int64_t *out_count, struct errmsg *err)
{
    return steps_run(central, LEASE_WRITE_OFF_BATCH, write_off_next, central, out_count, err);
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
