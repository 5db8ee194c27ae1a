/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/protocol/origin.h"

#include "agent/base/hex.h"
#include "agent/base/json.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

/* The member, from its first quote to its last brace; quotes inside a text are escaped, so nothing else looks so. */
#define MARK    "\"origin\":{\"dev\":\""
#define SEQ_MAX INT64_C(999999999999999)
enum {
    SEQ_DIGITS_MAX = 15,
    MEMBER_MIN = sizeof MARK - 1 + 16 + sizeof "','epoch':'','seq':,'prev':''}" - 1 + 16 + 1 + 64,
    MEMBER_MAX = MEMBER_MIN + SEQ_DIGITS_MAX - 1
};

struct member {
    size_t at; /* in the body: where it begins, its comma included */
    struct record_head first;
};

static void write_member(const struct record_head *first, struct strbuf *out)
{
    char dev[17], epoch[17], prev[SHA256_TEXT];

    hex_from_u64(first->dev, dev);
    hex_from_u64(first->epoch, epoch);
    hex_encode(first->prev, SHA256_BYTES, prev);
    strbuf_printf(out, MARK "%s\",\"epoch\":\"%s\",\"seq\":%" PRId64 ",\"prev\":\"%s\"}", dev, epoch, first->seq,
                  prev);
}

/* The member's text; what is not written as write_member does is no origin. */
static bool read_member(const char *text, size_t len, struct record_head *out_first)
{
    struct strbuf again = STRBUF_INIT(MEMBER_MAX + 1);
    const char *object = text + sizeof "\"origin\":" - 1, *dev, *epoch;
    struct cJSON *root = NULL;
    bool good = json_parse(object, len - (size_t)(object - text), MEMBER_MAX, &root, NULL) == ST_OK &&
                json_text(root, "dev", 16, &dev, NULL) == ST_OK && hex_to_u64(dev, &out_first->dev) == ST_OK &&
                json_text(root, "epoch", 16, &epoch, NULL) == ST_OK &&
                hex_to_u64(epoch, &out_first->epoch) == ST_OK &&
                json_int(root, "seq", 1, SEQ_MAX, &out_first->seq, NULL) == ST_OK &&
                json_hex(root, "prev", SHA256_BYTES, out_first->prev, NULL) == ST_OK;

    if (good)
        write_member(out_first, &again);
    good = good && again.len == len && memcmp(again.data, text, len) == 0;
    strbuf_free(&again);
    json_free(root);
    return good;
}

/* At the body's end or nowhere. */
static bool find_member(const char *body, size_t len, struct member *out)
{
    for (size_t back = MEMBER_MIN + 1; back <= MEMBER_MAX + 1 && back < len; back++) {
        const char *text = body + len - back;

        if (memcmp(text, MARK, sizeof MARK - 1) != 0)
            continue;
        out->at = len - back - (text[-1] == ',');
        return read_member(text, back - 1, &out->first);
    }
    return false;
}

enum status origin_carry(const struct record_head *to, const char *bytes, size_t len, struct strbuf *out,
                         struct errmsg *err)
{
    struct strbuf named = STRBUF_INIT(RECORD_BYTES_MAX + MEMBER_MAX + 2);
    struct record_head head, next;
    struct member known;
    size_t body_len;
    const char *body;
    enum status st = record_parse(bytes, len, &head, &body, &body_len, err);

    if (st != ST_OK)
        return st;
    next = head;
    next.dev = to->dev;
    next.epoch = to->epoch;
    next.seq = to->seq;
    memcpy(next.prev, to->prev, sizeof next.prev);
    strbuf_clear(out);
    strbuf_add(&named, body, body_len - 1);
    if (!find_member(body, body_len, &known)) {
        strbuf_puts(&named, body_len > 2 ? "," : "");
        write_member(&head, &named);
    }
    strbuf_putc(&named, '}');
    st = strbuf_status(&named);
    if (st == ST_OK)
        st = record_encode(&next, named.data, named.len, out, err);
    if (st == ST_FULL) { /* a sale that cannot say so is better than none */
        strbuf_clear(out);
        st = record_encode(&next, body, body_len, out, err);
    }
    strbuf_free(&named);
    return st;
}

enum status origin_read(const struct record_head *head, const char *body, size_t body_len, struct origin *out_origin,
                        struct errmsg *err)
{
    struct strbuf first_body = STRBUF_INIT(RECORD_BYTES_MAX), bytes = STRBUF_INIT(RECORD_BYTES_MAX + 1);
    struct record_head first;
    struct member member;
    enum status st;

    if (!find_member(body, body_len, &member))
        return ST_NOT_FOUND;
    first = *head;
    first.dev = member.first.dev;
    first.epoch = member.first.epoch;
    first.seq = member.first.seq;
    memcpy(first.prev, member.first.prev, sizeof first.prev);
    strbuf_add(&first_body, body, member.at);
    strbuf_putc(&first_body, '}');
    st = strbuf_status(&first_body);
    if (st == ST_OK)
        st = record_encode(&first, first_body.data, first_body.len, &bytes, err);
    if (st == ST_OK) {
        *out_origin = (struct origin){.dev = first.dev, .epoch = first.epoch, .seq = first.seq};
        record_hash(first.prev, bytes.data, bytes.len, out_origin->hash);
    }
    strbuf_free(&first_body);
    strbuf_free(&bytes);
    return st;
}
