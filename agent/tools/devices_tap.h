/* SPDX-License-Identifier: Apache-2.0 */
/*
 * devices_tap - a line opened for looking at: what comes, what is made of it, what is answered. Bytes are shown when
 * it is known that they are no payment card's, so not before the end of a code.
 */
#ifndef LOYALD_TOOLS_DEVICES_TAP_H
#define LOYALD_TOOLS_DEVICES_TAP_H

#include "drivers/scanner/capture.h"

struct loop;
struct tap; /* opaque */

struct tap_options {
    struct loop *loop; /* borrows */
    const char *uri;
    struct reader_settings settings;
    enum scanner_framing framing;
    bool quiet; /* only listens: a dialogue is not begun, nothing is sent */
    /* The bytes that led to the result, and its line; result "" when they led to none (a reply, or a pause). A
     * payment card has no bytes. */
    void (*on_heard)(void *context, struct tap *tap, const uint8_t *bytes, size_t len, const char *result,
                     bool pause);
    void (*on_sent)(void *context, const uint8_t *bytes, size_t len); /* may be NULL */
    void *context;
};

enum status tap_create(const struct tap_options *options, struct tap **out_tap, struct errmsg *err);
void tap_destroy(struct tap *tap); /* accepts NULL */
/* Returns a view of why it is not open, "" when it is. */
const char *tap_reason(struct tap *tap);
bool tap_is_open(const struct tap *tap);

#endif
