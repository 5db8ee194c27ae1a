/* SPDX-License-Identifier: Apache-2.0 */
/* What the central answers to a renewal. */
#include <string.h>

#include "agent/base/crypto.h"
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "sync/client/client_internal.h"
#include "sync/client/renew_internal.h"

/* The words of a refusal, or of what was in the way. Views of the answer or of out_root. */
static const char *words_of(const struct carrier_answer *answer, struct cJSON **out_root)
{
    const char *words = "the answer cannot be read";

    if (answer->result != CARRIER_ANSWERED)
        return answer->text;
    if (json_parse(answer->body, answer->body_len, MESSAGE_PAYLOAD_MAX, out_root, NULL) == ST_OK)
        (void)json_text(*out_root, "message", ERRMSG_BYTES_MAX, &words, NULL);
    return words;
}

static bool is_good(const struct carrier_answer *answer)
{
    return answer->result == CARRIER_ANSWERED && answer->status == 200;
}

static void answer_failed(struct renewal *renewal, const char *doing, const struct carrier_answer *answer)
{
    struct cJSON *root = NULL;

    renewal_failed(renewal, doing, words_of(answer, &root), answer->retry_after_ms);
    json_free(root);
}

void renewal_asked(void *context, const struct carrier_answer *answer)
{
    struct renewal *renewal = context;
    struct client *client = renewal->client;
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *root = NULL;
    const char *cert, *ca;
    enum status st;

    renewal_end_call(renewal);
    if (!is_good(answer)) {
        answer_failed(renewal, "renewing the certificate", answer);
        return;
    }
    st = json_parse(answer->body, answer->body_len, MESSAGE_PAYLOAD_MAX, &root, &err);
    if (st == ST_OK)
        st = json_text(root, "certificate", IDENTITY_PEM_BYTES_MAX, &cert, &err);
    if (st == ST_OK)
        st = json_text(root, "ca", IDENTITY_PEM_BYTES_MAX, &ca, &err);
    if (st == ST_OK)
        st = identity_keep_next(&client->identity, renewal->key_pem, cert, ca, &err);
    json_free(root);
    crypto_wipe(renewal->key_pem, sizeof renewal->key_pem);
    if (st == ST_OK)
        renewal_succeeded(renewal);
    else
        renewal_failed(renewal, "keeping the renewed certificate", err.text, 0);
}

void renewal_proved(void *context, const struct carrier_answer *answer)
{
    struct renewal *renewal = context;
    struct client *client = renewal->client;
    struct errmsg err = ERRMSG_INIT;
    bool refused = answer->result == CARRIER_TLS ||
                   (answer->result == CARRIER_ANSWERED && (answer->status == 401 || answer->status == 403));

    renewal_end_call(renewal);
    if (is_good(answer)) {
        if (identity_use_next(&client->identity, &err) != ST_OK) {
            renewal_failed(renewal, "taking the renewed certificate into use", err.text, 0);
            return;
        }
        memcpy(renewal->asked_ca, client->identity.ca_id, sizeof renewal->asked_ca);
        log_info("identity-03", "certificate renewed, good until %lld", (long long)client->identity.not_after_unix_s);
        client_tell_identity(client);
        renewal_succeeded(renewal);
        return;
    }
    if (refused) /* nothing can come of it: another is asked for with the old key */
        identity_drop_next(&client->identity);
    answer_failed(renewal, "trying the renewed certificate", answer);
}

void renewal_looked(void *context, const struct carrier_answer *answer)
{
    struct renewal *renewal = context;
    struct client *client = renewal->client;
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *root = NULL;
    const char *ca = NULL;
    enum status st;

    renewal_end_call(renewal);
    if (!is_good(answer)) {
        answer_failed(renewal, "asking whom to trust", answer);
        return;
    }
    st = json_parse(answer->body, answer->body_len, MESSAGE_PAYLOAD_MAX, &root, &err);
    if (st == ST_OK)
        st = json_text(root, "ca", IDENTITY_PEM_BYTES_MAX, &ca, &err);
    memcpy(renewal->asked_ca, client->identity.ca_id, sizeof renewal->asked_ca); /* that is what it was told */
    if (st == ST_OK && strcmp(ca, client->identity.ca_pem) != 0) {
        st = identity_replace_ca(&client->identity, ca, &err);
        if (st == ST_OK)
            log_info("identity-04", "the central's authorities are now %s", client->identity.ca_id);
    }
    if (st == ST_OK)
        memcpy(renewal->told_ca, client->identity.ca_id, sizeof renewal->told_ca);
    json_free(root);
    if (st == ST_OK)
        renewal_succeeded(renewal);
    else
        renewal_failed(renewal, "keeping the central's authorities", err.text, 0);
}
