/* SPDX-License-Identifier: Apache-2.0 */
/* What became of a request, in one of four words and in a sentence for a person. */
#include "sync/client/carrier_internal.h"

#include <inttypes.h>
#include <string.h>

/* Whether it was about certificates; a line that broke in the handshake, or something that speaks no TLS, was not. */
static bool is_tls_refusal(const struct carrier_call *call, CURLcode rc)
{
    const char *text = call->error_text;

    switch (rc) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return true;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_RECV_ERROR: /* TLS 1.3 refuses a client certificate after the handshake */
    case CURLE_SEND_ERROR:
        return strstr(text, "alert") || strstr(text, "certificate");
    default:
        return false;
    }
}

static bool had_connection(const struct carrier_call *call)
{
    curl_off_t sent_us = 0;

    /* Time until the request could be sent: 0 when it never came to that. Also right for a connection used again. */
    curl_easy_getinfo(call->easy, CURLINFO_PRETRANSFER_TIME_T, &sent_us);
    return sent_us > 0;
}

/* The same fault has the same words each time, or every try of a night would be a line of the log: libcurl's own tell
 * how many milliseconds each took. */
static void describe_failure(const struct carrier_call *call, CURLcode rc, struct errmsg *text)
{
    const char *peer = call->carrier->peer;
    const char *said = call->error_text[0] ? call->error_text : curl_easy_strerror(rc);
    long code = 0;

    curl_easy_getinfo(call->easy, CURLINFO_OS_ERRNO, &code);
    if (call->answer_full || rc == CURLE_FILESIZE_EXCEEDED)
        errmsg_set(text, "the answer of %s is longer than %d bytes", peer, CARRIER_ANSWER_BYTES_MAX);
    else if (rc == CURLE_COULDNT_CONNECT && code)
        errmsg_set(text, "could not connect to %s: %s", peer, strerror((int)code));
    else if (rc == CURLE_COULDNT_CONNECT)
        errmsg_set(text, "could not connect to %s", peer);
    else if (rc == CURLE_OPERATION_TIMEDOUT && !had_connection(call))
        errmsg_set(text, "could not connect to %s within %" PRId64 " ms", peer, call->carrier->connect_timeout_ms);
    else if (rc == CURLE_COULDNT_RESOLVE_HOST)
        errmsg_set(text, "could not connect to %s: %s", peer, said);
    else if (rc == CURLE_PARTIAL_FILE)
        errmsg_set(text, "the answer of %s was cut short", peer);
    else
        errmsg_set(text, "%s: %s", peer, said);
}

static enum carrier_result judge_failure(const struct carrier_call *call, CURLcode rc, int64_t now_ms,
                                         struct errmsg *text)
{
    describe_failure(call, rc, text);
    if (is_tls_refusal(call, rc))
        return CARRIER_TLS;
    if (rc == CURLE_OPERATION_TIMEDOUT && now_ms - call->started_ms >= call->deadline_ms - 1) {
        errmsg_set(text, "%s did not answer within %" PRId64 " ms", call->carrier->peer, call->deadline_ms);
        return CARRIER_DEADLINE;
    }
    return CARRIER_OFFLINE;
}

void carrier_verdict(const struct carrier_call *call, CURLcode rc, int64_t now_ms, struct errmsg *text,
                     struct carrier_answer *out_answer)
{
    long status = 0;

    curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    *out_answer = (struct carrier_answer){.status = (int)status,
                                          .mac = "",
                                          .body = "",
                                          .ca_id = "",
                                          .text = text->text,
                                          .retry_after_ms = call->retry_after_ms,
                                          .connected = had_connection(call)};
    if (rc != CURLE_OK) {
        out_answer->result = judge_failure(call, rc, now_ms, text);
        return;
    }
    if (!call->is_central) {
        errmsg_set(text, "%s answered %ld, but not as a central does: a portal or proxy in between?",
                   call->carrier->peer, status);
        out_answer->result = CARRIER_OFFLINE;
        return;
    }
    out_answer->result = CARRIER_ANSWERED;
    out_answer->mac = call->mac;
    out_answer->ca_id = call->ca_id;
    out_answer->body = strbuf_text(&call->answer_body);
    out_answer->body_len = call->answer_body.len;
}
