/* SPDX-License-Identifier: Apache-2.0 */
/*
 * central_world - a central for the fuzz targets, one for a whole run, in a folder that goes with the process: chain
 * "demo" with point rules, store S12, a till there, member M1 with a card and points, coupon ABC1.
 */
#ifndef LOYALD_FUZZ_CENTRAL_WORLD_H
#define LOYALD_FUZZ_CENTRAL_WORLD_H

#include "agent/base/clock.h"
#include "agent/base/json_writer.h"
#include "sync/central/central.h"

#include <stdbool.h>
#include <stddef.h>

#define CENTRAL_WORLD_DEV   "00000000000000d1"
#define CENTRAL_WORLD_EPOCH "00000000000000e1"

typedef enum status central_world_import(struct central *central, const char *chain, char *text, size_t len,
                                         int first_line, struct json_writer *w, struct errmsg *err);

/* Aborts when not: what a target asserts. */
void must(bool holds);
/* Opened by the first call. */
struct central *central_world(void);
/* Its clock, which stands. */
struct virtual_clock *central_world_time(void);
/* The folder it lies in, once it is opened. */
const char *central_world_folder(void);
/* A file of the office's for chain "demo"; what is refused is said. */
enum status central_world_take(central_world_import *import_fn, const void *bytes, size_t len);
/* What was taken is booked, and the ledger balances. */
void central_world_check(void);

#endif
