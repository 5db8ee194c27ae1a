/* SPDX-License-Identifier: Apache-2.0 */
#include "till_wire.h"

#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "agent/net/loop.h"
#include "sync/central/till_server.h"
#include "sync/protocol/message_mac.h"

enum { TURNS_MAX = 20000 };

void wire_open(struct wire *s)
{
    struct errmsg err = ERRMSG_INIT;
    struct till_server_options options = {.listen_host = "127.0.0.1", .connections_max = 200};

    fixture_open(&s->fixture);
    s->fixture.now.wall_ms = clock_wall_ms(clock_system()); /* certificates are judged by the real clock */
    fixture_publish(&s->fixture, 1);
    till_enrol_fresh(&s->fixture, &s->till, 0xd1);
    cr_assert_eq(loop_create(&s->loop, &err), ST_OK);
    options.loop = s->loop;
    options.central = s->fixture.central;
    cr_assert_eq(till_server_create(&options, &s->server, &err), ST_OK, "%s", err.text);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    s->multi = curl_multi_init();
}

void wire_close(struct wire *s)
{
    curl_multi_cleanup(s->multi);
    till_server_destroy(s->server);
    loop_destroy(s->loop);
    till_clear(&s->till);
    fixture_close(&s->fixture);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
    strbuf_add(context, bytes, size * count);
    return size * count;
}

static void take_header(const char *line, const char *name, char *out, size_t out_max)
{
    size_t len = strlen(name);

    if (strncasecmp(line, name, len) == 0 && line[len] == ':') {
        snprintf(out, out_max, "%s", line + len + 2);
        out[strcspn(out, "\r\n")] = '\0';
    }
}

static size_t on_header(char *line, size_t size, size_t count, void *context)
{
    struct wire_request *request = context;
    char text[256];

    snprintf(text, sizeof(text), "%.*s", (int)(size * count), line);
    take_header(text, "Loyald-Mac", request->mac, sizeof(request->mac));
    take_header(text, "Loyald-Protocol", request->protocol, sizeof(request->protocol));
    take_header(text, "Cache-Control", request->caching, sizeof(request->caching));
    take_header(text, "Retry-After", request->retry_after, sizeof(request->retry_after));
    return size * count;
}

void wire_add_header(struct wire_request *request, const char *name, const char *value)
{
    char line[256];

    snprintf(line, sizeof(line), "%s: %s", name, value);
    request->headers = curl_slist_append(request->headers, line);
}

