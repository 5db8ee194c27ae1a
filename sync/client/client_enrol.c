/* SPDX-License-Identifier: Apache-2.0 */
/* Enrolment: a fresh TLS key for each try, its request added to loyald's words, its certificate kept
 * (docs/protocol.md 6). */
#include "sync/client/client_internal.h"

#include <string.h>

#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/base/log.h"
#include "agent/base/x509.h"

#include <cjson/cJSON.h>

static enum status read_dev(const char *body, size_t body_len, char out_dev[17], struct errmsg *err)
{
    struct cJSON *root = NULL;
    const char *dev = NULL, *csr = NULL;
    enum status st = json_parse(body, body_len, MESSAGE_PAYLOAD_MAX, &root, err);

    if (st == ST_OK)
        st = json_text(root, "dev", 16, &dev, err);
    if (st == ST_OK && (strlen(dev) != 16 || strspn(dev, "0123456789abcdef") != 16)) {
        errmsg_set(err, "dev is not 16 hex digits");
        st = ST_INVALID;
    }
    if (st == ST_OK && json_text(root, "csr", MESSAGE_PAYLOAD_MAX, &csr, NULL) != ST_NOT_FOUND) {
        errmsg_set(err, "csr is there already: it is ours to add");
        st = ST_INVALID;
    }
    if (st == ST_OK)
        memcpy(out_dev, dev, 17);
    json_free(root);
    if (st != ST_OK) {
        errmsg_wrap(err, "enrolment");
        return ST_INVALID;
    }
    return ST_OK;
}

/* Loyald's own bytes stay as they are; the member goes in before the last brace. It holds "dev" at least, so a comma
 * is right. */
static enum status add_request(const char *body, size_t body_len, const char *request_pem, struct strbuf *out)
{
    struct json_writer w = JSON_WRITER_INIT(out);
    size_t len = body_len;

    while (len > 0 && body[len - 1] != '}')
        len--;
    if (len == 0)
        return ST_INVALID;
    strbuf_add(out, body, len - 1);
    strbuf_puts(out, ",\"csr\":");
    jw_text(&w, request_pem);
    strbuf_putc(out, '}');
    return strbuf_status(out);
}

enum status client_enrol_begin(struct client_request *request, const char *body, size_t body_len, struct strbuf *out,
                               struct errmsg *err)
{
    char pem[X509_PEM_BYTES_MAX];
    struct pk *key = NULL;
    enum status st = read_dev(body, body_len, request->enrol_dev, err);

    if (st == ST_OK)
        st = pk_generate(&key, err);
    if (st == ST_OK)
        st = pk_private_pem(key, request->enrol_key_pem, err);
    if (st == ST_OK)
        st = x509_request(key, request->enrol_dev, pem, err);
    if (st == ST_OK)
        st = add_request(body, body_len, pem, out);
    pk_destroy(key);
    return st;
}

enum status client_enrol_keep(struct client_request *request, const char *body, size_t body_len, struct errmsg *err)
{
    struct client *client = request->client;
    struct cJSON *root = NULL;
    const char *cert = NULL, *ca = NULL;
    enum status st = json_parse(body, body_len, MESSAGE_PAYLOAD_MAX, &root, err);

    if (st == ST_OK)
        st = json_text(root, "certificate", IDENTITY_PEM_BYTES_MAX, &cert, err);
    if (st == ST_OK)
        st = json_text(root, "ca", IDENTITY_PEM_BYTES_MAX, &ca, err);
    if (st == ST_OK)
        st = identity_replace(&client->identity, request->enrol_key_pem, cert, ca, request->enrol_dev, err);
    json_free(root);
    if (st != ST_OK)
        errmsg_wrap(err, "the central's answer to the enrolment");
    else
        log_info("enrol-09", "this till is enrolled dev=%s", client->identity.dev);
    if (st == ST_OK) {
        identity_drop_next(&client->identity);
        renewal_begin_anew(client->renewal);
        client_tell_identity(client);
    }
    return st;
}
