/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same bytes in one piece and in small ones must give the same messages and the same end. The first byte of the
 * input says how small; what is taken is written again, and must be taken again.
 */
#include "sync/protocol/frame.h"

#include "agent/base/sha256.h"

#include <cjson/cJSON.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds)
{
    if (!holds)
        abort();
}

/* All that was handed out, and how it ended. */
struct outcome {
    uint8_t digest[SHA256_BYTES];
    size_t messages;
    enum status end;
};

static void write_again(const struct message *message)
{
    char *header = cJSON_PrintUnformatted(message->header);
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(message->header, "id");
    struct strbuf wire = STRBUF_INIT(2 * MESSAGE_PAYLOAD_MAX);
    struct frame_reader reader;
    struct message back;

    must(header != NULL);
    frame_reader_init(&reader);
    /* "more" of a first frame of several would stand there twice. */
    if (!cJSON_GetObjectItemCaseSensitive(message->header, "more") && cJSON_IsNumber(id) &&
        frame_write(header, strlen(header), (int64_t)id->valuedouble, message->payload, message->payload_len,
                    &wire) == ST_OK &&
        frame_reader_feed(&reader, wire.data, wire.len) == ST_OK) {
        must(frame_reader_next(&reader, &back, NULL) == ST_OK);
        must(back.payload_len == message->payload_len);
        must(memcmp(back.payload, message->payload, back.payload_len) == 0);
    }
    frame_reader_clear(&reader);
    strbuf_free(&wire);
    cJSON_free(header);
}

static struct outcome run(const uint8_t *data, size_t size, size_t chunk)
{
    struct outcome outcome = {.end = ST_AGAIN};
    struct frame_reader reader;
    struct message message;
    struct sha256 hash;
    size_t at = 0;

    frame_reader_init(&reader);
    sha256_init(&hash);
    while (outcome.end == ST_AGAIN && at < size) {
        size_t len = size - at < chunk ? size - at : chunk;
        struct errmsg err = ERRMSG_INIT;

        must(frame_reader_feed(&reader, data + at, len) == ST_OK);
        at += len;
        while ((outcome.end = frame_reader_next(&reader, &message, &err)) == ST_OK) {
            uint64_t payload_len = message.payload_len;

            must(message.payload_len <= MESSAGE_PAYLOAD_MAX && cJSON_IsObject(message.header));
            sha256_add(&hash, &payload_len, sizeof payload_len);
            sha256_add(&hash, message.payload, message.payload_len);
            outcome.messages++;
            write_again(&message);
        }
        must(outcome.end == ST_AGAIN || (outcome.end == ST_INVALID && err.text[0] != '\0'));
    }
    sha256_end(&hash, outcome.digest);
    frame_reader_clear(&reader);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct outcome whole, pieces;

    if (size < 1 || size > 100 * 1024)
        return 0;
    whole = run(data + 1, size - 1, size);
    pieces = run(data + 1, size - 1, (size_t)data[0] % 64 + 1);
    must(whole.messages == pieces.messages && whole.end == pieces.end);
    must(memcmp(whole.digest, pieces.digest, SHA256_BYTES) == 0);
    return 0;
}
