/* SPDX-License-Identifier: Apache-2.0 */
/* renew_internal - what client_renew.c (when, and what is asked) and client_renew_answers.c (what comes of it) share.
 */
#ifndef LOYALD_CLIENT_RENEW_INTERNAL_H
#define LOYALD_CLIENT_RENEW_INTERNAL_H

#include "agent/base/errmsg.h"
#include "agent/base/pk.h"
#include "sync/client/client_renew.h"
#include "sync/protocol/renewal.h"

struct carrier_answer;
struct carrier_call;

enum renewal_step { RENEWAL_IDLE, RENEWAL_ASKING, RENEWAL_PROVING, RENEWAL_LOOKING };

struct renewal {
    struct client *client;
    struct loop_timer *timer;
    struct carrier_call *call;
    enum renewal_step step;
    int failures;
    char told_ca[RENEWAL_CA_TEXT];  /* the set the central last named; "": none yet */
    char asked_ca[RENEWAL_CA_TEXT]; /* the one we told it we trust; "": not yet by this process */
    char key_pem[PK_PEM_BYTES_MAX]; /* of the request under way; wiped when it is over, however */
    char said[ERRMSG_BYTES_MAX];
};

/* ---- client_renew.c ---- */
/* Its call was answered or given up. */
void renewal_end_call(struct renewal *renewal);
/* Says why, once, and tries again later; not before the central wants it to. */
void renewal_failed(struct renewal *renewal, const char *doing, const char *why, int64_t at_least_ms);
/* There may be another step to take. */
void renewal_succeeded(struct renewal *renewal);

/* ---- client_renew_answers.c ---- */
void renewal_asked(void *context, const struct carrier_answer *answer);  /* for the next certificate */
void renewal_proved(void *context, const struct carrier_answer *answer); /* that it is good */
void renewal_looked(void *context, const struct carrier_answer *answer); /* whom to trust */

#endif
