/* SPDX-License-Identifier: Apache-2.0 */
/* loyalctl totals, enrol, sale show, sale copy: one question to loyald each, answered for a person or, with --json,
 * as it came. */
#include "agent/checkup/answer.h"
#include "agent/tools/command.h"

#include "agent/base/ids.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ENROL_TIMEOUT_S = 150 };

int command_show(const struct command_call *call, const char *method, const char *path, const char *body,
                 void (*show)(const cJSON *answer))
{
    struct strbuf answer = STRBUF_INIT(ASK_ANSWER_MAX);
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *root = NULL;
    int exit_status = command_ask(call, method, path, body, body ? strlen(body) : 0, &answer);

    if (exit_status == 0 && json_parse(strbuf_text(&answer), answer.len, ASK_ANSWER_MAX, &root, &err) != ST_OK) {
        command_say("the answer: %s", err.text);
        exit_status = EXIT_NO_DAEMON;
    } else if (exit_status == 0 && call->json) {
        printf("%s\n", strbuf_text(&answer));
    } else if (exit_status == 0) {
        show(root);
    }
    json_free(root);
    strbuf_free(&answer);
    return command_finish(exit_status);
}

/* ---- totals ---- */

static void show_totals(const cJSON *totals)
{
    printf("records    %" PRId64 ", %" PRId64 " of them not yet at the central\n", answer_number(totals, "records"),
           answer_number(totals, "unsynced"));
    command_show_sums(totals);
    printf("digests    %s\n", answer_text(totals, "digests_sha256"));
    if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(totals, "unreadable_records")))
        printf("           some records could not be read: call IT\n");
}

int command_totals(const struct command_call *call)
{
    return command_show(call, "GET", "/v1/totals", NULL, show_totals);
}

/* ---- enrol ---- */

static void show_enrolled(const cJSON *health)
{
    const cJSON *till = cJSON_GetObjectItemCaseSensitive(health, "till");

    printf("enrolled as till %s of store %s, chain %s\n", answer_text(till, "till"), answer_text(till, "store"),
           answer_text(till, "chain"));
}

int command_enrol(const struct command_call *call)
{
    struct command_call patient = *call;
    struct strbuf body = STRBUF_INIT(4096);
    struct json_writer w = JSON_WRITER_INIT(&body);
    int exit_status;

    /* The central answers within a minute or never, behind a slow line. */
    if (patient.ask.timeout_s < ENROL_TIMEOUT_S)
        patient.ask.timeout_s = ENROL_TIMEOUT_S;
    jw_object_begin(&w);
    jw_field_text(&w, "code", call->words[0]);
    jw_object_end(&w);
    if (strbuf_status(&body) != ST_OK) {
        command_say("the code is too long");
        exit_status = EXIT_USAGE;
    } else {
        exit_status = command_show(&patient, "POST", "/v1/enrolment", body.data, show_enrolled);
    }
    strbuf_free(&body);
    return exit_status;
}

/* ---- sales ---- */

static void show_line(const cJSON *line)
{
    const cJSON *adjustment;

    printf("%6" PRId64 " %14" PRId64 " %14" PRId64 " %14" PRId64 "\n", answer_number(line, "line"),
           answer_number(line, "gross_minor"),
           -answer_number(line, "discount_minor") - answer_number(line, "redeemed_minor"),
           answer_number(line, "net_minor"));
    cJSON_ArrayForEach(adjustment, cJSON_GetObjectItemCaseSensitive(line, "adjustments"))
    {
        printf("       %14s %14" PRId64 "  %s\n", "", -answer_number(adjustment, "amount_minor"),
               answer_text(adjustment, "promotion"));
    }
}

static void show_sale(const cJSON *sale)
{
    const cJSON *item, *result = cJSON_GetObjectItemCaseSensitive(sale, "result");
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(sale, "member");

    printf("sale       %s, %s\n", answer_text(sale, "sale_id"), answer_text(sale, "state"));
    if (cJSON_IsObject(member))
        printf("member     %s %s\n", answer_text(member, "id"), answer_text(member, "tier"));
    printf("%6s %14s %14s %14s  (minor units)\n", "line", "gross", "off", "net");
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(result, "lines"))
    {
        show_line(item);
    }
    printf("%6s %14" PRId64 " %14" PRId64 " %14" PRId64 "\n", "total", answer_number(sale, "gross_minor"),
           -answer_number(sale, "discount_minor") - answer_number(sale, "redeemed_minor"),
           answer_number(sale, "total_minor"));
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(result, "points"))
    {
        printf("points     %s: %" PRId64 " earned, %" PRId64 " spent\n", answer_text(item, "currency"),
               answer_number(item, "earned"), answer_number(item, "redeemed") + answer_number(item, "cost"));
    }
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(sale, "notices"))
    {
        printf("notice     %s %s %s\n", answer_text(item, "code"), answer_text(item, "text"),
               answer_text(item, "act"));
    }
}

static void show_copied(const cJSON *sale)
{
    printf("a copy of the receipt of sale %s is on its way to the printer\n", answer_text(sale, "sale_id"));
}

/* The id goes into a path, so only what may be an id does. */
static int about_sale(const struct command_call *call, const char *method, const char *action,
                      void (*show)(const cJSON *answer))
{
    char path[ID_LEN_MAX + 64];

    if (!id_is_valid(call->words[0])) {
        command_say("%s: a sale's id is 1 to %d of A-Z a-z 0-9 . _ : -", call->words[0], ID_LEN_MAX);
        return EXIT_USAGE;
    }
    (void)snprintf(path, sizeof path, "/v1/sales/%s%s", call->words[0], action);
    return command_show(call, method, path, strcmp(method, "POST") == 0 ? "{}" : NULL, show);
}

int command_sale_show(const struct command_call *call)
{
    return about_sale(call, "GET", "", show_sale);
}

int command_sale_copy(const struct command_call *call)
{
    return about_sale(call, "POST", "/copy", show_copied);
}
