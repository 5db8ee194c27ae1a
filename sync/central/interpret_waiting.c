/* SPDX-License-Identifier: Apache-2.0 */
/* Sales of cards that nobody had, posted when a card has got its member. */
#include <stdio.h>

#include "sync/central/member.h"
#include "sync/central/sale_booking.h"
#include "sync/protocol/record.h"

/* A sale that waits, copied: what posts it reads the journal as well. */
struct waiting {
    char dev[HEX64_TEXT], epoch[HEX64_TEXT];
    int64_t seq;
    struct strbuf bytes;
};

static enum status read_waiting(struct central *central, const char *chain, const char *hash, struct waiting *waiting,
                                bool *out_found, struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_UNATTACHED_NEXT, &rows, err, V_TEXT(chain), V_TEXT(hash));

    if (st != ST_OK)
        return st;
    *out_found = rows_next(rows);
    if (*out_found) {
        size_t len;
        const void *bytes = rows_blob(rows, 3, &len);

        (void)snprintf(waiting->dev, sizeof(waiting->dev), "%s", rows_text(rows, 0));
        (void)snprintf(waiting->epoch, sizeof(waiting->epoch), "%s", rows_text(rows, 1));
        waiting->seq = rows_int(rows, 2);
        strbuf_add(&waiting->bytes, bytes, len);
    }
    st = rows_end(rows, err);
    return st == ST_OK ? strbuf_status(&waiting->bytes) : st;
}

static enum status parse_waiting(const struct waiting *waiting, struct sale_record *sale, struct errmsg *err)
{
    struct record_head head;
    const char *body;
    size_t body_len;
    enum status st = record_parse(waiting->bytes.data, waiting->bytes.len, &head, &body, &body_len, err);

    return st == ST_OK ? sale_record_parse(body, body_len, sale, err) : st;
}

/* It was read when it was booked; what cannot be read any more stays a sale of nobody, and does not hold up others.
 */
static enum status give_up_waiting(struct central *central, const char *chain, const struct waiting *waiting,
                                   const struct errmsg *reason, struct errmsg *err)
{
    char text[ERRMSG_BYTES_MAX + 128];

    (void)snprintf(text, sizeof(text), "record %lld of till %s cannot be posted to the member of its card: %s",
                   (long long)waiting->seq, waiting->dev, reason->text);
    return notice_put(central, chain, "", text, err);
}

static enum status post_waiting(struct central *central, const char *chain, const char *hash,
                                const struct waiting *waiting, struct errmsg *err)
{
    struct sale_record sale;
    struct errmsg reason = ERRMSG_INIT;
    struct sale_booking booking = {.central = central,
                                   .chain = chain,
                                   .dev = waiting->dev,
                                   .epoch = waiting->epoch,
                                   .seq = waiting->seq,
                                   .sale = &sale};
    enum status st = parse_waiting(waiting, &sale, &reason);

    if (interpret_is_fault(st))
        *err = reason;
    if (st != ST_OK)
        return interpret_is_fault(st) ? st : give_up_waiting(central, chain, waiting, &reason, err);
    st = member_by_identifier(central, chain, hash, booking.member, err);
    if (st == ST_OK)
        st = STORE_RUN(central->store, STATEMENT_SALE_MEMBER, err, V_TEXT(chain), V_TEXT(sale.sale_id),
                       V_TEXT(booking.member));
    if (st == ST_OK)
        st = sale_post_identified(&booking, err);
    sale_record_clear(&sale);
    return st;
}

enum status interpret_attach_next(struct central *central, const char *chain, const char *hash, bool *out_found,
                                  struct errmsg *err)
{
    struct waiting waiting = {.bytes = STRBUF_INIT(RECORD_BYTES_MAX)};
    enum status st = read_waiting(central, chain, hash, &waiting, out_found, err);

    if (st == ST_OK && *out_found)
        st = post_waiting(central, chain, hash, &waiting, err);
    if (st == ST_OK && *out_found)
        st = STORE_RUN(central->store, STATEMENT_UNATTACHED_DELETE, err, V_TEXT(waiting.dev), V_TEXT(waiting.epoch),
                       V_INT(waiting.seq));
    strbuf_free(&waiting.bytes);
    return st;
}

enum status interpret_is_unattached(struct central *central, const char *chain, const char *hash, bool *out_any,
                                    struct errmsg *err)
{
    int64_t count = 0;
    enum status st =
        STORE_NUMBER(central->store, STATEMENT_UNATTACHED_COUNT, &count, err, V_TEXT(chain), V_TEXT(hash));

    *out_any = count > 0;
    return st;
}
