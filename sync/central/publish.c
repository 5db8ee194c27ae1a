/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/publish.h"

#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/base/signers.h"
#include "sync/central/evaluator.h"
#include "sync/central/office.h"
#include "sync/central/rollout.h"
#include "sync/central/trust.h"

struct offer {        /* what somebody wants published; views of what came */
    const char *text; /* of the manifest */
    const struct cJSON *signatures;
    struct manifest manifest;
    char bundle_sha256[SHA256_TEXT];
    const char *bundle;
    size_t bundle_len;
};

/* What came: rules, and when they are to reach tills ring by ring, the plan and the way back. */
struct parcel {
    struct cJSON *root; /* owned */
    struct offer offer, back;
    bool by_rings, has_back;
    struct rollout_plan plan;
};

static enum status read_signed(const struct cJSON *root, struct offer *offer, struct errmsg *err)
{
    enum status st = json_text(root, "text", MANIFEST_BYTES_MAX, &offer->text, err);

    if (st == ST_OK)
        st = json_array(root, "signatures", &offer->signatures, err);
    if (st == ST_OK)
        st = manifest_parse(offer->text, strlen(offer->text), &offer->manifest, err);
    if (st == ST_OK)
        hex_encode(offer->manifest.bundle_sha256, SHA256_BYTES, offer->bundle_sha256);
    return st == ST_NOT_FOUND ? ST_INVALID : st;
}

static void refuse_stranger(const char *chain, const char *id, struct errmsg *err)
{
    errmsg_set(err, "key %.64s is not one of chain %.64s: see \"loyal-central chain key add\"", id, chain);
}

enum status publish_check_signature(struct central *central, const char *chain, const char *id, const char *hex,
                                    const char *text, struct errmsg *err)
{
    struct signers signers;
    enum status st = trust_load_chain_keys(central, chain, &signers, err);

    if (st != ST_OK)
        return st;
    st = signers_check_one(&signers, text, id, hex, err);
    if (st != ST_NOT_FOUND)
        return st;
    refuse_stranger(chain, id, err);
    return ST_DENIED;
}

/* Where no signature counted and the last one is by no key of the chain, that is the reason told. */
static void explain_none(const struct offer *offer, const struct signers *signers, struct errmsg *err)
{
    const struct cJSON *one;
    const char *id = NULL;

    cJSON_ArrayForEach(one, offer->signatures)(void) json_text(one, "key", 64, &id, NULL);
    if (!offer->signatures->child)
        errmsg_set(err, "the manifest carries no signature");
    else if (id && !signers_have(signers, id))
        refuse_stranger(offer->manifest.chain, id, err);
}

/* As many of the chain's keys must have signed as it wants. */
static enum status check_signatures(struct central *central, const struct offer *offer, struct errmsg *err)
{
    struct signers signers;
    int count;
    enum status st = trust_load_chain_keys(central, offer->manifest.chain, &signers, err);

    if (st != ST_OK)
        return st;
    count = signers_count(&signers, offer->text, strlen(offer->text), offer->signatures, err);
    if (count > 0 && count >= signers.threshold)
        return ST_OK;
    if (count == 0)
        explain_none(offer, &signers, err);
    else
        errmsg_set(err, "%d of the %lld keys that chain %s wants have signed it: see \"loyal-central bundle cosign\"",
                   count, (long long)signers.threshold, offer->manifest.chain);
    return ST_DENIED;
}

static enum status check_version(struct central *central, const struct offer *offer, struct errmsg *err)
{
    int64_t last = 0;
    enum status st =
        STORE_NUMBER(central->store, STATEMENT_MANIFEST_VERSION, &last, err, V_TEXT(offer->manifest.chain));

    if (st == ST_OK && offer->manifest.version <= last) {
        errmsg_set(err, "version %lld is not above %lld, which is published: raise it and sign again",
                   (long long)offer->manifest.version, (long long)last);
        st = ST_CONFLICT;
    }
    return st;
}

