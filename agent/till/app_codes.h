/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app_codes - the codes an app shows, checked without a link: who signed, until when, and that nobody showed it
 * before. Inside agent/till.
 *
 * The signature takes some milliseconds and is checked in a worker. Codes shown are remembered until they expire, the
 * latest APP_CODES_SEEN_MAX of them, in cache.db over a restart: a lost cache, or a power cut in the same second,
 * forgets some, which a code's short life bounds. When the till's clock cannot be right, expiry is not judged, and it
 * is said.
 */
#ifndef LOYALD_TILL_APP_CODES_H
#define LOYALD_TILL_APP_CODES_H

#include "agent/base/sha256.h"
#include "agent/till/problem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct app_code_job;
struct code_rule;
struct till;
struct till_scan;

enum {
    APP_CODES_SEEN_MAX = 256,
    APP_CODES_BUSY_MAX = 4,
    APP_CODE_SKEW_S = 30,            /* an app's clock may be wrong by that */
    APP_CODE_LIFE_MAX_S = 24 * 3600, /* one that lives longer is none: it could not be remembered so long */
};

struct app_codes {
    struct {
        uint8_t digest[SHA256_BYTES];
        int64_t expires_unix_s; /* 0: free */
    } seen[APP_CODES_SEEN_MAX];
    struct app_code_job *busy[APP_CODES_BUSY_MAX]; /* NULL: free */
};

/* Judges a code that a rule took for an app's: tells what is wrong at once, or calls good later, from the loop, with
 * the member's number. The scan's views are copied. */
typedef void app_code_good_fn(struct till *till, const struct till_scan *scan, const char *number);
void app_codes_show(struct till *till, const struct till_scan *scan, const struct code_rule *rule,
                    app_code_good_fn *good);
/* Those shown before a restart are known again. */
void app_codes_load(struct till *till);
/* Those under way end without a word. */
void app_codes_clear(struct app_codes *codes);

#endif
