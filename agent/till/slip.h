/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slip - the receipt of a committed sale or return, made from its record alone, so that a copy after a restart is the
 * same. Internal to the till.
 */
#ifndef LOYALD_TILL_SLIP_H
#define LOYALD_TILL_SLIP_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bundle;
struct cJSON;
struct identity;
struct page;
struct receipt_template;

struct slip_facts {
    const struct cJSON *body;    /* of the record */
    bool is_return;              /* of a return; else of a sale */
    const struct bundle *bundle; /* for the titles of promotions and the digits of currencies */
    const struct identity *identity;
    const struct receipt_template *template; /* NULL: the bundle's, else our own */
    const char *language;
    const char *member_display; /* may be "" */
    int64_t sale_number;        /* its seq in the journal: what a member reads out to claim */
    int copy_number;            /* 0: the original */
    const char *const *reasons; /* "card not known yet ..." */
    size_t reason_count;
    const char *offline_note; /* "" when the link is up */
};
/* Fills an initialised page. */
enum status slip_build(const struct slip_facts *facts, struct page *out_page, struct errmsg *err);

#endif
