/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim - a chain in one process: real tills (journal, cache, rules, till, link, courier), the real central below its
 * HTTP, and between them a network, disks and clocks that are the seed's. See README.md.
 *
 * One world at a time: the calls that the linker turns here (--wrap) find it by sim_world().
 */
#ifndef LOYALD_TESTS_SIMULATION_SIM_H
#define LOYALD_TESTS_SIMULATION_SIM_H

#include "sync/central/central.h"
#include "tests/simulation/sim_till.h"
#include "tests/support/dice.h"
#include "tests/powercut/disk.h"
#include "tests/powercut/offers.h"

struct cJSON;

enum { FORGOTTEN_MAX = 512, CHECKED_LEASES_MAX = 512 };

enum sim_mutant {
    SIM_REAL,
    SIM_NO_DEDUP,
    SIM_ACK_FIRST,
    SIM_SEQ_AT_SEND,
    SIM_TIMER_HOLD,
    SIM_TIMER_LEASE,
    SIM_PRUNE_FIRST,
    SIM_TWICE,
    SIM_PROMISED_TWICE,
    SIM_NO_LIMIT,
    SIM_LEASE_ANEW,
    SIM_LEASE_BY_WALL,
    SIM_GRANT_EARLY,
    SIM_NO_FORK,
    SIM_CARRIED_TWICE,
    SIM_CARRIED_LOST,
    SIM_ENDED_NOT_ASKED,
    SIM_EXPIRED_TWICE,
    SIM_MUTANTS
};

struct sim_event;

/* What the office did that a backup does not know of. */
struct sim_deeds {
    bool merged, moved;
    bool merging, publishing; /* the power went meanwhile: the next start learns what became of it */
    int version; /* of its rules */
};

struct sim_world {
    struct dice dice;
    const struct office *offers;
    enum sim_mutant mutant;
    int64_t now_ms, order;
    struct sim_event *events;
    bool calm;  /* no more faults */
    bool ended; /* events only free what they carry */
    struct sim_till tills[TILLS];
    struct central *central;
    int64_t changes; /* of the central: starts, and what it told those who wait; above 0 */
    struct clock_source central_clock;
    struct disk *central_disk, *backup;
    bool have_backup;
    int64_t days_ms;   /* what passed while everything was off, besides now_ms */
    int64_t backup_ms; /* when the backup was made, by the central's clock */
    int64_t backup_acked[TILLS], told_acked[TILLS];
    char backup_epoch[TILLS][17], told_epoch[TILLS][17]; /* whose acks those are */
    int activation_days, life_days; /* of points; 0: none, and for ever */
    bool spread; /* the central's steps are transactions of their own (sync/central/steps.h) */
    bool rough; /* disks are put back and epochs begun more often than elsewhere */
    int batch_max;              /* how many records the central asks for at once */
    uint64_t digest;            /* over everything that happened */
    int64_t happened, faults, answered, returned, cuts, grants, claims, forks, carried, both, behind, restores, behind_epoch, carried_again;
    int visits; /* shoppers that are not gone */
    struct sim_deeds deeds, backup_deeds;
    bool restored; /* the central was put back to its backup */
    char forgotten[FORGOTTEN_MAX][40]; /* leases and holds that it had granted, in part at least, since the backup */
    int forgotten_count;
    bool unheard; /* and may have granted before each till had said what it holds: too long after, or by a copied disk
                   */
    int64_t by_hold, by_lease, by_floor, written_off, expired; /* points spent, as the central has them in the end */
    bool show;
    char wrong[400];
};

struct sim_world *sim_world(void);
/* From here on it is this world, and chance from outside follows from seed. */
void sim_enter(struct sim_world *world, uint64_t seed);
__attribute__((format(printf, 2, 3))) void sim_wrong(struct sim_world *world, const char *format, ...);
/* Notes what happened: the digest of two runs of a seed is the same. */
__attribute__((format(printf, 2, 3))) void sim_note(struct sim_world *world, const char *format, ...);
uint64_t sim_digest(const void *bytes, size_t len);
/* fn is called after after_ms, or when the world has ended, and frees context. */
void sim_after(struct sim_world *world, int64_t after_ms, void (*fn)(struct sim_world *world, void *context),
               void *context);
