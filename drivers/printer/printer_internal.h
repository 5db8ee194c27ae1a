/* SPDX-License-Identifier: Apache-2.0 */
/* printer_internal - what printer.c (the face, the state), printer_jobs.c (the way of a job) and printer_send.c (its
 * bytes) share. */
#ifndef LOYALD_PRINTER_PRINTER_INTERNAL_H
#define LOYALD_PRINTER_PRINTER_INTERNAL_H

#include "drivers/printer/escpos_status.h"
#include "drivers/printer/printer.h"
#include "drivers/printer/printer_watch.h"

#include "agent/base/strbuf.h"

struct font;
struct language;
struct pictures;
struct port;
struct profile;
struct profiles;

enum {
    JOB_BLOCK_BYTES_MAX = 512, /* whole rows, about that many, go out at once; fewer on a slow line: */
    JOB_LINE_MS = 150,         /* as many as it carries in that time */
    JOB_PACE_BYTES = 2048,     /* unprinted in the printer: half of the 4 KiB that is usual; profile.h may say less */
    JOB_QUIET_MS = 300,        /* without an answer after the last old one: nothing more is owed */
    JOB_BYTE_MS = 2,           /* added to the time to confirm: the slowest line, and the slowest paper */
};

/* How far the job at the head of the queue is; from STEP_SEND on, bytes of it may be out. */
enum job_step {
    STEP_IDLE,
    STEP_LINE,    /* PENDING: waits for the line */
    STEP_CHECK,   /* PENDING: waits for a round of status */
    STEP_DRAIN,   /* PENDING: waits for answers owed to an earlier job */
    STEP_SEND,    /* SENDING: a block is with the port */
    STEP_HEAR,    /* SENDING: the printer is asked whether it is still there */
    STEP_PAUSE,   /* SENDING: waits for a person to help the printer */
    STEP_PACE,    /* SENDING: waits for a marker between rows */
    STEP_MARKER,  /* SENT: waits for the end marker */
    STEP_WITNESS, /* SENT: the marker came; one more round must be answered */
};

enum { MARKER_BYTES_MAX = 64 };

/* How the printer will say that all before is printed; printer_marker.c. */
struct marker {
    uint8_t id[4]; /* GS ( H */
    int counter;   /* Star: what it will have counted to; -1: not known yet */
};

struct print_job {
    char id[PRINTER_JOB_ID_BYTES_MAX];
    struct print_callbacks callbacks;
    enum print_state state;
    struct strbuf bytes;
    struct strbuf ends; /* of rows, uint32_t each: where the bytes may be parted */
    size_t end_next;    /* index of the first not yet sent */
    size_t written;
    size_t block_bytes; /* of the block that went out last */
    size_t paced;       /* written, when the last marker between rows went out */
    struct marker marker, pace;
};

struct printer {
    char name[PRINTER_NAME_BYTES_MAX];
    struct profiles *profiles; /* owned: the store's own; NULL: none */
    const struct profile *profile;
    const struct language *language;
    struct font *font;         /* owned; NULL: none */
    struct pictures *pictures; /* owned; NULL: none */
    enum printer_drawer drawer;
    struct loop *loop;
    struct port *port;
    struct printer_watch watch;
    struct escpos_reader reader;
    bool line_up;
    bool ending;   /* printer_destroy is under way: nothing more is taken */
    bool told_asb; /* automatic status was asked for since the line came up */
    void (*on_state)(void *context, const struct printer_status *status);
    void *context;
    int64_t confirm_ms, attention_ms, absent_ms;
    struct printer_status status;

    struct print_job jobs[PRINTER_QUEUE_MAX]; /* a ring; the head is the one under way */
    size_t head, count;
    enum job_step step;
    bool was_silent;   /* it missed an answer since the first byte: it may have been switched off */
    bool in_trouble;   /* the job waits for a person */
    bool answers_owed; /* an earlier job's marker may still be answered */
    bool broken_off;   /* an earlier job ended in the middle: the printer may wait for data, its part hangs there */
    uint32_t marker_next; /* GS ( H: as a number of four digits to the base 95 */
    int star_counter;     /* as it was told last; -1: never */
    int star_sent;        /* what it will be after every ETB sent; -1: not known */
    struct marker drain;  /* awaited in STEP_DRAIN */
    struct loop_timer *job_timer;
    struct loop_timer *start_timer;
};

/* printer_jobs.c */
void jobs_start(struct printer *printer);              /* begins the head's way when nothing is under way */
void jobs_line(struct printer *printer, bool line_up); /* the line came up or went away */
void jobs_round(struct printer *printer, bool answered);
void jobs_packet(struct printer *printer, const struct escpos_packet *packet);
void jobs_on_timer(void *context);
void jobs_end_all(struct printer *printer);
/* What printer_send.c needs of it: the job under way; all moves of its state; its next step, with its time (0: none);
 * bytes that belong to no job (false: the line takes them not, and the job has ended). */
struct print_job *jobs_head(struct printer *printer);
void jobs_move(struct printer *printer, enum print_state to, const char *reason);
void jobs_step(struct printer *printer, enum job_step to, int64_t timer_ms);
bool jobs_write_before(struct printer *printer, const struct strbuf *bytes);
/* printer_send.c */
void send_begin(struct printer *printer); /* the printer was found well: the first byte goes out */
void send_round(struct printer *printer, bool answered);
bool send_packet(struct printer *printer, const struct escpos_packet *packet); /* true: it was for the job */
void send_timed_out(struct printer *printer);
/* printer_marker.c */
void marker_start(struct printer *printer);
/* Appends a marker of its own name; nothing for a printer that has none. */
void marker_put(struct printer *printer, struct marker *marker, struct strbuf *out);
/* The same for a marker of no job, after which none of an earlier job can come. */
void marker_put_alone(struct printer *printer, struct marker *marker, struct strbuf *out);
/* Every packet goes here first. */
void marker_note(struct printer *printer, const struct escpos_packet *packet);
/* Before a job's first byte. out_first gets what must go before it, mostly nothing. */
void marker_begin(struct printer *printer, struct strbuf *out_first);
/* Right before the bytes that end in it go out; out_first likewise. */
void marker_arm(struct printer *printer, struct marker *marker, struct strbuf *out_first);
/* Whether the packet says that this marker's time has come. */
bool marker_is(const struct printer *printer, const struct marker *marker, const struct escpos_packet *packet);
/* printer.c */
bool printer_tells_by_itself(const struct printer *printer);

#endif
