/* SPDX-License-Identifier: Apache-2.0 */
/*
 * till_internal - what the files of the till share: the till itself. Nobody else includes it.
 */
#ifndef LOYALD_TILL_TILL_INTERNAL_H
#define LOYALD_TILL_TILL_INTERNAL_H

#include "agent/base/pk_memo.h"
#include "agent/codes/phone.h"
#include "agent/till/app_codes.h"
#include "agent/till/floor.h"
#include "agent/till/own_codes.h"
#include "agent/till/reservations.h"
#include "agent/till/rulebook.h"
#include "agent/till/sale.h"
#include "agent/till/screen.h"
#include "agent/till/shift.h"
#include "agent/till/sold.h"
#include "agent/till/till.h"
#include "agent/till/upkeep.h"

struct bundle;
struct cJSON;
struct engine;
struct projection;

enum { TILL_TIMES_MAX = 4096, VOIDED_SALES_MAX = 4096 };

/* From the last scanned byte to the answer, in ns: the latest TILL_TIMES_MAX of them. */
struct till_times {
    int64_t ns[TILL_TIMES_MAX];
    int64_t count;
};

/* What finds a member: the number of a card, or of a phone as phone.h writes it. */
struct shown_identifier {
    const char *number;
    bool phone, keyed;
};

/* A card read while no sale was open. */
struct waiting_card {
    bool there;
    int64_t until_mono_ms;
    struct shown_identifier shown; /* number: a view of text */
    char text[CODE_NUMBER_MAX + 1];
};

/* Sales among the records after acked, up to counted: kept up in slices, so that a week's queue holds nobody up. */
struct unsynced_sales {
    int64_t acked, counted, count;
};

/* Sales that were voided before anybody paid leave no record; late copies of their requests must not open them again. */
struct voided_sales {
    uint8_t ids[VOIDED_SALES_MAX][8]; /* digests; the oldest gives way */
    int64_t count;
};

struct till {
    struct till_options options;
    struct engine *engine;
    struct pk_memo coupons;             /* verdicts on signed ones */
    struct bundle *no_rules;            /* owned: for the sale whose rules fail */
    struct sale *sales[TILL_SALES_MAX]; /* owned; NULL is free */
    struct sale *current;               /* the open sale that a scan goes to; view, may be NULL */
    struct reservations reserved;
    struct own_codes own_codes;
    struct app_codes app_codes;
    struct waiting_card waiting;
    struct voided_sales voided;
    struct shift shift;
    struct floor_uses floor_uses;
    struct sold_answer sold_answers[SOLD_ANSWERS_MAX];
    struct unsynced_sales unsynced_sales;
    struct till_times times;
    struct screen screen;
    struct projection *projection; /* owned: scratch */
    struct loop_timer *upkeep_timer; /* while the cache is behind; NULL: it never was */
    struct upkeep upkeep;
    int64_t scan_faults;
    bool stopping; /* the journal refused: nothing is answered any more but that */
};

/* ---- till.c ---- */
const char *till_language(const struct till *till);
/* For the cache: what a row counts, as a position of the journal (the context); 0 when that is none. */
int64_t till_position_of(void *journal, uint64_t epoch, int64_t seq);
struct sale *till_find_sale(struct till *till, const char *id);
/* Tells the watchers of a sale. */
void till_tell_sale(struct till *till, const struct sale *sale);
void till_tell_notice(struct till *till, enum problem problem, const char *detail);
/* Works the open sale out anew. PROBLEM_NONE, or PROBLEM_BAD_FIELD with err: then nothing changed. */
enum problem till_evaluate(struct till *till, struct sale *sale, struct errmsg *err);
/* Looks up what the returns of the basket's exchange refund, if it names one. */
enum problem till_find_exchange(struct till *till, struct sale *sale, struct errmsg *err);

/* Takes the sale in that place out of memory. */
void till_drop_sale(struct till *till, int slot);
/* Makes a sale of that id the current one; PROBLEM_TOO_MANY_SALES when all places are in use. */
enum problem till_add_sale(struct till *till, const char *id, struct sale **out_sale);

/* ---- parked.c ---- */
/* Ends the open sales that nobody touched for too long. */
void till_age_sales(struct till *till);

/* ---- scan.c ---- */
/* What a code is by the rules in force; without any for codes, by the configuration. */
void till_classify(const struct till *till, const char *symbology, const char *text, bool keyed,
                   struct code_match *out_match);
/* A phone number as typed, in its one form; false when it is none. */
bool till_read_phone(const struct till *till, const char *text, char out_phone[PHONE_TEXT]);

/* ---- identify.c ---- */
/* What people see of a number: its last four. */
/* Keeps a member's row that the central answered with. */
void till_store_answer(struct till *till, const char *profile, size_t len);
void till_mask(const char *number, char out_text[SALE_CARD_TEXT_MAX + 1]);
/* Puts a card or phone on a sale that is open. */
void till_show_identifier(struct till *till, struct sale *sale, const struct shown_identifier *shown);
/* Journals that a card, phone or coupon was typed by hand: what nobody needed to have in his hand. */
void till_note_keyed(struct till *till, const struct sale *sale, const char *what, const char *number);
/* Takes the card that waited for a sale, if it still does. */
void till_take_waiting_card(struct till *till, struct sale *sale);

/* ---- commit.c ---- */
/* Reserves what the sale will use up. */
void till_reserve(struct till *till, const struct sale *sale);
/* till_record as a command's word on it: PROBLEM_NONE, PROBLEM_DISK_FULL or PROBLEM_JOURNAL_FAILED. */
enum problem till_append_command(struct till *till, const char *type, const struct strbuf *body, struct errmsg *err);
/* Journals that somebody let pass what the rule of that problem would have stopped; it stops nothing itself. */
void till_note_override(struct till *till, const char *id, enum problem rule, const char *by, const char *reason);
/* Writes the sale's record; on PROBLEM_NONE the sale is committed and on disk. */
enum problem till_write_sale(struct till *till, struct sale *sale, int64_t shown_minor, bool paid_difference,
                             struct errmsg *err);

/* ---- print.c ---- */
/* Prints the sale's receipt, or a copy. ST_NOT_FOUND when there is no printer. */
enum status till_print_slip(struct till *till, const struct sale *sale, int copy, struct errmsg *err);
/* The same for a sale or return that only the journal knows, by its id. */
enum status till_print_document(struct till *till, const char *id, int copy, struct errmsg *err);
/* Journals the end of prints that a restart cut off. */
enum status till_settle_prints(struct till *till, struct errmsg *err);

/* ---- view.c ---- */
/* A result longer than result_max is left out, and "result_left_out":true says so. */
enum { TILL_EVENT_RESULT_MAX = 64 * 1024 }; /* so that one large sale does not cut every watcher off */
/* Writes "member": what of him a sale of that id sees, in the currencies of bundle; null for nobody. */
void till_write_member(const struct till *till, const struct till_member *member, const char *sale_id,
                       const struct bundle *bundle, struct json_writer *w);
void till_write_sale_view(const struct till *till, const struct sale *sale, size_t result_max, struct json_writer *w);
/* The view of a sale that only the journal knows. */
enum problem till_write_journalled(struct till *till, const char *id, struct strbuf *out, struct errmsg *err);

#endif
