/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/client/identity.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/file.h"
#include "agent/base/log.h"
#include "sync/client/identity_disk.h"
#include "sync/protocol/renewal.h"

/* Finishes what a crash interrupted. One that holds nothing usable is said and removed; one that could not be looked
 * at stays, and with it the start fails: the three files beside it may be of two sets. */
static enum status apply_pending(const char *dir, struct errmsg *err)
{
    struct identity_set set = {0};
    struct errmsg fault = ERRMSG_INIT;
    bool is_useless = false;
    enum status st = identity_disk_read_whole(dir, IDENTITY_PENDING_FILE, &set, &is_useless, &fault);

    if (st == ST_NOT_FOUND && !is_useless)
        return ST_OK;
    if (st == ST_OK)
        st = identity_disk_write(dir, &set, &fault);
    if (is_useless)
        log_warn("identity-05", "an enrolment that was not finished cannot be used: %s", fault.text);
    if (st == ST_OK || is_useless)
        st = identity_disk_remove(dir, IDENTITY_PENDING_FILE, &fault);
    identity_set_clear(&set);
    if (st != ST_OK)
        errmsg_set(err, "an enrolment that was not finished: %s", fault.text);
    return st;
}

/* Puts the set's three in the place of those before; the set is empty then. */
static void take_three(struct identity_set *set, char **key, char **cert, char **ca, char ca_id[RENEWAL_CA_TEXT])
{
    identity_free_secret(*key);
    free(*cert);
    free(*ca);
    *key = set->key;
    *cert = set->cert;
    *ca = set->ca;
    renewal_ca_id(*ca, ca_id);
    *set = (struct identity_set){0};
}

static void use_set(struct identity *identity, struct identity_set *set)
{
    memcpy(identity->dev, set->dev, sizeof identity->dev); /* checked to be 16 digits */
    identity->not_before_unix_s = set->not_before_unix_s;
    identity->not_after_unix_s = set->not_after_unix_s;
    take_three(set, &identity->key_pem, &identity->cert_pem, &identity->ca_pem, identity->ca_id);
}

/* Loads the three files; any of them missing, or not fitting, leaves the identity not enrolled. */
static enum status load_set(struct identity *identity, struct errmsg *err)
{
    struct identity_set set = {0};
    enum status st = identity_disk_read(identity->dir, &set, err);

    if (st == ST_OK) {
        struct errmsg fault = ERRMSG_INIT;

        st = identity_set_check(&set, &fault);
        if (st == ST_OK)
            use_set(identity, &set);
        else if (!identity_set_is_judged(st))
            errmsg_set(err, "%s: %s", identity->dir, fault.text);
        else
            log_warn("identity-06", "%s: key, certificate and CA do not fit together, enrol again: %s", identity->dir,
                     fault.text);
        st = identity_set_is_judged(st) ? ST_OK : st;
    }
    identity_set_clear(&set);
    return st == ST_NOT_FOUND ? ST_OK : st;
}

/* ---- a renewed set, until it is proved ---- */

static void free_next(struct identity *identity)
{
    identity_free_secret(identity->next_key_pem);
    free(identity->next_cert_pem);
    free(identity->next_ca_pem);
    identity->next_key_pem = identity->next_cert_pem = identity->next_ca_pem = NULL;
}

static void hold_next(struct identity *identity, struct identity_set *set)
{
    take_three(set, &identity->next_key_pem, &identity->next_cert_pem, &identity->next_ca_pem, identity->next_ca_id);
}

/* Not one that is in use already, or of another till. */
static bool is_next(const struct identity *identity, const struct identity_set *set)
{
    return identity->cert_pem && strcmp(set->dev, identity->dev) == 0 && strcmp(set->cert, identity->cert_pem) != 0;
}

static enum status load_next(struct identity *identity, struct errmsg *err)
{
    struct identity_set set = {0};
    struct errmsg fault = ERRMSG_INIT;
    bool is_useless = false;
    enum status st = identity_disk_read_whole(identity->dir, IDENTITY_UNPROVEN_FILE, &set, &is_useless, &fault);

