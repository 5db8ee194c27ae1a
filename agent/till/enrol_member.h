/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enrol_member - a card is issued at the till: the form is sealed for the central on the spot, the record says the
 * card's keyed hash and which consent the shopper gave, and nothing else of the form is kept (docs/protocol.md 8).
 *
 * What it takes, the central's public key and the texts of consent, comes down with the updates and is kept in the
 * journal's state, so that cards are issued without a link too.
 */
#ifndef LOYALD_TILL_ENROL_MEMBER_H
#define LOYALD_TILL_ENROL_MEMBER_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "agent/base/strbuf.h"
#include "agent/till/problem.h"

#include <stddef.h>

struct cJSON;
struct journal;
struct till;

enum { ENROL_TEXT_MAX = 200, ENROL_CONSENT_TEXT_MAX = 2000, ENROL_FORM_MAX = 4096, ENROL_FORM_STEP = 512 };

/* Keeps the terms of an answer ("enrolment": {"key","consents":[{"language","version","text"}]}), if they are others
 * than those kept. ST_INVALID when they are none: then those of before stay. */
enum status enrol_member_take_terms(struct journal *journal, const struct cJSON *terms, struct errmsg *err);

/* The consent in the till's language: {"consent":{"version","language","text"}}. PROBLEM_NO_CONSENT when the office
 * gave none. */
enum problem till_enrolment_terms(struct till *till, struct strbuf *out, struct errmsg *err);
/* Issues the card, {"card","consent","name","phone","email","birthday","cashier"}; without "card" that of the current
 * sale, or the one that waits for a sale. When this answers PROBLEM_NONE the record is on disk: {"card","consent"}.
 */
enum problem till_enrol_member(struct till *till, const char *body, size_t len, struct strbuf *out,
                               struct errmsg *err);

#endif
