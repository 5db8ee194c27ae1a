/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/ask.h"

#include "agent/base/json.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <curl/curl.h>

/* libcurl says "could not connect" for all of them; the socket itself knows which. */
static enum status why_not(const char *path, int error, struct errmsg *err)
{
    switch (error) {
    case ENOENT:
        errmsg_set(err,
                   "loyald is not running: there is no socket %s. Start it (systemctl start loyald), or name its "
                   "place with --socket or --state-dir",
                   path);
        return ST_OFFLINE;
    case ECONNREFUSED:
        errmsg_set(err,
                   "loyald is not running: nobody listens on %s. Start it (systemctl start loyald) and look at its "
                   "log (journalctl -u loyald)",
                   path);
        return ST_OFFLINE;
    case EACCES:
    case EPERM:
        errmsg_set(err, "not allowed to use %s: become a member of the group it belongs to, or use sudo", path);
        return ST_DENIED;
    default:
        errmsg_set(err, "%s: %s", path, strerror(error));
        return ST_IO;
    }
}

static enum status probe(const char *path, struct errmsg *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd, error = 0;

    if (strlen(path) >= sizeof address.sun_path) {
        errmsg_set(err, "%s: the path of a socket has at most %zu bytes", path, sizeof address.sun_path - 1);
        return ST_INVALID;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        error = errno;
    if (fd >= 0)
        (void)close(fd);
    return error ? why_not(path, error, err) : ST_OK;
}

struct transfer {
    CURL *curl;
    ask_take_fn *take;
    void *context;
    long *out_http_status;
    struct errmsg *err;
    enum status st;
};

static size_t received(char *bytes, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    size_t len = size * count;

    (void)curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, transfer->out_http_status);
    transfer->st = transfer->take(transfer->context, bytes, len, transfer->err);
    return transfer->st == ST_OK ? len : 0; /* less than len ends the transfer */
}

static void set_up(const struct ask *ask, CURL *curl, const char *method, const char *url, const char *body,
                   size_t len, struct curl_slist *headers)
{
    (void)curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, ask->socket_path);
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_NOPROXY, "*"); /* a proxy of the environment has no say in a socket */
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)ask->timeout_s);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, received);
    if (body) {
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
    }
    (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
}

static enum status read_outcome(const struct ask *ask, CURLcode rc, const struct transfer *transfer)
{
    struct errmsg *err = transfer->err;

    if (rc == CURLE_OK)
        return ST_OK;
    if (transfer->st != ST_OK)
        return transfer->st;
    if (rc == CURLE_OPERATION_TIMEDOUT) {
        errmsg_set(err, "loyald did not answer within %d s; look at its log (journalctl -u loyald)", ask->timeout_s);
        return ST_TIMEOUT;
    }
    errmsg_set(err, "loyald closed the connection: %s", curl_easy_strerror(rc));
    return ST_OFFLINE;
}

enum status ask_stream(const struct ask *ask, const char *method, const char *path, const char *body, size_t len,
                       ask_take_fn *take, void *context, long *out_http_status, struct errmsg *err)
{
    struct transfer transfer = {.take = take, .context = context, .out_http_status = out_http_status, .err = err};
    struct strbuf url = STRBUF_INIT(4096);
    struct curl_slist *headers = NULL;
    enum status st = probe(ask->socket_path, err);

    if (st != ST_OK)
        return st;
    strbuf_printf(&url, "http://localhost%s%s", path[0] == '/' ? "" : "/", path);
    st = strbuf_status(&url);
    transfer.curl = st == ST_OK ? curl_easy_init() : NULL;
    if (body)
        headers = curl_slist_append(NULL, "Content-Type: application/json");
    if (!transfer.curl || (body && !headers)) {
        st = st == ST_OK ? ST_NOMEM : st;
        errmsg_set(err, "the request: %s", status_text(st));
    } else {
        set_up(ask, transfer.curl, method, url.data, body, len, headers);
        (void)curl_easy_setopt(transfer.curl, CURLOPT_WRITEDATA, &transfer);
        st = read_outcome(ask, curl_easy_perform(transfer.curl), &transfer);
        (void)curl_easy_getinfo(transfer.curl, CURLINFO_RESPONSE_CODE, out_http_status);
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(transfer.curl);
    strbuf_free(&url);
    return st;
}

static enum status keep(void *context, const char *bytes, size_t len, struct errmsg *err)
{
    struct strbuf *out = context;

    strbuf_add(out, bytes, len);
    if (strbuf_status(out) != ST_OK)
        errmsg_set(err, "the answer: %s", status_text(strbuf_status(out)));
    return strbuf_status(out);
}

enum status ask_call(const struct ask *ask, const char *method, const char *path, const char *body, size_t len,
                     struct strbuf *out, long *out_http_status, struct errmsg *err)
{
    return ask_stream(ask, method, path, body, len, keep, out, out_http_status, err);
}

void ask_explain(const char *answer, size_t len, long http_status, struct errmsg *out_words)
{
    struct cJSON *root = NULL;
    const char *code = "", *text = "", *act = "", *detail = "";

    if (json_parse(answer, len, ASK_ANSWER_MAX, &root, NULL) == ST_OK) {
        (void)json_text(root, "code", 64, &code, NULL);
        (void)json_text(root, "text", 400, &text, NULL);
        (void)json_text(root, "act", 400, &act, NULL);
        (void)json_text(root, "detail", ERRMSG_BYTES_MAX, &detail, NULL);
    }
    if (text[0] != '\0')
        errmsg_set(out_words, "%s %s %s%s%s%s", code, text, act, detail[0] ? " (" : "", detail, detail[0] ? ")" : "");
    else
        errmsg_set(out_words, "loyald answered with HTTP status %ld and no words", http_status);
    json_free(root);
}
