/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/protocol/record.h"

#include "agent/base/hex.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

enum { HLC_COUNTER_BITS = 16, COUNT_DIGITS_MAX = 15 };
#define COUNT_MAX    INT64_C(999999999999999) /* 15 digits: exact in every JSON reader */
#define HLC_WALL_MAX (UINT64_MAX >> HLC_COUNTER_BITS)

static bool type_is_valid(const char *type)
{
    size_t len = strspn(type, "abcdefghijklmnopqrstuvwxyz0123456789_");

    return len > 0 && len <= RECORD_TYPE_MAX && type[len] == '\0';
}

/* What record_parse would not take is not written either: a record cannot be mended later. */
static enum status check_parts(const struct record_head *head, const char *body, size_t body_len, struct errmsg *err)
{
    if (head->seq < 1 || head->seq > COUNT_MAX || head->type_version < 1 || head->type_version > COUNT_MAX ||
        !type_is_valid(head->type)) {
        errmsg_set(err, "record: seq %" PRId64 ", type \"%s\" or its version %" PRId64 " is out of bounds", head->seq,
                   head->type, head->type_version);
        return ST_INVALID;
    }
    if (body_len < 2 || body[0] != '{' || body[body_len - 1] != '}' || memchr(body, '\n', body_len)) {
        errmsg_set(err, "record: the body is not an object on one line");
        return ST_INVALID;
    }
    return ST_OK;
}

enum status record_encode(const struct record_head *head, const char *body, size_t body_len, struct strbuf *out,
                          struct errmsg *err)
{
    char dev[17], epoch[17], hlc[17], prev[SHA256_TEXT];
    size_t start = out->len;
    enum status st = check_parts(head, body, body_len, err);

    if (st != ST_OK)
        return st;
    hex_from_u64(head->dev, dev);
    hex_from_u64(head->epoch, epoch);
    hex_from_u64(head->hlc, hlc);
    hex_encode(head->prev, SHA256_BYTES, prev);
    strbuf_printf(out,
                  "{\"dev\":\"%s\",\"epoch\":\"%s\",\"seq\":%" PRId64
                  ",\"hlc\":\"%s\",\"type\":\"%s\",\"tv\":%" PRId64 ",\"prev\":\"%s\",\"body\":",
                  dev, epoch, head->seq, hlc, head->type, head->type_version, prev);
    strbuf_add(out, body, body_len);
    strbuf_putc(out, '}');
    if (strbuf_status(out) == ST_OK && out->len - start > RECORD_BYTES_MAX) {
        errmsg_set(err, "record of %zu bytes is longer than %d", out->len - start, RECORD_BYTES_MAX);
        return ST_FULL;
    }
    if (strbuf_status(out) != ST_OK)
        errmsg_set(err, "record: %s", status_text(strbuf_status(out)));
    return strbuf_status(out);
}

/* A cursor over the fixed beginning; every take_* moves on or fails. */
struct reader {
    const char *at, *end;
};

static bool take_word(struct reader *r, const char *word)
{
    size_t len = strlen(word);

    if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0)
        return false;
    r->at += len;
    return true;
}

/* Lower case only: the one spelling that record_encode gives. */
static bool take_hex(struct reader *r, void *out_bytes, size_t bytes)
{
    char digits[SHA256_TEXT];

    if (2 * bytes >= sizeof digits || (size_t)(r->end - r->at) < 2 * bytes)
        return false;
    memcpy(digits, r->at, 2 * bytes);
    digits[2 * bytes] = '\0';
    if (strspn(digits, "0123456789abcdef") != 2 * bytes || hex_decode(digits, bytes, out_bytes) != ST_OK)
        return false;
    r->at += 2 * bytes;
    return true;
}

static bool take_hex_u64(struct reader *r, uint64_t *out_value)
{
    uint8_t bytes[8];

    if (!take_hex(r, bytes, sizeof bytes))
        return false;
    *out_value = 0;
    for (size_t i = 0; i < sizeof bytes; i++)
        *out_value = *out_value << 8 | bytes[i];
    return true;
}

/* A positive integer of at most COUNT_DIGITS_MAX digits without leading zero. */
static bool take_count(struct reader *r, int64_t *out_value)
{
    int64_t value = 0;
    int digits = 0;

    if (r->at < r->end && *r->at == '0')
        return false;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9' && digits <= COUNT_DIGITS_MAX; r->at++, digits++)
        value = value * 10 + (*r->at - '0');
    *out_value = value;
    return digits > 0 && digits <= COUNT_DIGITS_MAX;
}

static bool take_type(struct reader *r, char out_type[RECORD_TYPE_MAX + 1])
{
    size_t len = 0;

    while (r->at < r->end && len < RECORD_TYPE_MAX &&
           ((*r->at >= 'a' && *r->at <= 'z') || (*r->at >= '0' && *r->at <= '9') || *r->at == '_'))
        out_type[len++] = *r->at++;
    out_type[len] = '\0';
    return len > 0;
}

enum status record_parse(const char *bytes, size_t len, struct record_head *out_head, const char **out_body,
                         size_t *out_body_len, struct errmsg *err)
{
    struct reader r = {bytes, bytes + len};
    struct record_head head = {0};

    if (len > RECORD_BYTES_MAX) {
        errmsg_set(err, "record of %zu bytes is longer than %d", len, RECORD_BYTES_MAX);
        return ST_FULL;
    }
    if (!take_word(&r, "{\"dev\":\"") || !take_hex_u64(&r, &head.dev) || !take_word(&r, "\",\"epoch\":\"") ||
        !take_hex_u64(&r, &head.epoch) || !take_word(&r, "\",\"seq\":") || !take_count(&r, &head.seq) ||
        !take_word(&r, ",\"hlc\":\"") || !take_hex_u64(&r, &head.hlc) || !take_word(&r, "\",\"type\":\"") ||
        !take_type(&r, head.type) || !take_word(&r, "\",\"tv\":") || !take_count(&r, &head.type_version) ||
        !take_word(&r, ",\"prev\":\"") || !take_hex(&r, head.prev, sizeof head.prev) ||
        !take_word(&r, "\",\"body\":{") || r.end - r.at < 2 || r.end[-1] != '}' || r.end[-2] != '}') {
        errmsg_set(err, "not a record: the envelope breaks off at byte %td", r.at - bytes);
        return ST_INVALID;
    }
    if (memchr(bytes, '\n', len)) {
        errmsg_set(err, "not a record: a line end inside");
        return ST_INVALID;
    }
    *out_head = head;
    *out_body = r.at - 1;
    *out_body_len = (size_t)(r.end - r.at); /* with its first brace, without the envelope's last */
    return ST_OK;
}

void record_hash(const uint8_t prev[SHA256_BYTES], const void *bytes, size_t len, uint8_t out_hash[SHA256_BYTES])
{
    struct sha256 hash;

    sha256_init(&hash);
    sha256_add(&hash, prev, SHA256_BYTES);
    sha256_add(&hash, bytes, len);
    sha256_end(&hash, out_hash);
}

uint64_t record_next_hlc(uint64_t last, int64_t wall_ms)
{
    uint64_t wall = wall_ms > 0 ? (uint64_t)wall_ms : 0;
    uint64_t now = (wall < HLC_WALL_MAX ? wall : HLC_WALL_MAX) << HLC_COUNTER_BITS;

    if (now > last)
        return now;
    return last < UINT64_MAX ? last + 1 : last; /* at the end of time it stands still; it never goes back */
}

void record_form_place(const char *dev, const char *identifier, const char *consent, struct strbuf *out)
{
    strbuf_printf(out, "form %s %s %s", dev, identifier, consent);
}
