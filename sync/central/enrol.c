/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/enrol.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/base/log.h"
#include "sync/central/device.h"
#include "sync/central/history.h"
#include "sync/central/office.h"
#include "sync/central/restore.h"
#include "sync/central/trust.h"

enum { CODE_BYTES_MAX = 32, SEALED_TEXT_MAX = 128 };

struct wish { /* views of the request's body */
    const char *code, *dev, *epoch, *csr, *version;
    uint8_t point[PK_POINT_BYTES];
    const struct cJSON *history;
};

struct place {
    char chain[ID_BYTES], store[ID_BYTES], till[ID_BYTES];
};

struct agreed {
    uint8_t mac_key[CRYPTO_KEY_BYTES], seal_key[CRYPTO_KEY_BYTES];
    uint8_t point[PK_POINT_BYTES];
    char certificate[X509_PEM_BYTES_MAX], key_id[17];
    int64_t not_after_s;
    struct history_gap gap;
};

static enum status read_wish(const struct cJSON *root, struct wish *wish, struct errmsg *err)
{
    enum status st = json_text(root, "code", CODE_BYTES_MAX, &wish->code, err);

    if (st == ST_OK)
        st = json_text(root, "dev", HEX64_TEXT - 1, &wish->dev, err);
    if (st == ST_OK)
        st = json_text(root, "epoch", HEX64_TEXT - 1, &wish->epoch, err);
    if (st == ST_OK)
        st = json_text(root, "csr", X509_PEM_BYTES_MAX, &wish->csr, err);
    if (st == ST_OK)
        st = json_hex(root, "point", PK_POINT_BYTES, wish->point, err);
    wish->version = "";
    if (st == ST_OK)
        st = json_optional(json_text(root, "version", ID_LEN_MAX, &wish->version, err));
    if (st == ST_OK)
        st = history_read(root, &wish->history, err);
    return st == ST_NOT_FOUND ? ST_INVALID : st;
}

static bool is_hex64(const char *text)
{
    return strlen(text) == HEX64_TEXT - 1 && strspn(text, "0123456789abcdef") == HEX64_TEXT - 1;
}

static enum status check_names(const struct wish *wish, const char *dev, const char *epoch, struct errmsg *err)
{
    if (is_hex64(wish->dev) && is_hex64(wish->epoch) && strcmp(wish->dev, dev) == 0 &&
        strcmp(wish->epoch, epoch) == 0)
        return ST_OK;
    errmsg_set(err, "dev and epoch are 16 hex digits, the same in headers and body");
    return ST_INVALID;
}

/* Inside a transaction: takes the code away and says where it leads. ST_DENIED for a code wrong, used or too old. */
static enum status take_code(struct central *central, const char *code, struct place *out_place, struct errmsg *err)
{
    char hash[SHA256_TEXT];
    struct rows *rows;
    bool found = false;
    enum status st = office_code_hash(code, hash);

    if (st == ST_OK) {
        st = STORE_SELECT(central->store, STATEMENT_TILL_CODE_TAKE, &rows, err, V_TEXT(hash),
                          V_INT(central_now_us(central)));
        if (st != ST_OK)
            return st;
        while (rows_next(rows)) {
            found = true;
            (void)snprintf(out_place->chain, ID_BYTES, "%s", rows_text(rows, 0));
            (void)snprintf(out_place->store, ID_BYTES, "%s", rows_text(rows, 1));
            (void)snprintf(out_place->till, ID_BYTES, "%s", rows_text(rows, 2));
        }
        st = rows_end(rows, err);
        if (st != ST_OK)
            return st;
    }
    if (found)
        return ST_OK;
    errmsg_set(err, "this code is wrong, was used already or is older than %d minutes: ask the office for a new one",
               CODE_LIFE_S / 60);
    return ST_DENIED;
}

/* The key for MACs and the key that seals, from an exchange of points that loyald-sync, in the middle, cannot follow.
 */
static enum status agree(const struct wish *wish, struct agreed *agreed, struct errmsg *err)
{
    struct pk *own = NULL;
    uint8_t secret[PK_SECRET_BYTES];
    size_t salt_len = strlen(wish->code);
    enum status st = pk_generate(&own, err);

    if (st == ST_OK)
        st = pk_point(own, agreed->point);
    if (st == ST_OK)
        st = pk_agree(own, wish->point, secret, err);
    if (st == ST_OK)
        st = crypto_hkdf(secret, sizeof(secret), wish->code, salt_len, "loyald mac 1", agreed->mac_key,
                         CRYPTO_KEY_BYTES);
    if (st == ST_OK)
        st = crypto_hkdf(secret, sizeof(secret), wish->code, salt_len, "loyald seal 1", agreed->seal_key,
                         CRYPTO_KEY_BYTES);
    crypto_wipe(secret, sizeof(secret));
    pk_destroy(own);
    return st;
}