void sim_forget_events(struct sim_world *world);
/* Everything due until then, in order. */
void sim_run(struct sim_world *world, int64_t until_ms);

/* ---- faults.c ---- */
void sim_happen(struct sim_world *world);

/* ---- loop.c: a till's event loop by the world's time ---- */
int64_t loop_next_ms(const struct loop *loop); /* INT64_MAX: nothing is set */
void loop_run_one(struct loop *loop);          /* the timer that is next, or work */
void loop_tell(struct loop *loop, int fd);     /* readable */
void loop_discard(struct loop *loop);

/* ---- wire.c: the socket between the two daemons ---- */
enum { WIRE_LISTEN = 1 << 21, WIRE_OPEN = (1 << 21) + 100 };
void wire_knock(struct sim_world *world, struct sim_till *till, int64_t after_ms);
void wire_drop(struct sim_till *till); /* the connection is gone, whichever side went */
void wire_pump(struct sim_world *world, struct sim_till *till);
void wire_put(struct sim_till *till, const struct strbuf *header, int64_t id, const char *body, size_t len);

/* ---- carry.c: loyald-sync and the network ---- */
void carry_take(struct sim_world *world, struct sim_till *till, const struct message *message);
void carry_forget(struct sim_till *till); /* the connection is gone, and what waited for its turn with it */

/* ---- office.c: the central ---- */
/* Answers one request; false when it waits (updates with nothing to tell) or the central has no power. */
struct sim_request {
    struct till_request_text {
        char dev[17], cert_key[17], epoch[17], n[17], mac[65];
    } text;
    int op;
    struct operation_args *args;
    const char *body;
    size_t len;
    bool may_wait;
};
bool office_answer(struct sim_world *world, const struct sim_request *request, int *out_status, char out_mac[65],
                   struct strbuf *out_body);
void office_init(struct sim_world *world, char codes[TILLS][16]);
/* Of the office's people; each does its deed once, or as often as called. */
void office_publish(struct sim_world *world, int version);
void office_merge(struct sim_world *world);
void office_learn(struct sim_world *world);
void office_move_card(struct sim_world *world);
void office_points(struct sim_world *world); /* when they begin to count, and how long they do */
void office_upkeep(struct sim_world *world);
void office_make(struct sim_world *world); /* an empty central, open */
void office_open(struct sim_world *world);
void office_stop(struct sim_world *world, bool power);
void office_after(struct sim_world *world); /* looks whether its power went, and starts it again later */

/* ---- mutants.c ---- */
/* The batch that the central is taking, of a till of which it has acked so much; what is left of it. NULL: none any
 * more. */
const char *mutants_batch(const char *body, size_t len, int64_t acked);

/* ---- tills.c ---- */
void till_up(struct sim_world *world, struct sim_till *till);
void till_down(struct sim_world *world, struct sim_till *till, bool power);
void till_after(struct sim_world *world, struct sim_till *till);
void till_remove_cache(struct sim_till *till);
void till_idle(struct sim_world *world, struct sim_till *till);
bool till_forked(const struct sim_till *till);
bool till_lacks_records(const struct sim_till *till);

/* ---- records.c ---- */
/* At a start: what was confirmed is there, with the same bytes. */
void till_look_at_journal(struct sim_world *world, struct sim_till *till);

/* ---- lives.c: a till's history, and what IT does when it splits ---- */
/* Its journal took this record, as the seq of that epoch. */
void lives_wrote(struct sim_till *till, uint64_t epoch, int64_t seq, uint64_t digest, uint64_t first);
/* The one that the central has; NULL: the till never wrote it. */
struct sim_written *lives_find(struct sim_till *till, uint64_t epoch, int64_t seq, uint64_t digest);
/* Whether what was first written so is at the central, in any of its lives. */
bool lives_is_there(const struct sim_till *till, uint64_t first);
/* loyalctl new-epoch, and then the enrolment, tried until it is done. */
void lives_begin_epoch(struct sim_world *world, struct sim_till *till);
/* It is enrolled with another code, as often as it takes. */
void lives_enrol(struct sim_world *world, struct sim_till *till);
/* The central knows another enrolment of it, as the till's status says then: its disk was put back, or the central's. */
bool lives_is_stranger(struct sim_world *world, const struct sim_till *till);
/* IT looks after tills whose history has split, or that the central does not know any more. */
void lives_mend(struct sim_world *world);

