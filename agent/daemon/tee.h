/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tee - passes scans on to the POS over a pseudo-terminal, so that POS and agent share one scanner.
 *
 * The POS opens the link like a serial scanner. Nothing waits here: a scan that nobody reads would be typed into a
 * later sale, so one is dropped, with a count, while the POS has the terminal not open, or TEE_UNREAD_MAX bytes
 * unread in it.
 */
#ifndef LOYALD_DAEMON_TEE_H
#define LOYALD_DAEMON_TEE_H

#include "agent/base/errmsg.h"
#include "agent/base/json_writer.h"
#include "agent/base/status.h"

#include <stddef.h>

struct tee;

enum { TEE_UNREAD_MAX = 1024, TEE_PATH_MAX = 128, TEE_SUFFIX_MAX = 4 };

/* Copies link (its folder is there) and suffix. A link left by another run is made anew; anything else there is
 * refused. */
enum status tee_create(const char *link, const char *suffix, struct tee **out_tee, struct errmsg *err);
void tee_destroy(struct tee *tee); /* removes the link; accepts NULL */
void tee_pass(void *tee, const char *text, size_t len);
/* Writes {"link","state","passed","dropped"}. */
void tee_write(const struct tee *tee, struct json_writer *w);

#endif
