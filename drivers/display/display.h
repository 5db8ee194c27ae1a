/* SPDX-License-Identifier: Apache-2.0 */
/*
 * display - a customer display of two lines: shows the latest page, or takes turns of a few.
 *
 * A display says nothing, so what is known of it is its line: absent, opening, ready, lost; degraded when it takes no
 * bytes. Showing never waits: one page is on its way at most, and what is wanted meanwhile replaces what was wanted
 * before, since only the latest is of use. A display that comes back is set up anew and shows what is wanted then.
 * Used from the loop's thread only.
 */
#ifndef LOYALD_DISPLAY_DISPLAY_H
#define LOYALD_DISPLAY_DISPLAY_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "drivers/port/device_state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct display; /* opaque */
struct loop;

enum {
    DISPLAY_ROWS = 2,
    DISPLAY_COLUMNS_MIN = 16,
    DISPLAY_COLUMNS_MAX = 40,
    DISPLAY_PAGES_MAX = 4,    /* that take turns; more are left out */
    DISPLAY_TURN_MS = 3000,   /* each is shown so long */
    DISPLAY_WRITE_MS = 1000,  /* for the bytes of one page, 90 ms at 9600 baud: degraded beyond */
    DISPLAY_RETRY_MS = 5000,  /* from a write that failed to the next try */
    DISPLAY_RENEW_MS = 60000, /* after so long without a page it is set up anew: it may have been switched off */
};

enum display_set_id {
    DISPLAY_EPSON,  /* ESC/POS as in Epson's DM-D series */
    DISPLAY_CD5220, /* Partner's CD5220, which most pole displays can be set to */
    DISPLAY_AURES,  /* Epson's with other numbers of code pages: Aures OCD-100 and OCD-300 */
};

/* The words of the configuration, in the order of the enum and of the pages in display_set.c, parted by |. */
#define DISPLAY_SET_CHOICES  "epson|cd5220|aures"
#define DISPLAY_PAGE_CHOICES "cp866|cp1251|cp437|cp850|cp852|cp858|cp1250|cp1252|cp1253|cp1254|cp1257"

/* A right text: it stands whole at the right, the left one is cut to fit beside it. None (NULL, ""): the left text is
 * centred; alone on its page it goes on in the second line, parted at a blank. */
struct display_line {
    const char *left, *right;
};
struct display_page {
    struct display_line lines[DISPLAY_ROWS];
};

struct display_options {
    const char *name;  /* copies */
    const char *uri;   /* copies; see port.h */
    struct loop *loop; /* borrows */
    enum display_set_id set;
    int code_page;   /* position in DISPLAY_PAGE_CHOICES */
    int code_page_n; /* by which the display knows that page (ESC t n, ESC c n); below 0: the command set's own */
    int columns;     /* DISPLAY_COLUMNS_MIN..MAX */
    int64_t turn_ms; /* 0: DISPLAY_TURN_MS */
    int64_t retry_ms, write_ms; /* 0: as above */
};

/* On ST_OK the caller owns *out_display. ST_INVALID in words; a display that is absent is no error. */
enum status display_create(const struct display_options *options, struct display **out_display, struct errmsg *err);
void display_destroy(struct display *display); /* accepts NULL; leaves what is shown */
/* Copies the texts. Shows the first page at once, the others in turn. */
void display_show(struct display *display, const struct display_page *pages, size_t count);

/* The states of device_state.h but "probing", since a display can be asked nothing; degraded: it takes no bytes. */
struct display_status {
    enum device_state state;
    int64_t since_mono_ms;              /* of the system clock */
    char reason[PORT_REASON_BYTES_MAX]; /* why it is not ready; "" when it is */
    struct port_status port;
    uint64_t shown_count;       /* pages written */
    uint64_t substituted_count; /* characters shown otherwise */
    int64_t shown_mono_ms;      /* when the last was written, of the system clock; 0: none yet */
    bool current;               /* what is wanted is on the display, as far as the system knows */
};
void display_status(const struct display *display, struct display_status *out_status);

#endif
