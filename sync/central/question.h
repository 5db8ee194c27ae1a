/* SPDX-License-Identifier: Apache-2.0 */
/*
 * question - what a till asks and a transaction decides, once: may these points be held, may this coupon be used? A
 * till that asks again hears what was decided before, or how its record has ended it meanwhile.
 */
#ifndef LOYALD_CENTRAL_QUESTION_H
#define LOYALD_CENTRAL_QUESTION_H

#include "agent/base/json_writer.h"
#include "sync/central/device.h"

struct cJSON;

struct verdict {
    char state[16];   /* "granted", "refused", or how it ended */
    char reason[200]; /* "": there is none */
};
void verdict_refuse(struct verdict *verdict, const char *reason);
/* The statement's row of state and reason; ST_NOT_FOUND: nothing was decided. */
enum status verdict_find(struct store *store, enum statement statement, const struct store_value *values,
                         size_t count, struct verdict *out_verdict, struct errmsg *err);

/* What an attempt of the transaction begins from. */
struct question_attempt {
    struct central *central;
    const struct device *device;
    void *asked; /* as the question reads it from the body */
    struct verdict verdict;
};

struct question {
    size_t body_max;
    /* Keeps views of root; anything but ST_OK is answered as a fault of the question. */
    enum status (*read)(const struct cJSON *root, void *asked, struct errmsg *err);
    store_body *decide;                                           /* of a struct question_attempt: its verdict */
    void (*write_name)(const void *asked, struct json_writer *w); /* what was asked about: the answer's first field */
};
/* Answers {name, "state", "reason" where there is one}. What is asked about is decided with all that is booked. */
void question_answer(const struct question *question, struct question_attempt *attempt, const char *body, size_t len,
                     struct answer *answer);

#endif
