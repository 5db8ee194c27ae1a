/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/client/identity.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/crypto.h"
#include "agent/base/file.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/base/log.h"
#include "agent/base/pk.h"
#include "agent/base/x509.h"
#include "sync/client/vault.h"
#include "sync/protocol/renewal.h"

#include <cjson/cJSON.h>

enum { PENDING_BYTES_MAX = 4 * IDENTITY_PEM_BYTES_MAX, DEV_DIGITS = 16 };

static const char key_file[] = "key.pem", cert_file[] = "cert.pem", ca_file_name[] = "ca.pem",
                  pending_file[] = "pending.json", unproven_file[] = "unproven.json";

static enum status path_of(const char *dir, const char *name, char out_path[PATH_MAX], struct errmsg *err)
{
    if (snprintf(out_path, PATH_MAX, "%s/%s", dir, name) < PATH_MAX)
        return ST_OK;
    errmsg_set(err, "%.64s...: the path of the state directory is too long", dir);
    return ST_INVALID;
}

/* Of the files those that hold the key. */
static bool is_secret(const char *name)
{
    return strcmp(name, cert_file) != 0 && strcmp(name, ca_file_name) != 0;
}

static enum status read_file(const char *dir, const char *name, size_t len_max, char **out_text, struct errmsg *err)
{
    char path[PATH_MAX];
    size_t len;
    enum status st = path_of(dir, name, path, err);

    if (st != ST_OK)
        return st;
    return is_secret(name) ? vault_read(path, len_max, out_text, err) : file_read(path, len_max, out_text, &len, err);
}

static enum status write_file(const char *dir, const char *name, const char *text, struct errmsg *err)
{
    char path[PATH_MAX];
    enum status st = path_of(dir, name, path, err);

    if (st != ST_OK)
        return st;
    return is_secret(name) ? vault_write(path, text, err) : file_write(path, text, strlen(text), 0644, err);
}

static void free_secret(char *text)
{
    if (text)
        crypto_wipe(text, strlen(text));
    free(text);
}

/* One set of the three, before it is anybody's identity. */
struct pem_set {
    char *key, *cert, *ca;
    char dev[X509_NAME_BYTES_MAX];
    int64_t not_before_unix_s, not_after_unix_s;
};

static void set_clear(struct pem_set *set)
{
    free_secret(set->key);
    free(set->cert);
    free(set->ca);
    *set = (struct pem_set){0};
}

/* To be cleared also when it fails. */
static enum status copy_set(const char *key_pem, const char *cert_pem, const char *ca_pem, struct pem_set *out_set)
{
    *out_set = (struct pem_set){.key = strdup(key_pem), .cert = strdup(cert_pem), .ca = strdup(ca_pem)};
    return out_set->key && out_set->cert && out_set->ca ? ST_OK : ST_NOMEM;
}

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

/* Whether the three fit together; learns dev and the end of validity. */
static enum status set_check(struct pem_set *set, struct errmsg *err)
{
    char ca_name[X509_NAME_BYTES_MAX];
    int64_t ca_not_after;
    enum status st = x509_read(set->cert, set->dev, &set->not_after_unix_s, err);

    if (st == ST_OK)
        st = x509_validity(set->cert, &set->not_before_unix_s, &set->not_after_unix_s, err);
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

static enum status check_for(struct pem_set *set, const char *dev, struct errmsg *err)
{
    enum status st = set_check(set, err);

    if (st != ST_OK || strcmp(set->dev, dev) == 0)
        return st;
    errmsg_set(err, "the certificate is for till %s, not for %s", set->dev, dev);
    return ST_DENIED;
}

/* Writes the three files. In any order: pending.json stays until all are there. */
static enum status set_write(const struct pem_set *set, const char *dir, struct errmsg *err)
{
    enum status st = write_file(dir, ca_file_name, set->ca, err);

    if (st == ST_OK)
        st = write_file(dir, key_file, set->key, err);
    if (st == ST_OK)
        st = write_file(dir, cert_file, set->cert, err);
    return st;
}

static enum status remove_file(const char *dir, const char *name, struct errmsg *err)
{
    char path[PATH_MAX];
    enum status st = path_of(dir, name, path, err);

