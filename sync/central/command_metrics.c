/* SPDX-License-Identifier: Apache-2.0 */
/* metrics: the figures of report_metrics as OpenMetrics text, for Prometheus and its kin (a file of its node
 * exporter's textfile collector, written anew each minute). No label names a till, a member or a card. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/ids.h"
#include "agent/base/json.h"
#include "sync/central/command_ask.h"

struct metric {
    const char *name; /* without "loyal_central_" */
    const char *type, *help;
    const char *member;
    int64_t unit; /* the value is divided by it */
};

static const struct metric metrics[] = {
    {"tills", "gauge", "Tills in use: enrolled and not revoked.", "tills", 1},
    {"tills_heard", "gauge", "Of these, heard of in the last 15 minutes.", "tills_heard", 1},
    {"tills_quarantined", "gauge", "Of these, with a history that splits.", "tills_quarantined", 1},
    {"tills_refused_rules", "gauge", "Of these, refused the last rules they were sent.", "tills_refused_rules", 1},
    {"tills_on_rules", "gauge", "Of these, selling by the newest rules published.", "tills_on_rules", 1},
    {"rules_version", "gauge", "Version of these rules.", "rules_version", 1},
    {"records_to_send", "gauge", "Records that tills said they have and the central has not.", "records_to_send", 1},
    {"records_to_book", "gauge", "Records taken in and not booked yet.", "records_to_book", 1},
    {"records_twice", "counter", "Records that came again and were dropped.", "duplicates", 1},
    {"certificate_first_end_seconds", "gauge", "Unix time at which the first of the tills' certificates ends.",
     "certificate_first_end_us", 1000000},
    {"dead_letters", "gauge", "Records that could not be interpreted.", "dead_letters", 1},
    {"rollouts_halted", "gauge", "Roll-outs that stand still.", "rollouts_halted", 1},
};

static void print_metric(const struct metric *metric, const struct cJSON *chains)
{
    const char *total = strcmp(metric->type, "counter") == 0 ? "_total" : "";
    const struct cJSON *chain;

    printf("# TYPE loyal_central_%s %s\n# HELP loyal_central_%s %s\n", metric->name, metric->type, metric->name,
           metric->help);
    cJSON_ArrayForEach(chain, chains)
    {
        const char *id = ""; /* a name (ids.h): nothing in it ends a label */

        (void)json_text(chain, "chain", ID_LEN_MAX, &id, NULL);
        printf("loyal_central_%s%s{chain=\"%s\"} %" PRId64 "\n", metric->name, total, id,
               command_number(chain, metric->member) / metric->unit);
    }
}

static enum status print(const struct cJSON *root, struct errmsg *err)
{
    const struct cJSON *chains = NULL;
    enum status st = json_array(root, "chains", &chains, err);

    for (size_t i = 0; st == ST_OK && i < sizeof(metrics) / sizeof(metrics[0]); i++)
        print_metric(&metrics[i], chains);
    if (st == ST_OK)
        printf("# EOF\n");
    return st;
}

enum status command_metrics(const struct command_call *call, struct errmsg *err)
{
    return command_show(call, "/admin/metrics", print, err);
}
