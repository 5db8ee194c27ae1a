/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/report.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/sha256.h"
#include "sync/central/evaluator.h"
#include "sync/central/ledger.h"
#include "sync/central/member.h"
#include "sync/central/report_list.h"

/* The newest rows of it. */
static enum status write_list_alone(struct central *central, const struct report_list *list, struct json_writer *w,
                                    struct errmsg *err)
{
    return report_list_alone(central->store, list, STORE_VALUES(V_INT(REPORT_ROWS_MAX)), w, err);
}

static enum status write_returns(struct central *central, const char *chain, struct json_writer *w,
                                 struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_TOTAL_RETURNS, &rows, err, V_TEXT(chain));

    if (st != ST_OK)
        return st;
    if (rows_next(rows)) {
        jw_field_int(w, "returns", rows_int(rows, 0));
        jw_field_int(w, "refund_minor", rows_int(rows, 1));
    }
    return rows_end(rows, err);
}

static enum status write_chain(struct central *central, const char *chain, struct json_writer *w, struct errmsg *err)
{
    static const struct {
        const char *name;
        enum statement statement;
    } counts[] = {
        {"stores", STATEMENT_TOTAL_STORES},
        {"tills", STATEMENT_TOTAL_TILLS},
        {"members", STATEMENT_TOTAL_MEMBERS},
        {"records", STATEMENT_TOTAL_RECORDS},
        {"duplicates", STATEMENT_TOTAL_DUPLICATES},
        {"dead_letters", STATEMENT_TOTAL_DEAD},
        {"differences", STATEMENT_TOTAL_DIFFERENCES},
        {"unattached", STATEMENT_TOTAL_UNATTACHED},
        {"voids", STATEMENT_TOTAL_VOIDS},
        {"quarantined", STATEMENT_TOTAL_QUARANTINED},
    };
    static const struct report_list points = {
        "points",
        STATEMENT_TOTAL_POINTS,
        "tiiiiiiii",
        {"currency", "earned", "earned_later", "redeemed", "cost", "opening", "taken_back", "given_back", "balance"}};
    static const char *const sums[] = {"sales",     "gross_minor",   "discount_minor",   "redeemed_minor",
                                       "net_minor", "compared_same", "sales_with_member"};
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_TOTAL_SALES, &rows, err, V_TEXT(chain));

    if (st != ST_OK)
        return st;
    if (rows_next(rows))
        for (int i = 0; i < 7; i++)
            jw_field_int(w, sums[i], rows_int(rows, i));
    st = rows_end(rows, err);
    if (st == ST_OK)
        st = write_returns(central, chain, w, err);
    for (size_t i = 0; st == ST_OK && i < sizeof(counts) / sizeof(counts[0]); i++) {
        int64_t number = 0;

        st = STORE_NUMBER(central->store, counts[i].statement, &number, err, V_TEXT(chain));
        jw_field_int(w, counts[i].name, number);
    }
    return st == ST_OK ? report_list_write(central->store, &points, STORE_VALUES(V_TEXT(chain)), w, err) : st;
}

/* "chains":[{"chain","currency", and what write says of each}] */
static enum status write_chains(struct central *central,
                                enum status (*write)(struct central *central, const char *chain,
                                                     struct json_writer *w, struct errmsg *err),
                                struct json_writer *w, struct errmsg *err)
{
    struct rows *rows;
    enum status st = store_select(central->store, STATEMENT_CHAIN_LIST, NULL, 0, &rows, err), end;

    if (st != ST_OK)
        return st;
    jw_name(w, "chains");
    jw_array_begin(w);
    while (st == ST_OK && rows_next(rows)) {
        jw_object_begin(w);
        jw_field_text(w, "chain", rows_text(rows, 0));
        jw_field_text(w, "currency", rows_text(rows, 1));
        st = write(central, rows_text(rows, 0), w, err);
        jw_object_end(w);
    }
    end = rows_end(rows, st == ST_OK ? err : NULL);
    jw_array_end(w);
    return st == ST_OK ? end : st;
}

enum status report_totals(struct central *central, struct json_writer *w, struct errmsg *err)
{
    bool ok;
    enum status st;

    jw_object_begin(w);
    st = write_chains(central, write_chain, w, err);
    jw_name(w, "ledger");
    if (st == ST_OK)
        st = ledger_check(central, w, &ok, err);
    jw_object_end(w);
    return st;
}

enum status report_differences(struct central *central, struct json_writer *w, struct errmsg *err)
{
    static const struct report_list list = {"differences",
                                            STATEMENT_DIFFERENCE_LIST,
                                            "tttttittttti",
                                            {"chain", "store", "till", "dev", "epoch", "seq", "sale_id", "bundle",
                                             "till_digest", "central_digest", "reason", "at_us"}};

    return write_list_alone(central, &list, w, err);
}

enum status report_dead_letters(struct central *central, struct json_writer *w, struct errmsg *err)
{
    static const struct report_list list = {
        "dead_letters",
        STATEMENT_DEAD_LIST,
        "tttttitti",
        {"chain", "store", "till", "dev", "epoch", "seq", "type", "reason", "at_us"}};

    return write_list_alone(central, &list, w, err);
}

enum status report_notices(struct central *central, struct json_writer *w, struct errmsg *err)
{
    static const struct report_list list = {
        "notices", STATEMENT_NOTICE_LIST, "ittti", {"id", "chain", "dev", "text", "at_us"}};