    if (st == ST_OK && unlink(path) != 0 && errno != ENOENT) {
        errmsg_set(err, "removing %s: %s", path, strerror(errno));
        return ST_IO;
    }
    return st;
}

static enum status parse_pending(const char *text, struct pem_set *out_set, struct errmsg *err)
{
    struct cJSON *root = NULL;
    const char *key = NULL, *cert = NULL, *ca = NULL;
    enum status st = json_parse(text, strlen(text), PENDING_BYTES_MAX, &root, err);

    if (st == ST_OK)
        st = json_text(root, "key", IDENTITY_PEM_BYTES_MAX, &key, err);
    if (st == ST_OK)
        st = json_text(root, "certificate", IDENTITY_PEM_BYTES_MAX, &cert, err);
    if (st == ST_OK)
        st = json_text(root, "ca", IDENTITY_PEM_BYTES_MAX, &ca, err);
    if (st == ST_OK)
        st = copy_set(key, cert, ca, out_set);
    json_free(root);
    return st;
}

/* A set that was written whole. fault says why it cannot be used; it stays empty when the file is not there or cannot
 * be read. */
static enum status read_whole(const char *dir, const char *name, struct pem_set *out_set, struct errmsg *fault,
                              struct errmsg *err)
{
    char *text = NULL;
    enum status st = read_file(dir, name, PENDING_BYTES_MAX, &text, err);

    if (st == ST_OK)
        st = parse_pending(text, out_set, fault);
    if (st == ST_OK)
        st = set_check(out_set, fault);
    free_secret(text);
    return st;
}

/* Finishes what a crash interrupted. A pending file that does not hold together is put aside by being ignored and
 * removed. */
static enum status apply_pending(const char *dir, struct errmsg *err)
{
    struct pem_set set = {0};
    struct errmsg fault = ERRMSG_INIT;
    enum status st = read_whole(dir, pending_file, &set, &fault, err);

    if (st == ST_NOT_FOUND && !fault.text[0])
        return ST_OK;
    if (st == ST_OK)
        st = set_write(&set, dir, err);
    else if (fault.text[0])
        log_warn("identity-05", "an enrolment that was not finished cannot be used: %s", fault.text);
    if (st == ST_OK || fault.text[0])
        st = remove_file(dir, pending_file, err);
    set_clear(&set);
    return st;
}

/* Puts the set's three in the place of those before; the set is empty then. */
static void take_three(struct pem_set *set, char **key, char **cert, char **ca, char ca_id[RENEWAL_CA_TEXT])
{
    free_secret(*key);
    free(*cert);
    free(*ca);
    *key = set->key;
    *cert = set->cert;
    *ca = set->ca;
    renewal_ca_id(*ca, ca_id);
    *set = (struct pem_set){0};
}

static void use_set(struct identity *identity, struct pem_set *set)
{
    memcpy(identity->dev, set->dev, DEV_DIGITS + 1);
    identity->not_before_unix_s = set->not_before_unix_s;
    identity->not_after_unix_s = set->not_after_unix_s;
    take_three(set, &identity->key_pem, &identity->cert_pem, &identity->ca_pem, identity->ca_id);
}

/* Loads the three files; any of them missing, or not fitting, leaves the identity not enrolled. */
static enum status load_set(struct identity *identity, struct errmsg *err)
{
    struct pem_set set = {0};
    struct errmsg fault = ERRMSG_INIT;
    enum status st = read_file(identity->dir, cert_file, IDENTITY_PEM_BYTES_MAX, &set.cert, err);

