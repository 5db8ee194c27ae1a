/* SPDX-License-Identifier: Apache-2.0 */
/* failing_internal - what the two kinds of failing calls share. */
#ifndef LOYALD_TESTS_POWERCUT_FAILING_INTERNAL_H
#define LOYALD_TESTS_POWERCUT_FAILING_INTERNAL_H

#include "tests/powercut/calls.h"

/* What becomes of this call: 0, it goes on. */
int calls_ask_of(enum call_kind kind);

#endif
