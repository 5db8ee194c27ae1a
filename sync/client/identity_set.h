/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity_set - one set of key, certificate and authorities before it is anybody's identity: whether the three fit
 * together, and as the one JSON object that a set is kept in while it is not in use. Inside sync/client.
 */
#ifndef LOYALD_CLIENT_IDENTITY_SET_H
#define LOYALD_CLIENT_IDENTITY_SET_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "agent/base/strbuf.h"
#include "agent/base/x509.h"
#include "sync/client/identity.h"

#include <stdbool.h>
#include <stdint.h>

enum { IDENTITY_JSON_BYTES_MAX = 4 * IDENTITY_PEM_BYTES_MAX };

struct identity_set {
    char *key, *cert, *ca; /* PEM, owned */
    char dev[X509_NAME_BYTES_MAX];
    int64_t not_before_unix_s, not_after_unix_s;
};

/* Wipes and frees; accepts NULL. */
void identity_free_secret(char *text);
void identity_set_clear(struct identity_set *set);
/* Copies; to be cleared also when it fails. */
enum status identity_set_copy(const char *key_pem, const char *cert_pem, const char *ca_pem,
                              struct identity_set *out_set, struct errmsg *err);
/* Whether the three fit together; fills in dev and validity. */
enum status identity_set_check(struct identity_set *set, struct errmsg *err);
/* And are that till's. ST_DENIED when they are another's. */
enum status identity_set_check_for(struct identity_set *set, const char *dev, struct errmsg *err);
/* Whether a check that failed so has judged the set. Where it has not (memory was short, a mistake of ours) the set
 * may be good, and nothing may be thrown away for it. */
bool identity_set_is_judged(enum status st);

/* Appends the object {"key", "certificate", "ca"}. */
enum status identity_set_write(const struct identity_set *set, struct strbuf *out);
/* Reads one; to be cleared also when it fails. Not checked. */
enum status identity_set_read(const char *json, struct identity_set *out_set, struct errmsg *err);

#endif
