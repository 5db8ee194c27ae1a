/* SPDX-License-Identifier: Apache-2.0 */
/* What the office does with a roll-out, and what it sees of it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/log.h"
#include "sync/central/member.h"
#include "sync/central/publish.h"
#include "sync/central/rollout_internal.h"
#include "sync/central/trust.h"

enum { LISTED_MAX = 50, FAILED_LISTED_MAX = 200 };

/* The chain's last one that is not over, copied out of its row. */
struct at_hand {
    int64_t version, ring, rings, back_version;
    char state[16], approver[17], bundle[SHA256_TEXT], back_bundle[SHA256_TEXT];
    struct strbuf back_text, back_signatures;
};

static void clear(struct at_hand *at)
{
    strbuf_free(&at->back_text);
    strbuf_free(&at->back_signatures);
}

static enum status load(struct central *central, const char *chain, struct at_hand *out, struct errmsg *err)
{
    struct rows *rows;
    bool found = false;
    enum status st = STORE_SELECT(central->store, STATEMENT_ROLLOUT_LAST, &rows, err, V_TEXT(chain));

    *out = (struct at_hand){.back_text = STRBUF_INIT(MANIFEST_BYTES_MAX),
                            .back_signatures = STRBUF_INIT(SIGNED_BYTES_MAX)};
    if (st != ST_OK)
        return st;
    if (rows_next(rows)) {
        found = true;
        out->version = rows_int(rows, 0);
        (void)snprintf(out->state, sizeof(out->state), "%s", rows_text(rows, 1));
        out->rings = rollout_ring_count(rows_text(rows, 2));
        out->ring = rows_int(rows, 3);
        (void)snprintf(out->approver, sizeof(out->approver), "%s", rows_text(rows, 4));
        out->back_version = rows_int(rows, 5);
        strbuf_puts(&out->back_text, rows_text(rows, 6));
        strbuf_puts(&out->back_signatures, rows_text(rows, 7));
        (void)snprintf(out->back_bundle, sizeof(out->back_bundle), "%s", rows_text(rows, 8));
        (void)snprintf(out->bundle, sizeof(out->bundle), "%s", rows_text(rows, 9));
    }
    st = rows_end(rows, err);
    if (st == ST_OK && !found) {
        errmsg_set(err, "chain %.64s has no roll-out under way", chain);
        st = ST_NOT_FOUND;
    }
    return st;
}

/* Inside a transaction: all tills look again, and those it is for now hear of it. */
static enum status tell_tills(struct central *central, const char *chain, int64_t version, struct errmsg *err)
{
    int64_t change;
    enum status st = store_next_change(central->store, &change, err);

    return st == ST_OK ? STORE_RUN(central->store, STATEMENT_MANIFEST_TOUCH, err, V_TEXT(chain), V_INT(version),
                                   V_INT(change))
                       : st;
}

static enum status reach_ring(struct central *central, const char *chain, const struct at_hand *at, int64_t ring,
                              struct errmsg *err)
{
    enum status st = STORE_RUN(central->store, STATEMENT_ROLLOUT_RING, err, V_TEXT(chain), V_INT(at->version),
                               V_INT(ring), V_INT(central_now_us(central)));

    return st == ST_OK ? tell_tills(central, chain, at->version, err) : st;
}

static enum status need_state(const struct at_hand *at, const char *state, struct errmsg *err)
{
    if (strcmp(at->state, state) == 0)
        return ST_OK;
    errmsg_set(err, "the roll-out of rules %" PRId64 " is %s, not %s", at->version, at->state, state);
    return ST_CONFLICT;
}

static enum status advance(struct central *central, const struct rollout_order *order, const struct at_hand *at,
                           struct errmsg *err)
{
    struct rollout_counts counts;
    enum status st = need_state(at, "running", err);

    if (st == ST_OK && at->ring + 1 >= at->rings) {
        errmsg_set(err, "every ring is reached: it is done when the tills have had their time");
        st = ST_CONFLICT;
    }
    if (st == ST_OK)
        st = rollout_count(central, order->chain, at->version, at->bundle, &counts, err);
    if (st == ST_OK && !order->force && (counts.healthy == 0 || counts.healthy + counts.failed < counts.told)) {
        errmsg_set(err,
                   "tills that were told: %" PRId64 ", of which %" PRId64 " have confirmed: wait for the others, or say "
                   "--force",
                   counts.told, counts.healthy);
        st = ST_CONFLICT;
    }
    return st == ST_OK ? reach_ring(central, order->chain, at, at->ring + 1, err) : st;
}

