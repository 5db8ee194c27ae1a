/* SPDX-License-Identifier: Apache-2.0 */
/* A whole central on a folder of its own, or on a schema of the PostgreSQL that LOYALD_TEST_DATABASE names, with a
 * clock moved by hand, an office with a key, and tills that speak the protocol. */
#ifndef LOYALD_TEST_CENTRAL_FIXTURE_H
#define LOYALD_TEST_CENTRAL_FIXTURE_H

#include <criterion/criterion.h>

#include "agent/base/crypto.h"
#include "sync/central/central.h"
#include "sync/central/device.h"
#include "sync/protocol/record.h"

/* Asserts that it ends well; the caller's err says why not. */
#define OK(call) cr_assert_eq((call), ST_OK, "%s: %s", #call, err.text)

struct fixture {
    char dir[64];
    char database[512], schema[16]; /* "": a file in dir */
    struct virtual_clock now;
    struct clock_source clock;
    bool apart; /* each step a transaction (steps.h), and looked after (spread_watch.h) */
    struct central *central;
    struct pk *office;
    char office_key_id[17];
    char bundle_sha256[SHA256_TEXT]; /* of the last one published */
};

/* A chain "demo" with the office's key, a store S12. */
void fixture_open(struct fixture *fixture);
void fixture_reopen(struct fixture *fixture); /* as after a restart */
void fixture_close(struct fixture *fixture);
/* What follows is the test's own doing in transactions, or of how many share one: of as many as it likes. */
void fixture_together(struct fixture *fixture);
/* Members enough for several pages; fewer on a server, where each is a few ways there and back, and where each is a
 * transaction. */
int fixture_many(const struct fixture *fixture);
void fixture_code(struct fixture *fixture, const char *till, char out_code[16]);

/* A bundle of 10 % off and one point for each full 1.00. */
void fixture_bundle(int version, struct strbuf *out);
/* The manifest for that chain, version and those bytes, signed with key: {"text","signatures"}. */
void fixture_sign(struct fixture *fixture, const struct pk *key, const char *chain, int version,
                  const struct strbuf *bundle, struct strbuf *out);
/* Publishes the bundle above under that version. */
void fixture_publish(struct fixture *fixture, int version);
/* Imports the CSV; asserts that no row was refused. */
void fixture_import(struct fixture *fixture, const char *csv);

struct fake_till {
    uint64_t dev, epoch, n;
    char dev_hex[17], epoch_hex[17];
    uint8_t mac_key[CRYPTO_KEY_BYTES], id_key[CRYPTO_KEY_BYTES];
    struct pk *tls_key;
    char certificate[X509_PEM_BYTES_MAX];
    int64_t seq;
    uint8_t head[SHA256_BYTES];
    const char *history; /* JSON: what it says at an enrolment of epochs that are over; NULL: nothing */
};

/* A till with names of its own, not enrolled. */
void till_init(struct fake_till *till, uint64_t dev, uint64_t epoch);
void till_clear(struct fake_till *till);
/* The body of the enrolment; own is the ECDH key to finish with. */
void till_enrol_body(struct fake_till *till, const char *code, struct pk **out_own, struct strbuf *out);
/* Takes key, certificate and id_key from the answer. */
void till_enrol_finish(struct fake_till *till, const char *code, const struct pk *own, const char *answer,
                       size_t len);
/* Enrols; returns the HTTP status. */
int till_enrol(struct fixture *fixture, struct fake_till *till, const char *code);
/* Both of the above with a fresh code for till "3". */
void till_enrol_fresh(struct fixture *fixture, struct fake_till *till, uint64_t dev);

/* Appends the next record of the chain, newline included. */
void till_record(struct fake_till *till, const char *type, const char *body, struct strbuf *out);
/* Appends the record of a sale as a till would write it: computed by the engine. member is JSON or NULL, identifier
 * may be "". price_minor is that of its one line. */
void till_sale(struct fixture *fixture, struct fake_till *till, const char *sale_id, const char *member,
               const char *identifier, int price_minor, struct strbuf *out);
/* Posts; returns the HTTP status, the answer's body in out (cleared first). Nothing of it is booked yet. */
int till_send(struct fixture *fixture, struct fake_till *till, const struct strbuf *batch, struct strbuf *out);
/* Likewise, and all that is accepted is booked. */
int till_post(struct fixture *fixture, struct fake_till *till, const struct strbuf *batch, struct strbuf *out);

/* One number of the totals of chain "demo". */
int64_t total(struct fixture *fixture, const char *name);
/* earned, redeemed, cost, opening or balance of the one currency "bonus"; 0 when there is none. */
int64_t total_points(struct fixture *fixture, const char *name);
bool ledger_is_ok(struct fixture *fixture);
int64_t answer_int(const struct strbuf *answer, const char *name);
bool has_text(const struct strbuf *answer, const char *text);

#endif
