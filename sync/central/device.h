/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device - a till as the central knows it: where it stands, its key, its cursor; and the check of its requests.
 */
#ifndef LOYALD_CENTRAL_DEVICE_H
#define LOYALD_CENTRAL_DEVICE_H

#include "agent/base/crypto.h"
#include "agent/base/json_writer.h"
#include "sync/central/central.h"
#include "sync/protocol/operation.h"

enum { DEVICE_TOLD_MAX = 16 * 1024 };

struct device {
    char dev[HEX64_TEXT];
    char chain[ID_BYTES], store[ID_BYTES], till[ID_BYTES];
    uint8_t mac_key[CRYPTO_KEY_BYTES];
    char epoch[HEX64_TEXT];
    int64_t acked;
    uint8_t head_hash[SHA256_BYTES];
    int64_t counted;
    int64_t counted_change;
    bool revoked;
    int64_t quarantined_seq; /* 0: not */
    char cert_key[17];       /* of its certificate; "": not known */
    char next_key[17];       /* of a renewal it has not used yet; "": none */
    bool carried;            /* another epoch or till delivered records of this one (carried.h) */
};

/* A request as it came, before anything of it is believed. */
struct till_request {
    enum operation op;
    const char *peer, *peer_key;       /* common name and key of the client certificate */
    const char *dev, *epoch, *n, *mac; /* headers */
    struct operation_args args;
    const char *body;
    size_t body_len;
};

/* ST_NOT_FOUND when no such till was ever enrolled. */
enum status device_load(struct central *central, const char *dev, struct device *out_device, struct errmsg *err);
/* Inside a transaction: likewise, and nobody else takes records of this till, or books some, until it ends. */
enum status device_lock(struct central *central, const char *dev, struct device *out_device, struct errmsg *err);
/* Whether a certificate of this key is the till's: of its present key, or of the next one. */
bool device_has_key(const struct device *device, const char *key_id);
/* Inside a transaction or alone: a certificate for the key of the request, which must be in this till's name. */
enum status device_certificate(struct central *central, const char *dev, const char *csr,
                               char out_pem[X509_PEM_BYTES_MAX], char out_key_id[17], int64_t *out_not_after_s,
                               struct errmsg *err);
/* Checks that the till is known, not revoked, and that the certificate is its own. On failure the answer is filled.
 */
bool device_check_certificate(struct central *central, const char *peer, const char *peer_key,
                              struct device *out_device, struct answer *answer);
/* The till has used this key: when it is the next one, the one before it is over. adopt: a request whose MAC is good
 * names the key where none is known. */
enum status device_use_key(struct central *central, const struct device *device, const char *key_id, bool adopt,
                           struct errmsg *err);
/* Checks certificate name and key, revocation, MAC and epoch, in this order. On failure the answer is filled and
 * false comes back; *out_known says whether *out_device was loaded, so that the refusal can carry a MAC. */
bool device_check_request(struct central *central, const struct till_request *request, struct device *out_device,
                          bool *out_known, struct answer *answer);
/* The MAC of an answer, as hex. */
void device_answer_mac(const uint8_t mac_key[CRYPTO_KEY_BYTES], const char *dev, const char *epoch, const char *n,
                       enum operation op, int status, const void *body, size_t len,
                       char out_mac[2 * CRYPTO_MAC_BYTES + 1]);

/* {"tills":[...]} */
enum status device_list(struct central *central, struct json_writer *w, struct errmsg *err);
enum status device_revoke(struct central *central, const char *dev, struct errmsg *err);
/* What the till tells of itself: {"version","head","acked","bundle_version","refused"}. */
void device_status(struct central *central, const struct device *device, const char *body, size_t len,
                   struct answer *answer);

#endif
