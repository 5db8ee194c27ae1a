/* SPDX-License-Identifier: Apache-2.0 */
/* What cards are issued under: the central's public key and the texts of consent, kept in the journal's state. */
#include "agent/till/enrol_internal.h"

#include "agent/base/json.h"
#include "agent/db/journal.h"
#include "agent/till/till_internal.h"
#include "agent/till/tree.h"

#include <cjson/cJSON.h>

#include <stdlib.h>
#include <string.h>

#define STATE_NAME "enrolment_terms"
enum { CONSENTS_MAX = 16 };

static enum status check_consents(const struct cJSON *terms, struct errmsg *err)
{
    const struct cJSON *list, *one;
    const char *text;
    int count = 0;
    enum status st = json_array(terms, "consents", &list, err);

    if (st != ST_OK)
        return st;
    cJSON_ArrayForEach(one, list)
    {
        st = ++count <= CONSENTS_MAX ? json_text(one, "language", 8, &text, err) : ST_FULL;
        if (st == ST_OK)
            st = json_text(one, "version", ID_LEN_MAX, &text, err);
        if (st == ST_OK)
            st = json_text(one, "text", ENROL_CONSENT_TEXT_MAX, &text, err);
        if (st != ST_OK)
            return st;
    }
    return ST_OK;
}

enum status enrol_read_key(const struct cJSON *terms, uint8_t point[PK_POINT_BYTES], struct errmsg *err)
{
    struct pk *key = NULL;
    enum status st = json_hex(terms, "key", PK_POINT_BYTES, point, err);

    if (st == ST_OK)
        st = pk_from_point(point, &key, err);
    pk_destroy(key);
    return st;
}

enum status enrol_member_take_terms(struct journal *journal, const struct cJSON *terms, struct errmsg *err)
{
    uint8_t point[PK_POINT_BYTES];
    char *kept = NULL, *text = NULL;
    size_t kept_len = 0;
    enum status st = enrol_read_key(terms, point, err);

    if (st == ST_OK)
        st = check_consents(terms, err);
    if (st != ST_OK) {
        errmsg_wrap(err, "enrolment");
        return ST_INVALID;
    }
    text = cJSON_PrintUnformatted(terms);
    if (!text)
        return ST_NOMEM;
    /* They come with each answer, and differ once in years: a write for each would be one fsync for nothing. */
    if (journal_get_state(journal, STATE_NAME, &kept, &kept_len, NULL) != ST_OK || strcmp(kept, text) != 0)
        st = journal_put_state(journal, STATE_NAME, text, strlen(text), err);
    free(kept);
    cJSON_free(text);
    return st;
}

struct cJSON *enrol_load_terms(const struct till *till)
{
    struct cJSON *terms = NULL;
    char *text = NULL;
    size_t len;

    if (journal_get_state(till->options.journal, STATE_NAME, &text, &len, NULL) == ST_OK)
        (void)json_parse(text, len, JOURNAL_STATE_BYTES_MAX, &terms, NULL);
    free(text);
    return terms;
}

const struct cJSON *enrol_consent(const struct till *till, const struct cJSON *terms)
{
    const struct cJSON *list = tree_child(terms, "consents"), *one;

    cJSON_ArrayForEach(one, list) if (strcmp(tree_text(one, "language"), till_language(till)) == 0) return one;
    return list ? list->child : NULL;
}

enum problem till_enrolment_terms(struct till *till, struct strbuf *out, struct errmsg *err)
{
    struct cJSON *terms = enrol_load_terms(till);
    const struct cJSON *consent = enrol_consent(till, terms);
    struct json_writer w = JSON_WRITER_INIT(out);

    (void)err;
    if (consent) {
        jw_object_begin(&w);
        tree_write(&w, "consent", consent);
        jw_object_end(&w);
    }
    json_free(terms);
    return consent ? PROBLEM_NONE : PROBLEM_NO_CONSENT;
}
