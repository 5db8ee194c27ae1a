/* SPDX-License-Identifier: Apache-2.0 */
/* trust_internal - what the files of the trust share: what is known and what follows of it (trust.c), and a document
 * on its way to being known (trust_offer.c). Nobody else includes it. */
#ifndef LOYALD_TILL_TRUST_INTERNAL_H
#define LOYALD_TILL_TRUST_INTERNAL_H

#include "agent/till/trust.h"

#include "agent/till/identity.h"
#include "sync/protocol/root.h"
#include "sync/protocol/timestamp.h"

enum { TRUST_REASON_MAX = 300 };

#define ROOT_STATE      IDENTITY_TRUST_ROOT      /* text of the newest root, checked */
#define TIMESTAMP_STATE IDENTITY_TRUST_TIMESTAMP /* text of the newest timestamp, checked */
#define RATCHET_STATE   IDENTITY_TRUST_RATCHET   /* "<timestamp> <manifest>": versions that none may go below */

/* What a timestamp is going through:
 *
 *   NONE --offer--> WANTS_ROOT --fetched--> CHECKING_ROOT --kept--> WANTS_ROOT ... --none lies between--> CHECKING
 *     ^                                           |                                                          |
 *     +---------------- settled ------------------+------------------ refused, or kept ---------------------+
 */
enum trust_progress { TRUST_NONE, TRUST_WANTS_ROOT, TRUST_CHECKING_ROOT, TRUST_CHECKING };

struct trust {
    struct trust_options options;
    struct root root;           /* version 0: none is known */
    struct timestamp timestamp; /* version 0: none is known */
    int64_t timestamp_ratchet, manifest_ratchet;
    enum trust_progress progress;
    struct timestamp offered;
    char *text, *signatures; /* owned: of the timestamp offered */
    bool root_asked;
    char refused[TRUST_REASON_MAX];
    int64_t heard_unix_ms, heard_mono_ms; /* the central's time when it was told; 0: not since the machine is on */
    int64_t known_unix_ms;                /* when it was last told, the machine's last life included; 0: never */
    int64_t kept_off_ms;                  /* heard_unix_ms - heard_mono_ms as kept for the next start; 0: not yet */
    unsigned serial;                      /* of the offer: what a worker checked for an earlier one is dropped */
    int jobs;                             /* in workers */
    bool closing;
};

/* ---- trust_time.c ---- */
void trust_load_time(struct trust *trust); /* what was kept of the central's word */

void trust_free(struct trust *trust);
void trust_forget_offer(struct trust *trust);

#endif
