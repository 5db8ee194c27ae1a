/* SPDX-License-Identifier: Apache-2.0 */
/* link_internal - what the files of the link share. Nobody else includes it. */
#ifndef LOYALD_LINK_LINK_INTERNAL_H
#define LOYALD_LINK_LINK_INTERNAL_H

#include "agent/link/courier.h"
#include "agent/link/link.h"
#include "agent/link/rows.h"

#include "agent/base/strbuf.h"

#include <stdbool.h>
#include <stdint.h>

struct cJSON;

/* When to try again: full jitter, so that tills which lost the link together do not come back together. */
struct retry {
    int failures;
};
/* The next wait after one more failure: what the central asks for (0: nothing), and a random part in [0, min(max, 500
 * ms x 2^failures)] on top of it, since it asks all tills alike. */
int64_t retry_next_ms(struct retry *retry, int64_t max_ms, int64_t at_least_ms);

/* One batch on its way: this many records from a position on, and their bytes. */
struct outbox_batch {
    int64_t from, count;
    size_t bytes;
};

/* The journal on its way up, from what the central acknowledged last: one batch with the central, and those behind it
 * with loyald-sync, made ready, where that takes turns. */
struct outbox {
    struct link *link;
    struct loop_timer *timer; /* the next try */
    struct retry retry;
    bool waiting, forked;
    bool gone;         /* the central wants records that were removed: said once */
    int64_t batch_max; /* records, as the central last asked */
    int64_t batch_now; /* records of the next batch: halved by a 413, one more with each that was taken */
    struct outbox_batch under_way[1 + COURIER_BEHIND_MAX]; /* in their order */
    int under_way_count;
    bool held; /* an answer was not what those behind it count on: nothing is sent before they are answered, too */
    struct loop_timer *ahead; /* the next batch behind */
};
enum status outbox_init(struct outbox *outbox, struct link *link);
void outbox_clear(struct outbox *outbox);
/* Sends what is there unless it waits for its timer; now: try even then. */
void outbox_kick(struct outbox *outbox, bool now);
/* Waits before the next try; not below what the central asks for. */
void outbox_wait(struct outbox *outbox, int64_t at_least_ms);

/* ---- outbox_answers.c ---- */
/* What became of the oldest batch under way, which is under way no more. */
void outbox_take_answer(struct outbox *outbox, const struct outbox_batch *batch, const struct courier_answer *answer);
/* What the central says it has, beside something else it was asked when asked_acked was acked. Less than that: it was
 * put back to a backup, and gets what it lacks at once, also from a till that sells nothing. Another history than
 * ours: stop and alarm. */
void outbox_hear(struct outbox *outbox, int64_t seq, const uint8_t hash[SHA256_BYTES], int64_t asked_acked);
/* Any question may be answered so: the central knows another history, or this epoch is not enrolled. */
void outbox_hear_fork(struct outbox *outbox, const char *why);

/* A refused enrolment says that the central lacks records of an epoch that is over: the journal notes what is to be carried
 * over by loyalctl new-epoch, and nothing is sent before that. ST_OK, or why the answer cannot be. */
enum status outbox_hear_behind(struct outbox *outbox, const struct cJSON *root, struct errmsg *err);

/* A poll as it was asked. */
struct updates_poll {
    char cursor[OPERATION_ARG_BYTES_MAX + 1];
    int64_t asked_mono_ms, asked_acked; /* when, and what was acked then */
};

/* What comes down: one poll at a time, its rows put into the cache in slices. While they are, the one behind it is
 * asked for, where there is more. */
