/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity - the till's TLS key, its certificate and the central's CA, kept in loyald-sync's state directory.
 *
 * Files key.pem (0600, sealed where there is a key for that: vault.h), cert.pem, ca.pem; ca.pem may hold two
 * authorities, the newest first. A new set is first written whole as pending.json and applied from there, at the next
 * start too, so that a power cut leaves the old three or the new three, never a key beside another key's certificate.
 * A renewed set waits in unproven.json beside them until a request has shown that it is good.
 */
#ifndef LOYALD_CLIENT_IDENTITY_H
#define LOYALD_CLIENT_IDENTITY_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

#include <stdbool.h>
#include <stdint.h>

enum { IDENTITY_PEM_BYTES_MAX = 64 * 1024 };

struct identity {
    char *dir;
    char *key_pem, *cert_pem, *ca_pem; /* NULL, all three, until enrolled */
    char *first_ca_pem; /* of the configured ca_file: whom to trust for enrolling; NULL when not configured */
    char dev[17];       /* common name of the certificate; "" until enrolled */
    char ca_id[17];     /* renewal_ca_id of ca_pem */
    int64_t not_before_unix_s, not_after_unix_s;
    char *next_key_pem, *next_cert_pem, *next_ca_pem; /* a renewed set, not proved yet; NULL, all three, when none */
    char next_ca_id[17];
};

/* Reads dir and ca_file (may be ""). What is there but does not fit together counts as not enrolled and is said in
 * the log; only what cannot be read fails: a directory or ca_file, or anything where memory is short. */
enum status identity_open(struct identity *identity, const char *dir, const char *ca_file, struct errmsg *err);
void identity_close(struct identity *identity);
bool identity_is_enrolled(const struct identity *identity);
/* Takes over a certificate answered to a request of this key: checks that it is for that key and dev, writes all to
 * disk, then uses it. What is refused changes nothing on disk. After a failure the identity in use is as before; a
 * set that was whole on disk by then is finished by the next start. */
enum status identity_replace(struct identity *identity, const char *key_pem, const char *cert_pem, const char *ca_pem,
                             const char *dev, struct errmsg *err);

/* A renewed set for the same till: checked and written to disk beside the present one, which stays in use. */
enum status identity_keep_next(struct identity *identity, const char *key_pem, const char *cert_pem,
                               const char *ca_pem, struct errmsg *err);
/* It was proved: it takes the present one's place. */
enum status identity_use_next(struct identity *identity, struct errmsg *err);
/* It is of no use. */
void identity_drop_next(struct identity *identity);
/* Other authorities to trust, with the same key and certificate. */
enum status identity_replace_ca(struct identity *identity, const char *ca_pem, struct errmsg *err);

#endif
