/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/protocol/export.h"

#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <string.h>

#define CLOSING "{\"end\":1," /* no record begins like this: the first member of a record is "dev" */

void export_end_cover(const struct export_end *end, struct strbuf *out)
{
    char hex[2 * SHA256_BYTES + 1];

    hex_encode(end->hash, sizeof end->hash, hex);
    strbuf_printf(out, "loyald export 1 %016" PRIx64 " %016" PRIx64 " %" PRId64 " %" PRId64 " %s", end->dev, end->epoch, end->records,
                  end->seq, hex);
}

void export_end_write(const struct export_end *end, struct strbuf *out)
{
    struct json_writer w = JSON_WRITER_INIT(out);
    char dev[17], epoch[17];

    hex_from_u64(end->dev, dev);
    hex_from_u64(end->epoch, epoch);
    jw_object_begin(&w);
    jw_field_int(&w, "end", 1);
    jw_field_text(&w, "dev", dev);
    jw_field_text(&w, "epoch", epoch);
    jw_field_int(&w, "records", end->records);
    jw_field_int(&w, "seq", end->seq);
    jw_field_hex(&w, "hash", end->hash, sizeof end->hash);
    if (end->has_mac)
        jw_field_hex(&w, "mac", end->mac, sizeof end->mac);
    jw_object_end(&w);
    strbuf_putc(out, '\n');
}

bool export_is_end(const char *line, size_t len)
{
    return len >= sizeof CLOSING - 1 && memcmp(line, CLOSING, sizeof CLOSING - 1) == 0;
}

static enum status read_number(const cJSON *tree, const char *name, uint64_t *out_value, struct errmsg *err)
{
    const char *text;
    enum status st = json_text(tree, name, 16, &text, err);

    return st == ST_OK ? hex_to_u64(text, out_value) : st;
}

/* There is one way to write it, so a line that reads well and is another was not written by us. */
static bool is_as_written(const struct export_end *end, const char *line, size_t len)
{
    struct strbuf again = STRBUF_INIT(EXPORT_END_BYTES_MAX);
    bool same;

    export_end_write(end, &again);
    same = strbuf_status(&again) == ST_OK && again.len == len + 1 && memcmp(again.data, line, len) == 0;
    strbuf_free(&again);
    return same;
}

enum status export_end_read(const char *line, size_t len, struct export_end *out_end, struct errmsg *err)
{
    struct export_end end = {0};
    struct cJSON *tree = NULL;
    enum status st;

    if (len > 0 && line[len - 1] == '\n')
        len--;
    st = json_parse(line, len, EXPORT_END_BYTES_MAX, &tree, err);
    if (st == ST_OK)
        st = read_number(tree, "dev", &end.dev, err);
    if (st == ST_OK)
        st = read_number(tree, "epoch", &end.epoch, err);
    if (st == ST_OK)
        st = json_int(tree, "records", 0, JSON_INT_MAX, &end.records, err);
    if (st == ST_OK)
        st = json_int(tree, "seq", 0, JSON_INT_MAX, &end.seq, err);
    if (st == ST_OK)
        st = json_hex(tree, "hash", sizeof end.hash, end.hash, err);
    if (st == ST_OK) {
        st = json_hex(tree, "mac", sizeof end.mac, end.mac, err);
        end.has_mac = st == ST_OK;
        st = json_optional(st);
    }
    json_free(tree);
    if (st == ST_OK && !is_as_written(&end, line, len))
        st = ST_INVALID;
    if (st != ST_OK) {
        errmsg_set(err, "the closing line is not one that a till writes");
        return ST_INVALID;
    }
    *out_end = end;
    return ST_OK;
}

/* The walk over the records: where the chain stands. */
struct walk {
    int64_t records;
    struct record_head last; /* seq 0: none yet */
    uint8_t hash[SHA256_BYTES];
};

/* An epoch begins with its record 1, which follows none. */
static bool follows(const struct walk *walk, const struct record_head *head)
{
    static const uint8_t none[SHA256_BYTES];
    bool same_epoch = head->epoch == walk->last.epoch;

    return head->seq == (same_epoch ? walk->last.seq + 1 : 1) &&
           memcmp(head->prev, same_epoch ? walk->hash : none, sizeof head->prev) == 0;
}

static enum status take_record(struct walk *walk, const char *line, size_t len, struct errmsg *err)
{
    struct record_head head;
    const char *body;
    size_t body_len;
    enum status st = record_parse(line, len, &head, &body, &body_len, err);

    if (st != ST_OK)
        return st;
    if (walk->last.seq > 0 && head.dev != walk->last.dev) {
        errmsg_set(err, "it is of another till");
        return ST_INVALID;
    }
    if (walk->last.seq > 0 && !follows(walk, &head)) {
        errmsg_set(err, "the record does not follow the one before it: one of the two was altered, or a line is missing");
        return ST_INVALID;
    }
    record_hash(head.prev, line, len, walk->hash);
    walk->last = head;
    walk->records++;
    return ST_OK;
}

static enum status close_walk(const struct walk *walk, const struct export_end *end, struct errmsg *err)
{
    const struct record_head *last = &walk->last;

    if (walk->records == 0 && end->records == 0)
        return ST_OK;
    if (walk->records == end->records && last->seq == end->seq && last->dev == end->dev && last->epoch == end->epoch &&
        memcmp(walk->hash, end->hash, sizeof end->hash) == 0)
        return ST_OK;
    errmsg_set(err, "the last record is not the one that the closing line names: it was altered, or lines before it are missing");
    return ST_INVALID;
}

enum status export_check(const char *text, size_t len, struct export_end *out_end, size_t *out_records_len, struct errmsg *err)
{
    struct walk walk = {0};
    struct export_end end;
    int64_t number = 1;
    enum status st = ST_OK;

    for (size_t at = 0; at < len; number++) {
        const char *line = text + at, *stop = memchr(line, '\n', len - at);
        size_t line_len = stop ? (size_t)(stop - line) : len - at;
        bool closes = export_is_end(line, line_len);

        if (closes)
            st = export_end_read(line, line_len, &end, err);
        else
            st = take_record(&walk, line, line_len, err);
        if (st == ST_OK && closes && at + line_len + 1 < len) {
            errmsg_set(err, "something stands after the closing line");
            st = ST_INVALID;
        }
        if (st == ST_OK && closes)
            st = close_walk(&walk, &end, err);
        if (st != ST_OK) {
            errmsg_wrap(err, "line %" PRId64, number);
            return st;
        }
        if (closes) {
            *out_end = end;
            *out_records_len = at;
            return ST_OK;
        }
        at += line_len + 1;
    }
    errmsg_set(err, "there is no closing line: the end of the file is missing, or an older version wrote it");
    return ST_NOT_FOUND;
}
