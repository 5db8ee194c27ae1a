/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ballast - a file of nothing, kept so that a full disk has something to give up before a sale is refused; and how
 * much room there is, in three states.
 *
 *   ROOM_GOOD --little left--> ROOM_TIGHT: no more members are cached
 *   either --a write found the disk full: ballast_give_up--> ROOM_SHORT: points are not spent either; sales go on
 *   back, once there is room to make the ballast again (ballast_look)
 */
#ifndef LOYALD_DB_BALLAST_H
#define LOYALD_DB_BALLAST_H

#include <stdbool.h>
#include <stdint.h>

enum { BALLAST_BYTES = 16 * 1024 * 1024, BALLAST_TIGHT = 4, BALLAST_PATH_MAX = 4096 };

enum room { ROOM_GOOD, ROOM_TIGHT, ROOM_SHORT };

struct ballast {
    char path[BALLAST_PATH_MAX];
    int64_t bytes;      /* 0: none is kept, and the room is always good */
    int64_t free_bytes; /* when it was last looked at */
    bool there;
    enum room room;
};

/* In that folder, of so many bytes; looks at once. */
void ballast_init(struct ballast *ballast, const char *folder, int64_t bytes);
/* Asks for the room; makes the ballast when it is not there and BALLAST_TIGHT times its size are free. Call when
 * idle. */
void ballast_look(struct ballast *ballast);
/* The disk is full: true when there was a ballast, which is gone now, so that the write may be tried once more. */
bool ballast_give_up(struct ballast *ballast);
const char *room_name(enum room room); /* "good", "tight", "short" */

#endif
