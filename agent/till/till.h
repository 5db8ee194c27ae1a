/* SPDX-License-Identifier: Apache-2.0 */
/*
 * till - the way of a sale: open, put the basket, identify the member, tender (reserve), commit, print, or void.
 *
 * Persist, then answer: what a command answers after a commit is already on disk. The till knows devices, the central
 * and those who watch only through the tables declared here; the daemon plugs them in, a test plugs in its own.
 * Everything runs on the loop's thread. A command takes the text of a request and writes the JSON of its answer; a
 * problem changes nothing.
 */
#ifndef LOYALD_TILL_TILL_H
#define LOYALD_TILL_TILL_H

#include "agent/base/errmsg.h"
#include "agent/base/json_writer.h"
#include "agent/base/status.h"
#include "agent/till/problem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct till;
struct ballast;
struct cache;
struct clock_source;
struct identity;
struct journal;
struct loop;
struct page;
struct rulebook;

enum {
    TILL_SALES_MAX = 32, /* open ones; committed ones leave memory, the oldest first */
    TILL_ANSWER_MAX = 2 * 1024 * 1024,
    TILL_BODY_MAX = 512 * 1024,
    TILL_QUESTION_MS = 300,         /* how long a sale waits for the central */
    TILL_CARD_WAITS_MS = 120 * 1000 /* a card read before its sale */
};

/* What a print came to. */
enum till_print { TILL_PRINT_CONFIRMED, TILL_PRINT_UNKNOWN, TILL_PRINT_FAILED };
typedef void till_printed_fn(void *context, const char *job_id, enum till_print state, const char *reason);
/* A receipt printer. print copies the page; printed is called later, exactly once. */
struct till_printer {
    void *device;
    void (*print)(void *device, const struct page *page, const char *job_id, till_printed_fn *printed, void *context);
};

/* A customer display of two lines. A right text stands whole, a left one is cut beside it; without a right one it is
 * centred, and over both lines when it is alone and long. More than one screen take turns. show copies, and never waits. */
enum { TILL_SCREENS_MAX = 4 };
struct till_screen_line {
    const char *left, *right; /* may be NULL */
};
struct till_screen {
    struct till_screen_line lines[2];
};
struct till_display {
    void *device;
    void (*show)(void *device, const struct till_screen *screens, size_t count);
    const char *welcome; /* two lines parted by |, when no sale is open; NULL or "": our words and the store's name */
};

/* A right at the central: points set aside for one sale, or a use of a coupon. Refused: reason is in words. */
enum till_hold { TILL_HOLD_GRANTED, TILL_HOLD_REFUSED, TILL_HOLD_UNANSWERED };
struct till_hold_question {
    const char *hold, *sale_id, *member, *currency;
    int64_t amount;
};
struct till_claim_question {
    const char *code, *sale_id, *member; /* member "": none */
    int64_t uses_max;                    /* by the rules */
};
typedef void till_hold_fn(void *context, enum till_hold outcome, const char *reason);
/* The central, as far as a sale may wait for it. Calls answered exactly once, at the latest after deadline_ms.
 * profile is a member's row as JSON (docs/protocol.md 5); NULL: not known there. found is false when there was no
 * answer in time. */
typedef void till_member_fn(void *context, bool answered, const char *profile, size_t len);
/* sale is the value of "sale" as JSON (docs/protocol.md 4); NULL: not known there. */
typedef void till_sale_fn(void *context, bool answered, const char *sale, size_t len);
struct till_central {
    void *link;
    void (*ask_member)(void *link, const uint8_t identifier[16], int64_t deadline_ms, till_member_fn *answer,
                       void *context);
    bool (*is_up)(void *link, int64_t *out_since_unix_ms);
    void (*record_added)(void *link); /* something new is in the journal */
    /* NULL: nobody knows more of a sale than the till itself. */
    void (*ask_sale)(void *link, const char *sale_id, int64_t deadline_ms, till_sale_fn *answer, void *context);
    /* NULL: a till alone, where points are spent by the balance it knows. */
    void (*ask_hold)(void *link, const struct till_hold_question *question, int64_t deadline_ms, till_hold_fn *answer,
                     void *context);
    /* NULL: a hold is ended by its record alone. The record is in the journal already. */
    void (*void_hold)(void *link, const char *hold);
    /* NULL: coupons count by what the till knows. */
    void (*ask_claim)(void *link, const struct till_claim_question *question, int64_t deadline_ms, till_hold_fn *answer,
                      void *context);
};

/* Those who watch: name is "scan", "sale", "notice", "print"; json an object. */
struct till_watcher {
    void *watcher;
    void (*event)(void *watcher, const char *name, const char *json, size_t len);
};

/* A POS that shares the scanner: what is not loyalty's is passed on to it. pass may be NULL. */
struct till_pos {
    void *line;
    void (*pass)(void *line, const char *text, size_t len);
};

struct till_options {
    struct loop *loop;
    const struct clock_source *clock;
    struct journal *journal;
    struct cache *cache;
    struct identity *identity;
    struct rulebook *rulebook;
    struct ballast *ballast;     /* given up when the disk is full; NULL: none */
    const char *language;        /* of texts until the central says: "ru", "en" */
    int64_t sale_timeout_ms;   /* an open sale nobody touched for so long ends by itself; 0: an hour */
    const char *card_prefixes;   /* of EAN-13 codes that are members' cards, parted by commas: "29" */
    struct till_printer printer; /* print may be NULL: no printer */
    struct till_display display; /* show may be NULL: no display */
    struct till_central central; /* ask_member may be NULL: no link */
    struct till_watcher watcher; /* event may be NULL */
    struct till_pos pos;
};

/* Projects what the journal holds beyond the cache, and settles prints that a restart cut off as unknown. Borrows
 * all. */
