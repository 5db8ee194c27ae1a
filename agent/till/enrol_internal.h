/* SPDX-License-Identifier: Apache-2.0 */
/* enrol_internal - what the files of issuing a card share: the terms (enrol_terms.c), the form and its record
 * (enrol_member.c). Nobody else includes it. */
#ifndef LOYALD_TILL_ENROL_INTERNAL_H
#define LOYALD_TILL_ENROL_INTERNAL_H

#include "agent/base/pk.h"
#include "agent/till/enrol_member.h"

/* Returns owned the terms (json_free); NULL when there are none. */
struct cJSON *enrol_load_terms(const struct till *till);
/* In the till's language, else the first there is; NULL when there is none. A view of the terms. */
const struct cJSON *enrol_consent(const struct till *till, const struct cJSON *terms);
/* The public key that forms are sealed for: a point of the curve. */
enum status enrol_read_key(const struct cJSON *terms, uint8_t point[PK_POINT_BYTES], struct errmsg *err);

#endif
