/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link - the till's end of what goes to the central and comes from it, by way of loyald-sync: the journal up, updates
 * and rules down, the questions a sale may wait for, the enrolment.
 *
 * loyald decides and stores, loyald-sync carries. Everything that comes down is asked for, when there is time for it;
 * what is sent is sent again until the central says that it has it. Nothing here can stop a sale.
 */
#ifndef LOYALD_LINK_LINK_H
#define LOYALD_LINK_LINK_H

#include "agent/base/errmsg.h"
#include "agent/base/json_writer.h"
#include "agent/base/status.h"
#include "agent/till/problem.h"
#include "agent/till/till.h"

#include <stdint.h>
#include <sys/types.h>

struct cache;
struct clock_source;
struct identity;
struct journal;
struct link;
struct loop;
struct rulebook;

struct link_options {
    struct loop *loop;
    const struct clock_source *clock;
    struct journal *journal;
    struct cache *cache;
    struct identity *identity;
    struct rulebook *rulebook;
    const char *socket_path;
    mode_t socket_mode;
    int listen_fd;                 /* above 0: the listening socket, taken; it goes before the path */
    const struct ballast *ballast; /* when the room is not good, no members are cached; NULL: it always is */
    int64_t retry_max_ms;          /* the longest wait between tries */
    int64_t poll_wait_s;           /* how long the central may keep a long-poll */
    int64_t status_every_ms;       /* how often the central is told how this till is; 0: never */
    /* Appends the record that says what the till may spend (till_report_holdings); NULL: none is written. */
    enum status (*report_holdings)(void *context, const char *incarnation, struct errmsg *err);
    void *holdings_context;
    /* Writes the devices for it, a JSON array; NULL: none are told. */
    void (*write_devices)(void *context, struct json_writer *w);
    void *write_context;
};

/* Borrows all. The rulebook's fetch and fetch_root are link_fetch and link_fetch_root; the till's central is
 * link_central. */
enum status link_create(const struct link_options *options, struct link **out_link, struct errmsg *err);
void link_destroy(struct link *link);
/* Begins; everything the link borrows is there by now. */
void link_start(struct link *link);
struct till_central link_central(struct link *link);
/* For rulebook_options.fetch. */
void link_fetch(struct link *link, const char *sha256_hex, int64_t from, int64_t to);

/* For rulebook_options.fetch_root. */
void link_fetch_root(struct link *link, int64_t version);

/* Enrols the till with the office's code; told is called once. */
typedef void link_enrolled_fn(void *context, enum problem problem, const char *detail);
void link_enrol(struct link *link, const char *code, link_enrolled_fn *told, void *context);
/* {"up","since_unix_ms","reason","courier","forked","records_gone"} */
void link_write(const struct link *link, struct json_writer *w);

#endif
