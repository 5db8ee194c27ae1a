/* SPDX-License-Identifier: Apache-2.0 */
/* One request's options for libcurl, and what is done with the bytes that come back. */
#include "sync/client/carrier_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <loyald_version.h>
#include <zlib.h>

enum {
    PACK_ABOVE_BYTES = 1024,
    GZIP_WINDOW_BITS = 15 + 16,
    GZIP_LEVEL = 3, /* a full batch in a few milliseconds on the loop; level 6 saves little more */
    GZIP_OVERHEAD = 64,
    SILENCE_SLACK_S = 10, /* over what was asked for: a slow line, a busy central */
    RETRY_AFTER_MAX_S = 3600,
    KEEPALIVE_IDLE_S = 20,
    KEEPALIVE_EVERY_S = 5,
    CONNECTION_AGE_S = 50, /* below the central's idle time-out, or a request would meet a connection just closed */
};

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct carrier_call *call = context;

    strbuf_add(&call->answer_body, bytes, size * count);
    if (strbuf_status(&call->answer_body) == ST_OK)
        return size * count;
    call->answer_full = true;
    return 0; /* ends the transfer */
}

/* The value of a header line when it is the one named, trimmed, else NULL. */
static const char *value_of(const char *line, size_t len, const char *name, size_t *out_len)
{
    size_t name_len = strlen(name), at = name_len + 1;

    if (len < at || strncasecmp(line, name, name_len) != 0 || line[name_len] != ':')
        return NULL;
    while (at < len && (line[at] == ' ' || line[at] == '\t'))
        at++;
    while (len > at && strchr(" \t\r\n", line[len - 1]))
        len--;
    *out_len = len - at;
    return line + at;
}

/* One that is too long, or holds a NUL, was not said. */
static void take_text(const char *value, size_t len, char *out, size_t out_max)
{
    if (len >= out_max || strnlen(value, len) != len)
        return;
    memcpy(out, value, len);
    out[len] = '\0';
}

static size_t take_header(char *line, size_t size, size_t count, void *context)
{
    struct carrier_call *call = context;
    size_t len = size * count, value_len;
    const char *value;
    char number[16] = "";

    if (len > 5 && memcmp(line, "HTTP/", 5) == 0) {
        /* A new head: what an interim answer (100) said does not count. */
        call->is_central = false;
        call->mac[0] = '\0';
        call->ca_id[0] = '\0';
        call->retry_after_ms = 0;
    } else if ((value = value_of(line, len, "Loyald-Protocol", &value_len))) {
        call->is_central = value_len == 1 && value[0] == '1';
    } else if ((value = value_of(line, len, "Loyald-Mac", &value_len))) {
        take_text(value, value_len, call->mac, sizeof call->mac);
    } else if ((value = value_of(line, len, RENEWAL_CA_HEADER, &value_len))) {
        take_text(value, value_len, call->ca_id, sizeof call->ca_id);
    } else if ((value = value_of(line, len, "Retry-After", &value_len)) && value_len < sizeof number) {
        int64_t seconds;

        memcpy(number, value, value_len);
        seconds = strtol(number, NULL, 10); /* the other form, a date, counts as not said */
        call->retry_after_ms = 1000 * (seconds < 0 ? 0 : seconds > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : seconds);
    }
    return len;
}

static enum status pack(const struct carrier_ask *ask, struct strbuf *out)
{
    z_stream stream = {0};
    unsigned char *bytes;
    size_t len = 0;
    int rc;

    bytes = malloc(ask->body_len + GZIP_OVERHEAD);
    if (!bytes)
        return ST_NOMEM;
    if (deflateInit2(&stream, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW_BITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(bytes);
        return ST_NOMEM;
    }
    stream.next_in = (unsigned char *)(uintptr_t)ask->body;
    stream.avail_in = (unsigned)ask->body_len;
    stream.next_out = bytes;
    stream.avail_out = (unsigned)(ask->body_len + GZIP_OVERHEAD);
    rc = deflate(&stream, Z_FINISH);
    if (rc == Z_STREAM_END)
        len = ask->body_len + GZIP_OVERHEAD - stream.avail_out;
    (void)deflateEnd(&stream);
    if (len > 0 && len < ask->body_len)
        strbuf_add(out, bytes, len);
    free(bytes);
    return strbuf_status(out); /* empty: packing does not pay, the body goes plain */
}

static bool add_header(struct carrier_call *call, const char *line)
{
    struct curl_slist *list = curl_slist_append(call->headers, line);

    if (list)
        call->headers = list;
    return list != NULL;
}

static enum status set_body(struct carrier_call *call, const struct carrier_ask *ask)
{
    enum status st = ST_OK;

