/* SPDX-License-Identifier: Apache-2.0 */
/* printer_rig - the real driver and the simulated printer on the two ends of a pty, on one loop, whose clock is
 * virtual: what takes minutes takes as long as its bytes need. */
#ifndef LOYALD_TESTS_PRINTER_RIG_H
#define LOYALD_TESTS_PRINTER_RIG_H

#include "agent/base/strbuf.h"
#include "agent/receipt/page.h"
#include "drivers/printer/printer.h"
#include "drivers/sim/sim_printer.h"

enum { RIG_JOBS_MAX = 16 };

struct rig_job {
    char id[PRINTER_JOB_ID_BYTES_MAX];
    enum print_state state;
    char reason[256];
};

struct rig {
    char dir[64];
    char link[96];
    struct loop *loop;
    struct sim_printer *sim;
    struct printer *printer;
    struct rig_job done[RIG_JOBS_MAX]; /* in the order told */
    size_t done_count;
    unsigned slip_count;
    unsigned sending_count;
    const char *on_sending; /* a command to the simulator, carried out in the sending callback */
    enum status sending_answer;
    char answer[256];      /* of the last command */
    uint32_t opened_count; /* of the line; at its opening had gone through: */
    uint64_t base_in, base_out, base_given;
};

/* confirm_ms 500, attention_ms 1500, absent_ms 300. */
void rig_begin(struct rig *rig, const char *profile);
/* The same with a folder of pictures, removed at the end: one, "large", of 384 dots by 1,024. */
void rig_begin_pictured(struct rig *rig, const char *profile);
void rig_end(struct rig *rig);
void rig_command(struct rig *rig, const char *line); /* asserts "ok" */
/* Queues a page of the caller's. */
enum status rig_print_page(struct rig *rig, const struct page *page, const char *id, struct errmsg *err);
/* Queues the sample receipt under that id. */
enum status rig_print(struct rig *rig, const char *id, struct errmsg *err);
void rig_wait_done(struct rig *rig, size_t count);
void rig_wait_state(struct rig *rig, enum device_state state);
/* The file of a slip: suffix "txt", "svg", "json". Frees nothing of out. */
void rig_read_slip(struct rig *rig, unsigned number, const char *suffix, struct strbuf *out);
void rig_sample_page(struct page *page);

#endif