    if (st == ST_NOT_FOUND && !is_useless)
        return ST_OK;
    if (is_useless)
        log_warn("identity-07", "a renewed certificate cannot be used: %s", fault.text);
    if (st == ST_OK && is_next(identity, &set))
        hold_next(identity, &set);
    else if (st == ST_OK || is_useless)
        st = identity_disk_remove(identity->dir, IDENTITY_UNPROVEN_FILE, &fault);
    identity_set_clear(&set);
    if (st != ST_OK)
        errmsg_set(err, "a renewed certificate: %s", fault.text);
    return st;
}

enum status identity_open(struct identity *identity, const char *dir, const char *ca_file, struct errmsg *err)
{
    size_t len;
    enum status st = ST_OK;

    *identity = (struct identity){.dir = strdup(dir)};
    if (!identity->dir) {
        errmsg_set(err, "%s: out of memory", dir);
        st = ST_NOMEM;
    }
    if (st == ST_OK && ca_file[0]) {
        st = file_read(ca_file, IDENTITY_PEM_BYTES_MAX, &identity->first_ca_pem, &len, err);
        if (st != ST_OK)
            errmsg_wrap(err, "[central] ca_file");
    }
    if (st == ST_OK)
        st = apply_pending(dir, err);
    if (st == ST_OK)
        st = load_set(identity, err);
    if (st == ST_OK)
        st = load_next(identity, err);
    if (st != ST_OK)
        identity_close(identity);
    return st;
}

void identity_close(struct identity *identity)
{
    free(identity->dir);
    identity_free_secret(identity->key_pem);
    free(identity->cert_pem);
    free(identity->ca_pem);
    free(identity->first_ca_pem);
    free_next(identity);
    *identity = (struct identity){0};
}

bool identity_is_enrolled(const struct identity *identity)
{
    return identity->cert_pem != NULL;
}

enum status identity_replace(struct identity *identity, const char *key_pem, const char *cert_pem, const char *ca_pem,
                             const char *dev, struct errmsg *err)
{
    struct identity_set set = {0};
    enum status st = identity_set_copy(key_pem, cert_pem, ca_pem, &set, err);

    if (st == ST_OK)
        st = identity_set_check_for(&set, dev, err);
    if (st == ST_OK)
        st = identity_disk_write_whole(identity->dir, IDENTITY_PENDING_FILE, &set, err);
    if (st == ST_OK)
        st = identity_disk_write(identity->dir, &set, err);
    if (st == ST_OK)
        st = identity_disk_remove(identity->dir, IDENTITY_PENDING_FILE, err);
    if (st == ST_OK)
        use_set(identity, &set);
    identity_set_clear(&set);
    if (st != ST_OK)
        errmsg_wrap(err, "keeping the till's certificate");
    return st;
}

enum status identity_keep_next(struct identity *identity, const char *key_pem, const char *cert_pem,
                               const char *ca_pem, struct errmsg *err)
{
    struct identity_set set = {0};
    enum status st = identity_set_copy(key_pem, cert_pem, ca_pem, &set, err);

    if (st == ST_OK)
        st = identity_set_check_for(&set, identity->dev, err);
    if (st == ST_OK)
        st = identity_disk_write_whole(identity->dir, IDENTITY_UNPROVEN_FILE, &set, err);
    if (st == ST_OK)
        hold_next(identity, &set);
    identity_set_clear(&set);
    return st;
}

enum status identity_use_next(struct identity *identity, struct errmsg *err)
{
    enum status st = identity_replace(identity, identity->next_key_pem, identity->next_cert_pem,
                                      identity->next_ca_pem, identity->dev, err);

    if (st == ST_OK)
        identity_drop_next(identity);
    return st;
}

void identity_drop_next(struct identity *identity)
{
    /* Left over, it is found to be in use, or refused again. */
    (void)identity_disk_remove(identity->dir, IDENTITY_UNPROVEN_FILE, NULL);
    free_next(identity);
}

enum status identity_replace_ca(struct identity *identity, const char *ca_pem, struct errmsg *err)
{
    return identity_replace(identity, identity->key_pem, identity->cert_pem, ca_pem, identity->dev, err);
}
