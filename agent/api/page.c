/* SPDX-License-Identifier: Apache-2.0 */
/* The cashier page and the status page: files built in, with headers that let it run its own script, talk to us and nothing else,
 * and be shown by nobody else. */
#include "agent/api/api_internal.h"

#include "agent/base/embedded.h"
#include "agent/base/json_writer.h"

#include <stdio.h>
#include <string.h>

extern const struct embedded_file api_page_files[], api_status_files[];

static const char *const headers[][2] = {
    {"Content-Security-Policy",
     "default-src 'none'; img-src data:; script-src 'self'; style-src 'self'; connect-src 'self'; "
     "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
     "require-trusted-types-for 'script'"},
    {"X-Frame-Options", "DENY"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(), microphone=(), geolocation=(), usb=(), serial=(), payment=()"},
};

static const char *type_of(const char *name)
{
    const char *dot = strrchr(name, '.');

    if (strcmp(dot, ".js") == 0)
        return "text/javascript; charset=utf-8";
    return strcmp(dot, ".css") == 0 ? "text/css; charset=utf-8" : "text/html; charset=utf-8";
}

static const struct embedded_file *find_file(const struct embedded_file *files, const char *name)
{
    for (; files->name; files++)
        if (strcmp(files->name, name) == 0)
            return files;
    return NULL;
}

void api_page(void *context, struct http_request *request)
{
    const char *name = http_path(request) + 1;
    const struct embedded_file *file;

    if (name[0] == '\0')
        name = "index.html";
    else if (strcmp(name, "status") == 0)
        name = "status.html";
    file = find_file(api_page_files, name);
    if (!file)
        file = find_file(api_status_files, name);
    if (!file) { /* a route without a file */
        api_answer_problem(context, request, PROBLEM_NO_ROUTE, name);
        return;
    }
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        http_add_header(request, headers[i][0], headers[i][1]);
    http_answer(request, 200, type_of(name), file->text, strlen(file->text));
}

/* ---- how it is opened ---- */

/* The token is in the fragment, which a browser sends to nobody. */
void api_make_page_address(struct api *api)
{
    const char *host = api->options.tcp_host ? api->options.tcp_host : "127.0.0.1";
    bool v6 = strchr(host, ':');

    if (api->tcp_server)
        (void)snprintf(api->page_address, sizeof api->page_address, "http://%s%s%s:%u/#token=%s", v6 ? "[" : "", host,
                       v6 ? "]" : "", api_tcp_port(api), api->options.bearer_token);
}

void api_page_address(void *context, struct http_request *request)
{
    struct api *api = context;
    struct strbuf out = STRBUF_INIT(2 * API_ADDRESS_MAX);
    struct json_writer w = JSON_WRITER_INIT(&out);

    if (api->page_address[0] == '\0') {
        api_answer_problem(api, request, PROBLEM_NO_ROUTE, "the page is served over TCP: set [api] port");
        return;
    }
    /* Whoever may ask this has the socket or the token already. */
    jw_object_begin(&w);
    jw_field_text(&w, "address", api->page_address);
    jw_object_end(&w);
    http_answer(request, 200, "application/json", strbuf_text(&out), out.len);
    strbuf_free(&out);
}
