/* SPDX-License-Identifier: Apache-2.0 */
/*
 * central - what the parts of loyal-central share: the database, the certificate authority, the clock, and the shape
 * of an answer.
 *
 * Everything runs on the loop's thread. A function that changes something begins and commits its own transaction
 * unless its header says "inside a transaction". Persist, then answer.
 */
#ifndef LOYALD_CENTRAL_CENTRAL_H
#define LOYALD_CENTRAL_CENTRAL_H

#include "agent/base/clock.h"
#include "agent/base/errmsg.h"
#include "agent/base/hex.h"
#include "agent/base/ids.h"
#include "agent/base/status.h"
#include "agent/base/strbuf.h"
#include "agent/base/x509.h"
#include "sync/central/store.h"
#include "sync/central/throttle.h"
#include "sync/protocol/renewal.h"

struct evaluator;
struct sheets;

enum {
    ID_BYTES = ID_LEN_MAX + 1,
    HEX64_TEXT = 17,           /* dev, epoch, n, incarnation */
    IDENTIFIER_HASH_TEXT = 33, /* 32 hex digits */
    ANSWER_BYTES_MAX = 8 * 1024 * 1024,
    DEVICE_CERTIFICATE_DAYS = 90, /* a till renews its own from a third of it on */
    SERVER_CERTIFICATE_DAYS = 3650,
    TRUST_KEYS_MAX = 2,
};

struct central {
    struct store *store;
    struct sheets *sheets; /* what the transaction at hand changes of members */
    const struct clock_source *clock;
    struct evaluator *evaluator;
    char incarnation[HEX64_TEXT];
    int64_t restored_us; /* when this database was put back from a backup; 0: never */
    struct pk *ca_key;
    struct pk *forms_key;                   /* unseals what was filled in at tills */
    struct pk *stamp_keys[TRUST_KEYS_MAX];  /* sign timestamps: the one in use, the one to follow or NULL */
    char ca_pem[X509_PEM_BYTES_MAX];        /* the authority that issues */
    char ca_old_pem[X509_PEM_BYTES_MAX];    /* the one before, while two overlap; else "" */
    char ca_bundle[2 * X509_PEM_BYTES_MAX]; /* all that are trusted, the newest first */
    char ca_bundle_id[RENEWAL_CA_TEXT], ca_key_id[17];
    char server_pem[X509_PEM_BYTES_MAX];
    char server_key_pem[PK_PEM_BYTES_MAX];
    int lock_fd;
    struct store_backup *backup; /* the one under way, or NULL */
    struct throttle refused;  /* what anybody may try, by what it is: for the log */
    struct throttle renewing; /* signatures that were wrong, by till */
    /* Told after each commit that tills should hear of; may be NULL. */
    void (*changed)(void *context);
    void *changed_context;
    /* Told after each commit that left so many records to be booked; may be NULL. */
    void (*accepted)(void *context, int64_t count);
    void *accepted_context;
    char counted_last[HEX64_TEXT]; /* the till whose records were booked last: they take turns */
    int together_max;              /* steps (steps.h) of one transaction; 0: as many as suit each kind of work */
};

/* What a handler answers, over whichever transport. */
struct answer {
    int status;        /* HTTP */
    bool binary;       /* body is bytes, not JSON */
    int retry_after_s; /* 0: none */
    struct strbuf body;
};
#define ANSWER_INIT                                                                                                  \
    {                                                                                                                \
        .status = 200, .body = STRBUF_INIT(ANSWER_BYTES_MAX)                                                         \
    }

/* Replaces whatever stands in the answer by {"code","message"}. */
__attribute__((format(printf, 4, 5))) void answer_error(struct answer *answer, int status, const char *code,
                                                        const char *format, ...);
/* The answer to a request that failed with st: refusals in words, our own faults as 503, to be tried again. */
void answer_status(struct answer *answer, enum status st, const struct errmsg *err);

/* Where a central keeps what it knows. */
struct central_place {
    const char *state_dir;
    const char *database; /* postgres://...; NULL or "": central.db in state_dir */
};

/* Makes the database, and in the state directory authority and server certificate. ST_CONFLICT when one is there.
 * host is the name that tills will call ("" for localhost only). */
enum status central_init(const struct central_place *place, const char *host, const struct clock_source *clock,
                         struct errmsg *err);
/* Opens what central_init made. The state directory is this process's alone: ST_CONFLICT names the one that has it.
 * Borrows clock. */
enum status central_open(const struct central_place *place, const struct clock_source *clock,
                         struct central **out_central, struct errmsg *err);
void central_close(struct central *central); /* accepts NULL */
/* After the database was put back from a backup: a new incarnation, so that tills send again what it lacks and load
 * anew. */
enum status central_restored(struct central *central, struct errmsg *err);

int64_t central_now_us(const struct central *central);
void central_tell_changed(struct central *central);
void central_tell_accepted(struct central *central, int64_t count);
/* store_end, and tells what was committed. */
enum status central_end(struct central *central, enum status st, struct errmsg *err);

#endif