static enum status halt(struct central *central, const struct rollout_order *order, const struct at_hand *at,
                        struct errmsg *err)
{
    enum status st = need_state(at, "running", err);

    return st == ST_OK ? rollout_set_state(central, order->chain, at->version, "halted",
                                           order->reason[0] ? order->reason : "by the office", err)
                       : st;
}

static enum status resume(struct central *central, const struct rollout_order *order, const struct at_hand *at,
                          struct errmsg *err)
{
    enum status st = need_state(at, "halted", err);

    if (st == ST_OK)
        st = rollout_set_state(central, order->chain, at->version, "running",
                               order->reason[0] ? order->reason : "resumed by the office", err);
    return st == ST_OK ? tell_tills(central, order->chain, at->version, err) : st;
}

/* The rules of before under the higher version that was signed with them: every till's at once. */
static enum status back(struct central *central, const struct rollout_order *order, const struct at_hand *at,
                        struct errmsg *err)
{
    struct rollout_counts counts;
    int64_t change = 0, last = 0;
    enum status st = rollout_count(central, order->chain, at->version, at->bundle, &counts, err);

    if (st == ST_OK && at->back_version == 0 && counts.told > 0) {
        errmsg_set(err,
                   "no way back was signed with rules %" PRId64
                   ", and no till goes to a lower version: sign the rules "
                   "of before under a higher one and publish them (bundle publish); until then: rollout halt",
                   at->version);
        return ST_CONFLICT;
    }
    if (st == ST_OK)
        st = STORE_NUMBER(central->store, STATEMENT_MANIFEST_VERSION, &last, err, V_TEXT(order->chain));
    if (st == ST_OK && at->back_version > 0 && at->back_version <= last) {
        errmsg_set(err, "version %" PRId64 " was published since, which the way back would need", last);
        st = ST_CONFLICT;
    }
    if (st == ST_OK && at->back_version > 0)
        st = store_next_change(central->store, &change, err);
    if (st == ST_OK && at->back_version > 0)
        st = STORE_RUN(central->store, STATEMENT_MANIFEST_INSERT, err, V_TEXT(order->chain), V_INT(at->back_version),
                       V_INT(change), V_TEXT(strbuf_text(&at->back_text)), V_TEXT(strbuf_text(&at->back_signatures)),
                       V_TEXT(at->back_bundle), V_INT(central_now_us(central)));
    if (st == ST_OK && at->back_version > 0)
        st = trust_refresh(central, order->chain, err);
    return st == ST_OK ? rollout_set_state(central, order->chain, at->version, "back",
                                           order->reason[0] ? order->reason : "taken back by the office", err)
                       : st;
}

void rollout_approval(const char *chain, int64_t version, char out_text[160])
{
    (void)snprintf(out_text, 160, "loyald-force/1 %.64s %" PRId64, chain, version);
}

/* A wrong price waits for no ring: two who may sign rules agree. */
static enum status approve(struct central *central, const struct rollout_order *order, const struct at_hand *at,
                           struct errmsg *err)
{
    char text[160], reason[ROLLOUT_REASON_MAX];
    enum status st = need_state(at, "running", err);

    rollout_approval(order->chain, at->version, text);
    if (st == ST_OK)
        st = publish_check_signature(central, order->chain, order->key, order->signature_hex, text, err);
    if (st != ST_OK)
        return st;
    if (!at->approver[0])
        return STORE_RUN(central->store, STATEMENT_ROLLOUT_APPROVER, err, V_TEXT(order->chain), V_INT(at->version),
                         V_TEXT(order->key));
    if (strcmp(at->approver, order->key) == 0) {
        errmsg_set(err, "key %s approved it already: a second person is wanted", order->key);
        return ST_DENIED;
    }
    (void)snprintf(reason, sizeof(reason), "all rings at once, approved by keys %s and %s", at->approver, order->key);
    st = rollout_set_state(central, order->chain, at->version, "running", reason, err);
    return st == ST_OK ? reach_ring(central, order->chain, at, at->rings - 1, err) : st;
}

/* What failed so far was seen by who resumes it: it would halt it again at once. Till by till, before; who ends in
 * between resumes once more. */
static enum status forgive(struct central *central, const struct rollout_order *order, struct errmsg *err)
{
    struct at_hand at;
    enum status st = load(central, order->chain, &at, err);

    if (st == ST_OK)
        st = need_state(&at, "halted", err);
    if (st == ST_OK)
        st = rollout_forgive(central, order->chain, at.version, central_now_us(central), err);
    clear(&at);
    return st;
}

