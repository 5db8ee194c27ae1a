/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/device.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/json.h"
#include "sync/protocol/message_mac.h"

static void copy_text(char *out, size_t out_max, const struct rows *rows, int column)
{
    (void)snprintf(out, out_max, "%s", rows_text(rows, column));
}

static bool copy_bytes(uint8_t *out, size_t len, const struct rows *rows, int column)
{
    size_t got;
    const void *bytes = rows_blob(rows, column, &got);

    if (got != len)
        return false;
    memcpy(out, bytes, len);
    return true;
}

static enum status read_device(const struct rows *rows, struct device *device, struct errmsg *err)
{
    copy_text(device->dev, sizeof(device->dev), rows, 0);
    copy_text(device->chain, sizeof(device->chain), rows, 1);
    copy_text(device->store, sizeof(device->store), rows, 2);
    copy_text(device->till, sizeof(device->till), rows, 3);
    copy_text(device->epoch, sizeof(device->epoch), rows, 5);
    device->acked = rows_int(rows, 6);
    device->counted = rows_int(rows, 8);
    device->counted_change = rows_int(rows, 9);
    device->revoked = rows_int(rows, 10) != 0;
    device->quarantined_seq = rows_int(rows, 11);
    copy_text(device->cert_key, sizeof(device->cert_key), rows, 12);
    copy_text(device->next_key, sizeof(device->next_key), rows, 13);
    device->carried = rows_int(rows, 14) != 0;
    if (!copy_bytes(device->mac_key, sizeof(device->mac_key), rows, 4) ||
        !copy_bytes(device->head_hash, sizeof(device->head_hash), rows, 7)) {
        errmsg_set(err, "the row of till %s is damaged", device->dev);
        return ST_CORRUPT;
    }
    return ST_OK;
}

/* The one row of a statement that was started with st. */
static enum status take_device(enum status st, struct rows *rows, const char *dev, struct device *out_device,
                               struct errmsg *err)
{
    struct device device = {0};
    enum status end;

    if (st != ST_OK)
        return st;
    if (rows_next(rows)) {
        st = read_device(rows, &device, err);
    } else {
        errmsg_set(err, "till %.32s is not known here", dev);
        st = ST_NOT_FOUND;
    }
    while (rows_next(rows)) /* a statement that writes must run to its end */
        continue;
    end = rows_end(rows, st == ST_OK ? err : NULL);
    if (st == ST_OK)
        st = end;
    if (st == ST_OK)
        *out_device = device;
    return st;
}

enum status device_load(struct central *central, const char *dev, struct device *out_device, struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_DEVICE_GET, &rows, err, V_TEXT(dev));

    return take_device(st, rows, dev, out_device, err);
}

enum status device_lock(struct central *central, const char *dev, struct device *out_device, struct errmsg *err)
{
    struct rows *rows;
    enum status st =
        STORE_SELECT(central->store, STATEMENT_DEVICE_LOCK, &rows, err, V_TEXT(dev), V_INT(central_now_us(central)));

    return take_device(st, rows, dev, out_device, err);
}

/* dev, epoch and n are 16 lower-case digits; anything else was not written by one of our programs. */
static bool read_hex64(const char *text, uint64_t *out_value)
{
    return strlen(text) == HEX64_TEXT - 1 && strspn(text, "0123456789abcdef") == HEX64_TEXT - 1 &&
           hex_to_u64(text, out_value) == ST_OK;
}

static bool mac_is_good(const struct device *device, const struct till_request *request)
{
    struct strbuf prefix = STRBUF_INIT(MESSAGE_MAC_PREFIX_MAX);
    uint8_t mac[CRYPTO_MAC_BYTES], given[CRYPTO_MAC_BYTES];
    uint64_t dev, epoch, n;
    bool good = false;

    if (read_hex64(request->dev, &dev) && read_hex64(request->epoch, &epoch) && read_hex64(request->n, &n) &&
        strlen(request->mac) == 2 * sizeof(given) && hex_decode(request->mac, sizeof(given), given) == ST_OK) {
        message_mac_request(dev, epoch, n, request->op, &request->args, &prefix);
        if (strbuf_status(&prefix) == ST_OK) {
            const struct crypto_part parts[] = {{prefix.data, prefix.len}, {request->body, request->body_len}};

            crypto_hmac(device->mac_key, parts, 2, mac);
            good = crypto_equal(mac, given, sizeof(mac));
        }
    }
    strbuf_free(&prefix);
    return good;
}

