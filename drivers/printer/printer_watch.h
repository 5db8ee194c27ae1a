/* SPDX-License-Identifier: Apache-2.0 */
/*
 * printer_watch - asks the printer how it is and keeps the answer: the half of printer.c that knows no jobs.
 *
 * A round puts the questions of the printer's language (DLE EOT 1 to 4; Star has one), each after the answer to the
 * one before, since the answers carry no number. A language without questions is taken as answering well at once. An
 * answer that comes after its time could be taken for the next one's; so once one is missed, the first byte heard
 * only ends the silence, and after a pause without bytes a new round begins.
 */
#ifndef LOYALD_PRINTER_PRINTER_WATCH_H
#define LOYALD_PRINTER_PRINTER_WATCH_H

#include "drivers/printer/escpos_status.h"

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

struct language;
struct loop;
struct loop_timer;
struct port;

enum {
    WATCH_ANSWER_MS = 1000, /* for one answer */
    WATCH_SETTLE_MS = 200,  /* without a byte after a silence was broken */
    WATCH_IDLE_MS = 5000,   /* between two rounds */
    WATCH_BUSY_MS = 125,    /* likewise while a job waits for its end, for each question of a round */
    WATCH_SILENT_MS = 2000, /* between two rounds that nobody answers */
};

/*
 *   OFF -- watch_open --> ASKING -- last answer --> RESTING -- timer, watch_ask --> ASKING
 *                           |
 *                           '-- no answer in time --> MUTE -- timer, watch_ask --> ASKING, still owed an answer
 *
 *   owed an answer: any packet --> SETTLING -- quiet --> ASKING
 *
 * A round ends (round_done) in RESTING and in MUTE. watch_hold rests without a timer.
 * Any state -- watch_close --> OFF. All moves are in watch_move.
 */
enum watch_state { WATCH_OFF, WATCH_ASKING, WATCH_RESTING, WATCH_MUTE, WATCH_SETTLING };

struct printer_watch {
    struct loop *loop;
    const struct language *language;
    struct port *port;
    struct loop_timer *timer;
    enum watch_state state;
    int asked;                         /* n of the question that is open, from 1 */
    bool pulse;                        /* only the first question is put */
    int held;                          /* answers that come to questions put before watch_hold */
    bool missed;                       /* answers are owed from before */
    bool heard;                        /* since it was opened */
    bool busy;                         /* ask more often */
    struct escpos_condition condition; /* what the last round or ASB said */
    struct escpos_condition coming;    /* what this round has said so far */
    /* The end of a round; answered is false when an answer was missed. */
    void (*round_done)(void *context, bool answered);
    void *context;
};

enum status watch_create(struct printer_watch *watch,
                         struct errmsg *err); /* loop, language, round_done, context are set */
void watch_destroy(struct printer_watch *watch);
void watch_open(struct printer_watch *watch, struct port *port); /* the line is up: begins a round */
void watch_close(struct printer_watch *watch);
/* No questions while a job's bytes go out: inside a command's data they would be taken for data. */
void watch_hold(struct printer_watch *watch);
/* A round of the first question alone, which is whether the printer is online; it may take so much longer. After
 * watch_hold only. */
void watch_pulse(struct printer_watch *watch, int64_t extra_ms);
/* Begins a round now, unless one is under way that has asked nothing but its first question. */
void watch_ask(struct printer_watch *watch);
void watch_packet(struct printer_watch *watch, const struct escpos_packet *packet);

#endif
