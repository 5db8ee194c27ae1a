/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/trust_internal.h"

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/base/pk.h"
#include "agent/db/journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS INT64_C(86400000)

/* ---- what is known ---- */

static char *read_state(const struct trust *trust, const char *name)
{
    char *text = NULL;
    size_t len = 0;

    return journal_get_state(trust->options.journal, name, &text, &len, NULL) == ST_OK ? text : NULL;
}

void trust_reload(struct trust *trust)
{
    char *root = read_state(trust, ROOT_STATE), *timestamp = read_state(trust, TIMESTAMP_STATE);
    char *ratchet = read_state(trust, RATCHET_STATE);
    struct errmsg err = ERRMSG_INIT;
    long long first = 0, second = 0;

    trust_forget_offer(trust);
    trust->refused[0] = '\0';
    trust->root = (struct root){.version = 0};
    trust->timestamp = (struct timestamp){.version = 0};
    if (root && root_parse(root, strlen(root), &trust->root, &err) != ST_OK)
        log_error("trust-01", "the stored root cannot be read, rules are not taken until the till is enrolled again: %s",
                  err.text);
    if (timestamp && timestamp_parse(timestamp, strlen(timestamp), &trust->timestamp, &err) != ST_OK)
        log_warn("trust-02", "the stored timestamp cannot be read, the next is waited for: %s", err.text);
    if (ratchet)
        (void)sscanf(ratchet, "%lld %lld", &first, &second);
    trust->timestamp_ratchet = first;
    trust->manifest_ratchet = second;
    free(root);
    free(timestamp);
    free(ratchet);
}

enum status trust_create(const struct trust_options *options, struct trust **out_trust, struct errmsg *err)
{
    struct trust *trust = calloc(1, sizeof *trust);

    if (!trust) {
        errmsg_set(err, "the trust in rules: out of memory");
        return ST_NOMEM;
    }
    trust->options = *options;
    trust_load_time(trust);
    trust_reload(trust);
    *out_trust = trust;
    return ST_OK;
}

void trust_forget_offer(struct trust *trust)
{
    free(trust->text);
    free(trust->signatures);
    trust->text = trust->signatures = NULL;
    trust->progress = TRUST_NONE;
    trust->root_asked = false;
    trust->serial++;
}

void trust_free(struct trust *trust)
{
    trust_forget_offer(trust);
    free(trust);
}

void trust_destroy(struct trust *trust)
{
    if (!trust)
        return;
    trust->closing = true; /* a worker's end frees it */
    if (trust->jobs == 0)
        trust_free(trust);
}

/* ---- what follows of it ---- */

bool trust_is_busy(const struct trust *trust)
{
    return trust->progress != TRUST_NONE;
}

/* Those told at enrolment, of a chain without a root. */
static void signers_of_identity(const struct identity *identity, struct signers *out_signers)
{
    char pem[PK_PEM_BYTES_MAX];

    *out_signers = (struct signers){.threshold = identity->rules_threshold > 0 ? identity->rules_threshold : 1};
    for (int i = 0; i < identity->rules_key_count && i < SIGNERS_MAX; i++) {
        struct signer *signer = &out_signers->list[out_signers->count];

        if (pk_public_pem(identity->rules_keys[i], pem, NULL) != ST_OK || strlen(pem) > SIGNER_PEM_MAX)
            continue;
        memcpy(signer->id, identity->rules_key_ids[i], sizeof signer->id);
        memcpy(signer->pem, pem, strlen(pem) + 1);
        out_signers->count++;
    }
}

void trust_rules_signers(const struct trust *trust, struct signers *out_signers)
{
    if (trust->root.version > 0)
        *out_signers = trust->root.roles[ROOT_ROLE_RULES];
    else
        signers_of_identity(trust->options.identity, out_signers);
}

enum status trust_names(const struct trust *trust, int64_t version, const uint8_t manifest_sha256[SHA256_BYTES],
                        struct errmsg *err)
{
    if (trust->root.version == 0 || timestamp_names(&trust->timestamp, version, manifest_sha256))
        return ST_OK;
    if (trust->timestamp.version == 0)
        errmsg_set(err, "no timestamp of the central vouches for version %" PRId64, version);
    else
        errmsg_set(err, "the timestamp of the central names no version %" PRId64 " of that content", version);
    return ST_DENIED;
}

/* ---- time ---- */

/* The root bounds what an online key may say. */
static int64_t good_until(const struct trust *trust)
{
    int64_t most = trust->timestamp.signed_unix_ms + trust->root.timestamp_days * DAY_MS;

    return trust->timestamp.expires_unix_ms < most ? trust->timestamp.expires_unix_ms : most;
}

bool trust_is_stale(const struct trust *trust)
{
    return trust->root.version > 0 && (trust->timestamp.version == 0 || trust_now_ms(trust) >= good_until(trust));
}

void trust_write(const struct trust *trust, struct json_writer *w)
{
    int64_t left_ms = good_until(trust) - trust_now_ms(trust);

    jw_object_begin(w);
    jw_field_int(w, "root", trust->root.version);
    if (trust->root.version > 0) {
        jw_field_int(w, "root_expires_unix_ms", trust->root.expires_unix_ms);
        jw_field_int(w, "timestamp", trust->timestamp.version);
        if (trust->timestamp.version > 0) {
            jw_field_int(w, "expires_unix_ms", good_until(trust));
            jw_field_int(w, "days_left", left_ms > 0 ? left_ms / DAY_MS : 0);
        }
        jw_field_bool(w, "stale", trust_is_stale(trust));
    }
    if (trust->refused[0] != '\0')
        jw_field_text(w, "refused", trust->refused);
    jw_object_end(w);
}
