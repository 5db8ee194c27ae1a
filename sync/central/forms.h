/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forms - cards issued at a till: the key that their forms are sealed for, the texts of consent, and what a form
 * means here: a member, who has the card and the phone, and a row of what was filled in (docs/protocol.md 8).
 */
#ifndef LOYALD_CENTRAL_FORMS_H
#define LOYALD_CENTRAL_FORMS_H

#include "agent/base/json_writer.h"
#include "agent/base/pk.h"
#include "sync/central/interpret.h"

struct cJSON;

enum { FORMS_CONSENT_TEXT_MAX = 2000, FORMS_TEXT_MAX = 200 };

/* A text of consent in force from now on. ST_CONFLICT when the version has another text already; ST_INVALID in words.
 */
enum status forms_consent_set(struct central *central, const char *chain, const char *language, const char *version,
                              const char *text, struct errmsg *err);
/* "enrolment":{"key","consents":[…]} of an answer to a till. */
enum status forms_write_terms(struct central *central, const char *chain, struct json_writer *w, struct errmsg *err);
/* A record of type enrolment, inside its transaction. What cannot be unsealed is refused: a dead letter, kept sealed.
 */
enum status forms_note(struct central *central, const struct interpret_record *record, const struct cJSON *body,
                       struct errmsg *err);

#endif
