/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command - what the commands of the local API share: reading a body, finding the sale meant, answering with it.
 * Internal to the till.
 */
#ifndef LOYALD_TILL_COMMAND_H
#define LOYALD_TILL_COMMAND_H

#include "agent/till/till_internal.h"

/* Returns owned the object of a body (json_free); an empty body is {}. */
enum problem command_read_body(const char *body, size_t len, struct cJSON **out_root, struct errmsg *err);
enum problem command_answer_sale(const struct till *till, const struct sale *sale, struct strbuf *out);
/* Of a sale that is no more in memory: PROBLEM_SALE_COMMITTED or _VOIDED when its id is used up. */
enum problem command_why_used(struct till *till, const char *id);
/* Remembers the id of a sale that was voided, also when it leaves memory. */
void command_note_void(struct till *till, const char *id);
/* Why a sale that is not open cannot be changed. */
enum problem command_why_closed(const struct sale *sale);
/* The open sale a command is for, or why there is none. */
enum problem command_find_open(struct till *till, const char *id, struct sale **out_sale, struct errmsg *err);

#endif
