/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An enrolment waits for the central, minutes at worst. Its client may leave meanwhile, and the API may end: each of
 * the three (client, API, hook) finds out by itself. The hook's answer comes last and frees.
 *
 *   request set, api set     waiting
 *   request NULL             the client has left: the answer is dropped
 *   api NULL                 the API has ended: likewise
 */
#include "agent/api/api_internal.h"

#include "agent/base/json.h"
#include "agent/base/log.h"

#include <stdlib.h>

struct enrolment {
    struct enrolment *next;
    struct api *api;
    struct http_request *request;
};

static void unlink_enrolment(struct enrolment *enrolment)
{
    struct enrolment **at = &enrolment->api->enrolments;

    while (*at != enrolment)
        at = &(*at)->next;
    *at = enrolment->next;
}

static void client_left(void *context)
{
    struct enrolment *enrolment = context;

    enrolment->request = NULL;
}

static void enrolled(void *context, enum problem problem, const char *detail)
{
    struct enrolment *enrolment = context;

    if (enrolment->api) {
        unlink_enrolment(enrolment);
        if (enrolment->request && problem == PROBLEM_NONE)
            api_health(enrolment->api, enrolment->request);
        else if (enrolment->request)
            api_answer_problem(enrolment->api, enrolment->request, problem, detail);
    }
    free(enrolment);
}

static enum problem read_code(struct http_request *request, struct cJSON **out_root, const char **out_code,
                              struct errmsg *err)
{
    size_t len;
    const char *body = http_body(request, &len);

    if (json_parse(body, len, API_SMALL_BODY_MAX, out_root, err) != ST_OK)
        return PROBLEM_BAD_JSON;
    if (json_text(*out_root, "code", API_CODE_MAX, out_code, err) != ST_OK || (*out_code)[0] == '\0') {
        errmsg_set(err, "/code: the code given by the office, 1 to %d characters", API_CODE_MAX);
        return PROBLEM_BAD_FIELD;
    }
    return PROBLEM_NONE;
}

static enum problem start(struct api *api, struct http_request *request, const char *code)
{
    const struct api_hooks *hooks = &api->options.hooks;
    struct enrolment *enrolment;
    int waiting = 0;

    for (enrolment = api->enrolments; enrolment; enrolment = enrolment->next)
        waiting++;
    if (!hooks->enrol)
        return PROBLEM_NO_COURIER;
    enrolment = waiting < API_ENROLMENTS_MAX ? calloc(1, sizeof *enrolment) : NULL;
    if (!enrolment)
        return PROBLEM_BUSY;
    *enrolment = (struct enrolment){.next = api->enrolments, .api = api, .request = request};
    api->enrolments = enrolment;
    /* Parked before the hook is asked: it may answer from within, and a parked request can be answered at any time.
     */
    http_park(request, client_left, enrolment);
    hooks->enrol(hooks->context, code, enrolled, enrolment);
    return PROBLEM_NONE;
}

/* Who gives this till its name is worth a line; whoever came over loopback had the token. */
static void say_who(const struct http_request *request)
{
    uid_t uid;

    if (http_peer_uid(request, &uid))
        log_info("api-03", "enrolment asked for uid=%u", (unsigned)uid);
    else
        log_info("api-04", "enrolment asked for over loopback");
}

void api_enrol(void *context, struct http_request *request)
{
    struct api *api = context;
    struct cJSON *root = NULL;
    struct errmsg err = ERRMSG_INIT;
    const char *code = "";
    enum problem problem = read_code(request, &root, &code, &err);

    say_who(request);
    if (problem == PROBLEM_NONE)
        problem = start(api, request, code);
    if (problem != PROBLEM_NONE)
        api_answer_problem(api, request, problem, err.text);
    json_free(root);
}

void api_forget_enrolments(struct api *api)
{
    struct enrolment *enrolment;

    for (enrolment = api->enrolments; enrolment; enrolment = enrolment->next)
        enrolment->api = NULL;
    api->enrolments = NULL;
}