    if (st == ST_OK)
        st = read_file(identity->dir, key_file, IDENTITY_PEM_BYTES_MAX, &set.key, err);
    if (st == ST_OK)
        st = read_file(identity->dir, ca_file_name, IDENTITY_PEM_BYTES_MAX, &set.ca, err);
    if (st == ST_NOT_FOUND) {
        st = ST_OK;
    } else if (st == ST_OK) {
        if (set_check(&set, &fault) == ST_OK)
            use_set(identity, &set);
        else
            log_warn("identity-06", "%s: key, certificate and CA do not fit together, enrol again: %s", identity->dir,
                     fault.text);
    }
    set_clear(&set);
    return st;
}

/* ---- a renewed set, until it is proved ---- */

static void free_next(struct identity *identity)
{
    free_secret(identity->next_key_pem);
    free(identity->next_cert_pem);
    free(identity->next_ca_pem);
    identity->next_key_pem = identity->next_cert_pem = identity->next_ca_pem = NULL;
}

static void hold_next(struct identity *identity, struct pem_set *set)
{
    take_three(set, &identity->next_key_pem, &identity->next_cert_pem, &identity->next_ca_pem, identity->next_ca_id);
}

/* One that is in use already, of another till, or damaged, is of no use. */
static enum status load_next(struct identity *identity, struct errmsg *err)
{
    struct pem_set set = {0};
    struct errmsg fault = ERRMSG_INIT;
    enum status st = read_whole(identity->dir, unproven_file, &set, &fault, err);

    if (st == ST_OK && identity->cert_pem && strcmp(set.dev, identity->dev) == 0 &&
        strcmp(set.cert, identity->cert_pem) != 0)
        hold_next(identity, &set);
    else if (st == ST_OK || fault.text[0])
        st = remove_file(identity->dir, unproven_file, err);
    else if (st == ST_NOT_FOUND)
        st = ST_OK;
    if (fault.text[0])
        log_warn("identity-07", "a renewed certificate cannot be used: %s", fault.text);
    set_clear(&set);
    return st;
}

enum status identity_open(struct identity *identity, const char *dir, const char *ca_file, struct errmsg *err)
{
    size_t len;
    enum status st = ST_OK;

    *identity = (struct identity){.dir = strdup(dir)};
    if (!identity->dir)
        st = ST_NOMEM;
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
    free_secret(identity->key_pem);
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

static enum status write_whole(const struct pem_set *set, const char *dir, const char *name, struct errmsg *err)
{
    struct strbuf text = STRBUF_INIT(PENDING_BYTES_MAX);
    struct json_writer w = JSON_WRITER_INIT(&text);
    enum status st;

    jw_object_begin(&w);
    jw_field_text(&w, "key", set->key);
    jw_field_text(&w, "certificate", set->cert);
    jw_field_text(&w, "ca", set->ca);
    jw_object_end(&w);
    st = strbuf_status(&text);
    if (st == ST_OK)
        st = write_file(dir, name, strbuf_text(&text), err);
    if (text.data)
        crypto_wipe(text.data, text.len);
    strbuf_free(&text);
    return st;
}

enum status identity_replace(struct identity *identity, const char *key_pem, const char *cert_pem, const char *ca_pem,
                             const char *dev, struct errmsg *err)
{
    struct pem_set set = {0};
    enum status st = copy_set(key_pem, cert_pem, ca_pem, &set);

    if (st == ST_OK)
        st = check_for(&set, dev, err);
    if (st == ST_OK)
        st = write_whole(&set, identity->dir, pending_file, err);
    if (st == ST_OK)
        st = set_write(&set, identity->dir, err);
    if (st == ST_OK)
        st = remove_file(identity->dir, pending_file, err);
    if (st == ST_OK)
        use_set(identity, &set);
    set_clear(&set);
    if (st != ST_OK)
        errmsg_wrap(err, "keeping the till's certificate");
    return st;
}

enum status identity_keep_next(struct identity *identity, const char *key_pem, const char *cert_pem,
                               const char *ca_pem, struct errmsg *err)
{
    struct pem_set set = {0};
    enum status st = copy_set(key_pem, cert_pem, ca_pem, &set);

    if (st == ST_OK)
        st = check_for(&set, identity->dev, err);
    if (st == ST_OK)
        st = write_whole(&set, identity->dir, unproven_file, err);
    if (st == ST_OK)
        hold_next(identity, &set);
    set_clear(&set);
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
    (void)remove_file(identity->dir, unproven_file, NULL); /* left over, it is found to be in use, or refused again */
    free_next(identity);
}

enum status identity_replace_ca(struct identity *identity, const char *ca_pem, struct errmsg *err)
{
    return identity_replace(identity, identity->key_pem, identity->cert_pem, ca_pem, identity->dev, err);
}
