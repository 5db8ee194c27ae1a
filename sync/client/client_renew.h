/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client_renew - the till's certificate is followed by the next one, and authorities by others, without anybody's
 * hand (docs/protocol.md 6).
 *
 *   IDLE --due, expired, or of an older authority--> ASKING --answer kept--> PROVING --answered--> IDLE, in use
 *   IDLE --the central names other authorities-----> LOOKING --answer kept--> IDLE
 *      ^---- whatever fails: the old ones stay, tried again by timer with full jitter ----'
 *
 * The one decision loyald-sync takes by itself: loyald has no part in TLS.
 */
#ifndef LOYALD_CLIENT_CLIENT_RENEW_H
#define LOYALD_CLIENT_CLIENT_RENEW_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

#include <stdint.h>

struct client;
struct identity;
struct renewal;

enum status renewal_create(struct client *client, struct renewal **out_renewal, struct errmsg *err);
void renewal_destroy(struct renewal *renewal); /* accepts NULL */
/* An answer of the central named this set of authorities. */
void renewal_heard(struct renewal *renewal, const char *ca_id);
/* The identity is another one: an enrolment. */
void renewal_begin_anew(struct renewal *renewal);
/* When a certificate is to be followed by the next: a third of its life after its beginning, and up to a ninth later,
 * by its name and date, so that tills enrolled together do not renew together. */
int64_t renewal_due_s(const struct identity *identity);

#endif
