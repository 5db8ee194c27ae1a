/* SPDX-License-Identifier: Apache-2.0 */
/* skeleton - the row of the driver to copy. Not in the table: there is no such reader. */
#ifndef LOYALD_SCANNER_SKELETON_H
#define LOYALD_SCANNER_SKELETON_H

#include "drivers/scanner/family.h"

extern const struct scanner_family skeleton_family;

#endif
