/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shop - a whole till behind its API for the tests: databases in memory, a bundle, a member, a printer and a central
 * plugged in through the till's own tables, served on a real socket. Clients are libcurl on a pool thread while the
 * test's own thread runs the loop, or a raw socket of the test's own thread.
 */
#ifndef LOYALD_TESTS_API_SHOP_H
#define LOYALD_TESTS_API_SHOP_H

#include "agent/api/api.h"
#include "agent/api/events.h"
#include "agent/base/clock.h"
#include "agent/base/strbuf.h"
#include "agent/db/cache.h"
#include "agent/db/journal.h"
#include "agent/db/rules.h"
#include "agent/net/loop.h"
#include "agent/till/identity.h"
#include "agent/till/rulebook.h"
#include "agent/till/till.h"

#include <cjson/cJSON.h>

#define SHOP_TOKEN        "correct-horse"
#define SHOP_CARD         "2900000000018" /* of member M1, gold, 540.00 points */
#define SHOP_CARD_UNKNOWN "2900000000025" /* only the central knows it, when it answers */

struct shop {
    struct loop *loop;
    struct virtual_clock time;
    struct clock_source clock;
    struct journal *journal;
    struct cache *cache;
    struct rules *rules;
    struct rulebook *rulebook;
    struct identity identity;
    struct hub *hub;
    struct till *till;
    struct api *api;
    char dir[64], socket_path[96], doctor_file[96];
    bool has_printer; /* set before shop_open */
    /* The printer's last job, and how it is answered. */
    int pages;
    char job_id[128];
    till_printed_fn *printed;
    void *printed_context;
    /* The central's last question. */
    int questions;
    till_member_fn *answer;
    void *answer_context;
    /* The daemon's hooks. */
    int journal_failures, enrolments;
    char code[64];
    api_enrolled_fn *enrolled;
    void *enrolled_context;
};

void shop_open(struct shop *shop);
void shop_close(struct shop *shop);

/* One call by libcurl over the Unix socket; body NULL: none. Returns the HTTP status, *out_answer the JSON
 * (cJSON_Delete). */
int shop_call(struct shop *shop, const char *method, const char *path, const char *body, cJSON **out_answer);
/* The same over TCP, with headers as given (NULL ends them); only the status. */
int shop_call_tcp(struct shop *shop, const char *path, const char *const *headers);
/* As shop_call with a body of any length. */
int shop_call_bytes(struct shop *shop, const char *method, const char *path, const char *body, size_t len,
                    cJSON **out_answer);

/* Members of an answer; a test fails when they are of another type. */
const char *shop_text(const cJSON *object, const char *name);
int64_t shop_number(const cJSON *object, const char *name);
/* The notice or error of that name is among the sale's notices. */
bool shop_has_notice(const cJSON *sale, const char *name);

/* A raw client on the test's own thread. */
struct raw {
    int fd;
    struct strbuf got;
    bool ended;
};
void raw_open(struct raw *raw, const struct shop *shop, const char *request);
/* Runs the loop until text has come, or the server has closed; false in the latter case. */
bool raw_wait(struct raw *raw, struct shop *shop, const char *text);
void raw_close(struct raw *raw);

#endif
