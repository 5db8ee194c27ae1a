/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams of server-sent events. libmicrohttpd pulls: its reader takes what is buffered, and with nothing buffered
 * the connection sleeps until the next write. closed is told in one place, when libmicrohttpd lets go of the
 * connection.
 */
#include "agent/net/http_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/log.h"

static ssize_t stream_read(void *context, uint64_t position, char *out_bytes, size_t max)
{
    struct http_stream *stream = context;
    size_t len = stream->buffer.len < max ? stream->buffer.len : max;

    (void)position;
    if (stream->cut)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (len > 0) {
        memcpy(out_bytes, stream->buffer.data, len);
        strbuf_consume(&stream->buffer, len);
        return (ssize_t)len;
    }
    if (stream->request->server->stopping)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (http_request_sleep(stream->request) != ST_OK)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    return 0;
}

struct http_stream *http_stream_begin(struct http_request *request, size_t buffer_max, void (*closed)(void *context),
                                      void *context)
{
    struct http_stream *stream;
    struct MHD_Response *response;

    if (request->state != HTTP_HANDLED && request->state != HTTP_PARKED) {
        log_error("http-10", "a stream was begun on a request answered already path=%s", request->path);
        return NULL;
    }
    stream = calloc(1, sizeof *stream);
    response = stream ? MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, stream_read, stream, NULL) : NULL;
    if (!response) {
        free(stream);
        http_answer(request, 503, "", "", 0);
        return NULL;
    }
    stream->request = request;
    stream->buffer.len_max = buffer_max;
    stream->closed = closed;
    stream->closed_context = context;
    request->stream = stream;
    http_add_header(request, "Cache-Control", "no-store");
    http_request_set_answer(request, 200, "text/event-stream", response);
    request->state = HTTP_ANSWERED;
    http_request_wake(request);
    return stream;
}

enum status http_stream_write(struct http_stream *stream, const void *bytes, size_t len)
{
    if (stream->cut)
        return ST_FULL;
    strbuf_add(&stream->buffer, bytes, len);
    if (strbuf_status(&stream->buffer) != ST_OK) {
        stream->cut = true;
        /* The client does not read, so libmicrohttpd may wait for the socket for long; this ends the wait. */
        (void)shutdown(http_request_fd(stream->request), SHUT_RDWR);
    }
    http_request_wake(stream->request);
    return stream->cut ? ST_FULL : ST_OK;
}

void http_stream_ended(struct http_stream *stream)
{
    if (stream->closed)
        stream->closed(stream->closed_context);
    strbuf_free(&stream->buffer);
    free(stream);
}
