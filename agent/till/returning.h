/* SPDX-License-Identifier: Apache-2.0 */
/*
 * returning - one return on its way: asked, worked out by the engine, written as a record. Internal to the till.
 *
 *   till_before_return (the central's word on the sale, 300 ms at most) -> till_return: find what was sold and what
 * came back of it before -> engine_refund -> record on disk -> receipt -> answer
 */
#ifndef LOYALD_TILL_RETURNING_H
#define LOYALD_TILL_RETURNING_H

#include "agent/till/basket.h"
#include "agent/till/command.h"
#include "agent/till/sold.h"

struct returning {
    struct cJSON *root; /* owned: the request; the texts below are views of it */
    char id[ID_LEN_MAX + 1];
    const char *sale_id, *policy, *asked_policy, *reason, *cashier, *exchange;
    bool quote; /* only worked out, nothing is written */
    bool has_expected;
    int64_t expected_minor; /* what the shopper was shown */
    struct basket tenders;  /* of it only these: how the money goes back */
    struct cJSON *rest;     /* owned: lines made when the request names none */
    const struct cJSON *lines;
    struct sold sold;
    struct strbuf result; /* of the engine */
    int64_t refund_minor;
};

/* Reads the request; on a problem too, returning_clear is to be called. */
enum problem returning_read(struct till *till, const char *body, size_t len, struct returning *out,
                            struct errmsg *err);
void returning_clear(struct returning *returning);
/* Finds the sale and works the refund out. */
enum problem returning_work_out(struct till *till, struct returning *returning, struct errmsg *err);
/* Writes the body of the record. */
enum status returning_write(struct till *till, const struct returning *returning, struct strbuf *out);

#endif
