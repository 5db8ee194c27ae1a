/* SPDX-License-Identifier: Apache-2.0 */
/*
 * told_again - what a record is about is told to the tills again, though booking it changed nothing: it was booked
 * before it was carried, or cannot be booked.
 *
 * Its till counts it on top of each row that says to hold less of its records. Only a row that was told since says to
 * hold it.
 */
#ifndef LOYALD_CENTRAL_TOLD_AGAIN_H
#define LOYALD_CENTRAL_TOLD_AGAIN_H

#include "sync/central/device.h"

/* Inside a transaction. A body that cannot be read is about nothing. */
enum status told_again(struct central *central, const struct device *device, const char *type, const char *body,
                       size_t len, struct errmsg *err);

#endif