static enum status check_bundle(const struct offer *offer, struct errmsg *err)
{
    size_t len = offer->bundle_len;
    uint8_t digest[SHA256_BYTES];
    int64_t version = 0;
    enum status st;

    sha256_of(offer->bundle, len, digest);
    if ((int64_t)len != offer->manifest.bundle_bytes ||
        memcmp(digest, offer->manifest.bundle_sha256, SHA256_BYTES) != 0) {
        errmsg_set(err, "the bundle is not the file that was signed: sign this one, or give the one signed");
        return ST_DENIED;
    }
    st = evaluator_check(offer->bundle, len, &version, NULL, err);
    if (st != ST_OK) {
        errmsg_wrap(err, "the bundle does not compile");
        return st;
    }
    if (version != offer->manifest.version) {
        errmsg_set(err, "the bundle says version %lld, its manifest %lld: they must agree", (long long)version,
                   (long long)offer->manifest.version);
        return ST_INVALID;
    }
    return ST_OK;
}

static enum status put_rollout(struct central *central, const struct parcel *parcel, struct errmsg *err)
{
    const char *chain = parcel->offer.manifest.chain;
    char *signatures = parcel->has_back ? cJSON_PrintUnformatted(parcel->back.signatures) : NULL;
    struct rollout_back back = {0, "", "", ""};
    enum status st = ST_OK;

    if (parcel->has_back && !signatures)
        return ST_NOMEM;
    if (signatures) {
        back = (struct rollout_back){parcel->back.manifest.version, parcel->back.text, signatures,
                                     parcel->back.bundle_sha256};
        st = STORE_RUN(central->store, STATEMENT_BLOB_PUT, err, V_TEXT(back.bundle_sha256),
                       V_BLOB(parcel->back.bundle, parcel->back.bundle_len));
    }
    if (st == ST_OK)
        st = rollout_insert(central, chain, parcel->offer.manifest.version, &parcel->plan, &back, err);
    cJSON_free(signatures);
    return st;
}

static enum status put_parcel(struct central *central, const struct parcel *parcel, struct errmsg *err)
{
    const struct offer *offer = &parcel->offer;
    char *signatures = cJSON_PrintUnformatted(offer->signatures);
    int64_t change;
    enum status st = signatures ? store_begin(central->store, err) : ST_NOMEM;

    if (st == ST_OK)
        st = store_next_change(central->store, &change, err);
    if (st == ST_OK)
        st = STORE_RUN(central->store, STATEMENT_BLOB_PUT, err, V_TEXT(offer->bundle_sha256),
                       V_BLOB(offer->bundle, offer->bundle_len));
    if (st == ST_OK)
        st = parcel->by_rings ? put_rollout(central, parcel, err)
                              : rollout_supersede(central, offer->manifest.chain, err);
    if (st == ST_OK)
        st = STORE_RUN(central->store, STATEMENT_MANIFEST_INSERT, err, V_TEXT(offer->manifest.chain),
                       V_INT(offer->manifest.version), V_INT(change), V_TEXT(offer->text), V_TEXT(signatures),
                       V_TEXT(offer->bundle_sha256), V_INT(central_now_us(central)));
    if (st == ST_OK)
        st = trust_refresh(central, offer->manifest.chain, err);
    st = store_end(central->store, st, err);
    cJSON_free(signatures);
    return st;
}

static enum status read_back(struct parcel *parcel, struct errmsg *err)
{
    const struct cJSON *back = NULL;
    int64_t bytes = 0;
    enum status st = json_optional(json_object(parcel->root, "back", &back, err));

