/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slip_note - what the receipt says of points and the sale's own record would not hold: of when the balance is, when
 * there is no link, and which points in it may not be spent yet. Written into the record, so that a copy says the
 * same. Internal to the till.
 */
#ifndef LOYALD_TILL_SLIP_NOTE_H
#define LOYALD_TILL_SLIP_NOTE_H

struct json_writer;
struct sale;
struct till;

/* Adds "points_known" (docs/protocol.md 2) to the record's body; nothing when there is nothing to say. What cannot be
 * read stays unsaid: no receipt is worth a sale. */
void slip_note_points(struct till *till, const struct sale *sale, struct json_writer *w);

#endif
