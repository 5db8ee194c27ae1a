/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spread_watch - what the rows that each transaction changes belong to, as a database spread over several machines
 * would keep them (docs/scaling.md): no transaction may change rows of two tills or of two members, but one that
 * merges two members.
 *
 * The database itself tells: hooks on the connection in SQLite, triggers on a PostgreSQL. Nothing of the central
 * knows of it.
 */
#ifndef LOYALD_TEST_CENTRAL_SPREAD_WATCH_H
#define LOYALD_TEST_CENTRAL_SPREAD_WATCH_H

struct store;

enum spread_by {
    SPREAD_TILL,
    SPREAD_MEMBER,
    SPREAD_OWNER, /* a till or a member: one of those that the transaction is of */
    SPREAD_OTHER, /* an own name, or an account of an owner */
    SPREAD_SMALL, /* everywhere */
};

struct spread_table {
    const char *table, *key; /* "" when SPREAD_SMALL */
    enum spread_by by;
};
/* Every table; {NULL} ends it. */
extern const struct spread_table spread_tables[];

/* Once for a database. url: a PostgreSQL whose search path is the schema of the test; "" for SQLite. Borrows store;
 * one at a time. */
void spread_watch_make(struct store *store, const char *url);
/* After the store was opened again. */
void spread_watch_resume(struct store *store);
/* Fails the test for each transaction that was of two since, and watches no more: what follows is the test's own. */
void spread_watch_end(void);

#endif
