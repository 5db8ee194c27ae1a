/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sold - what a return is about: the sale as it was sold and what of it came back before, from this till's journal
 * and, when it could be asked in time, from the central. Internal to the till.
 */
#ifndef LOYALD_TILL_SOLD_H
#define LOYALD_TILL_SOLD_H

#include "agent/base/errmsg.h"
#include "agent/base/ids.h"
#include "agent/base/status.h"
#include "agent/till/problem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cJSON;
struct till;

enum { SOLD_ANSWERS_MAX = 4, SOLD_ANSWER_MS = 10 * 1000 };

/* The central's answer about one sale, kept from its coming to the command that asked for it; the oldest gives way.
 */
struct sold_answer {
    char sale_id[ID_LEN_MAX + 1]; /* "": free */
    int64_t until_mono_ms;
    struct cJSON *sale; /* owned: docs/protocol.md 4, op sale; NULL: not known there */
};

struct sold {
    struct cJSON *body;    /* owned: of the sale's record */
    struct cJSON *earlier; /* owned: array of results of returns, each once */
    char member[ID_LEN_MAX + 1];
    bool elsewhere; /* not of this till's journal */
    bool checked;   /* the central was asked: earlier is that of the chain */
};

/* PROBLEM_NO_SALE when the central says so, PROBLEM_SALE_ELSEWHERE when it could not be asked. */
enum problem sold_find(struct till *till, const char *sale_id, struct sold *out_sold, struct errmsg *err);
void sold_clear(struct sold *sold);
/* Returns owned the lines as a return would name them, with all that has not come back yet; NULL without memory. */
struct cJSON *sold_rest(const struct sold *sold);

/* Keeps the central's answer; json NULL: it does not know the sale. */
void sold_keep_answer(struct till *till, const char *sale_id, const char *json, size_t len);
void sold_forget_answers(struct till *till);

#endif
