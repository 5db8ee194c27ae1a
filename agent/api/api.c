/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/api/api_internal.h"

#include "agent/base/clock.h"
#include "agent/base/crypto.h"

#include <stdlib.h>
#include <string.h>

/* On a socket its mode decides who may; over TCP nobody comes in without a token, and nobody from outside. */
static enum status check(const struct api_options *options, struct errmsg *err)
{
    bool tcp = options->tcp_host || options->tcp_fd > 0;

    if (!options->unix_path && options->unix_fd <= 0 && !tcp) {
        errmsg_set(err, "api: wants a socket path or a TCP address");
        return ST_INVALID;
    }
    if (tcp && (!options->bearer_token || options->bearer_token[0] == '\0')) {
        errmsg_set(err, "api: over TCP a token is demanded, and none is set");
        return ST_INVALID;
    }
    if (options->tcp_host && strncmp(options->tcp_host, "127.", 4) != 0 && strcmp(options->tcp_host, "::1") != 0) {
        errmsg_set(err, "api: %s is not a loopback address (127.0.0.1 or ::1): the API is for this machine only",
                   options->tcp_host);
        return ST_INVALID;
    }
    return ST_OK;
}

static struct http_server_options base_options(struct api *api)
{
    return (struct http_server_options){.loop = api->options.loop,
                                        .routes = api_routes,
                                        .context = api,
                                        .connections_max = API_CONNECTIONS_MAX,
                                        .rate_per_s = API_REQUESTS_PER_S,
                                        .rate_burst = API_REQUESTS_BURST,
                                        .answer_header = "Cache-Control: no-store",
                                        .write_error = api_write_server_error};
}

static enum status serve_unix(struct api *api, struct errmsg *err)
{
    struct http_server_options options = base_options(api);

    options.unix_path = api->options.unix_fd > 0 ? NULL : api->options.unix_path;
    options.unix_mode = api->options.unix_mode;
    options.listen_fd = api->options.unix_fd;
    options.per_peer_max = API_PEER_CONNECTIONS_MAX; /* over loopback all are one address */
    if (!options.unix_path && options.listen_fd <= 0)
        return ST_OK;
    return http_server_create(&options, &api->unix_server, err);
}

static enum status serve_tcp(struct api *api, struct errmsg *err)
{
    struct http_server_options options = base_options(api);

    options.tcp_host = api->options.tcp_fd > 0 ? NULL : api->options.tcp_host;
    options.tcp_port = api->options.tcp_port;
    options.listen_fd = api->options.tcp_fd;
    options.bearer_token = api->options.bearer_token;
    if (!options.tcp_host && options.listen_fd <= 0)
        return ST_OK;
    return http_server_create(&options, &api->tcp_server, err);
}

enum status api_create(const struct api_options *options, struct api **out_api, struct errmsg *err)
{
    enum status st = check(options, err);
    struct api *api = st == ST_OK ? calloc(1, sizeof *api) : NULL;

    if (!api)
        return st == ST_OK ? ST_NOMEM : st;
    api->options = *options;
    api->started_unix_ms = clock_wall_ms(clock_system());
    st = serve_unix(api, err);
    if (st == ST_OK)
        st = serve_tcp(api, err);
    if (st != ST_OK) {
        api_destroy(api);
        return st;
    }
    api_make_page_address(api);
    api->options.unix_path = api->options.tcp_host = api->options.bearer_token = NULL;
    *out_api = api;
    return ST_OK;
}

void api_destroy(struct api *api)
{
    if (!api)
        return;
    http_server_destroy(api->unix_server);
    http_server_destroy(api->tcp_server);
    api_forget_enrolments(api);
    crypto_wipe(api->page_address, sizeof api->page_address);
    free(api);
}

uint16_t api_tcp_port(const struct api *api)
{
    return api->tcp_server ? http_server_port(api->tcp_server) : 0;
}