    call->request_body = (struct strbuf)STRBUF_INIT(ask->body_len + GZIP_OVERHEAD);
    if (ask->body_len > PACK_ABOVE_BYTES)
        st = pack(ask, &call->request_body);
    if (st != ST_OK)
        return st;
    if (call->request_body.len > 0) {
        if (!add_header(call, "Content-Encoding: gzip"))
            return ST_NOMEM;
    } else {
        strbuf_add(&call->request_body, ask->body, ask->body_len);
    }
    /* No "Expect: 100-continue": it costs a round trip, and the central knows the length from the start. */
    if (!add_header(call, "Expect:") || !add_header(call, "Content-Type: application/json"))
        return ST_NOMEM;
    curl_easy_setopt(call->easy, CURLOPT_POST, 1L);
    curl_easy_setopt(call->easy, CURLOPT_POSTFIELDS, strbuf_text(&call->request_body));
    curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->request_body.len);
    return strbuf_status(&call->request_body);
}

static enum status set_blob(CURL *easy, CURLoption option, const char *pem)
{
    struct curl_blob blob = {(void *)(uintptr_t)pem, strlen(pem), CURL_BLOB_COPY};

    return curl_easy_setopt(easy, option, &blob) == CURLE_OK ? ST_OK : ST_NOMEM;
}

/* Only our own CA. libcurl's built-in file and folder of the system's CAs would be read beside the blob: both are
 * unset. */
static enum status set_tls(CURL *easy, const struct carrier_ask *ask)
{
    enum status st;

    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    st = set_blob(easy, CURLOPT_CAINFO_BLOB, ask->ca_pem);
    if (st == ST_OK && ask->cert_pem)
        st = set_blob(easy, CURLOPT_SSLCERT_BLOB, ask->cert_pem);
    if (st == ST_OK && ask->cert_pem)
        st = set_blob(easy, CURLOPT_SSLKEY_BLOB, ask->key_pem);
    return st;
}

static void set_limits(struct carrier_call *call, const struct carrier_ask *ask)
{
    const struct http_carrier *carrier = call->carrier;
    CURL *easy = call->easy;

    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)ask->deadline_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)carrier->connect_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)(ask->silence_ms / 1000 + SILENCE_SLACK_S));
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)CARRIER_ANSWER_BYTES_MAX);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)CONNECTION_AGE_S);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_IDLE_S);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, (long)KEEPALIVE_EVERY_S);
}

static enum status set_place(struct carrier_call *call, const struct carrier_ask *ask)
{
    struct strbuf url = STRBUF_INIT(4096);
    CURL *easy = call->easy;
    CURLcode rc = CURLE_OUT_OF_MEMORY;

    strbuf_printf(&url, "%s%s", call->carrier->url, ask->path); /* at most 255 bytes and those of an operation */
    if (strbuf_status(&url) == ST_OK)
        rc = curl_easy_setopt(easy, CURLOPT_URL, strbuf_text(&url));
    strbuf_free(&url);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(easy, CURLOPT_PROXY, call->carrier->proxy); /* "" also shuts out the environment */
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "loyald-sync/" LOYALD_VERSION);
    return rc == CURLE_OK ? ST_OK : ST_NOMEM;
}

enum status carrier_setup(struct carrier_call *call, const struct carrier_ask *ask, struct errmsg *err)
{
    CURL *easy = call->easy;
    enum status st = set_place(call, ask);
    int i;

    if (st == ST_OK)
        st = set_tls(easy, ask);
    set_limits(call, ask);
    for (i = 0; st == ST_OK && i < CARRIER_HEADERS_MAX && ask->headers[i]; i++)
        if (!add_header(call, ask->headers[i]))
            st = ST_NOMEM;
    if (st == ST_OK && strcmp(ask->method, "POST") == 0)
        st = set_body(call, ask);
    call->answer_body = (struct strbuf)STRBUF_INIT(CARRIER_ANSWER_BYTES_MAX);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->error_text);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    if (st != ST_OK)
        errmsg_set(err, "preparing the request: %s", status_text(st));
    return st;
}
