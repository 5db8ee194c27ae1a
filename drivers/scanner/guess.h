/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guess - what speaks, by the bytes of one scan: family, framing and identifiers. For setting a scanner up, where
 * somebody reads any code and looks at what comes out; never while selling.
 */
#ifndef LOYALD_SCANNER_GUESS_H
#define LOYALD_SCANNER_GUESS_H

#include "drivers/scanner/scanner.h"

#include <stdbool.h>

enum guess_verdict {
    GUESS_NOTHING, /* no bytes */
    GUESS_GARBAGE, /* no kind of reader says this: the speed is wrong, or the parity */
    GUESS_FOUND,
};

struct scanner_guess {
    enum scanner_family_id family;
    enum scanner_framing framing;
    enum scanner_code_ids code_ids;
    const char *why; /* static words */
};

enum guess_verdict scanner_guess(const uint8_t *bytes, size_t len, struct scanner_guess *out_guess);

#endif
