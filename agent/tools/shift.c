/* SPDX-License-Identifier: Apache-2.0 */
/* loyalctl shift show, open, close and sale list: what the drawer is counted against, and what is still open. */
#include "agent/checkup/answer.h"
#include "agent/tools/command.h"

#include "agent/base/json.h"
#include "agent/base/json_writer.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <stdio.h>

void command_show_sums(const cJSON *totals)
{
    static const char *const names[] = {"sales",       "returns",        "voids",     "gross_minor",
                                        "discount_minor", "redeemed_minor", "net_minor", "refund_minor"};
    const cJSON *item;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        printf("%-14s %14" PRId64 "\n", names[i], answer_number(totals, names[i]));
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(totals, "points"))
    {
        printf("points     %s: %" PRId64 " earned, %" PRId64 " redeemed, %" PRId64 " taken back, %" PRId64
               " given back\n",
               answer_text(item, "currency"), answer_number(item, "earned"), answer_number(item, "redeemed"),
               answer_number(item, "taken_back"), answer_number(item, "given_back"));
    }
}

static void show_shift(const cJSON *shift)
{
    const cJSON *totals = cJSON_GetObjectItemCaseSensitive(shift, "totals"), *item;

    printf("shift      %s, %s, cashier %s\n", answer_text(shift, "shift"), answer_text(shift, "state"),
           answer_text(shift, "cashier"));
    command_show_sums(totals);
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(totals, "tenders"))
    {
        printf("tender     %s: %" PRId64 " taken, %" PRId64 " given back\n", answer_text(item, "kind"),
               answer_number(item, "taken_minor"), answer_number(item, "given_back_minor"));
    }
}

int command_shift_show(const struct command_call *call)
{
    return command_show(call, "GET", "/v1/shifts", NULL, show_shift);
}

static int turn(const struct command_call *call, const char *state)
{
    struct strbuf body = STRBUF_INIT(4096);
    struct json_writer w = JSON_WRITER_INIT(&body);
    int exit_status = EXIT_USAGE;

    jw_object_begin(&w);
    jw_field_text(&w, "state", state);
    if (call->word_count > 0)
        jw_field_text(&w, "cashier", call->words[0]);
    jw_object_end(&w);
    if (strbuf_status(&body) == ST_OK)
        exit_status = command_show(call, "POST", "/v1/shifts", body.data, show_shift);
    else
        command_say("the cashier's name is too long");
    strbuf_free(&body);
    return exit_status;
}

int command_shift_open(const struct command_call *call)
{
    return turn(call, "open");
}

int command_shift_close(const struct command_call *call)
{
    return turn(call, "close");
}

static void show_list(const cJSON *answer)
{
    const cJSON *sale;

    cJSON_ArrayForEach(sale, cJSON_GetObjectItemCaseSensitive(answer, "sales"))
    {
        printf("%s %-36s %-10s %14" PRId64 "  untouched %" PRId64 " s %s\n",
               cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(sale, "current")) ? "*" : " ",
               answer_text(sale, "sale_id"), answer_text(sale, "state"), answer_number(sale, "total_minor"),
               answer_number(sale, "untouched_s"), answer_text(sale, "card"));
    }
}

int command_sale_list(const struct command_call *call)
{
    return command_show(call, "GET", "/v1/sales", NULL, show_list);
}
