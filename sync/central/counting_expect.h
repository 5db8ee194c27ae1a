/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counting_expect - whom and what some records will ask for, guessed from their bytes as our tills write them, so
 * that a server is asked once for all of it. A guess that is wrong costs a question, one that lacks another way there
 * and back; no more depends on it.
 */
#ifndef LOYALD_CENTRAL_COUNTING_EXPECT_H
#define LOYALD_CENTRAL_COUNTING_EXPECT_H

#include "sync/central/central.h"

enum { EXPECTED_USES_MAX = 4000, EXPECTED_OF_RECORD = 16 };

/* Inside a transaction. The records lie one behind the other in bytes; ends says where each ends. */
enum status counting_expect(struct central *central, const char *chain, const char *bytes, const size_t *ends,
                            int count, struct errmsg *err);

#endif
