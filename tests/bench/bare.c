/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bare.h"

#include "agent/net/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 512, PEM_BYTES_MAX = 16384 };

void bare_must(bool good, const char *what, const char *why)
{
    if (good)
        return;
    (void)fprintf(stderr, "bench: %s: %s\n", what, why ? why : "");
    exit(1);
}

static char *read_pem(const char *dir, const char *name)
{
    char path[PATH_BYTES];
    char *text = calloc(1, PEM_BYTES_MAX);
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    file = fopen(path, "r");
    bare_must(text && file && fread(text, 1, PEM_BYTES_MAX - 1, file) > 0, path, "cannot be read");
    (void)fclose(file);
    return text;
}

static void on_stop(void *context)
{
    loop_stop(context);
}

int bare_serve(const char *certs, http_handler *handler, void *context, int tell_fd)
{
    const struct http_route routes[] = {{"POST", "/v1/batch", HTTP_AUTH_CERTIFICATE, handler, BARE_BODY_BYTES_MAX},
                                        {0}};
    struct http_server_options options = {.routes = routes,
                                          .context = context,
                                          .tcp_host = "127.0.0.1",
                                          .certificate_pem = read_pem(certs, "server.pem"),
                                          .key_pem = read_pem(certs, "server.key"),
                                          .client_ca_pem = read_pem(certs, "ca.pem")};
    struct errmsg err = ERRMSG_INIT;
    struct http_server *server;
    uint16_t port;

    bare_must(loop_create(&options.loop, &err) == ST_OK && http_server_create(&options, &server, &err) == ST_OK &&
                  loop_on_stop_signal(options.loop, on_stop, options.loop, &err) == ST_OK,
              "the far end", err.text);
    port = http_server_port(server);
    bare_must(write(tell_fd, &port, sizeof port) == sizeof port, "the far end", "cannot tell its port");
    loop_run(options.loop);
    return 0;
}

static size_t take_answer(char *bytes, size_t size, size_t count, void *context)
{
    strbuf_add(context, bytes, size * count);
    return size * count;
}

CURL *bare_connect(const char *certs, uint16_t port, bool gzip, struct strbuf *out_answer)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    CURL *curl = curl_easy_init();
    char text[PATH_BYTES];

    if (gzip)
        headers = curl_slist_append(headers, "Content-Encoding: gzip");
    (void)snprintf(text, sizeof text, "https://localhost:%u/v1/batch", port);
    curl_easy_setopt(curl, CURLOPT_URL, text);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, out_answer);
    (void)snprintf(text, sizeof text, "%s/ca.pem", certs);
    curl_easy_setopt(curl, CURLOPT_CAINFO, text);
    (void)snprintf(text, sizeof text, "%s/client.pem", certs);
    curl_easy_setopt(curl, CURLOPT_SSLCERT, text);
    (void)snprintf(text, sizeof text, "%s/client.key", certs);
    curl_easy_setopt(curl, CURLOPT_SSLKEY, text);
    curl_easy_setopt(curl, CURLOPT_TCP_NODELAY, 1L);
    return curl;
}

void bare_post(CURL *curl, const void *body, size_t len, struct strbuf *out_answer)
{
    CURLcode rc;

    strbuf_clear(out_answer);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)len);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    rc = curl_easy_perform(curl);
    bare_must(rc == CURLE_OK, "sending", curl_easy_strerror(rc));
}
