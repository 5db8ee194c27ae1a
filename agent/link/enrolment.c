/* SPDX-License-Identifier: Apache-2.0 */
/* The till is enrolled with a code of the office's, and says what it has of epochs that are over: a central put back
 * to a backup of before this one may lack the end of the one before. */
#include "agent/link/link_internal.h"

#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/db/journal.h"
#include "agent/till/identity.h"
#include "agent/till/rulebook.h"

#include <cjson/cJSON.h>

#include <stdlib.h>
#include <string.h>

enum { ENROL_DEADLINE_MS = 15 * 1000, ANSWER_BYTES_MAX = 256 * 1024, BODY_BYTES_MAX = 12 * 1024 };

struct enrolment {
    struct link *link;
    link_enrolled_fn *told;
    void *context;
};

/* In the central's words. */
static void hear_refusal(struct link *link, const struct courier_answer *answer, struct errmsg *err)
{
    struct errmsg why = ERRMSG_INIT;
    struct cJSON *root = NULL;
    const char *code = "", *message;

    errmsg_set(err, "the central answered %d", answer->http_status);
    if (json_parse(answer->body, answer->len, ANSWER_BYTES_MAX, &root, NULL) != ST_OK)
        return;
    if (json_text(root, "message", 400, &message, NULL) == ST_OK)
        errmsg_set(err, "%s", message);
    (void)json_text(root, "code", 64, &code, NULL);
    if (answer->http_status == 409 && strcmp(code, "behind") == 0 &&
        outbox_hear_behind(&link->outbox, root, &why) != ST_OK)
        errmsg_set(err, "the central lacks records, and it cannot be noted which: %s", why.text);
    json_free(root);
}

static enum problem finish_enrolment(struct link *link, const struct courier_answer *answer, struct errmsg *err)
{
    enum status st;

    if (answer->outcome != COURIER_ANSWERED) {
        errmsg_set(err, "%s", answer->text);
        return answer->outcome == COURIER_ABSENT ? PROBLEM_NO_COURIER : PROBLEM_CENTRAL_AWAY;
    }
    if (answer->http_status != 200 || !answer->mac) {
        hear_refusal(link, answer, err);
        return PROBLEM_ENROL_REFUSED;
    }
    st = identity_finish(link->options.identity, link->options.journal, answer->body, answer->len, answer->mac_prefix,
                         answer->mac_prefix_len, answer->mac, err);
    if (st == ST_FULL)
        return PROBLEM_DISK_FULL;
    if (st == ST_IO)
        return PROBLEM_JOURNAL_FAILED;
    return st == ST_OK ? PROBLEM_NONE : PROBLEM_ENROL_REFUSED;
}

static void enrol_answered(void *context, const struct courier_answer *answer)
{
    struct enrolment *enrolment = context;
    struct link *link = enrolment->link;
    const struct identity *identity = link->options.identity;
    struct errmsg err = ERRMSG_INIT;
    enum problem problem;

    problem = finish_enrolment(link, answer, &err);
    link->enrolling = false;
    if (problem == PROBLEM_NONE) {
        errmsg_set(&err, "store %s, till %s", identity->store, identity->till);
        log_info("link-08", "enrolled chain=%s store=%s till=%s", identity->chain, identity->store, identity->till);
        rulebook_reload(link->options.rulebook);
        link->outbox.forked = false;
        link_set_up(link, true, "");
        /* What is under way was asked under the old key, and may be rows of another chain. */
        courier_drop_all(link->courier, "the till was enrolled anew");
        updates_begin_anew(&link->updates);
    } else {
        log_warn("link-09", "enrolment failed: %s", err.text);
    }
    enrolment->told(enrolment->context, problem, err.text);
    free(enrolment);
    if (problem == PROBLEM_NONE) {
        outbox_kick(&link->outbox, true);
        updates_kick(&link->updates, true);
    }
}

/* Whose till it was, what it last heard there, and where each epoch ended that is over. */
static enum status write_history(const struct link *link, struct json_writer *w, struct errmsg *err)
{
    struct journal *journal = link->options.journal;
    struct journal_ended ended[JOURNAL_ENDED_MAX];
    char *incarnation = NULL, hex[17];
    size_t len = 0;
    int count = 0;
    enum status st = journal_ended(journal, ended, &count, err);

    if (st != ST_OK)
        return st;
    (void)journal_get_state(journal, IDENTITY_INCARNATION, &incarnation, &len, NULL);
    jw_name(w, "history");
    jw_object_begin(w);
    jw_field_text(w, "chain", link->options.identity->chain);
    if (incarnation)
        jw_field_text(w, "incarnation", incarnation);
    free(incarnation);
    jw_name(w, "ended");
    jw_array_begin(w);
    for (int i = 0; i < count; i++) {
        jw_object_begin(w);
        hex_from_u64(ended[i].epoch, hex);
        jw_field_text(w, "epoch", hex);
        jw_field_int(w, "seq", ended[i].seq);
        jw_field_hex(w, "hash", ended[i].hash, SHA256_BYTES);
        jw_object_end(w);
    }
    jw_array_end(w);
    jw_object_end(w);
    return ST_OK;
}

static enum status write_enrolment(const struct link *link, const char *code, const uint8_t point[PK_POINT_BYTES],
                                   struct strbuf *out, struct errmsg *err)
{
    const struct identity *identity = link->options.identity;
    struct json_writer w = JSON_WRITER_INIT(out);
    enum status st = ST_OK;
    char hex[17];

    jw_object_begin(&w);
    jw_field_text(&w, "code", code);
    hex_from_u64(identity->dev, hex);
    jw_field_text(&w, "dev", hex);
    hex_from_u64(identity->epoch, hex);
    jw_field_text(&w, "epoch", hex);
    jw_field_hex(&w, "point", point, PK_POINT_BYTES);
    jw_field_int(&w, "protocol", 1);
    if (identity->enrolled)
        st = write_history(link, &w, err);
    jw_object_end(&w);
    return st == ST_OK ? strbuf_status(out) : st;
}

void link_enrol(struct link *link, const char *code, link_enrolled_fn *told, void *context)
{
    struct strbuf body = STRBUF_INIT(BODY_BYTES_MAX);
    struct errmsg err = ERRMSG_INIT;
    uint8_t point[PK_POINT_BYTES];
    struct enrolment *enrolment;
    enum status st;

    if (link->enrolling) { /* loyald-sync would keep the certificate of one and the till the keys of the other */
        told(context, PROBLEM_BUSY, "another code is under way");
        return;
    }
    st = identity_begin(link->options.identity, code, point, &err);
    if (st != ST_OK) {
        told(context, PROBLEM_BAD_FIELD, err.text);
        return;
    }
    st = write_enrolment(link, code, point, &body, &err);
    enrolment = st == ST_OK ? malloc(sizeof *enrolment) : NULL;
    if (!enrolment) {
        told(context, PROBLEM_ENROL_REFUSED, err.text[0] ? err.text : "no memory");
        strbuf_free(&body);
        return;
    }
    *enrolment = (struct enrolment){link, told, context};
    link->enrolling = true;
    courier_ask(link->courier, OP_ENROL, NULL, body.data, body.len, ENROL_DEADLINE_MS, enrol_answered, enrolment);
    strbuf_free(&body);
}