void wire_begin(struct wire *s, struct wire_request *r, const char *method, const char *path, bool with_certificate)
{
    struct curl_blob ca = {s->fixture.central->ca_pem, strlen(s->fixture.central->ca_pem), CURL_BLOB_COPY};

    r->curl = curl_easy_init();
    r->answer = (struct strbuf)STRBUF_INIT(WIRE_TEXT_MAX);
    r->url = (struct strbuf)STRBUF_INIT(WIRE_TEXT_MAX);
    strbuf_printf(&r->url, "https://localhost:%u%s", till_server_port(s->server), path);
    curl_easy_setopt(r->curl, CURLOPT_URL, r->url.data);
    curl_easy_setopt(r->curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(r->curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(r->curl, CURLOPT_CAINFO_BLOB, &ca);
    curl_easy_setopt(r->curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(r->curl, CURLOPT_HTTPHEADER, r->headers);
    curl_easy_setopt(r->curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(r->curl, CURLOPT_WRITEDATA, &r->answer);
    curl_easy_setopt(r->curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(r->curl, CURLOPT_HEADERDATA, r);
    curl_easy_setopt(r->curl, CURLOPT_PRIVATE, r);
    if (strcmp(method, "POST") == 0) {
        curl_easy_setopt(r->curl, CURLOPT_POSTFIELDSIZE, (long)r->body.len);
        curl_easy_setopt(r->curl, CURLOPT_POSTFIELDS, strbuf_text(&r->body));
    }
    if (with_certificate) {
        struct curl_blob certificate = {s->till.certificate, strlen(s->till.certificate), CURL_BLOB_COPY}, key;

        cr_assert_eq(pk_private_pem(s->till.tls_key, r->key, NULL), ST_OK);
        key = (struct curl_blob){r->key, strlen(r->key), CURL_BLOB_COPY};
        curl_easy_setopt(r->curl, CURLOPT_SSLCERT_BLOB, &certificate);
        curl_easy_setopt(r->curl, CURLOPT_SSLKEY_BLOB, &key);
    }
    curl_multi_add_handle(s->multi, r->curl);
}

void wire_turn(struct wire *s)
{
    CURLMsg *message;
    int running, left;

    loop_step(s->loop, 1);
    curl_multi_perform(s->multi, &running);
    while ((message = curl_multi_info_read(s->multi, &left))) {
        struct wire_request *r = NULL;

        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&r);
        curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &r->status);
        r->result = message->data.result;
        r->over = true;
    }
}

void wire_finish(struct wire *s, struct wire_request *r)
{
    for (int i = 0; i < TURNS_MAX && !r->over; i++)
        wire_turn(s);
    cr_assert(r->over, "no answer");
    cr_assert_eq(r->result, CURLE_OK, "%s", curl_easy_strerror(r->result));
}

void wire_drop(struct wire *s, struct wire_request *r)
{
    curl_multi_remove_handle(s->multi, r->curl);
    curl_easy_cleanup(r->curl);
    curl_slist_free_all(r->headers);
    strbuf_free(&r->url);
    strbuf_free(&r->body);
    strbuf_free(&r->answer);
    memset(r, 0, sizeof(*r));
}

void wire_sign(struct fake_till *till, struct wire_request *r, enum operation op, const struct operation_args *args)
{
    struct strbuf prefix = STRBUF_INIT(MESSAGE_MAC_PREFIX_MAX);
    uint8_t mac[CRYPTO_MAC_BYTES];
    char n[17], hex[65];

    hex_from_u64(++till->n, n);
    message_mac_request(till->dev, till->epoch, till->n, op, args, &prefix);
    crypto_hmac(till->mac_key, (const struct crypto_part[]){{prefix.data, prefix.len}, {r->body.data, r->body.len}},
                2, mac);
    hex_encode(mac, sizeof(mac), hex);
    wire_add_header(r, "Loyald-Protocol", "1");
    wire_add_header(r, "Loyald-Dev", till->dev_hex);
    wire_add_header(r, "Loyald-Epoch", till->epoch_hex);
    wire_add_header(r, "Loyald-N", n);
    wire_add_header(r, "Loyald-Mac", hex);
    if (op == OP_BLOB) {
        char range[64];

        snprintf(range, sizeof(range), "bytes=%.20s-%.20s", args->values[1], args->values[2]);
        wire_add_header(r, "Range", range);
    }
    strbuf_free(&prefix);
}

void wire_begin_operation(struct wire *s, struct wire_request *r, enum operation op,
                          const struct operation_args *args)
{
    struct strbuf path = STRBUF_INIT(WIRE_TEXT_MAX);

    operation_url(op, args, &path);
    wire_sign(&s->till, r, op, args);
    wire_begin(s, r, operation_spec(op)->method, path.data, true);
    strbuf_free(&path);
}

bool wire_mac_is_good(const struct fake_till *till, const struct wire_request *r, enum operation op)
{
    struct strbuf prefix = STRBUF_INIT(MESSAGE_MAC_PREFIX_MAX);
    uint8_t mac[CRYPTO_MAC_BYTES];
    char hex[65];

    message_mac_answer(till->dev, till->epoch, till->n, op, (int)r->status, &prefix);
    crypto_hmac(till->mac_key,
                (const struct crypto_part[]){{prefix.data, prefix.len}, {r->answer.data, r->answer.len}}, 2, mac);
    hex_encode(mac, sizeof(mac), hex);
    strbuf_free(&prefix);
    return strcmp(hex, r->mac) == 0;
}

long wire_run(struct wire *s, struct wire_request *r, enum operation op, const struct operation_args *args)
{
    wire_begin_operation(s, r, op, args);
    wire_finish(s, r);
    cr_expect_str_eq(r->protocol, "1");
    cr_expect_str_eq(r->caching, "no-store", "a proxy in between keeps no answer for another question");
    return r->status;
}
