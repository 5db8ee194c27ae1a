/* SPDX-License-Identifier: Apache-2.0 */
/* By whose word the rulebook takes rules. */
#include "agent/till/rulebook_internal.h"

static void fetch_root(void *context, int64_t version)
{
    struct rulebook *book = context;

    if (book->options.fetch_root)
        book->options.fetch_root(book->options.context, version);
}

static void forgot_rules(void *context)
{
    rulebook_read_versions(context);
}

static void trust_settled(void *context)
{
    struct rulebook *book = context;

    if (book->progress == NONE)
        rulebook_take_next(book);
}

enum status rulebook_start_trust(struct rulebook *book, struct errmsg *err)
{
    const struct trust_options options = {.loop = book->options.loop,
                                          .clock = book->options.clock,
                                          .journal = book->options.journal,
                                          .identity = book->options.identity,
                                          .boot_id = book->options.boot_id,
                                          .fetch_root = fetch_root,
                                          .forgot_rules = forgot_rules,
                                          .settled = trust_settled,
                                          .context = book};

    return trust_create(&options, &book->trust, err);
}

struct trust *rulebook_trust(struct rulebook *book)
{
    return book->trust;
}

void rulebook_vouch(struct rulebook *book, const char *timestamp, size_t len, const char *signatures_json,
                    size_t signatures_len)
{
    trust_offer(book->trust, timestamp, len, signatures_json, signatures_len);
}