enum status rollout_do(struct central *central, const struct rollout_order *order, struct errmsg *err)
{
    static const struct {
        const char *word;
        enum status (*act)(struct central *, const struct rollout_order *, const struct at_hand *, struct errmsg *);
    } words[] = {{"advance", advance}, {"halt", halt}, {"resume", resume}, {"back", back}, {"approve", approve}};
    struct at_hand at;
    enum status st = strcmp(order->word, "resume") == 0 ? forgive(central, order, err) : ST_OK;

    if (st == ST_OK)
        st = store_begin(central->store, err);
    if (st != ST_OK)
        return st;
    st = load(central, order->chain, &at, err);
    if (st == ST_OK) {
        st = ST_INVALID;
        errmsg_set(err, "\"%.20s\": it is advance, halt, resume, back or approve", order->word);
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
            if (strcmp(order->word, words[i].word) == 0) {
                *err = (struct errmsg)ERRMSG_INIT;
                st = words[i].act(central, order, &at, err);
            }
        }
    }
    clear(&at);
    return central_end(central, st, err);
}

/* ---- what it sees ---- */

static enum status write_failed(struct central *central, const char *chain, int64_t version, struct json_writer *w,
                                struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_ROLLOUT_FAILED, &rows, err, V_TEXT(chain), V_INT(version),
                                  V_INT(FAILED_LISTED_MAX));

    if (st != ST_OK)
        return st;
    jw_name(w, "failures");
    jw_array_begin(w);
    while (rows_next(rows)) {
        static const char *const texts[] = {"store", "till", "dev", "state", "reason"};

        jw_object_begin(w);
        for (int i = 0; i < 5; i++)
            jw_field_text(w, texts[i], rows_text(rows, i));
        jw_field_int(w, "at_us", rows_int(rows, 5));
        jw_object_end(w);
    }
    jw_array_end(w);
    return rows_end(rows, err);
}

static enum status write_rollout(struct central *central, const struct rows *rows, struct json_writer *w,
                                 struct errmsg *err)
{
    struct rollout_counts counts;
    const char *chain = rows_text(rows, 0);
    int64_t version = rows_int(rows, 1);
    enum status st = rollout_count(central, chain, version, rows_text(rows, 9), &counts, err);

    if (st != ST_OK)
        return st;
    jw_object_begin(w);
    jw_field_text(w, "chain", chain);
    jw_field_int(w, "version", version);
    jw_field_text(w, "state", rows_text(rows, 2));
    jw_field_text(w, "reason", rows_text(rows, 3));
    jw_field_raw(w, "rings", rows_text(rows, 4), strlen(rows_text(rows, 4)));
    jw_field_int(w, "ring", rows_int(rows, 5) + 1);
    jw_field_int(w, "of_rings", rollout_ring_count(rows_text(rows, 4)));
    jw_field_int(w, "started_us", rows_int(rows, 6));
    jw_field_int(w, "ring_us", rows_int(rows, 7));
    jw_field_int(w, "back_version", rows_int(rows, 8));
    jw_field_text(w, "approver", rows_text(rows, 10));
    jw_field_int(w, "told", counts.told);
    jw_field_int(w, "activated", counts.activated);
    jw_field_int(w, "healthy", counts.healthy);
    jw_field_int(w, "failed", counts.failed);
    jw_field_int(w, "sales", counts.sales);
    jw_field_int(w, "discount_bp", rollout_discount_bp(&counts));
    st = write_failed(central, chain, version, w, err);
    jw_object_end(w);
    return st;
}

enum status rollout_list(struct central *central, struct json_writer *w, struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_ROLLOUT_LIST, &rows, err, V_INT(LISTED_MAX)), end;

    if (st != ST_OK)
        return st;
    jw_object_begin(w);
    jw_name(w, "rollouts");
    jw_array_begin(w);
    while (st == ST_OK && rows_next(rows))
        st = write_rollout(central, rows, w, err);
    jw_array_end(w);
    jw_object_end(w);
    end = rows_end(rows, st == ST_OK ? err : NULL);
    return st == ST_OK ? end : st;
}

enum status rollout_ring_of(struct central *central, const char *chain, const char *store, const char *dev,
                            char out_name[ID_BYTES], struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_ROLLOUT_LAST, &rows, err, V_TEXT(chain));

    out_name[0] = '\0';
    if (st != ST_OK)
        return st;
    if (rows_next(rows) && strcmp(rows_text(rows, 1), "done") != 0)
        (void)rollout_ring_at(rows_text(rows, 2), store, dev, out_name);
    return rows_end(rows, err);
}
