/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include <cjson/cJSON.h>

#include "agent/base/json.h"
#include "agent/base/plural.h"
#include "sync/central/admin_client.h"
#include "sync/central/command.h"
#include "sync/central/table.h"

enum { EXIT_UNKNOWN = 3 };

/* The first line is what a monitor shows. */
static void print_fleet(const struct cJSON *root, int64_t level)
{
    static const struct table_column columns[] = {
        {"chain", "chain", TABLE_TEXT},
        {"store", "store", TABLE_TEXT},
        {"till", "till", TABLE_TEXT},
        {"version", "version", TABLE_TEXT},
        {"rules", "rules", TABLE_NUMBER},
        {"newest", "rules_newest", TABLE_NUMBER},
        {"ring", "ring", TABLE_TEXT},
        {"queue", "queue", TABLE_NUMBER},
        {"oldest s", "oldest_s", TABLE_NUMBER},
        {"silent s", "silent_s", TABLE_NUMBER},
        {"clock ms", "skew_ms", TABLE_NUMBER},
        {"cert days", "cert_days", TABLE_NUMBER},
        {"devices", "devices", TABLE_TEXT},
        {"level", "level", TABLE_NUMBER},
        {"why", "why", TABLE_TEXT},
        {0},
    };
    static const char *const words[] = {"OK", "WARNING", "CRITICAL"};
    const struct cJSON *list = cJSON_GetObjectItemCaseSensitive(root, "tills"), *till;
    int count[3] = {0};

    cJSON_ArrayForEach(till, list)
    {
        int64_t one = 0;

        (void)json_int(till, "level", 0, 2, &one, NULL);
        count[one]++;
    }
    printf("%s: %d %s good, %d to look at, %d bad\n", words[level], count[0], plural(count[0], "till", "tills"),
           count[1], count[2]);
    table_print(stdout, list, columns);
}

enum status command_fleet(const struct command_call *call, struct errmsg *err)
{
    struct admin_reply reply;
    int64_t level = 0;
    enum status st = admin_ask(call->state_dir, "GET", "/admin/fleet", NULL, 0, &reply, err);

    if (st != ST_OK) {
        *call->exit_code = EXIT_UNKNOWN;
        return st;
    }
    st = json_int(reply.root, "level", 0, 2, &level, err);
    if (st == ST_OK && call->json)
        printf("%s\n", strbuf_text(&reply.body));
    else if (st == ST_OK)
        print_fleet(reply.root, level);
    *call->exit_code = st == ST_OK ? (int)level : EXIT_UNKNOWN;
    admin_reply_clear(&reply);
    return st;
}
