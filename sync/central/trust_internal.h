/* SPDX-License-Identifier: Apache-2.0 */
/* trust_internal - what the files of the trust share: keys (trust_keys.c), roots taken (trust_publish.c) and shown
 * (trust.c), timestamps (trust_timestamp.c). Nobody else includes it. */
#ifndef LOYALD_CENTRAL_TRUST_INTERNAL_H
#define LOYALD_CENTRAL_TRUST_INTERNAL_H

#include "sync/central/trust.h"

struct pk;

/* Returns owned (free()) the newest root of the chain; NULL in *out_root when there is none. */
enum status trust_load_root(struct central *central, const char *chain, struct root **out_root, struct errmsg *err);
/* The key here that the root names for timestamps; NULL: none. */
struct pk *trust_stamp_key(const struct central *central, const struct root *root);

#endif