/* Inside a transaction. A till that comes back with an epoch known here goes on where that epoch stood. */
static enum status put_device(struct central *central, const struct wish *wish, const struct place *place,
                              const struct agreed *agreed, struct errmsg *err)
{
    struct rows *rows;
    uint8_t head[SHA256_BYTES] = {0};
    int64_t acked = 0, now_us = central_now_us(central);
    enum status st =
        STORE_SELECT(central->store, STATEMENT_JOURNAL_HEAD, &rows, err, V_TEXT(wish->dev), V_TEXT(wish->epoch));

    if (st != ST_OK)
        return st;
    if (rows_next(rows)) {
        size_t len;
        const void *hash = rows_blob(rows, 1, &len);

        acked = rows_int(rows, 0);
        if (len == sizeof(head))
            memcpy(head, hash, len);
    }
    st = rows_end(rows, err);
    if (st != ST_OK)
        return st;
    return STORE_RUN(central->store, STATEMENT_DEVICE_PUT, err, V_TEXT(wish->dev), V_TEXT(place->chain),
                     V_TEXT(place->store), V_TEXT(place->till), V_BLOB(agreed->mac_key, CRYPTO_KEY_BYTES),
                     V_INT(agreed->not_after_s * 1000000), V_TEXT(wish->epoch), V_INT(acked),
                     V_BLOB(head, sizeof(head)), V_TEXT(wish->version), V_INT(now_us), V_TEXT(agreed->key_id),
                     V_TEXT(central->ca_key_id));
}

static enum status write_keys(struct central *central, const char *chain, struct json_writer *w, struct errmsg *err)
{
    struct rows *rows;
    int64_t threshold = 1;
    enum status st = STORE_NUMBER(central->store, STATEMENT_CHAIN_THRESHOLD, &threshold, err, V_TEXT(chain));

    if (st == ST_OK)
        st = STORE_SELECT(central->store, STATEMENT_CHAIN_KEYS, &rows, err, V_TEXT(chain));
    if (st != ST_OK)
        return st;
    jw_field_int(w, "rules_threshold", threshold);
    jw_name(w, "rules_keys");
    jw_array_begin(w);
    while (rows_next(rows)) {
        jw_object_begin(w);
        jw_field_text(w, "id", rows_text(rows, 0));
        jw_field_text(w, "pem", rows_text(rows, 1));
        jw_object_end(w);
    }
    jw_array_end(w);
    return rows_end(rows, err);
}

static enum status write_place(struct central *central, const struct place *place, struct json_writer *w,
                               struct errmsg *err)
{
    struct rows *rows;
    enum status st =
        STORE_SELECT(central->store, STATEMENT_STORE_GET, &rows, err, V_TEXT(place->chain), V_TEXT(place->store));

    if (st != ST_OK)
        return st;
    if (rows_next(rows)) {
        jw_field_text(w, "chain", place->chain);
        jw_name(w, "store");
        jw_object_begin(w);
        jw_field_text(w, "id", place->store);
        jw_field_text(w, "name", rows_text(rows, 0));
        jw_field_raw(w, "attrs", rows_text(rows, 1), strlen(rows_text(rows, 1)));
        jw_object_end(w);
        jw_field_text(w, "till", place->till);
        jw_field_text(w, "currency", rows_text(rows, 2));
        jw_field_text(w, "language", rows_text(rows, 3));
    }
    return rows_end(rows, err);
}

/* The chain's key for hashes of identifiers, for loyald's eyes only. */
static enum status write_sealed(struct central *central, const struct place *place, const struct wish *wish,
                                const struct agreed *agreed, struct json_writer *w, struct errmsg *err)
{
    uint8_t id_key[CRYPTO_KEY_BYTES], sealed[SEALED_TEXT_MAX + CRYPTO_SEAL_OVERHEAD];
    char hex[2 * CRYPTO_KEY_BYTES + 1], plain[SEALED_TEXT_MAX], place_name[32];
    int len = 0;
    enum status st = office_id_key(central, place->chain, id_key, err);

    if (st == ST_OK) {
        hex_encode(id_key, sizeof(id_key), hex);
        len = snprintf(plain, sizeof(plain), "{\"id_key\":\"%s\"}", hex);
        (void)snprintf(place_name, sizeof(place_name), "enrol %.16s", wish->dev);
        st = crypto_seal(agreed->seal_key, place_name, plain, (size_t)len, sealed);
    }
    if (st == ST_OK)
        jw_field_hex(w, "sealed", sealed, (size_t)len + CRYPTO_SEAL_OVERHEAD);
    crypto_wipe(id_key, sizeof(id_key));
    crypto_wipe(hex, sizeof(hex));
    crypto_wipe(plain, sizeof(plain));
    return st;
}

static enum status write_answer(struct central *central, const struct wish *wish, const struct place *place,
                                const struct agreed *agreed, struct strbuf *out, struct errmsg *err)
{
    struct json_writer w = JSON_WRITER_INIT(out);
    enum status st;

    jw_object_begin(&w);
    jw_field_text(&w, "certificate", agreed->certificate);
    jw_field_text(&w, "ca", central->ca_bundle);
    jw_field_hex(&w, "point", agreed->point, PK_POINT_BYTES);
    st = write_place(central, place, &w, err);
    if (st == ST_OK)
        st = write_keys(central, place->chain, &w, err);
    if (st == ST_OK)
        st = trust_write_root(central, place->chain, &w, err);
    jw_field_text(&w, "incarnation", central->incarnation);
    if (st == ST_OK)
        st = write_sealed(central, place, wish, agreed, &w, err);
    jw_object_end(&w);
    return st == ST_OK ? strbuf_status(out) : st;
}