enum status till_create(const struct till_options *options, struct till **out_till, struct errmsg *err);
void till_destroy(struct till *till);

/* ---- commands of the local API; bodies and answers: schema/api/till.openapi.yaml ---- */
enum problem till_open_sale(struct till *till, const char *body, size_t len, struct strbuf *out, struct errmsg *err);
enum problem till_put_sale(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                           struct errmsg *err);
enum problem till_get_sale(struct till *till, const char *id, struct strbuf *out, struct errmsg *err);
enum problem till_tender(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                         struct errmsg *err);
enum problem till_commit(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                         struct errmsg *err);
enum problem till_void(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                       struct errmsg *err);
/* The open sales, the one a scan goes to marked. */
enum problem till_list_sales(struct till *till, struct strbuf *out, struct errmsg *err);
/* Who a card or phone number is of, without a sale and without a trace: asks the central when nobody here has it,
 * TILL_QUESTION_MS at most, then calls ready, once, possibly at once; till_find_member then answers. What is neither
 * card nor phone is PROBLEM_BAD_FIELD. */
void till_before_member(struct till *till, const char *identifier, void (*ready)(void *context), void *context);
enum problem till_find_member(struct till *till, const char *identifier, struct strbuf *out, struct errmsg *err);
/* Prints a copy of a committed sale's receipt. */
enum problem till_copy(struct till *till, const char *id, struct strbuf *out, struct errmsg *err);

/* Asks the central for what a tender or commit of that sale will spend, points and coupons, TILL_QUESTION_MS at most, then calls ready, once, possibly at once. */
void till_before_tender(struct till *till, const char *id, void (*ready)(void *context), void *context);
/* Asks the central what the return of that body will want to know, TILL_QUESTION_MS at most, then calls ready, once, possibly at once. */
typedef void till_ready_fn(void *context);
void till_before_return(struct till *till, const char *body, size_t len, till_ready_fn *ready, void *context);
/* Goods come back; what the central said meanwhile is used. The same return_id again is answered alike and writes nothing. */
enum problem till_return(struct till *till, const char *body, size_t len, struct strbuf *out, struct errmsg *err);
enum problem till_get_return(struct till *till, const char *id, struct strbuf *out, struct errmsg *err);
enum problem till_copy_return(struct till *till, const char *id, struct strbuf *out, struct errmsg *err);

/* Opens or closes a shift; what it is now, with its totals so far. */
enum problem till_turn_shift(struct till *till, const char *body, size_t len, struct strbuf *out, struct errmsg *err);
enum problem till_get_shift(struct till *till, struct strbuf *out, struct errmsg *err);

/* A code that the cashier's screen was given, {"text","entry"}, goes the way of a scan; answers what it was (Scan).
 */
enum problem till_typed(struct till *till, const char *body, size_t len, struct strbuf *out, struct errmsg *err);

/* Why each promotion applied to a sale, open or closed, or did not: {"sale_id","rules_version","language","promotions":[…]}, in
 * sentences. PROBLEM_RULES_GONE when the till has the sale's rules no more. */
enum problem till_why(struct till *till, const char *id, struct strbuf *out, struct errmsg *err);

/* ---- from the devices ---- */
struct till_scan {
    const char *symbology; /* AIM identifier "]E0", "" when the device sends none */
    const char *text;
    size_t len;
    const char *device;
    int64_t received_ns; /* clock_measure_ns of the last byte */
    bool keyed;          /* typed by hand; its time is not counted */
};
/* False: it was misread or may not be used, and whoever scanned should hear so. */
bool till_scanned(struct till *till, const struct till_scan *scan);
void till_scan_fault(struct till *till, const char *device, const char *what);

/* ---- from the rules ---- */
/* Appends a record of any type to the journal, durable on ST_OK, and projects it. ST_FULL: the disk is, and the ballast
 * is given up. After ST_IO and ST_CORRUPT the till stops: the journal cannot be trusted before a restart. */
enum status till_record(struct till *till, const char *type, const char *body, size_t len, struct errmsg *err);
/* Appends a record of all that may be spent here, for a central of that incarnation, which may have forgotten granting
 * it. */
enum status till_report_holdings(struct till *till, const char *incarnation, struct errmsg *err);
/* Another version is active, or one was refused for that reason: those who watch are told. */
void till_rules_changed(struct till *till, int64_t version, const char *refused_reason);

/* Called every few seconds: what ends by time ends here. */
void till_tick(struct till *till);

/* ---- what others show ---- */
/* Appends an object: enrolled, rules, sales, link, queue, last notices, scan-to-answer times. */
void till_write_health(struct till *till, struct json_writer *w);
/* What this till has sold, from its journal:
 * {"sales","gross_minor","discount_minor","net_minor","points":[…],"records","digests_sha256"}. */
enum status till_write_totals(struct till *till, struct json_writer *w, struct errmsg *err);
/* Appends records from the one after this position on, below 0 those that the central has not acknowledged, a line each, their exact
 * bytes: some of them, below TILL_ANSWER_MAX, and none at the end. */
enum status till_write_unsynced(struct till *till, int64_t after, struct strbuf *out, struct errmsg *err);
/* The line that closes a file of them, from the one after a position to the one at another (unsynced.h). */
enum status till_write_unsynced_end(struct till *till, int64_t after, int64_t position, struct strbuf *out, struct errmsg *err);
/* So many slices, of a few milliseconds each, of what is done while nobody waits (upkeep.h); call now and then when the
 * till is idle. True when there may be more to do. */
bool till_upkeep(struct till *till, int slices);
const char *till_language(const struct till *till);
/* No sale is open or in tender: rules may change, an upgrade may restart. */
bool till_is_idle(const struct till *till);

#endif
