/* SPDX-License-Identifier: Apache-2.0 */
/* root_maker - an office's root and its central's timestamp, made and signed in a test by whatever keys it says. */
#ifndef LOYALD_TESTS_ROOT_MAKER_H
#define LOYALD_TESTS_ROOT_MAKER_H

#include "agent/base/pk.h"
#include "sync/protocol/root.h"
#include "sync/protocol/timestamp.h"

void maker_add(struct root *root, enum root_role role, const struct pk *key);
void maker_drop(struct root *root, enum root_role role, const struct pk *key);
/* Each returns owned a text. */
char *maker_root(const struct root *root);
char *maker_timestamp(const struct timestamp *timestamp);
/* [{"key","signature"}] over the text by the keys, NULL ends. */
char *maker_sign(const char *text, const struct pk *const keys[]);
/* {"text","signatures"} of both. */
char *maker_signed(const char *text, const char *signatures);

#endif
