/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template - what a receipt looks like, in the office's own words: the ReceiptLine format (columns parted by "|",
 * properties in braces), with named values {total}, loops {each lines} ... {end} and choices {if card} ... {else} ...
 * {end} of our own; docs/receipts.md lists them all.
 *
 * Compiled once, with every fault by line and column; a compiled template is immutable. What values bring is never
 * read as markup. Pure.
 */
#ifndef LOYALD_RECEIPT_TEMPLATE_H
#define LOYALD_RECEIPT_TEMPLATE_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

#include <stddef.h>

struct page;
struct receipt_facts;
struct receipt_template; /* opaque */

enum {
    TEMPLATE_BYTES_MAX = 32 * 1024,   /* of the text: a fault beyond */
    TEMPLATE_DEPTH_MAX = 8,           /* of loops and choices in each other: a fault beyond */
    TEMPLATE_FAULTS_MAX = 20,         /* kept; all are counted */
    TEMPLATE_STEPS_MAX = 1000 * 1000, /* of one run: ST_FULL beyond */
    TEMPLATE_VALUE_COLUMNS_MAX = 999, /* of {name max N} */
};

struct template_fault {
    int line, column; /* from 1; the column in characters */
    struct errmsg message;
};

struct template_report {
    size_t fault_count; /* of all, also of those past TEMPLATE_FAULTS_MAX */
    struct template_fault faults[TEMPLATE_FAULTS_MAX];
};

/* Returns owned the compiled template. ST_INVALID with the faults in the report (may be NULL) and the first of them
 * in err; ST_NOMEM. text is not kept. */
enum status template_compile(const char *text, size_t len, struct receipt_template **out_template,
                             struct template_report *report, struct errmsg *err);
void template_destroy(struct receipt_template *compiled); /* accepts NULL */
/* Adds the receipt to an initialised page. ST_FULL when the page or the steps are; what a code cannot hold is printed
 * as text, so that no value keeps a receipt from being printed. */
enum status template_run(const struct receipt_template *compiled, const struct receipt_facts *facts,
                         struct page *out_page, struct errmsg *err);

/* The i-th name a template may use and what it is, in words; "lines" of loops end with "[]". NULL past the last. */
const char *template_name(size_t index, const char **out_meaning);
/* Our own templates, which need no change: "ru", and "en" for every other language. Returns a view of the text. */
const char *template_default(const char *language);

#endif
