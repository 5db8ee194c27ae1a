/* SPDX-License-Identifier: Apache-2.0 */
/* Answers: a handler's, and the errors the server makes itself. */
#include "agent/net/http_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/log.h"

void http_add_header(struct http_request *request, const char *name, const char *value)
{
    char *name_copy, *value_copy;

    if (request->header_count == HTTP_HEADERS_MAX) {
        log_error("http-01", "a handler adds too many headers, dropped name=%s", name);
        return;
    }
    name_copy = strdup(name);
    value_copy = strdup(value);
    if (!name_copy || !value_copy) {
        log_error("http-02", "out of memory for a header, dropped name=%s", name);
        free(name_copy);
        free(value_copy);
        return;
    }
    request->header_names[request->header_count] = name_copy;
    request->header_values[request->header_count] = value_copy;
    request->header_count++;
}

static void add_to_response(struct MHD_Response *response, const char *name, const char *value)
{
    if (MHD_add_response_header(response, name, value) != MHD_YES)
        log_error("http-03", "a header was not accepted, dropped name=%s", name);
}

void http_request_set_answer(struct http_request *request, int status, const char *content_type,
                             struct MHD_Response *response)
{
    const struct http_server *server = request->server;
    int i;

    if (content_type && content_type[0])
        add_to_response(response, "Content-Type", content_type);
    if (server->answer_header_name)
        add_to_response(response, server->answer_header_name, server->answer_header_value);
    for (i = 0; i < request->header_count; i++)
        add_to_response(response, request->header_names[i], request->header_values[i]);
    if (server->stopping)
        add_to_response(response, "Connection", "close");
    request->status = status;
    if (request->response)
        MHD_destroy_response(request->response);
    request->response = response;
}

/* Without memory for an answer the connection is closed: request->response stays NULL. */
static void set_bytes(struct http_request *request, int status, const char *content_type, const void *body,
                      size_t len)
{
    /* The library's face lacks a const; it copies. */
    struct MHD_Response *response =
        MHD_create_response_from_buffer(len, (void *)(uintptr_t)body, MHD_RESPMEM_MUST_COPY);

    if (response)
        http_request_set_answer(request, status, content_type, response);
    else
        log_error("http-04", "out of memory for an answer, closing bytes=%zu", len);
}

void http_answer(struct http_request *request, int status, const char *content_type, const void *body, size_t len)
{
    if (request->state != HTTP_HANDLED && request->state != HTTP_PARKED) {
        log_error("http-05", "a request was answered twice status=%d", status);
        return;
    }
    request->state = HTTP_ANSWERED;
    set_bytes(request, status, content_type, body, len);
    http_request_wake(request);
}

void http_request_refuse(struct http_request *request, int status, const char *code, const char *message)
{
    const struct http_server *server = request->server;
    char json[HTTP_ERROR_BYTES_MAX] = "";

    if (server->write_error)
        server->write_error(server->context, status, code, message, json, sizeof json);
    else /* both texts are our own and need no escapes */
        (void)snprintf(json, sizeof json, "{\"code\":\"%s\",\"message\":\"%s\"}", code, message);
    strbuf_free(&request->body);
    request->state = HTTP_REFUSED;
    set_bytes(request, status, "application/json", json, strlen(json));
}
