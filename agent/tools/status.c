/* SPDX-License-Identifier: Apache-2.0 */
/* loyalctl status: for a person and, by its exit status and first line, for monitoring. A till that does not answer
 * is critical. */
#include "agent/tools/status_screen.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/tools/doctor.h"

#include <stdio.h>

static enum level cannot_tell(enum status st, const char *why)
{
    enum level level = st == ST_OFFLINE || st == ST_TIMEOUT ? LEVEL_CRITICAL : LEVEL_UNKNOWN;

    printf("%s: %s\n", level_word(level), why);
    return level;
}

static enum status ask_health(const struct command_call *call, struct strbuf *answer, struct cJSON **out_health,
                              struct errmsg *err)
{
    long http_status = 0;
    enum status st = ask_call(&call->ask, "GET", "/v1/health", NULL, 0, answer, &http_status, err);

    if (st == ST_OK && http_status != 200) {
        ask_explain(strbuf_text(answer), answer->len, http_status, err);
        st = ST_INVALID;
    }
    return st == ST_OK ? json_parse(strbuf_text(answer), answer->len, ASK_ANSWER_MAX, out_health, err) : st;
}

int command_status(const struct command_call *call)
{
    static struct doctor machine; /* large, and the only one of this process */
    struct strbuf answer = STRBUF_INIT(ASK_ANSWER_MAX), screen = STRBUF_INIT(ASK_ANSWER_MAX);
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *health = NULL;
    enum level level;
    enum status st = ask_health(call, &answer, &health, &err);

    if (st != ST_OK) {
        level = cannot_tell(st, err.text);
    } else { /* the exit status is the same with --json */
        doctor_look_at_machine(&machine, call);
        level = status_screen(health, &machine, &call->config->limits, clock_wall_ms(clock_system()), &screen);
        printf("%s%s", strbuf_text(call->json ? &answer : &screen), call->json ? "\n" : "");
    }
    json_free(health);
    strbuf_free(&answer);
    strbuf_free(&screen);
    return fflush(stdout) == 0 ? (int)level : (int)LEVEL_UNKNOWN;
}
