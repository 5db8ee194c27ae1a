/* SPDX-License-Identifier: Apache-2.0 */
/* What tills that are silent for too long, or enrolled anew, had set aside: leases and holds, written off as a risk
 * taken. */
#include "sync/central/lease_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sync/central/lot.h"
#include "sync/central/member.h"
#include "sync/central/steps.h"

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
    enum status st = STORE_SELECT(central->store, STATEMENT_LOST_NEXT, &rows, err, V_INT(central_now_us(central)),
                                  V_INT(LEASE_DAY_US));

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
        st = lease_end(central, lost->id, "written_off", err);
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
