/* SPDX-License-Identifier: Apache-2.0 */
/*
 * courier - loyald's end of the socket to loyald-sync: questions to the central go out, answers come back, each tied
 * to its question by number and MAC. Internal to the link.
 *
 * loyald-sync may be absent, restart or hang: a question is answered exactly once all the same, at the latest at its
 * deadline. An answer whose MAC is wrong counts as no answer. One connection; a later one takes the place of the one
 * before.
 */
#ifndef LOYALD_LINK_COURIER_H
#define LOYALD_LINK_COURIER_H

#include "agent/base/crypto.h"
#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "sync/protocol/operation.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct clock_source;
struct courier;
struct identity;
struct loop;

enum {
    COURIER_BEHIND_MAX = 2, /* questions that wait for their turn */
    COURIER_ASKED_MAX = 8 + COURIER_BEHIND_MAX,
    COURIER_GRACE_MS = 200 /* beyond a deadline, for loyald-sync's own word */
};

/* How a question ended. */
enum courier_outcome {
    COURIER_ANSWERED, /* by the central: http_status, body */
    COURIER_OFFLINE,  /* no central behind it, or its answer cannot be trusted: text says why */
    COURIER_ABSENT,   /* loyald-sync is not there, or it is not enrolled */
    COURIER_LATE,     /* past the deadline */
    COURIER_DROPPED,  /* not carried, by us or by loyald-sync: too many at once, too long, or of who we were before.
                         Says nothing of the link */
};

struct courier_answer {
    enum courier_outcome outcome;
    int http_status;
    const char *body; /* views during the call */
    size_t len;
    const char *text;
    int64_t retry_after_ms;
    /* For the enrolment, whose key is only known from the answer: what the MAC covers before the body, and the MAC.
     */
    const char *mac_prefix;
    size_t mac_prefix_len;
    const uint8_t *mac; /* NULL: none came */
};
typedef void courier_answer_fn(void *context, const struct courier_answer *answer);

struct courier_options {
    struct loop *loop;
    const struct clock_source *clock;
    struct identity *identity; /* borrowed: dev, epoch, MAC key */
    const char *socket_path;
    mode_t socket_mode;
    int listen_fd; /* above 0: a listening socket made for us, taken; it goes before the path */
    /* The link to the central, as far as known: an answer came, or could not be had. */
    void (*link_changed)(void *context, bool up, const char *text);
    void *context;
};

enum status courier_create(const struct courier_options *options, struct courier **out_courier, struct errmsg *err);
/* Answers what is still asked with COURIER_ABSENT. Not from inside an answer's callback. */
void courier_destroy(struct courier *courier);
bool courier_is_connected(const struct courier *courier);
/* Unix time in seconds at which the certificate of loyald-sync ends; 0: none, or not known. */
int64_t courier_certificate_until(const struct courier *courier);
/* Version text of the loyald-sync connected, "" when none is. */
const char *courier_peer_version(const struct courier *courier);
/* Asks; the answer comes once, possibly before this returns. args may be NULL. Copies body. */
void courier_ask(struct courier *courier, enum operation op, const struct operation_args *args, const char *body,
                 size_t len, int64_t deadline_ms, courier_answer_fn *fn, void *context);
/* How many questions of one operation the loyald-sync connected takes behind the one it carries: at most
 * COURIER_BEHIND_MAX, 0 for one that knows no turns. */
int courier_behind_max(const struct courier *courier);
/* As courier_ask, behind the last question of this operation that is still under way: loyald-sync makes it ready and
 * carries it when that one was answered 200, and not at all otherwise (COURIER_DROPPED). Only where
 * courier_behind_max says that so many may wait. deadline_ms counts from its turn. */
void courier_ask_behind(struct courier *courier, enum operation op, const char *body, size_t len, int64_t deadline_ms,
                        courier_answer_fn *fn, void *context);
/* Answers what is still asked with COURIER_DROPPED: the till has become another one, an answer to the one before is
 * none. */
void courier_drop_all(struct courier *courier, const char *text);

#endif
