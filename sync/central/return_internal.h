/* SPDX-License-Identifier: Apache-2.0 */
/* return_internal - what the parts of a return's booking share: reading the sale it is of (return_sale.c), working it
 * out again (return_compare.c), the books (interpret_return.c). */
#ifndef LOYALD_CENTRAL_RETURN_INTERNAL_H
#define LOYALD_CENTRAL_RETURN_INTERNAL_H

#include "agent/base/json_writer.h"
#include "sync/central/interpret.h"
#include "sync/protocol/record.h"

struct cJSON;

/* One return on its way into the books. Texts are views of root. */
struct return_booking {
    struct central *central;
    const struct interpret_record *record;
    struct cJSON *root;
    const struct cJSON *result;
    const char *return_id, *sale_id, *policy, *named_member;
    int64_t refund_minor;
    char member[ID_BYTES];
    struct strbuf sale; /* body of the sale's record; empty: not known here */
    bool sale_named;    /* the sale named its member: nothing was earned by it later */
    const char *compared;
};

/* Appends the body of the sale's record; ST_NOT_FOUND when the sale was not booked here. member may be NULL. */
enum status return_read_sale(struct central *central, const char *chain, const char *sale_id, struct strbuf *out_body,
                             char member[ID_BYTES], struct errmsg *err);
/* Writes the results of the sale's returns as an array: those that only names, or all when it is NULL. */
enum status return_write_earlier(struct central *central, const char *chain, const char *sale_id,
                                 const struct cJSON *only, const char *but, struct json_writer *w, int *out_count,
                                 struct errmsg *err);
/* Works the return out again and sets how it compares; what differs is reported. */
enum status return_compare(struct return_booking *booking, struct errmsg *err);

#endif