/* ---- shopping.c ---- */
const char *sim_card(int member);
void till_sell(struct sim_world *world, struct sim_till *till);

/* Goods of an earlier sale come back. */
void till_take_back(struct sim_world *world, struct sim_till *till);
extern const struct office_rules sim_rules;

/* ---- promises.c ---- */
/* The till is about to put a record into its journal, at that position: held against what it may promise. found: it
 * did so before a power cut, and a start has found the record. */
void promises_of_record(struct sim_world *world, struct sim_till *till, int64_t position, const char *type,
                        const char *bytes, size_t len, bool found);
/* What is beyond that position was not written. */
void promises_forget(struct sim_till *till, int64_t position);
/* Its disk is that of this position again; what it spent beyond it was spent all the same. */
void promises_put_back(struct sim_till *till, int64_t position);
/* Of that lease, in the one life of the till or the other. */
/* The central's word of a lease came to the till. */
void promises_lease_told(struct sim_till *till, const char *lease, int64_t until_ms);
int64_t promises_lease_used(const struct sim_till *till, const char *lease, bool old_life);
/* Points of SHOP_CURRENCY in a sale's record: spent is redeemed and cost. */
struct sim_points {
    int64_t earned, spent, taken, given;
};
struct sim_points promises_points(const struct cJSON *body);

/* ---- grants.c ---- */
/* A statement of the central's has run: after a grant nothing may be promised twice. */
void grants_note(struct sim_world *world, enum statement statement, const struct store_value *values);

/* ---- rights.c: what a central had granted when it was put back to a backup that does not know it ---- */
/* Before it is put back, and when it is open again. */
void rights_before(struct sim_world *world);
void rights_forgotten(struct sim_world *world);
bool rights_is_forgotten(const struct sim_world *world, const char *id);

/* ---- check.c ---- */
/* All is acked and counted; why not, in words. */
bool check_is_quiet(struct sim_world *world, char *out_why, size_t size);
void check_all(struct sim_world *world);

/* ---- check_books.c ---- */
struct sqlite3;
/* Of one member, by what its records at the central say. */
struct check_totals {
    int64_t balance[MEMBERS]; /* of records that name the member */
    int64_t earned[MEMBERS];  /* likewise, what may expire */
    int64_t risked[MEMBERS];  /* spent without anything set aside, or taken back: what may be below zero in the end */
    int64_t coupons[COUPONS], returns;
    struct sim_use {
        char id[40];
        int member, till;
        int64_t used;
    } leases[CHECKED_LEASES_MAX]; /* each lease that was spent of, by all records that count */
    int lease_count;
};
void check_record(struct sim_world *world, struct sqlite3 *db, const struct sim_till *till, const char *type,
                  const char *bytes, size_t len, struct check_totals *totals);
void check_books(struct sim_world *world, struct sqlite3 *db, struct check_totals *totals);
/* ---- check_rights.c ---- */
/* What a sale's record spent is held against the rights it names; answers how much of it may lack cover in the end. */
int64_t check_spent(struct sim_world *world, struct sqlite3 *db, const struct sim_till *till, const struct cJSON *body,
                    int member, int64_t spent, struct check_totals *totals);
/* When all records were: what a lease was spent of beyond what it held is at risk. */
void check_lease_uses(struct sim_world *world, struct sqlite3 *db, struct check_totals *totals);
void check_rights(struct sim_world *world, struct sqlite3 *db, const struct sim_till *till);

/* The first column of the first row; ?1 is text, ?2 more; either may be NULL. -1: none. */
int64_t check_number(struct sqlite3 *db, const char *sql, const char *text, const char *more);

#endif
