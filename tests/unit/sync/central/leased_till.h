/* SPDX-License-Identifier: Apache-2.0 */
/* leased_till - a till's side of leases, as the protocol tells it to keep it. */
#ifndef LOYALD_TEST_CENTRAL_LEASED_TILL_H
#define LOYALD_TEST_CENTRAL_LEASED_TILL_H

#include "points_scene.h"
#include "sync/central/updates.h"

enum { LEASES_MAX = 16, USES_MAX = 4096, BATCH_MAX = 4 * 1024 * 1024 };

struct lease_view {
    char id[ID_BYTES], member[ID_BYTES];
    int64_t granted, used, seq, expires_ms;
};
struct lease_use {
    char id[ID_BYTES];
    int64_t seq, amount;
};
struct leased_till {
    struct fake_till till;
    struct strbuf queue; /* records not sent yet */
    struct lease_view leases[LEASES_MAX];
    int lease_count;
    struct lease_use uses[USES_MAX];
    int use_count, sales;
    char cursor[POINTS_CURSOR_TEXT];
    bool lost;
};

/* Enrolled; returns owned (leased_close). */
struct leased_till *leased_open(struct fixture *f, uint64_t dev);
void leased_close(struct leased_till *t);
/* One round of updates, as a till with a link asks for them. */
void leased_down(struct fixture *f, struct leased_till *t);
/* Posts the queue; what is accepted is booked. */
void leased_up(struct fixture *f, struct leased_till *t);
/* Of a lease that the till was told of, less what its own records used since. */
int64_t leased_left(const struct leased_till *t, const struct lease_view *view);

#endif