bool device_has_key(const struct device *device, const char *key_id)
{
    if (!key_id[0])
        return false;
    return !device->cert_key[0] || strcmp(device->cert_key, key_id) == 0 || strcmp(device->next_key, key_id) == 0;
}

enum status device_certificate(struct central *central, const char *dev, const char *csr,
                               char out_pem[X509_PEM_BYTES_MAX], char out_key_id[17], int64_t *out_not_after_s,
                               struct errmsg *err)
{
    struct pk *subject = NULL;
    char name[X509_NAME_BYTES_MAX];
    int64_t now_s = central_now_us(central) / 1000000;
    struct x509_issue issue = {.common_name = dev,
                               .issuer_key = central->ca_key,
                               .issuer_pem = central->ca_pem,
                               /* A till's clock may be behind: an hour of grace at the start. */
                               .not_before_unix_s = now_s - 3600,
                               .not_after_unix_s = now_s + INT64_C(86400) * DEVICE_CERTIFICATE_DAYS};
    enum status st = x509_read_request(csr, name, &subject, err);

    if (st == ST_OK && strcmp(name, dev) != 0) {
        errmsg_set(err, "csr is for \"%.64s\", not for this till", name);
        st = ST_INVALID;
    }
    if (st == ST_OK)
        st = pk_id(subject, out_key_id);
    if (st == ST_OK) {
        issue.subject_key = subject;
        *out_not_after_s = issue.not_after_unix_s;
        st = x509_certificate(&issue, out_pem, err);
    }
    pk_destroy(subject);
    return st;
}

static bool refuse_stranger(const struct device *device, const char *peer_key, struct answer *answer)
{
    if (device->revoked) {
        answer_error(answer, 403, "revoked", "this till was revoked by the office: enrol it again with a new code");
        return true;
    }
    if (!device_has_key(device, peer_key)) {
        answer_error(answer, 401, "no_certificate",
                     "this certificate of till %s was followed by a later one: enrol this till again", device->dev);
        return true;
    }
    return false;
}

static bool load_or_refuse(struct central *central, const char *dev, struct device *out_device, struct answer *answer)
{
    struct errmsg err = ERRMSG_INIT;
    enum status st = device_load(central, dev, out_device, &err);

    if (st == ST_OK)
        return true;
    if (st == ST_NOT_FOUND)
        answer_error(answer, 403, "revoked", "%s: enrol it again", err.text);
    else
        answer_status(answer, st, &err);
    return false;
}

bool device_check_certificate(struct central *central, const char *peer, const char *peer_key,
                              struct device *out_device, struct answer *answer)
{
    return load_or_refuse(central, peer, out_device, answer) && !refuse_stranger(out_device, peer_key, answer);
}

enum status device_use_key(struct central *central, const struct device *device, const char *key_id, bool adopt,
                           struct errmsg *err)
{
    if (device->next_key[0] && strcmp(device->next_key, key_id) == 0)
        return STORE_RUN(central->store, STATEMENT_DEVICE_USE_NEXT, err, V_TEXT(device->dev));
    if (adopt && !device->cert_key[0])
        return STORE_RUN(central->store, STATEMENT_DEVICE_ADOPT_KEY, err, V_TEXT(device->dev), V_TEXT(key_id));
    return ST_OK;
}

bool device_check_request(struct central *central, const struct till_request *request, struct device *out_device,
                          bool *out_known, struct answer *answer)
{
    struct errmsg err = ERRMSG_INIT;
    enum status st;

    *out_known = false;
    if (strcmp(request->peer, request->dev) != 0) {
        answer_error(answer, 401, "no_certificate", "the certificate is not that of till %.32s", request->dev);
        return false;
    }
    if (!load_or_refuse(central, request->dev, out_device, answer))
        return false;
    *out_known = true;
    if (refuse_stranger(out_device, request->peer_key, answer))
        return false;
    if (!mac_is_good(out_device, request)) {
        answer_error(answer, 403, "bad_mac", "the request was not made with this till's key: enrol it again");
        return false;
    }
    if (strcmp(request->epoch, out_device->epoch) != 0) {
        answer_error(answer, 409, "fork", "epoch %s is not the one this till was enrolled with: enrol it again",
                     request->epoch);
        return false;
    }
    st = device_use_key(central, out_device, request->peer_key, true, &err);
    if (st != ST_OK) {
        answer_status(answer, st, &err);
        return false;
    }
    return true;
}

