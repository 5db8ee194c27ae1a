/* SPDX-License-Identifier: Apache-2.0 */
/* sample_facts - one sale that uses every part of a receipt, in both languages; also what the printer's tests print.
 */
#ifndef LOYALD_TESTS_RECEIPT_SAMPLE_FACTS_H
#define LOYALD_TESTS_RECEIPT_SAMPLE_FACTS_H

#include "agent/receipt/receipt.h"

/* Return facts whose texts and arrays live for ever. */
struct receipt_facts sample_facts_ru(void);
struct receipt_facts sample_facts_en(void);

#endif
