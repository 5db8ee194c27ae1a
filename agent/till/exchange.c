/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/exchange.h"

#include "agent/till/past.h"
#include "agent/till/tree.h"

#include <string.h>

struct parts {
    int returns;
    bool sold;
    int64_t refund_minor;
};

static enum problem find_parts(struct till *till, const char *id, struct parts *out_parts, struct errmsg *err)
{
    struct parts parts = {0};
    struct past_tied tied;
    enum status st = past_tied_to(till, id, &tied, err);

    for (int i = 0; st == ST_OK && i < tied.count; i++) {
        struct past past;

        st = past_find(till, tied.ids[i], &past, err);
        if (st != ST_OK)
            break;
        if (strcmp(past.type, "return") == 0 && strcmp(tree_text(past.tree, "exchange"), id) == 0) {
            parts.returns++;
            parts.refund_minor += tree_int(tree_child(past.tree, "result"), "refund_minor");
        }
        parts.sold = parts.sold || strcmp(past.type, "sale") == 0;
        past_clear(&past);
    }
    *out_parts = parts;
    return st == ST_OK && !tied.more ? PROBLEM_NONE : PROBLEM_INTERNAL;
}

enum problem exchange_may_take_back(struct till *till, const char *id, struct errmsg *err)
{
    struct parts parts;
    enum problem problem = id[0] == '\0' ? PROBLEM_NONE : find_parts(till, id, &parts, err);

    if (id[0] == '\0' || problem != PROBLEM_NONE || !parts.sold)
        return problem;
    errmsg_set(err, "exchange %s", id);
    return PROBLEM_EXCHANGE_DONE;
}

enum problem exchange_refund(struct till *till, const char *id, int64_t *out_refund_minor, struct errmsg *err)
{
    struct parts parts;
    enum problem problem = find_parts(till, id, &parts, err);

    if (problem != PROBLEM_NONE)
        return problem;
    if (parts.sold || parts.returns == 0) {
        errmsg_set(err, "exchange %s", id);
        return parts.sold ? PROBLEM_EXCHANGE_DONE : PROBLEM_NO_EXCHANGE;
    }
    *out_refund_minor = parts.refund_minor;
    return PROBLEM_NONE;
}
