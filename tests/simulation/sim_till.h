/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_till - one till of the simulation: the daemon's parts, and what is noted of it to hold it to its promises. Part
 * of sim.h.
 */
#ifndef LOYALD_TESTS_SIMULATION_SIM_TILL_H
#define LOYALD_TESTS_SIMULATION_SIM_TILL_H

#include "agent/base/clock.h"
#include "agent/base/strbuf.h"
#include "agent/link/courier.h"
#include "agent/till/till.h"
#include "sync/protocol/frame.h"

#include <stdbool.h>
#include <stdint.h>

struct carry;
struct disk;

enum {
    TILLS = 3,
    MEMBERS = 3,
    COUPONS = 6,
    RECORDS_MAX = 1200,
    SALES_MAX = 600,
    CENTRAL_PLACE = 9,
    TRIES_MAX = 6,
    HOLDS_MAX = 600,
    FLOOR_USES_MAX = 600,
    LEASE_USES_MAX = 600,
    LEASES_MAX = 512,
    WRITTEN_MAX = 4000,
    BALANCE_BEGUN = 50,
    LEASE_CAP = 40,
    LEASE_DAYS = 7,
    LOST_DAYS = 30
};
/* What a till may risk without a link, in minor units (macros: they are written into the rules). */
#define FLOOR_SALE   2000
#define FLOOR_MEMBER 3000
#define FLOOR_DEVICE 5000
#define FLOOR_SALES  4

/* What was given to a till's journal for one position: of several, after power cuts, any may be there. */
struct sim_record {
    uint64_t tries[TRIES_MAX];
    int count;
    bool confirmed; /* the journal said that it is on disk: tries[0] is it */
};

/* A record as a journal took it, in one of the lives of its till. Carried into another epoch its bytes are others. */
struct sim_written {
    uint64_t epoch, digest, first; /* first: the digest of the bytes that it was written with before it was carried */
    int64_t seq;
    bool there; /* at the central, as was found in the end */
};

struct sim_sale {
    int member; /* -1: without a card */
    int64_t total_minor;
    bool committed, returned; /* as the cashier was told */
    bool named;               /* the till knew the member */
};

/* A hold that a till asked for, or a coupon ("c1 of T1-7"), by its journal. */
struct sim_hold {
    char id[40];
    int64_t position, voided_by, used_by; /* of the records; 0: none */
    bool gone;                            /* asked for in a life that went with its disk */
    bool gone_voided, gone_used;          /* ended so in that life, which says nothing of this one */
};

/* Until when a till was told that it has a lease. */
struct sim_lease {
    char id[40];
    int64_t until_ms;
};

/* What a sale spent of a lease. */
struct sim_lease_use {
    char id[40];
    int64_t position, used;
    bool old_life; /* written before the disk was put back to an earlier image, and gone from it */
};

struct sim_floor_use {
    int64_t position, minor;
    char member[8];
};

struct sim_till {
    int place;
    bool up;
    int64_t clock_off_ms;
    struct clock_source clock;
    struct disk *disk, *image;
    int64_t image_position; /* -1: no image was taken */
    uint64_t image_digests[RECORDS_MAX + 1];
    int64_t split_position; /* above 0: its disk was put back; records beyond are of another life */
    int64_t old_head;
    struct loop *loop;
    struct journal *journal;
    struct rules *rules;
    struct cache *cache;
    struct rulebook *rulebook;
    struct identity *identity;
    struct till *till;
    struct link *link;
    struct sim_record records[RECORDS_MAX + 1];
    uint64_t old_life[RECORDS_MAX + 1];      /* digests beyond split_position before the disk was put back */
    uint64_t first[RECORDS_MAX + 1];         /* of each record, what it was written as before it was carried */
    struct sim_written written[WRITTEN_MAX]; /* in all its lives */
    int written_count;
    int epochs;       /* that it has begun, besides its first */
    bool wants_code;  /* its epoch is new, and not enrolled yet */
    bool mended;      /* it has begun one since its disk was put back */
    bool refused;     /* as a copy, when it was to be enrolled */
    bool behind;      /* the central was put back, and lacks records of an epoch of it that is over */
    bool left_forked; /* and nobody will see to it */
    int64_t head, pruned, rules_version;
    int64_t sent;    /* the last number given, by the mutant that numbers at sending */
    int64_t counted; /* as the central last said */
    struct sim_sale sales[SALES_MAX];
    int sale_count;
    int starts; /* a start forgets the sales that were open */
    struct sim_hold holds[HOLDS_MAX], claims[HOLDS_MAX];
    int hold_count, claim_count;
    struct sim_floor_use floor_uses[FLOOR_USES_MAX];
    int floor_count;
    struct sim_lease_use lease_uses[LEASE_USES_MAX];
    int lease_count;
    struct sim_lease leases[LEASES_MAX];
    int told_leases;
    char boot[24]; /* each start is one of the machine */
    char dev[17];
    char cert_key[17]; /* of the certificate that its loyald-sync shows */
    /* the wire to its loyald-sync */
    bool knocks, open, hung_up;
    struct strbuf to_till;
    struct frame_reader reader;
    int generation;                          /* of the connection */
    struct carry *turns;                     /* batches that wait for the one before them */
    int64_t with_central[COURIER_ASKED_MAX]; /* ids of batches that are being carried; 0: none */
    int64_t last_taken;                      /* id of the last batch that was answered 200 */
    int64_t cut_off_until_ms;
};

#endif
