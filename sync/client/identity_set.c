/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/client/identity_set.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/crypto.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/base/pk.h"

enum { DEV_DIGITS = 16, CHECK_MEMORY_BYTES = 64 * 1024 /* more than a check holds at any time */ };

void identity_free_secret(char *text)
{
    if (text)
        crypto_wipe(text, strlen(text));
    free(text);
}

void identity_set_clear(struct identity_set *set)
{
    identity_free_secret(set->key);
    free(set->cert);
    free(set->ca);
    *set = (struct identity_set){0};
}

enum status identity_set_copy(const char *key_pem, const char *cert_pem, const char *ca_pem,
                              struct identity_set *out_set, struct errmsg *err)
{
    *out_set = (struct identity_set){.key = strdup(key_pem), .cert = strdup(cert_pem), .ca = strdup(ca_pem)};
    if (out_set->key && out_set->cert && out_set->ca)
        return ST_OK;
    errmsg_set(err, "out of memory for a certificate");
    return ST_NOMEM;
}

/* ---- whether it is good ---- */

static enum status same_key(const char *key_pem, const char *cert_pem, struct errmsg *err)
{
    struct pk *own = NULL, *certified = NULL;
    char own_id[17] = "", certified_id[17] = "";
    enum status st = pk_from_private_pem(key_pem, &own, err);

    if (st == ST_OK)
        st = x509_public_key(cert_pem, &certified, err);
    if (st == ST_OK)
        st = pk_id(own, own_id);
    if (st == ST_OK)
        st = pk_id(certified, certified_id);
    if (st == ST_OK && strcmp(own_id, certified_id) != 0) {
        errmsg_set(err, "the certificate is for another key than ours");
        st = ST_DENIED;
    }
    pk_destroy(own);
    pk_destroy(certified);
    return st;
}

static enum status check_dates(const struct identity_set *set, struct errmsg *err)
{
    if (set->not_after_unix_s > set->not_before_unix_s)
        return ST_OK;
    errmsg_set(err, "the certificate ends before it begins");
    return ST_INVALID;
}

static enum status check_once(struct identity_set *set, struct errmsg *err)
{
    char ca_name[X509_NAME_BYTES_MAX];
    int64_t ca_not_after;
    enum status st = x509_read(set->cert, set->dev, &set->not_after_unix_s, err);

    if (st == ST_OK)
        st = x509_validity(set->cert, &set->not_before_unix_s, &set->not_after_unix_s, err);
    if (st == ST_OK)
        st = check_dates(set, err);
    if (st == ST_OK && (strlen(set->dev) != DEV_DIGITS || strspn(set->dev, "0123456789abcdef") != DEV_DIGITS)) {
        errmsg_set(err, "the certificate is for \"%s\", which is no till's name", set->dev);
        st = ST_INVALID;
    }
    if (st == ST_OK)
        st = same_key(set->key, set->cert, err);
    if (st == ST_OK) {
        st = x509_read(set->ca, ca_name, &ca_not_after, err);
        if (st != ST_OK)
            errmsg_wrap(err, "the central's CA");
    }
    return st;
}

static bool memory_is_there(void)
{
    void *volatile probe = malloc(CHECK_MEMORY_BYTES);

    free(probe);
    return probe != NULL;
}

/* mbedTLS tells some failures for want of memory as faults of what it reads (2.28: of a private key's point). So a
 * verdict against a set counts when it is the same again with memory at hand. */
enum status identity_set_check(struct identity_set *set, struct errmsg *err)
{
    enum status st = check_once(set, err);

    if (!identity_set_is_judged(st))
        return st;
    if (memory_is_there())
        return check_once(set, err);
    errmsg_set(err, "out of memory for a certificate");
    return ST_NOMEM;
}

enum status identity_set_check_for(struct identity_set *set, const char *dev, struct errmsg *err)
{
    enum status st = identity_set_check(set, err);

    if (st != ST_OK || strcmp(set->dev, dev) == 0)
        return st;
    errmsg_set(err, "the certificate is for till %s, not for %s", set->dev, dev);
    return ST_DENIED;
}

bool identity_set_is_judged(enum status st)
{
    return st != ST_OK && st != ST_NOMEM && st != ST_INTERNAL;
}

/* ---- as one object ---- */

enum status identity_set_write(const struct identity_set *set, struct strbuf *out)
{
    struct json_writer w = JSON_WRITER_INIT(out);

    jw_object_begin(&w);
    jw_field_text(&w, "key", set->key);
    jw_field_text(&w, "certificate", set->cert);
    jw_field_text(&w, "ca", set->ca);
    jw_object_end(&w);
    return strbuf_status(out);
}

enum status identity_set_read(const char *json, struct identity_set *out_set, struct errmsg *err)
{
    struct cJSON *root = NULL;
    const char *key = NULL, *cert = NULL, *ca = NULL;
    enum status st = json_parse(json, strlen(json), IDENTITY_JSON_BYTES_MAX, &root, err);

    if (st == ST_OK)
        st = json_text(root, "key", IDENTITY_PEM_BYTES_MAX, &key, err);
    if (st == ST_OK)
        st = json_text(root, "certificate", IDENTITY_PEM_BYTES_MAX, &cert, err);
    if (st == ST_OK)
        st = json_text(root, "ca", IDENTITY_PEM_BYTES_MAX, &ca, err);
    if (st == ST_OK)
        st = identity_set_copy(key, cert, ca, out_set, err);
    json_free(root);
    return st;
}
