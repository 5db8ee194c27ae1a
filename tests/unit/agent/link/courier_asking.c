/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/agent/link/courier_asking.h"

#include <stdio.h>
#include <string.h>

struct rig rig;

void asking_begin(void)
{
    rig_begin(&rig, false);
    rig_connect(&rig);
}

void asking_end(void)
{
    rig_end(&rig);
}

void told(void *context, const struct courier_answer *answer)
{
    struct outcome *outcome = context;
    size_t len;

    outcome->answers++;
    outcome->outcome = answer->outcome;
    outcome->http_status = answer->http_status;
    outcome->retry_after_ms = answer->retry_after_ms;
    (void)snprintf(outcome->text, sizeof outcome->text, "%s", answer->text ? answer->text : "");
    if (outcome->again > 0) {
        outcome->again--;
        ask(outcome->next ? outcome->next : outcome, DEADLINE_MS);
    }
    /* Last: what was asked above may not take the answer away. memcpy, whose reading the sanitizers see. */
    len = answer->len < sizeof outcome->body ? answer->len : sizeof outcome->body - 1;
    memcpy(outcome->body, answer->body, len);
    outcome->body[len] = '\0';
}

void ask(struct outcome *outcome, int64_t deadline_ms)
{
    struct operation_args args = {.values = {"00112233445566778899aabbccddeeff"}};

    courier_ask(rig.link->courier, OP_MEMBER, &args, NULL, 0, deadline_ms, told, outcome);
}

static struct outcome *awaited;

static bool is_answered(struct rig *ignored)
{
    (void)ignored;
    return awaited->answers > 0;
}

void until_answered(struct outcome *outcome)
{
    awaited = outcome;
    rig_until(&rig, is_answered, "the answer");
}

bool is_closed(struct rig *r)
{
    return r->closed;
}

bool is_greeted(struct rig *r)
{
    return r->hello[0] != '\0';
}
