/* SPDX-License-Identifier: Apache-2.0 */
/* What the office set up, and figures of how it goes. */
#include "sync/central/report.h"
#include "sync/central/report_list.h"

enum { STORES_LISTED_MAX = 20000, HEARD_S = 15 * 60 };

enum status report_chains(struct central *central, struct json_writer *w, struct errmsg *err)
{
    static const struct report_list chains = {
        "chains",
        STATEMENT_CHAIN_SETUP,
        "ttttiiii",
        {"id", "name", "currency", "language", "threshold", "keys", "stores", "tills"}};

    return report_list_alone(central->store, &chains, NULL, 0, w, err);
}

enum status report_stores(struct central *central, struct json_writer *w, struct errmsg *err)
{
    static const struct report_list stores = {
        "stores", STATEMENT_STORE_LIST, "tttji", {"chain", "id", "name", "attrs", "tills"}};

    return report_list_alone(central->store, &stores, STORE_VALUES(V_INT(STORES_LISTED_MAX)), w, err);
}

enum status report_metrics(struct central *central, struct json_writer *w, struct errmsg *err)
{
    static const struct report_list chains = {"chains",
                                              STATEMENT_METRICS,
                                              "tiiiiiiiiiiii",
                                              {"chain", "tills", "tills_heard", "tills_quarantined",
                                               "tills_refused_rules", "records_to_send", "records_to_book",
                                               "duplicates", "certificate_first_end_us", "rules_version",
                                               "tills_on_rules", "dead_letters", "rollouts_halted"}};
    int64_t since_us = central_now_us(central) - INT64_C(1000000) * HEARD_S;

    return report_list_alone(central->store, &chains, STORE_VALUES(V_INT(since_us)), w, err);
}
