/* SPDX-License-Identifier: Apache-2.0 */
/* bundle_receipts - the templates and pictures a bundle brings, compiled: asked wherever a bundle is taken in. */
#ifndef LOYALD_RECEIPT_BUNDLE_RECEIPTS_H
#define LOYALD_RECEIPT_BUNDLE_RECEIPTS_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

struct bitmap;
struct bundle;
struct bundle_report;
struct receipt_template;

/* Compiles every template and reads every picture of the bundle: ST_INVALID with the first fault in err and all of
 * them in the report (may be NULL), at "/receipts/sale/ru" with line and column, at "/receipts/pictures/logo". */
enum status bundle_receipts_check(const struct bundle *bundle, struct bundle_report *report, struct errmsg *err);
/* Returns owned the bundle's template for that use, "sale" or "return", and language; NULL in *out_template when it
 * has none, which is no fault: ours serves. */
enum status bundle_receipts_compile(const struct bundle *bundle, const char *use, const char *language,
                                    struct receipt_template **out_template, struct errmsg *err);

/* Returns owned the dots of the bundle's picture of that name. ST_NOT_FOUND when it has none; ST_INVALID in words
 * when it is no PNG or PBM, or more than a page holds. */
enum status bundle_receipts_picture(const struct bundle *bundle, const char *name, struct bitmap *out_bitmap,
                                    struct errmsg *err);

#endif
