/* SPDX-License-Identifier: Apache-2.0 */
/*
 * printer - a receipt printer that prints each job at most once and says honestly what became of it.
 *
 * A job is a copy of a page. Before its first byte the printer is asked whether it can print at all (paper, cover,
 * error): if not, the job has FAILED, nothing was sent and the caller may print it again later. After the first byte
 * nothing is ever sent again by itself: either the printer answers the marker that ends the job (CONFIRMED), or it
 * does not and the job is UNKNOWN: somebody has to look at the paper. A paper-out or an open cover in the middle of a
 * job is waited for, since a printer keeps its buffer and goes on by itself.
 *
 * A page that needs the receipt's own mark of a copy is built by the caller. Used from the loop's thread only.
 * Callbacks may call printer_print and printer_status, not printer_destroy.
 */
#ifndef LOYALD_PRINTER_PRINTER_H
#define LOYALD_PRINTER_PRINTER_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "drivers/port/device_state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct page;
struct printer; /* opaque */

enum {
    PRINTER_QUEUE_MAX = 8, /* jobs waiting or printing: ST_FULL beyond, nothing kept */
    PRINTER_JOB_ID_BYTES_MAX = 65,
    PRINTER_NAME_BYTES_MAX = 32,
    PRINTER_REASON_BYTES_MAX = 200,
    /* Once a job's bytes are out: how long a silent printer that is not known to wait for a person is believed to be
     * printing, and how long one that waits for paper or its cover is waited for. */
    PRINTER_CONFIRM_MS = 15 * 1000,
    PRINTER_ATTENTION_MS = 5 * 60 * 1000,
    /* How long a job waits for a printer that is not there before it has failed. */
    PRINTER_ABSENT_MS = 3 * 1000,
};

enum print_state {
    PRINT_PENDING,   /* waits for its turn; nothing sent */
    PRINT_SENDING,   /* the first byte may be out */
    PRINT_SENT,      /* all bytes out, no answer yet */
    PRINT_CONFIRMED, /* printed: the printer has answered the end marker */
    PRINT_UNKNOWN,   /* bytes were sent and no answer came: look at the paper */
    PRINT_FAILED,    /* not one byte was sent */
};

/*
 * The states of device_state.h: probing until the printer's first word; degraded when it cannot print (paper, cover,
 * error) or nobody answers (no printer, wrong speed, stalled). A model of which nothing can be asked is ready when
 * its line is.
 */
struct printer_status {
    enum device_state state;
    bool paper_low;
    char reason[PRINTER_REASON_BYTES_MAX]; /* for the cashier, in words; "" when ready and well */
    int64_t since_mono_ms;                 /* of the state, on the loop's clock */
    struct port_status port;               /* its heard_mono_ms: how fresh all this is */
    size_t queued;                         /* jobs not yet finished */
    uint64_t confirmed_count, unknown_count, failed_count;
    uint64_t substituted_count; /* characters the printer's code pages lack, spelt otherwise */
    uint64_t drawn_count;       /* lines printed as pictures for such a character */
    uint64_t ignored_bytes;     /* received bytes that mean nothing */
};

/* When the cash drawer at the printer is opened, of printers that can: before the slip. */
enum printer_drawer { PRINTER_DRAWER_NEVER, PRINTER_DRAWER_CASH, PRINTER_DRAWER_ALWAYS };
#define PRINTER_DRAWER_CHOICES "never|cash|always"

struct printer_options {
    const char *name;          /* copies; what messages call it: "printer" */
    const char *uri;           /* copies; as of port.h */
    const char *profile;       /* a name of ours, or of the file; NULL or empty: our first */
    const char *profiles_path; /* a file of the store's own profiles (profile.h); NULL or empty: none */
    struct loop *loop;         /* borrows */
    const char *font_path;     /* font.h; NULL or empty: none. One that is not there is none */
    const char *pictures_path; /* a folder, pictures.h; NULL or empty: none */
    enum printer_drawer drawer;
    /* Every change of state, paper_low or reason; from the loop, never from within printer_create. May be NULL.
     */
    void (*on_state)(void *context, const struct printer_status *status);
    void *context;
    /* Zero: the PRINTER_*_MS above. */
    int64_t confirm_ms, attention_ms, absent_ms;
};

struct print_callbacks {
    /* Right before the first byte: write down that the job is being sent, durably, then return ST_OK. Anything else
     * fails the job with *err as reason, nothing sent. May be NULL. */
    enum status (*sending)(void *context, const char *job_id, struct errmsg *err);
    /* Exactly once per accepted job, never from within printer_print: CONFIRMED, UNKNOWN or FAILED, and why in words
     * ("" when confirmed). printer_destroy ends waiting jobs as FAILED and a sent one as UNKNOWN. */
    void (*done)(void *context, const char *job_id, enum print_state state, const char *reason);
    void *context;
};

/* ST_INVALID on an unknown profile or a wrong URI, in words. A printer that is not there is no error. */
enum status printer_create(const struct printer_options *options, struct printer **out_printer, struct errmsg *err);
void printer_destroy(struct printer *printer); /* accepts NULL */
/* Copies the page. ST_FULL at PRINTER_QUEUE_MAX, ST_INVALID for a page with a fault or no columns, ST_NOMEM: then
 * done is never called. */
enum status printer_print(struct printer *printer, const struct page *page, const char *job_id,
                          const struct print_callbacks *callbacks, struct errmsg *err);
/* A slip to look at: what the profile has, and a line in each of its code pages. every_number: instead what the
 * printer makes of Russian letters under each number of ESC t, for a model that nobody knows. Bounds and callbacks as
 * above. */
enum status printer_print_sample(struct printer *printer, bool every_number, const char *job_id,
                                 const struct print_callbacks *callbacks, struct errmsg *err);
void printer_status(const struct printer *printer, struct printer_status *out_status);
const char *print_state_text(enum print_state state); /* returns a view: "confirmed" */

#endif