/* A journal that is in use elsewhere came with a copied disk, or with an old image of its own. Enrolling it would
 * give the name that both have new keys, and stop the good one: nothing is changed, and the code stays good. */
static enum status check_copy(struct central *central, const struct wish *wish, const struct place *place,
                              struct errmsg *err)
{
    struct device known;
    enum status st = device_lock(central, wish->dev, &known, err);

    if (st == ST_NOT_FOUND) {
        *err = (struct errmsg)ERRMSG_INIT;
        return ST_OK;
    }
    /* Another history begins when this one is booked. */
    if (st == ST_OK && known.counted < known.acked) {
        errmsg_set(err, "records of this till are still being booked: enrol it again in a minute");
        st = ST_AGAIN;
    }
    if (st != ST_OK || known.revoked)
        return st;
    if (strcmp(known.chain, place->chain) != 0 || strcmp(known.store, place->store) != 0 ||
        strcmp(known.till, place->till) != 0) {
        errmsg_set(err,
                   "this journal is that of till %s of store %s, which is in use: was its disk copied here? Then stop "
                   "loyald here, run \"loyalctl new-epoch FOLDER --new-name\" and enrol again; was the till moved, then "
                   "revoke %s first",
                   known.till, known.store, known.dev);
        return ST_CONFLICT;
    }
    if (known.quarantined_seq > 0 && strcmp(known.epoch, wish->epoch) == 0) {
        errmsg_set(err,
                   "this journal splits from the history known here at record %lld, its disk was copied or put back: "
                   "stop loyald, run \"loyalctl new-epoch FOLDER\" (on a copy with --new-name) and enrol again",
                   (long long)known.quarantined_seq);
        return ST_CONFLICT;
    }
    return ST_OK;
}

static enum status enrol(struct central *central, const struct wish *wish, struct agreed *agreed, struct strbuf *out,
                         struct errmsg *err)
{
    struct place place;
    /* What costs little and fails often comes first; nothing is written before the code was found good. */
    enum status st = store_begin(central->store, err);

    if (st != ST_OK)
        return st;
    st = take_code(central, wish->code, &place, err);
    if (st == ST_OK)
        st = check_copy(central, wish, &place, err);
    if (st == ST_OK)
        st = history_check(central, wish->dev, place.chain, wish->history, &agreed->gap, err);
    if (st == ST_OK)
        st = device_certificate(central, wish->dev, wish->csr, agreed->certificate, agreed->key_id,
                                &agreed->not_after_s, err);
    if (st == ST_OK)
        st = agree(wish, agreed, err);
    if (st == ST_OK)
        st = put_device(central, wish, &place, agreed, err);
    if (st == ST_OK && !history_owes_holdings(central, place.chain, wish->history))
        st = restore_till_is_known(central, wish->dev, err);
    if (st == ST_OK)
        st = write_answer(central, wish, &place, agreed, out, err);
    st = store_end(central->store, st, err);
    if (st == ST_OK)
        log_info("enrol-06", "till enrolled dev=%s chain=%s store=%s till=%s", wish->dev, place.chain, place.store,
                 place.till);
    return st;
}

bool enrol_till(struct central *central, const char *dev, const char *epoch, const char *body, size_t len,
                uint8_t out_mac_key[CRYPTO_KEY_BYTES], struct answer *answer)
{
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *root = NULL;
    struct wish wish;
    struct agreed agreed = {.gap = {.epoch = ""}};
    enum status st;

    st = json_parse(body, len, ENROL_BODY_MAX, &root, &err);
    if (st == ST_OK)
        st = read_wish(root, &wish, &err);
    if (st == ST_OK)
        st = check_names(&wish, dev, epoch, &err);
    if (st == ST_OK)
        st = enrol(central, &wish, &agreed, &answer->body, &err);
    json_free(root);
    if (st == ST_OK) {
        memcpy(out_mac_key, agreed.mac_key, CRYPTO_KEY_BYTES);
    } else if (st == ST_DENIED) {
        if (throttle_says(&central->refused, "enrolment", clock_mono_ms(central->clock)))
            log_warn("enrol-07", "refused dev=%.16s: %s", dev, err.text);
        answer_error(answer, 403, "bad_code", "%s", err.text);
    } else if (st == ST_CONFLICT) {
        log_warn("enrol-08", "refused dev=%.16s: %s", dev, err.text);
        if (agreed.gap.epoch[0])
            history_refuse(&agreed.gap, &err, answer);
        else
            answer_error(answer, 409, "copied", "%s", err.text);
    } else {
        answer_status(answer, st, &err);
    }
    crypto_wipe(&agreed, sizeof(agreed));
    return st == ST_OK;
}
