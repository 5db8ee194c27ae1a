/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/renew.h"

#include <string.h>

#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/base/log.h"
#include "sync/central/device.h"

struct wish { /* views of the request's body */
    const char *dev, *certificate, *csr;
    uint8_t signature[PK_SIGNATURE_BYTES_MAX];
    size_t signature_len;
};

static enum status read_wish(const struct cJSON *root, struct wish *wish, struct errmsg *err)
{
    const char *hex = "";
    enum status st = json_text(root, "dev", HEX64_TEXT - 1, &wish->dev, err);

    if (st == ST_OK)
        st = json_text(root, "certificate", X509_PEM_BYTES_MAX, &wish->certificate, err);
    if (st == ST_OK)
        st = json_text(root, "csr", X509_PEM_BYTES_MAX, &wish->csr, err);
    if (st == ST_OK)
        st = json_text(root, "signature", (size_t)2 * PK_SIGNATURE_BYTES_MAX, &hex, err);
    wish->signature_len = strlen(hex) / 2;
    if (st == ST_OK && (strlen(hex) % 2 != 0 || hex_decode(hex, wish->signature_len, wish->signature) != ST_OK)) {
        errmsg_set(err, "signature: not hex");
        st = ST_INVALID;
    }
    return st == ST_NOT_FOUND ? ST_INVALID : st;
}

/* The key shown is that till's: the one in use, or the next one, got but not used yet. */
static enum status check_key(const struct wish *wish, const struct device *device, struct pk **out_key,
                             struct errmsg *err)
{
    char name[X509_NAME_BYTES_MAX], id[17];
    struct pk *key = NULL;
    int64_t until;
    enum status st = x509_read(wish->certificate, name, &until, err);

    if (st == ST_OK)
        st = x509_public_key(wish->certificate, &key, err);
    if (st == ST_OK)
        st = pk_id(key, id);
    if (st == ST_OK && strcmp(name, wish->dev) != 0) {
        errmsg_set(err, "the certificate is not that of till %s", wish->dev);
        st = ST_DENIED;
    }
    if (st == ST_OK && device->revoked) {
        errmsg_set(err, "this till was revoked by the office: enrol it again with a new code");
        st = ST_DENIED;
    }
    if (st == ST_OK && !device_has_key(device, id)) {
        errmsg_set(err, "this certificate was followed by a later one, which another has: enrol this till again");
        st = ST_DENIED;
    }
    if (st != ST_OK) {
        pk_destroy(key);
        return st;
    }
    *out_key = key;
    return ST_OK;
}

/* A signature costs milliseconds to verify: who shows a till's certificate without having its key has
 * RENEW_FAILURES_MAX tries a minute, and then waits with that till alone. */
static enum status check_signature(struct central *central, const struct wish *wish, struct pk *key,
                                   struct errmsg *err)
{
    uint8_t digest[SHA256_BYTES];
    int64_t now_ms = clock_mono_ms(central->clock);
    enum status st;

    if (throttle_failures(&central->renewing, wish->dev, now_ms) >= RENEW_FAILURES_MAX) {
        errmsg_set(err, "too many renewals of this till were refused in the last minute: try again");
        return ST_FULL;
    }
    renewal_digest(wish->dev, wish->csr, digest);
    st = pk_verify(key, digest, wish->signature, wish->signature_len, err);
    if (st == ST_DENIED)
        (void)throttle_count(&central->renewing, wish->dev, now_ms);
    return st;
}

/* What is cheap comes first. */
static enum status check(struct central *central, const struct wish *wish, struct errmsg *err)
{
    struct device device;
    struct pk *key = NULL;
    enum status st = device_load(central, wish->dev, &device, err);

    if (st == ST_NOT_FOUND)
        st = ST_DENIED;
    if (st == ST_OK)
        st = check_key(wish, &device, &key, err);
    if (st == ST_OK)
        st = check_signature(central, wish, key, err);
    if (st == ST_OK)
        st = x509_check_issuer(wish->certificate, central->ca_bundle, false, err);
    pk_destroy(key);
    return st;
}

static enum status issue(struct central *central, const struct wish *wish, char out_pem[X509_PEM_BYTES_MAX],
                         struct errmsg *err)
{
    char key_id[17];
    int64_t until_s = 0;
    enum status st = device_certificate(central, wish->dev, wish->csr, out_pem, key_id, &until_s, err);

    if (st == ST_OK)
        st = STORE_RUN(central->store, STATEMENT_DEVICE_NEXT_KEY, err, V_TEXT(wish->dev), V_TEXT(key_id),
                       V_TEXT(central->ca_key_id), V_INT(until_s * 1000000));
    return st;
}

static enum status renew(struct central *central, const struct wish *wish, struct strbuf *out, struct errmsg *err)
{
    struct json_writer w = JSON_WRITER_INIT(out);
    char pem[X509_PEM_BYTES_MAX];
    enum status st = check(central, wish, err);

    if (st == ST_OK)
        st = issue(central, wish, pem, err);
    if (st != ST_OK)
        return st;
    jw_object_begin(&w);
    jw_field_text(&w, "certificate", pem);
    jw_field_text(&w, "ca", central->ca_bundle);
    jw_object_end(&w);
    log_info("renew-01", "certificate renewed dev=%s", wish->dev);
    return strbuf_status(out);
}

void renew_certificate(struct central *central, const char *body, size_t len, struct answer *answer)
{
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *root = NULL;
    struct wish wish = {0};
    enum status st;

    st = json_parse(body, len, RENEW_BODY_MAX, &root, &err);
    if (st == ST_OK)
        st = read_wish(root, &wish, &err);
    if (st == ST_OK)
        st = renew(central, &wish, &answer->body, &err);
    if (st == ST_FULL) {
        answer_error(answer, 429, "too_many", "%s", err.text);
        answer->retry_after_s = THROTTLE_WINDOW_MS / 1000;
    } else if (st == ST_DENIED) {
        if (throttle_says(&central->refused, "renewal", clock_mono_ms(central->clock)))
            log_warn("renew-02", "refused dev=%.16s: %s", wish.dev, err.text);
        answer_error(answer, 403, "revoked", "%s", err.text);
    } else if (st != ST_OK) {
        answer_status(answer, st, &err);
    }
    json_free(root);
}

void renew_identity(struct central *central, const char *peer, const char *peer_key, const char *trusts,
                    struct answer *answer)
{
    struct json_writer w = JSON_WRITER_INIT(&answer->body);
    struct errmsg err = ERRMSG_INIT;
    struct device device;
    enum status st;

    if (!device_check_certificate(central, peer, peer_key, &device, answer))
        return;
    st = device_use_key(central, &device, peer_key, false, &err);
    if (st == ST_OK && strlen(trusts) == RENEWAL_CA_TEXT - 1)
        st = STORE_RUN(central->store, STATEMENT_DEVICE_TRUSTS, &err, V_TEXT(device.dev), V_TEXT(trusts),
                       V_INT(central_now_us(central)));
    if (st != ST_OK) {
        answer_status(answer, st, &err);
        return;
    }
    jw_object_begin(&w);
    jw_field_text(&w, "dev", device.dev);
    jw_field_text(&w, "ca", central->ca_bundle);
    jw_object_end(&w);
}
