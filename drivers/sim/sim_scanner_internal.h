/* SPDX-License-Identifier: Apache-2.0 */
/* sim_scanner_internal - what the scanner's line (sim_scanner.c) and its commands (sim_scanner_command.c) share. */
#ifndef LOYALD_SIM_SIM_SCANNER_INTERNAL_H
#define LOYALD_SIM_SIM_SCANNER_INTERNAL_H

#include "agent/base/strbuf.h"
#include "drivers/sim/sim_pty.h"
#include "drivers/sim/sim_scanner.h"

struct loop_timer;
struct loop_watch;

enum { SUFFIX_BYTES_MAX = 8 };

struct sim_scanner {
    struct sim_scanner_options options;
    char link_path[SIM_PATH_BYTES_MAX];
    char suffix[SUFFIX_BYTES_MAX];
    struct sim_pty pty;
    struct loop_watch *watch; /* while plugged in: what the agent sends is read and thrown away */
    struct loop_timer *tick;

    struct sim_family family;
    struct loop_timer *resend, *pause;
    int damaged; /* so many scans more */
    bool mangled;

    struct strbuf bytes; /* being typed */
    size_t typed;
    int64_t begun_ns, give_up_ms;
};

int64_t sim_scanner_unix_ns(void);
/* Each command is answered once. */
void sim_scanner_answer_ok(struct sim_scanner *scanner, int64_t written_ns);
void sim_scanner_answer_error(struct sim_scanner *scanner, const char *what);
/* Types what stands in bytes and answers when it is out. */
void sim_scanner_type(struct sim_scanner *scanner);
void sim_scanner_unplug(struct sim_scanner *scanner);
enum status sim_scanner_plug(struct sim_scanner *scanner, struct errmsg *err);

#endif
