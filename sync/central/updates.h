/* SPDX-License-Identifier: Apache-2.0 */
/*
 * updates - what a till has not heard yet, from its cursor on (docs/protocol.md 5).
 *
 * A cursor is "incarnation.change": the place up to which every change was told. One of another incarnation, from the
 * future of a database put back, or of another audience (circle.h) starts anew with "reload". A full load goes
 * through the members in the order of their ids, "incarnation.change.mID", then through the rest,
 * "incarnation.change.oPLACE"; change is where it began, and where the changes go on from when it is done. All of an
 * answer is one moment of the database, since nothing else writes meanwhile.
 */
#ifndef LOYALD_CENTRAL_UPDATES_H
#define LOYALD_CENTRAL_UPDATES_H

#include "sync/central/device.h"

enum {
    UPDATES_BYTES_MAX = 512 * 1024, /* of an answer */
    UPDATES_ROWS_MAX = 2000,        /* of an answer; more comes with the next */
    UPDATES_WAIT_MAX_S = 55,
    UPDATES_CURSOR_TEXT = 128,
};

enum updates_phase { UPDATES_CHANGES, UPDATES_MEMBERS, UPDATES_OTHERS };
struct updates_cursor {
    enum updates_phase phase;
    int64_t after;      /* changes above this one are wanted; of a load: of the rest */
    int64_t base;       /* of a load: where it began */
    char key[ID_BYTES]; /* of a load: members behind this one are wanted */
    bool first;         /* the till has nothing yet: it is answered at once, even with nothing */
    bool reload;        /* what the till has is of another history */
};

/* Never fails: what cannot be read starts anew. */
enum status updates_read_cursor(struct central *central, const char *text, struct updates_cursor *out_cursor,
                                struct errmsg *err);
/* Whether there is anything to tell after the cursor. */
enum status updates_waiting(struct central *central, const struct device *device, const struct updates_cursor *cursor,
                            bool *out_waiting, struct errmsg *err);
/* The answer, also when there is nothing to tell. */
void updates_answer(struct central *central, const struct device *device, const struct updates_cursor *cursor,
                    struct answer *answer);
/* {"member":{...}} or {"member":null} for a look-up. */
void updates_member(struct central *central, const struct device *device, const char *hash, struct answer *answer);

#endif
