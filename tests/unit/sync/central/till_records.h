/* SPDX-License-Identifier: Apache-2.0 */
/* Records that tests of several parts have a till write, beside sales (fixture.h). */
#ifndef LOYALD_TEST_CENTRAL_TILL_RECORDS_H
#define LOYALD_TEST_CENTRAL_TILL_RECORDS_H

#include "fixture.h"

/* Appends the records as that till has them that carried them over into its epoch. */
void till_carry(struct fake_till *to, const struct strbuf *records, struct strbuf *out);
/* Appends a form for the card (its hash), whose box was closed for that key and card; flip changes one byte of it. */
void till_form(struct fake_till *till, const char *card, const struct pk *key, const char *sealed_for,
               const char *text, bool flip, struct strbuf *out);

#endif
