/* SPDX-License-Identifier: Apache-2.0 */
/* rulebook_internal - what the files of the rulebook share: offers and refusals (rulebook.c), the signature
 * (rulebook_check.c), fetching, compiling and switching (rulebook_stage.c), the trial of what is new
 * (rulebook_health.c), whom to trust (rulebook_trust.c). Nobody else includes it. */
#ifndef LOYALD_TILL_RULEBOOK_INTERNAL_H
#define LOYALD_TILL_RULEBOOK_INTERNAL_H

#include "agent/till/rulebook.h"

#include "agent/db/rules.h"
#include "agent/till/identity.h"
#include "agent/till/rule_edition.h"
#include "agent/till/trust.h"
#include "sync/protocol/manifest.h"

enum { RULEBOOK_REASON_MAX = 400 };

#define RATCHET_STATE  IDENTITY_RULES_VERSION
#define ANNOUNCE_STATE "rules_to_announce"    /* what is to become active and has no record of it yet */
#define REFUSED_STATE  IDENTITY_RULES_REFUSED /* so that a restart does not journal it again */

#define TRIAL_STATE "rules_trial"   /* "<version> <starts> <boot id>" of what is on trial */
#define ROLLED_BACK "rolled back: " /* how the reason of such a refusal begins */

/* Of the rules that are active, while they are new. */
struct rulebook_trial {
    bool on;
    bool passed;
    int starts, baskets;
    int64_t since_mono_ms;
    struct rule_edition *before; /* held: what to go back to; NULL after a start */
    char fault[160];             /* "": none so far */
};

/* What a new bundle is going through. One at a time; a newer manifest that comes meanwhile waits in `next`.
 *
 *   NONE --offer--> CHECKING --signature good--> FETCHING --all pieces--> COMPILING --good--> STAGED --settle--> NONE
 *                      |                            |                        |
 *                      +-------- refused -----------+------- refused --------+--> NONE
 */
enum progress { NONE, CHECKING, FETCHING, COMPILING, STAGED };

struct rulebook {
    struct rulebook_options options;
    struct trust *trust; /* owned */
    struct rule_edition *active;
    enum progress progress;
    struct manifest manifest;              /* of the bundle under way */
    char *manifest_text, *signatures_text; /* owned */
    char sha256[SHA256_TEXT];
    int64_t have_bytes;
    bool fetch_asked;
    struct bundle *staged; /* owned: compiled, waits for settle */
    int64_t ratchet;
    int64_t refused_version;
    char refused_reason[RULEBOOK_REASON_MAX];
    char *next_manifest, *next_signatures; /* owned: the latest offer that came while another was under way */
    int jobs;                              /* in workers */
    bool closing;
    struct rulebook_trial trial;
    bool announce_late; /* the rules became active, and maybe no record says so: the power went, or it was refused */
};

/* ---- rulebook.c ---- */
void rulebook_forget_offer(struct rulebook *book);
/* Ends it, once no worker is left. */
void rulebook_free(struct rulebook *book);
/* The bundle under way is refused: said, journalled, forgotten; the offer that waited has its turn. */
void rulebook_refuse(struct rulebook *book, const char *reason);
/* Compiles what rules.db holds in that state. */
enum status rulebook_load(struct rulebook *book, enum rules_state state, struct rule_edition **out_edition,
                          struct errmsg *err);
/* Appends bundle_activated, of the active one, or with a reason bundle_refused, of the one under way. */
enum status rulebook_journal(struct rulebook *book, const char *type, const char *reason);
void rulebook_take_next(struct rulebook *book);
/* Reads the versions that the journal holds: none, when it holds none any more. */
void rulebook_read_versions(struct rulebook *book);

/* ---- rulebook_trust.c ---- */
enum status rulebook_start_trust(struct rulebook *book, struct errmsg *err);

/* ---- rulebook_check.c ---- */
/* Has a worker check the signatures of the manifest under way; then rulebook_begin_fetch or rulebook_refuse follows.
 */
enum status rulebook_start_check(struct rulebook *book, const char *signatures, size_t signatures_len);

/* ---- rulebook_stage.c ---- */
/* Fetches the file of the manifest under way, or goes on with what is there of it. */
void rulebook_begin_fetch(struct rulebook *book);

/* ---- rulebook_health.c ---- */
/* What is active now is new; takes the count of before. */
void rulebook_begin_trial(struct rulebook *book, struct rule_edition *before);
/* At a start: goes on with a trial, or with going back. */
void rulebook_read_trial(struct rulebook *book);
/* The agent ends in order. */
void rulebook_leave_trial(struct rulebook *book);
/* Between two sales: confirms it, or goes back. */
void rulebook_judge_trial(struct rulebook *book);
bool rulebook_was_rolled_back(const struct rulebook *book);

#endif
