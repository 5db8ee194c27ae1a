/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/protocol/frame.h"

#include "agent/base/bytes.h"
#include "agent/base/json.h"

#include <string.h>

enum { INPUT_MAX = 4 * (FRAME_PREFIX_BYTES + FRAME_HEADER_MAX + FRAME_PAYLOAD_MAX) };

void frame_reader_init(struct frame_reader *reader)
{
    *reader = (struct frame_reader){.input = STRBUF_INIT(INPUT_MAX), .payload = STRBUF_INIT(MESSAGE_PAYLOAD_MAX)};
}

void frame_reader_clear(struct frame_reader *reader)
{
    strbuf_free(&reader->input);
    strbuf_free(&reader->payload);
    json_free(reader->header);
    frame_reader_init(reader);
}

enum status frame_reader_feed(struct frame_reader *reader, const void *bytes, size_t len)
{
    if (reader->input.len + len > INPUT_MAX)
        return ST_FULL;
    strbuf_add(&reader->input, bytes, len);
    return strbuf_status(&reader->input);
}

/* Forgets the message handed out by the last call. */
static void forget_message(struct frame_reader *reader)
{
    json_free(reader->header);
    reader->header = NULL;
    strbuf_clear(&reader->payload);
    reader->handed_out = false;
}

/* Takes one frame's header into the message: the first one is kept, later ones must continue it. */
static enum status take_header(struct frame_reader *reader, struct cJSON *header, size_t payload_len,
                               struct errmsg *err)
{
    bool more = false, continues = reader->more;
    int64_t id = -1;
    enum status st = json_optional(json_bool(header, "more", &more, err)); /* refuses what is no object, too */

    if (st == ST_OK)
        st = json_optional(json_int(header, "id", 0, JSON_INT_MAX, &id, err));
    if (st != ST_OK)
        return st;
    if (continues && id != reader->id) {
        errmsg_set(err, "a frame of message %lld came inside message %lld", (long long)id, (long long)reader->id);
        return ST_INVALID;
    }
    if (more && id < 0) {
        errmsg_set(err, "a message of several frames needs an id");
        return ST_INVALID;
    }
    /* Or a message of nothing could go on for ever. */
    if (more && payload_len == 0) {
        errmsg_set(err, "a frame of message %lld says there is more and carries nothing", (long long)id);
        return ST_INVALID;
    }
    reader->more = more;
    reader->id = id;
    if (continues) {
        json_free(header);
    } else {
        json_free(reader->header);
        reader->header = header;
    }
    return ST_OK;
}

/* Takes one whole frame off the input. */
static enum status take_frame(struct frame_reader *reader, size_t header_len, size_t payload_len, struct errmsg *err)
{
    const char *at = reader->input.data + FRAME_PREFIX_BYTES;
    struct cJSON *header = NULL;
    enum status st = json_parse(at, header_len, FRAME_HEADER_MAX, &header, err);

    if (st == ST_OK) {
        st = take_header(reader, header, payload_len, err);
        if (st != ST_OK)
            json_free(header);
    }
    if (st != ST_OK)
        return ST_INVALID;
    strbuf_add(&reader->payload, at + header_len, payload_len);
    strbuf_consume(&reader->input, FRAME_PREFIX_BYTES + header_len + payload_len);
    if (strbuf_status(&reader->payload) == ST_OK)
        return ST_OK;
    errmsg_set(err, "a message's payload is longer than %d bytes", MESSAGE_PAYLOAD_MAX);
    return ST_INVALID;
}

enum status frame_reader_next(struct frame_reader *reader, struct message *out_message, struct errmsg *err)
{
    if (reader->handed_out)
        forget_message(reader);
    while (reader->input.len >= FRAME_PREFIX_BYTES) {
        const uint8_t *prefix = (const uint8_t *)reader->input.data;
        size_t header_len = bytes_get_u32(prefix), payload_len = bytes_get_u32(prefix + 4);
        enum status st;

        if (header_len == 0 || header_len > FRAME_HEADER_MAX || payload_len > FRAME_PAYLOAD_MAX) {
            errmsg_set(err, "frame of %zu + %zu bytes is out of bounds", header_len, payload_len);
            return ST_INVALID;
        }
        if (reader->input.len < FRAME_PREFIX_BYTES + header_len + payload_len)
            return ST_AGAIN;
        st = take_frame(reader, header_len, payload_len, err);
        if (st != ST_OK)
            return st;
        if (reader->more)
            continue;
        *out_message = (struct message){reader->header, strbuf_text(&reader->payload), reader->payload.len};
        reader->handed_out = true;
        return ST_OK;
    }
    return ST_AGAIN;
}

static void put_frame(const char *header, size_t header_len, const char *more, const char *payload,
                      size_t payload_len, struct strbuf *out)
{
    uint8_t prefix[FRAME_PREFIX_BYTES];

    bytes_put_u32(prefix, (uint32_t)(header_len + strlen(more)));
    bytes_put_u32(prefix + 4, (uint32_t)payload_len);
    strbuf_add(out, prefix, sizeof prefix);
    strbuf_add(out, header, header_len - 1); /* without the closing brace, which is in more */
    strbuf_puts(out, more);
    strbuf_putc(out, '}');
    strbuf_add(out, payload, payload_len);
}

enum status frame_write(const char *header_json, size_t header_len, int64_t id, const void *payload,
                        size_t payload_len, struct strbuf *out)
{
    static const char more[] = ",\"more\":true";
    char next_header[40];
    const char *header = header_json, *at = payload;
    size_t left = payload_len, len = header_len;
    bool several = payload_len > FRAME_PAYLOAD_MAX;
    struct strbuf id_text = STRBUF_INIT(sizeof next_header);

    if (header_len + (several ? sizeof more - 1 : 0) > FRAME_HEADER_MAX || payload_len > MESSAGE_PAYLOAD_MAX)
        return ST_FULL;
    if (header_len < 2 || header_json[0] != '{' || header_json[header_len - 1] != '}' || (several && id < 0))
        return ST_INVALID;
    strbuf_printf(&id_text, "{\"id\":%lld}", (long long)id);
    while (left > FRAME_PAYLOAD_MAX) {
        put_frame(header, len, more, at, FRAME_PAYLOAD_MAX, out);
        at += FRAME_PAYLOAD_MAX;
        left -= FRAME_PAYLOAD_MAX;
        header = strbuf_text(&id_text);
        len = id_text.len;
    }
    put_frame(header, len, "", at ? at : "", left, out);
    strbuf_free(&id_text);
    return strbuf_status(out);
}
