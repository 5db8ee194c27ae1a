/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_scanner - a barcode scanner at the far end of a pty: types codes as a real one does, at a real line's speed,
 * and misbehaves when told to.
 *
 * Commands, one at a time, each answered once: "ok N", N being the Unix time in ns at which the last byte was
 * written, or "error" and what is wrong:
 *
 *   scan CODE       as read from paper: the AIM identifier of its kind (or the one it begins with), CODE, the suffix;
 *                   by other families what they say of it; a radio card's number in hexadecimal
 *   raw HEX         these bytes
 *   half TEXT       this text, without a suffix
 *   garbage N SEED  N random bytes
 *   oversize N      N letters and the suffix
 *   damage N        one bit is wrong in each of the next N scans
 *   ignore N        the next N acknowledgements are not heard: what was sent comes again (ssi)
 *   mangle on, off  every byte comes as by a wrong baud rate
 *   wait MS         nothing, for so long
 *   unplug, plug    the cable
 */
#ifndef LOYALD_SIM_SIM_SCANNER_H
#define LOYALD_SIM_SIM_SCANNER_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "drivers/sim/sim_family.h"

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct sim_scanner; /* opaque */

enum { SIM_SCANNER_BYTES_MAX = 64 * 1024, SIM_SCANNER_WRITE_MS = 10 * 1000 };

struct sim_scanner_options {
    struct loop *loop;     /* borrows */
    const char *link_path; /* copies */
    int64_t baud;          /* 10 bits a byte; 0: as fast as the pty takes them */
    enum sim_family_id family;
    bool code_ids;      /* AIM identifiers before codes */
    int64_t resend_ms;  /* ssi: after so long without an acknowledgement; 0: SIM_SSI_RESEND_MS */
    const char *suffix; /* copies; at most 7 bytes, STX...ETX is what "\x02" asks for */
    /* One answer per command, from the loop or from within sim_scanner_command. */
    void (*on_answer)(void *context, const char *answer);
    void *context;
};

/* Plugs in. On ST_OK the caller owns *out_scanner. */
enum status sim_scanner_create(const struct sim_scanner_options *options, struct sim_scanner **out_scanner,
                               struct errmsg *err);
void sim_scanner_destroy(struct sim_scanner *scanner); /* accepts NULL; unplugs */
/* Carries out one command; not before the one before was answered. Bytes that the line does not take within
 * SIM_SCANNER_WRITE_MS beyond their own time are given up with an error. */
void sim_scanner_command(struct sim_scanner *scanner, const char *line);

#endif