void device_answer_mac(const uint8_t mac_key[CRYPTO_KEY_BYTES], const char *dev, const char *epoch, const char *n,
                       enum operation op, int status, const void *body, size_t len,
                       char out_mac[2 * CRYPTO_MAC_BYTES + 1])
{
    struct strbuf prefix = STRBUF_INIT(MESSAGE_MAC_PREFIX_MAX);
    uint8_t mac[CRYPTO_MAC_BYTES];
    uint64_t dev_number, epoch_number, n_number;

    out_mac[0] = '\0';
    if (!read_hex64(dev, &dev_number) || !read_hex64(epoch, &epoch_number) || !read_hex64(n, &n_number))
        return; /* nobody could check it */
    message_mac_answer(dev_number, epoch_number, n_number, op, status, &prefix);
    if (strbuf_status(&prefix) == ST_OK) {
        const struct crypto_part parts[] = {{prefix.data, prefix.len}, {body, len}};

        crypto_hmac(mac_key, parts, 2, mac);
        hex_encode(mac, sizeof(mac), out_mac);
    }
    strbuf_free(&prefix);
}

enum status device_list(struct central *central, struct json_writer *w, struct errmsg *err)
{
    static const char *const texts[] = {"dev", "chain", "store", "till", "epoch", "version", "bundle_refused"};
    static const char *const numbers[] = {"acked",       "counted",        "duplicates",
                                          "till_head",   "bundle_version", "quarantined_seq",
                                          "enrolled_us", "last_seen_us",   "cert_not_after_us"};
    struct rows *rows;
    enum status st = store_select(central->store, STATEMENT_DEVICE_LIST, NULL, 0, &rows, err);

    if (st != ST_OK)
        return st;
    jw_object_begin(w);
    jw_name(w, "tills");
    jw_array_begin(w);
    while (rows_next(rows)) {
        size_t hash_bytes;
        const void *head_hash = rows_blob(rows, 17, &hash_bytes); /* valid until the next row */

        jw_object_begin(w);
        for (int i = 0; i < 7; i++)
            jw_field_text(w, texts[i], rows_text(rows, i));
        for (int i = 0; i < 9; i++)
            jw_field_int(w, numbers[i], rows_int(rows, 7 + i));
        jw_field_bool(w, "revoked", rows_int(rows, 16) != 0);
        jw_field_hex(w, "head_hash", head_hash, hash_bytes); /* of record acked */
        jw_object_end(w);
    }
    jw_array_end(w);
    jw_object_end(w);
    return rows_end(rows, err);
}

enum status device_revoke(struct central *central, const char *dev, struct errmsg *err)
{
    int64_t changed = 0;
    enum status st = store_run(central->store, STATEMENT_DEVICE_REVOKE, STORE_VALUES(V_TEXT(dev)), &changed, err);

    if (st == ST_OK && changed == 0) {
        errmsg_set(err, "till %.32s is not known: see \"loyal-central till list\"", dev);
        st = ST_NOT_FOUND;
    }
    return st;
}

void device_status(struct central *central, const struct device *device, const char *body, size_t len,
                   struct answer *answer)
{
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *root = NULL;
    const char *version = "";
    int64_t head = 0, bundle_version = 0, at_unix_ms = 0, now_us = central_now_us(central);
    enum status st = json_parse(body, len, len, &root, &err);

    if (st == ST_OK)
        st = json_optional(json_text(root, "version", ID_LEN_MAX, &version, &err));
    if (st == ST_OK)
        st = json_optional(json_int(root, "head", 0, JSON_INT_MAX, &head, &err));
    if (st == ST_OK)
        st = json_optional(json_int(root, "bundle_version", 0, JSON_INT_MAX, &bundle_version, &err));
    if (st == ST_OK)
        st = json_optional(json_int(root, "at_unix_ms", 0, JSON_INT_MAX, &at_unix_ms, &err));
    if (st == ST_OK) {
        /* Kept as it came, for the fleet; one that is too long is left out, the figures above are not. */
        const struct store_value told =
            len <= DEVICE_TOLD_MAX ? (struct store_value){.kind = STORE_TEXT, .bytes = body, .len = len} : V_TEXT("");

        st = STORE_RUN(central->store, STATEMENT_DEVICE_STATUS, &err, V_TEXT(device->dev), V_TEXT(version),
                       V_INT(head), V_INT(bundle_version), V_INT(now_us), told,
                       V_INT(at_unix_ms > 0 ? at_unix_ms - now_us / 1000 : 0));
    }
    json_free(root);
    if (st == ST_OK)
        strbuf_puts(&answer->body, "{}");
    else
        answer_status(answer, st, &err);
}
