/* SPDX-License-Identifier: Apache-2.0 */
/* outbox_records - what the tests of the outbox do with the journal's records. */
#ifndef LOYALD_TESTS_LINK_OUTBOX_RECORDS_H
#define LOYALD_TESTS_LINK_OUTBOX_RECORDS_H

#include "tests/unit/agent/link/rig.h"

/* Journals so many records with bodies of this length, without the cost of sales. */
void outbox_fill(struct rig *rig, int count, size_t body_len);
/* Fails the test unless the question holds exactly the journal's bytes from one position to another. */
void outbox_expect(const struct rig *rig, const struct question *question, int64_t from, int64_t to);
/* Takes the next question that carries records, which must be those from one position to another. */
void outbox_take(struct rig *rig, int64_t from, int64_t to);
/* The same, and it is answered. */
void outbox_answer(struct rig *rig, int64_t from, int64_t to, int status, const char *body);
/* The same, and they are acked; more: members of the answer, ",\"max_batch\":3". */
void outbox_ack(struct rig *rig, int64_t from, int64_t to, const char *more);
/* Whether the central has all of the journal. */
bool outbox_is_acked(struct rig *rig);

#endif
