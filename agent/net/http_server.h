/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_server - the HTTP server of the local API and of the central, over libmicrohttpd run from our loop.
 *
 * One listener per server: a Unix socket, a TCP address, or a descriptor passed in. With TLS the client is asked for
 * a certificate of the CA given; whether a route demands one is declared with the route, never left to its handler. A
 * route without a declared way of authentication does not compile. Bodies are read whole, up to a bound; headers and
 * connections are bounded too. A handler answers at once or keeps the request (parks it) and answers later from the
 * loop; a client that goes away is told by the gone callback, after which the request must not be touched.
 */
#ifndef LOYALD_NET_HTTP_SERVER_H
#define LOYALD_NET_HTTP_SERVER_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct loop;
struct http_server;
struct http_request;
struct http_stream;

enum http_auth {
    HTTP_AUTH_PEER = 1,    /* a Unix socket: whoever may open it; or loopback with the bearer token */
    HTTP_AUTH_CERTIFICATE, /* a client certificate of our CA, in time; its common name is http_peer_name */
    HTTP_AUTH_NONE,        /* deliberately open: enrolment, health */
};

typedef void http_handler(void *context, struct http_request *request);

struct http_route {
    const char *method; /* NULL ends the table */
    const char *path;   /* "/v1/sales/{id}/commit": a part in braces matches one segment, read by http_path_part */
    enum http_auth auth;
    http_handler *handler;
    size_t body_max; /* bytes; a longer one is answered 413 */
};

struct http_server_options {
    struct loop *loop;
    const struct http_route *routes; /* borrowed */
    void *context;
    /* Exactly one of the three. */
    const char *unix_path; /* made anew, with unix_mode */
    const char *tcp_host;  /* numeric, with tcp_port; port 0 lets the system choose, see http_server_port */
    int listen_fd;         /* above 0: taken */
    mode_t unix_mode;
    uint16_t tcp_port;
    /* TLS when all are given (PEM); copies. */
    const char *certificate_pem, *key_pem, *client_ca_pem;
    const char
        *bearer_token; /* HTTP_AUTH_PEER over TCP demands "Authorization: Bearer ..." and a loopback Host; copies */
    /* 0: 64. One more, and the connection that has been longest without a complete request goes; parked requests and
     * streams are never cut for it. A client (a process on a Unix socket, an address over TCP) with more than
     * per_peer_max (0: no bound) loses its own. */
    int connections_max, per_peer_max;
    /* Requests that such a client may make in a second, and at once after a pause; more are answered 429 with
     * Retry-After. 0: any number. */
    int rate_per_s, rate_burst;
    int idle_timeout_s; /* 0: 60; parked requests do not time out; a request must be complete within twice that */
    const char *answer_header; /* "Name: value": on every answer, the server's own errors too; NULL: none; copies */
    /* Writes the JSON body of the errors the server makes itself (404, 405, 413, 401, 403, 400); NULL:
     * {"code","message"}. */
    void (*write_error)(void *context, int status, const char *code, const char *message, char *out_json,
                        size_t out_max);
};

enum status http_server_create(const struct http_server_options *options, struct http_server **out_server,
                               struct errmsg *err);
/* From here on nobody new is taken, and what is asked on the connections there are is answered 503: what was begun is
 * to be answered, then http_server_destroy. May be left out. */
void http_server_leave(struct http_server *server);
/* Answers parked requests with 503 (gone is called first), ends streams, closes. Not from a handler. Accepts NULL. */
void http_server_destroy(struct http_server *server);
uint16_t http_server_port(const struct http_server *server);

/* Views valid until the request is answered; "" when absent. */
const char *http_method(const struct http_request *request);
const char *http_path(const struct http_request *request);
const char *http_path_part(const struct http_request *request, int index); /* the parts in braces, from 0 */
const char *http_query(const struct http_request *request, const char *name);
const char *http_header(const struct http_request *request, const char *name);
const char *http_body(const struct http_request *request,
                      size_t *out_len);                                 /* NUL-terminated; gzip is unpacked already */
const char *http_peer_name(const struct http_request *request);         /* common name of the client certificate */
const char *http_peer_key(const struct http_request *request);          /* its public key, named as by pk_id */
bool http_peer_uid(const struct http_request *request, uid_t *out_uid); /* of a Unix socket */

/* Adds a header to the answer to come; copies. */
void http_add_header(struct http_request *request, const char *name, const char *value);
/* Answers; copies the body. Each request is answered exactly once. */
void http_answer(struct http_request *request, int status, const char *content_type, const void *body, size_t len);
/* Keeps the request for a later http_answer; gone is called instead if the client leaves first, or the server ends.
 */
void http_park(struct http_request *request, void (*gone)(void *context), void *context);

/* Starts a stream of server-sent events as the answer; NULL (and 503 to the client) without memory. The stream is
 * owned by the server; closed is called once when the client leaves, falls more than buffer_max bytes behind (then it
 * is cut), or the server ends. It is never called from within http_stream_write, and until it is the stream may be
 * written to. */
struct http_stream *http_stream_begin(struct http_request *request, size_t buffer_max, void (*closed)(void *context),
                                      void *context);
/* ST_FULL when the client is cut; closed follows. */
enum status http_stream_write(struct http_stream *stream, const void *bytes, size_t len);

#endif
