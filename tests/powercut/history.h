/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history - what the world outside the till has seen: which records the till tried to write and which it said are on
 * disk, which sales were answered as committed and which were printed, what the central holds.
 *
 * It is kept outside the disk, so a power cut does not touch it; after one it says what must be there.
 */
#ifndef LOYALD_TESTS_POWERCUT_HISTORY_H
#define LOYALD_TESTS_POWERCUT_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HISTORY_RECORDS_MAX = 1500,
    HISTORY_SALES_MAX = 600,
    HISTORY_MEMBERS = 3,
    HISTORY_TRIES_MAX = 12,
    HISTORY_FIRST_BALANCE = 50
};

/* What was given to the journal for one position. Of several, after cuts in mid write, any may be there: a write that
 * was cut off and not seen after a restart can be completed by a later one that is cut off too, since both write the
 * same page of the write-ahead log. Once one was said to be on disk it is the only one. */
struct attempt {
    struct {
        uint64_t digest; /* of its bytes */
        int sale;        /* index, -1 for a record that is no sale */
    } tries[HISTORY_TRIES_MAX];
    int count, last;
    bool returned; /* the journal said that the last is on disk */
    /* What the check found there, for positions up to hashed_position. */
    int found_sale;       /* index, -1 for a record that is no sale */
    int activates;        /* rules of this version became active; 0: none did */
    uint64_t hash_digest; /* of the record's hash */
};

struct told_sale {
    char id[16];
    int member; /* -1: without a card */
    int64_t total_minor;
    int64_t points; /* by the rules it was last put under */
    bool tried;     /* its commit was asked for */
    bool answered;  /* the caller was told that it is committed */
    bool voided;
    bool void_asked; /* answered or not: it may be in the journal, and then the id is used up */
    int prints;      /* originals */
    int found;       /* in the journal, at the last check */
};

struct history {
    struct attempt attempts[HISTORY_RECORDS_MAX + 1]; /* by position */
    int64_t last_position;                            /* of any attempt */
    int64_t hashed_position;                          /* up to here the check has read and hashed each record */
    struct told_sale sales[HISTORY_SALES_MAX];
    int sale_count;
    int committing;        /* the sale whose commit is under way, -1 */
    int64_t rules_version; /* the highest that was said to be active */
    int64_t stored;        /* records that the central said it has */
    int64_t counted;       /* of these, those that its rows include: it works them out later */
    int64_t old_until;     /* records that may have been removed */
    /* The first thing found wrong; "" for none. */
    char wrong[400];
    int wrong_count;
};

void history_begin(struct history *history);
/* Makes to the same as from; to was begun or is a copy. */
void history_copy(struct history *to, const struct history *from);
/* Says that something is wrong: a promise was broken. */
__attribute__((format(printf, 2, 3))) void history_wrong(struct history *history, const char *format, ...);
struct told_sale *history_new_sale(struct history *history);
int history_find_sale(const struct history *history, const char *id); /* -1 */
uint64_t history_digest(const void *bytes, size_t len);
void history_attempt(struct history *history, int64_t position, const char *type, const void *bytes, size_t len);
void history_returned(struct history *history, int64_t position);
/* A record was found at a position: whether it is one that was given, and then the only one from now on. */
bool history_found(struct history *history, int64_t position, const void *bytes, size_t len);
/* What a member's balance must be, counting the sales found in the journal. */
int64_t history_balance(const struct history *history, int member);
/* The same at the central, which counts the records up to a position. */
int64_t history_balance_at(const struct history *history, int member, int64_t position);

#endif