    return write_list_alone(central, &list, w, err);
}

enum status report_point_rules(struct central *central, struct json_writer *w, struct errmsg *err)
{
    static const struct report_list list = {
        "points",
        STATEMENT_POINT_RULE_LIST,
        "ttiiiii",
        {"chain", "currency", "activation_days", "life_days", "lease_cap", "lease_days", "lost_days"}};

    return write_list_alone(central, &list, w, err);
}

enum status report_leases(struct central *central, struct json_writer *w, struct errmsg *err)
{
    static const struct report_list list = {
        "leases",
        STATEMENT_LEASE_LIST,
        "ttttttiiii",
        {"id", "chain", "store", "till", "member", "currency", "granted", "used", "recalled", "expires_us"}};

    return write_list_alone(central, &list, w, err);
}

/* What the rules published last let a till spend, and all tills together. */
static enum status write_limits(struct central *central, const char *chain, struct json_writer *w, struct errmsg *err)
{
    char sha256[SHA256_TEXT] = "";
    struct exposure exposure = {0};
    int64_t tills = 0, overdrawn = 0;
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_MANIFEST_BUNDLE, &rows, err, V_TEXT(chain));

    if (st != ST_OK)
        return st;
    if (rows_next(rows))
        (void)snprintf(sha256, sizeof(sha256), "%s", rows_text(rows, 0));
    st = rows_end(rows, err);
    if (st == ST_OK)
        st = STORE_NUMBER(central->store, STATEMENT_TOTAL_TILLS, &tills, err, V_TEXT(chain));
    if (st == ST_OK)
        st = STORE_NUMBER(central->store, STATEMENT_TOTAL_OVERDRAWN, &overdrawn, err, V_TEXT(chain));
    if (st == ST_OK && sha256[0])
        st = evaluator_exposure(central->evaluator, sha256, tills, &exposure, err);
    if (st != ST_OK)
        return st;
    jw_field_int(w, "minor_digits", exposure.minor_digits);
    jw_field_int(w, "tills", tills);
    jw_field_int(w, "till_minor", exposure.till_minor);
    jw_field_int(w, "worst_minor", exposure.worst_minor);
    jw_field_int(w, "members_overdrawn", overdrawn);
    return ST_OK;
}

static enum status write_exposure(struct central *central, const char *chain, struct json_writer *w,
                                  struct errmsg *err)
{
    static const struct report_list tills = {"by_till",
                                             STATEMENT_EXPOSURE_TILLS,
                                             "tttiii",
                                             {"store", "till", "dev", "last_seen_us", "floor_sales", "floor_minor"}};
    static const struct report_list points = {
        "by_points",
        STATEMENT_EXPOSURE_POINTS,
        "ttttiiii",
        {"store", "till", "dev", "currency", "leased", "held", "written_off", "overdrawn"}};
    enum status st = write_limits(central, chain, w, err);

    if (st == ST_OK)
        st = report_list_write(central->store, &tills, STORE_VALUES(V_TEXT(chain), V_INT(REPORT_ROWS_MAX)), w, err);
    return st == ST_OK ? report_list_write(central->store, &points,
                                           STORE_VALUES(V_TEXT(chain), V_INT(REPORT_ROWS_MAX)), w, err)
                       : st;
}

enum status report_exposure(struct central *central, struct json_writer *w, struct errmsg *err)
{
    enum status st;

    jw_object_begin(w);
    st = write_chains(central, write_exposure, w, err);
    jw_object_end(w);
    return st;
}

enum status report_member(struct central *central, const char *id, struct json_writer *w, struct errmsg *err)
{
    static const struct report_list postings = {"postings",
                                                STATEMENT_MEMBER_POSTINGS,
                                                "ittiti",
                                                {"posting", "kind", "currency", "amount", "counter", "at_us"}};
    struct rows *rows;
    int found = 0;
    enum status st = STORE_SELECT(central->store, STATEMENT_MEMBER_CHAINS, &rows, err, V_TEXT(id)), end;

    if (st != ST_OK)
        return st;
    jw_object_begin(w);
    jw_name(w, "members");
    jw_array_begin(w);
    while (st == ST_OK && rows_next(rows)) {
        const char *chain = rows_text(rows, 0);
        char into[ID_BYTES] = "";

        found++;
        jw_object_begin(w);
        jw_field_text(w, "chain", chain);
        jw_name(w, "member");
        st = member_write(central, chain, id, NULL, w, err);
        if (st == ST_OK)
            st = member_resolve(central, chain, id, into, err);
        if (st == ST_OK && strcmp(into, id) != 0)
            jw_field_text(w, "merged_into", into);
        if (st == ST_OK)
            st = report_list_write(central->store, &postings, STORE_VALUES(V_TEXT(chain), V_TEXT(id), V_INT(50)), w,
                                   err);
        jw_object_end(w);
    }
    end = rows_end(rows, st == ST_OK ? err : NULL);
    jw_array_end(w);
    jw_object_end(w);
    if (st == ST_OK)
        st = end;
    if (st == ST_OK && found == 0) {
        errmsg_set(err, "member \"%.64s\" is not known", id);
        st = ST_NOT_FOUND;
    }
    return st;
}
