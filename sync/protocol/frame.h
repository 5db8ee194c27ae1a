/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame - messages between loyald and loyald-sync on their socket (docs/protocol.md 3).
 *
 * A message is a JSON header and a payload of at most MESSAGE_PAYLOAD_MAX bytes; on the wire it is cut into frames of
 * at most FRAME_PAYLOAD_MAX. The reader is fed bytes as they come and hands out whole messages; it never looks into a
 * payload. Anything out of bounds or out of turn is ST_INVALID: the connection is then closed by the caller.
 */
#ifndef LOYALD_PROTOCOL_FRAME_H
#define LOYALD_PROTOCOL_FRAME_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "agent/base/strbuf.h"

#include <stdbool.h>
#include <stdint.h>

struct cJSON;

enum {
    FRAME_PREFIX_BYTES = 8,
    FRAME_HEADER_MAX = 4096,
    FRAME_PAYLOAD_MAX = 65536,
    MESSAGE_PAYLOAD_MAX = 1024 * 1024,
};

/* One whole message; views valid until the next call on the reader. */
struct message {
    const struct cJSON *header; /* of the first frame */
    const char *payload;
    size_t payload_len;
};

struct frame_reader {
    struct strbuf input;   /* bytes not yet parsed: at most one frame and what was read behind it */
    struct strbuf payload; /* of the message being put together */
    struct cJSON *header;
    int64_t id;      /* of a message of several frames */
    bool more;       /* frames of it are still to come */
    bool handed_out; /* the message above was given to the caller */
};

void frame_reader_init(struct frame_reader *reader);
void frame_reader_clear(struct frame_reader *reader); /* frees; ready for a new connection */
/* Takes len bytes of the wire. ST_FULL when more than a frame's bounds wait unread: call frame_reader_next until
 * ST_AGAIN. */
enum status frame_reader_feed(struct frame_reader *reader, const void *bytes, size_t len);
/* ST_OK with the next whole message, ST_AGAIN when more bytes are needed, ST_INVALID when the other side broke the
 * rules. */
enum status frame_reader_next(struct frame_reader *reader, struct message *out_message, struct errmsg *err);

/* Appends the frames of one message to out. header_json is an object; when the payload needs several frames it must
 * hold "id" with this id and may not hold "more" (it is added). ST_FULL past a bound above or out's; ST_INVALID when
 * header_json is no object or the id is negative though several frames are needed. On failure out is not to be used.
 */
enum status frame_write(const char *header_json, size_t header_len, int64_t id, const void *payload,
                        size_t payload_len, struct strbuf *out);

#endif