    if (st != ST_OK || !back)
        return st;
    st = json_int(back, "bytes", 1, (int64_t)parcel->offer.bundle_len, &bytes, err);
    if (st == ST_OK)
        st = read_signed(back, &parcel->back, err);
    if (st != ST_OK)
        return st;
    parcel->has_back = true;
    parcel->offer.bundle_len -= (size_t)bytes;
    parcel->back.bundle = parcel->offer.bundle + parcel->offer.bundle_len;
    parcel->back.bundle_len = (size_t)bytes;
    if (strcmp(parcel->back.manifest.chain, parcel->offer.manifest.chain) == 0 &&
        parcel->back.manifest.version > parcel->offer.manifest.version)
        return ST_OK;
    errmsg_set(err, "it must be of the same chain, and of a version above %lld",
               (long long)parcel->offer.manifest.version);
    return ST_INVALID;
}

static enum status read_parcel(const char *json, size_t len, struct parcel *parcel, struct errmsg *err)
{
    const struct cJSON *plan = NULL;
    enum status st = json_parse(json, len, PARCEL_BYTES_MAX, &parcel->root, err);

    if (st == ST_OK)
        st = read_signed(parcel->root, &parcel->offer, err);
    if (st == ST_OK)
        st = json_optional(json_object(parcel->root, "rollout", &plan, err));
    if (st == ST_OK && plan) {
        parcel->by_rings = true;
        st = rollout_plan_read(plan, &parcel->plan, err);
    }
    if (st == ST_OK && plan) {
        st = read_back(parcel, err);
        if (st != ST_OK)
            errmsg_wrap(err, "the way back");
    }
    return st;
}

static enum status check_offer(struct central *central, const struct offer *offer, struct errmsg *err)
{
    enum status st = check_signatures(central, offer, err);

    if (st == ST_OK)
        st = check_version(central, offer, err);
    return st == ST_OK ? check_bundle(offer, err) : st;
}

enum status publish_bundle(struct central *central, const char *signed_json, size_t signed_len, const char *bundle,
                           size_t bundle_len, int64_t *out_version, struct errmsg *err)
{
    struct parcel parcel = {.offer = {.bundle = bundle, .bundle_len = bundle_len}};
    const struct offer *offer = &parcel.offer;
    enum status st = read_parcel(signed_json, signed_len, &parcel, err);

    if (st == ST_OK)
        st = office_need_chain(central, offer->manifest.chain, err);
    if (st == ST_OK)
        st = check_offer(central, offer, err);
    if (st == ST_OK && parcel.has_back) {
        st = check_offer(central, &parcel.back, err);
        if (st != ST_OK)
            errmsg_wrap(err, "the way back");
    }
    if (st == ST_OK)
        st = put_parcel(central, &parcel, err);
    if (st == ST_OK) {
        *out_version = offer->manifest.version;
        log_info("publish-01", "bundle published chain=%s version=%lld sha256=%.12s bytes=%zu%s",
                 offer->manifest.chain, (long long)offer->manifest.version, offer->bundle_sha256, offer->bundle_len,
                 parcel.by_rings ? " by rings" : "");
        central_tell_changed(central);
    }
    rollout_plan_clear(&parcel.plan);
    json_free(parcel.root);
    return st;
}

enum status publish_list(struct central *central, struct json_writer *w, struct errmsg *err)
{
    struct rows *rows;
    enum status st = store_select(central->store, STATEMENT_MANIFEST_LIST, NULL, 0, &rows, err);

    if (st != ST_OK)
        return st;
    jw_object_begin(w);
    jw_name(w, "bundles");
    jw_array_begin(w);
    while (rows_next(rows)) {
        jw_object_begin(w);
        jw_field_text(w, "chain", rows_text(rows, 0));
        jw_field_int(w, "version", rows_int(rows, 1));
        jw_field_text(w, "sha256", rows_text(rows, 2));
        jw_field_int(w, "bytes", rows_int(rows, 3));
        jw_field_int(w, "published_us", rows_int(rows, 4));
        jw_field_int(w, "tills_active", rows_int(rows, 5));
        jw_field_int(w, "tills", rows_int(rows, 6));
        jw_object_end(w);
    }
    jw_array_end(w);
    jw_object_end(w);
    return rows_end(rows, err);
}
