/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/admin_client.h"

#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <curl/curl.h>

#include "agent/base/json.h"
#include "sync/central/admin_server.h"

enum { REPLY_BYTES_MAX = 16 * 1024 * 1024, ASK_TIMEOUT_S = 300 };

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
    struct strbuf *body = context;

    strbuf_add(body, bytes, size * count);
    return strbuf_status(body) == ST_OK ? size * count : 0;
}

static enum status set_up(CURL *curl, const char *socket_path, const char *url, struct strbuf *body)
{
    CURLcode rc = curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket_path);

    if (rc == CURLE_OK)
        rc = curl_easy_setopt(curl, CURLOPT_URL, url);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)ASK_TIMEOUT_S);
    return rc == CURLE_OK ? ST_OK : ST_NOMEM;
}

static enum status set_body(CURL *curl, const char *method, const void *body, size_t len)
{
    CURLcode rc = CURLE_OK;

    if (strcmp(method, "POST") == 0) {
        rc = curl_easy_setopt(curl, CURLOPT_POST, 1L);
        if (rc == CURLE_OK)
            rc = curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
        if (rc == CURLE_OK)
            rc = curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body ? body : "");
    }
    return rc == CURLE_OK ? ST_OK : ST_NOMEM;
}

static enum status read_reply(struct admin_reply *reply, long status, struct errmsg *err)
{
    const char *message;
    enum status st = json_parse(strbuf_text(&reply->body), reply->body.len, REPLY_BYTES_MAX, &reply->root, err);

    if (st != ST_OK) {
        errmsg_wrap(err, "the server answered %ld, which cannot be read", status);
        return st;
    }
    if (status >= 200 && status < 300)
        return ST_OK;
    if (json_text(reply->root, "message", ERRMSG_BYTES_MAX, &message, NULL) == ST_OK)
        errmsg_set(err, "%s", message);
    else
        errmsg_set(err, "the server answered %ld", status);
    return ST_INVALID;
}

enum status admin_ask(const char *state_dir, const char *method, const char *path, const void *body, size_t len,
                      struct admin_reply *out_reply, struct errmsg *err)
{
    struct admin_reply reply = {.body = STRBUF_INIT(REPLY_BYTES_MAX)};
    char socket_path[ADMIN_PATH_MAX], url[1024];
    CURL *curl = curl_easy_init();
    CURLcode rc;
    long status = 0;
    enum status st = curl ? ST_OK : ST_NOMEM;

    admin_socket_path(state_dir, socket_path);
    (void)snprintf(url, sizeof(url), "http://localhost%s", path);
    if (st == ST_OK)
        st = set_up(curl, socket_path, url, &reply.body);
    if (st == ST_OK)
        st = set_body(curl, method, body, len);
    if (st == ST_OK) {
        rc = curl_easy_perform(curl);
        (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        if (rc == CURLE_COULDNT_CONNECT) {
            errmsg_set(err, "no server is running on %s (%s): start it with \"loyal-central serve --state-dir %s\"",
                       state_dir, socket_path, state_dir);
            st = ST_OFFLINE;
        } else if (rc != CURLE_OK) {
            errmsg_set(err, "the server on %s did not answer: %s", socket_path, curl_easy_strerror(rc));
            st = ST_OFFLINE;
        }
    }
    if (st == ST_OK)
        st = read_reply(&reply, status, err);
    curl_easy_cleanup(curl);
    if (st == ST_OK)
        *out_reply = reply;
    else
        admin_reply_clear(&reply);
    return st;
}

void admin_reply_clear(struct admin_reply *reply)
{
    strbuf_free(&reply->body);
    json_free(reply->root);
    reply->root = NULL;
}
