/* SPDX-License-Identifier: Apache-2.0 */
/* courier_asking - questions asked of the courier by hand, for the tests of the link's socket. */
#ifndef LOYALD_TEST_LINK_COURIER_ASKING_H
#define LOYALD_TEST_LINK_COURIER_ASKING_H

#include "agent/link/link_internal.h"
#include "tests/unit/agent/link/rig.h"

enum { DEADLINE_MS = 60 * 1000 };

/* What became of one question. */
struct outcome {
    int answers;
    enum courier_outcome outcome;
    int http_status;
    char body[256], text[256];
    int64_t retry_after_ms;
    int again; /* questions to ask from inside the callback */
    struct outcome *next;
};

extern struct rig rig; /* of the test that runs, from asking_begin on */
void asking_begin(void);
void asking_end(void);

void ask(struct outcome *outcome, int64_t deadline_ms);
/* The courier's callback; context is the outcome. */
void told(void *context, const struct courier_answer *answer);
void until_answered(struct outcome *outcome);
/* For rig_until. */
bool is_closed(struct rig *r);
bool is_greeted(struct rig *r);

#endif