struct updates {
    struct link *link;
    struct loop_timer *timer; /* the next poll, or the next slice */
    struct retry retry;
    bool in_flight, waiting;
    struct updates_poll asked; /* the one under way, or whose answer is ahead */
    bool has_ahead;            /* the answer to be put next is here: */
    struct strbuf ahead;       /* as it came */
    bool ahead_failed;         /* there was none */
    int64_t ahead_wait_ms;     /* and so long the central wants to be left alone */
    struct strbuf text;        /* the answer being put into the cache */
    const struct cJSON *tree;  /* and what it says beside ROWS_APART, in the pool; NULL: none is */
    struct json_pool pool;
    struct updates_poll of; /* to this poll */
    bool have_more;         /* the central holds more at once */
    bool idle;              /* the answer brought nothing, and came sooner than a long-poll ends */
    bool another;           /* the answer is of another incarnation than the one before */
    bool put;               /* all rows of the answer and its cursor are committed */
    bool reload;            /* the rows of before are those of an older generation */
    struct rows rows;       /* still to be put */
};
enum status updates_init(struct updates *updates, struct link *link);
void updates_clear(struct updates *updates);
void updates_kick(struct updates *updates, bool now);
/* The till is another one now: all is asked for anew. */
void updates_begin_anew(struct updates *updates);
/* Offers the manifest last received to the rulebook, after a restart. */
void updates_offer_again(struct updates *updates);

/* ---- updates_put.c: the answer, slice by slice ---- */
/* The next slice, or what those before left to be done. */
void updates_take_turn(struct updates *updates);
/* In the loop's next turn. */
void updates_next_turn(struct updates *updates);
/* What the cache says that it has; "": nothing. */
void updates_cursor(const struct updates *updates, char out_cursor[OPERATION_ARG_BYTES_MAX + 1]);

/* ---- updates.c, for the files beside it ---- */
enum { UPDATES_ANSWER_BYTES_MAX = 1024 * 1024 };
/* From what the cache has; not while something is under way or waited for. */
void updates_poll_now(struct updates *updates);
/* The page behind the one being put. */
void updates_ask_ahead(struct updates *updates);
/* Waits before the next poll; not below what the central asks for. */
void updates_wait(struct updates *updates, int64_t at_least_ms);
void updates_wait_up_to(struct updates *updates, int64_t max_ms, int64_t at_least_ms);
/* What is here of answers goes, and its memory: they are rare but while all is loaded. */
void updates_drop_answers(struct updates *updates);

/* ---- updates_answers.c ---- */
void updates_answered(void *context, const struct courier_answer *answer);
/* What was put whole, or could not be. */
void updates_end_answer(struct updates *updates);
void updates_give_up(struct updates *updates, const struct errmsg *err);

/* ---- updates_heard.c: what the answer being put says of this till ---- */
/* Before the rows. ST_OK: the answer may be put. */
enum status updates_hear_incarnation(struct updates *updates, struct errmsg *err);
void updates_hear_time(struct updates *updates);
void updates_take_acked(struct updates *updates);
void updates_leave_leases_of_another_life(struct updates *updates);
/* When all rows are in the cache. */
void updates_take_counted(struct updates *updates);
void updates_take_terms(struct updates *updates);

/* ---- updates_told.c: the manifest and its timestamp ---- */
void updates_offer_told(struct updates *updates); /* of the answer being put, to the rulebook */
enum status updates_keep_told(struct updates *updates, struct errmsg *err);
enum status updates_forget_told(struct updates *updates, struct errmsg *err);
bool updates_tells_rules(const struct updates *updates); /* whether the answer does */

/* What the till tells of itself. */
struct report {
    struct link *link;
    struct loop_timer *timer; /* the next one */
    bool in_flight;
};
enum status report_init(struct report *report, struct link *link);
void report_clear(struct report *report);
/* The link came up. */
void report_soon(struct report *report);
/* When the first record was committed that the central has not acknowledged; 0 when it has all. */
int64_t report_oldest(const struct link *link);

struct link {
    struct link_options options;
    struct courier *courier;
    struct outbox outbox;
    struct updates updates;
    struct report report;
    bool up;
    bool up_known;            /* it was up or down at all */
    int64_t up_since_mono_ms; /* or down since */
    char down_reason[256];
    bool enrolling; /* a code is under way */
};

/* Since when it is up, or down, as the wall clock has it now, however it was set meanwhile; 0: neither yet. */
int64_t link_since_unix_ms(const struct link *link);
/* Keeps `up`, logs the change once. */
void link_set_up(struct link *link, bool up, const char *reason);
/* What an answer says of the link: keeps `up`, logs the change once. */
void link_heard(struct link *link, const struct courier_answer *answer);

#endif
