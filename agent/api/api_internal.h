/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api_internal - what the files of the API share. Nobody else includes it.
 */
#ifndef LOYALD_API_API_INTERNAL_H
#define LOYALD_API_API_INTERNAL_H

#include "agent/api/api.h"
#include "agent/net/http_server.h"

struct enrolment;

enum { API_ADDRESS_MAX = 256 };

struct api {
    struct api_options options;                   /* views of the caller's texts are dropped after api_create */
    struct http_server *unix_server, *tcp_server; /* owned; NULL: not served there */
    struct enrolment *enrolments;                 /* under way, API_ENROLMENTS_MAX at most; linked */
    int64_t started_unix_ms;
    char page_address[API_ADDRESS_MAX]; /* with the token; "" without TCP */
};

/* ---- routes.c ---- */
extern const struct http_route api_routes[];

/* ---- answer.c ---- */
/* Answers with the problem, in the one shape of all errors; detail may be NULL. */
void api_answer_problem(struct api *api, struct http_request *request, enum problem problem, const char *detail);
/* The body of an error that the HTTP server makes itself. */
void api_write_server_error(void *context, int status, const char *code, const char *message, char *out_json,
                            size_t out_max);

/* ---- enrolment.c ---- */
void api_enrol(void *context, struct http_request *request);
/* Those under way end without the API. */
void api_forget_enrolments(struct api *api);

/* ---- page.c ---- */
/* A file of the cashier page or of the status page: "/" or "/NAME". */
void api_page(void *context, struct http_request *request);
/* The address the page is opened by: GET /v1/page. */
void api_page_address(void *context, struct http_request *request);
/* Makes it, once the server listens. */
void api_make_page_address(struct api *api);

/* ---- words.c ---- */
void api_words(void *context, struct http_request *request);
/* One of them; "" when there is none of that name. */
const char *api_word(const struct api *api, const char *name);

/* ---- member_enrolment.c ---- */
void api_enrolment_terms(void *context, struct http_request *request);
void api_enrol_member(void *context, struct http_request *request);

/* ---- members.c ---- */
void api_find_member(void *context, struct http_request *request);

/* ---- screens.c ---- */
/* GET /v1/screens/{name}: what lies over the sale on the page. */
void api_screen(void *context, struct http_request *request);

/* ---- why.c ---- */
void api_why(void *context, struct http_request *request);

/* ---- health.c ---- */
/* GET /v1/health; what an enrolment that went well is answered, too. */
void api_health(void *context, struct http_request *request);
/* Writes the object of GET /v1/health. */
void api_write_health(struct api *api, struct json_writer *w);

/* ---- status.c ---- */
/* GET /v1/status: what loyalctl status and the status page show. */
void api_status(void *context, struct http_request *request);

/* ---- metrics.c ---- */
void api_metrics(void *context, struct http_request *request);

#endif
