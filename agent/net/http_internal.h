/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_internal - what the files of the HTTP server share; nobody else includes it.
 *
 * A request's states; every move is made in the function named:
 *
 *   READING --------------http_request_refuse--------> REFUSED   (the rest of the body is read and dropped)
 *      | finish_body                                      | finish_body
 *      v                                                  v
 *   HANDLED --http_answer, http_stream_begin-------> ANSWERED  --- libmicrohttpd sends ---> http_request_completed
 *      | http_park                                        ^
 *      v                                                  |
 *   PARKED --http_answer, http_stream_begin---------------+
 *      | client_gone
 *      v
 *   GONE --------------------------------------------------------------------------------> http_request_completed
 *
 * A connection is suspended in libmicrohttpd while its request is PARKED and while a stream has nothing to send; then
 * it does not look at the socket, so we watch it for the client going away.
 */
#ifndef LOYALD_NET_HTTP_INTERNAL_H
#define LOYALD_NET_HTTP_INTERNAL_H

#include "agent/base/strbuf.h"
#include "agent/net/http_server.h"
#include "agent/net/loop.h"

#include <microhttpd.h>
#include <sys/stat.h>
#include <sys/un.h>

enum {
    HTTP_CONNECTIONS_DEFAULT = 64,
    HTTP_SPARE = 16, /* places above the limit, for those who come while room is made */
    HTTP_IDLE_DEFAULT_S = 60,
    HTTP_CONNECTION_BYTES_MAX = 16 * 1024,  /* request line, headers and the write buffer of one connection */
    HTTP_DRAIN_BYTES_MAX = 2 * 1024 * 1024, /* of a refused body, read so that the client gets to read the answer */
    HTTP_PARTS_MAX = 4,
    HTTP_HEADERS_MAX = 16, /* that a handler adds */
    HTTP_PEER_BYTES_MAX = 128,
    HTTP_METHOD_BYTES_MAX = 16,
    HTTP_ERROR_BYTES_MAX = 1024,
    HTTP_HANDSHAKE_POLL_MS = 1,
    HTTP_STOP_MS = 300, /* to bring out the last answers, from the last one that was taken */
    HTTP_STOP_MAX_MS = 5000,
    HTTP_BUCKETS_MAX = 128,
};

/* What one client may still ask at once, in thousandths of a request. */
struct http_bucket {
    uint64_t peer;
    int64_t left_milli, used_ms; /* used_ms 0: free */
};

struct http_connection {
    struct http_connection *next, **link;
    int fd;
    bool fresh;                   /* no request has begun on it yet: with TLS it may be shaking hands */
    uint64_t peer;                /* who is at the other end; 0: not known */
    struct http_request *request; /* in hand; NULL: none has begun */
    bool busy;                    /* a whole request is with its handler or being answered */
    bool cut;                     /* room was made: it ends with the next run */
    int64_t since_ms; /* when the connection began, its answer was queued or its last request was completed */
};

enum http_state { HTTP_READING, HTTP_REFUSED, HTTP_HANDLED, HTTP_PARKED, HTTP_ANSWERED, HTTP_GONE };

struct http_request {
    struct http_request *next, **link; /* of the server's requests in hand */
    struct http_server *server;
    struct MHD_Connection *mhd;
    struct http_connection *connection; /* NULL only when libmicrohttpd ran out of memory for it */
    enum http_state state;

    char method[HTTP_METHOD_BYTES_MAX];
    char *path;
    char *parts[HTTP_PARTS_MAX];
    int part_count;
    const struct http_route *route; /* NULL: none fits, the request is refused */
    char peer_name[HTTP_PEER_BYTES_MAX];
    char peer_key[17];
    struct strbuf body;
    uint64_t dropped_bytes;

    char *header_names[HTTP_HEADERS_MAX], *header_values[HTTP_HEADERS_MAX];
    int header_count;
    int status;
    struct MHD_Response *response; /* until it is queued */
    struct http_stream *stream;    /* of a streaming answer */

    bool suspended;
    struct loop_watch *watch; /* while suspended */
    void (*gone)(void *context);
    void *gone_context;
};

struct http_stream {
    struct http_request *request;
    struct strbuf buffer;
    bool cut; /* the client is gone or behind; closed is told when the connection has ended */
    void (*closed)(void *context);
    void *closed_context;
};

struct http_server {
    struct loop *loop;
    const struct http_route *routes;
    void *context;
    void (*write_error)(void *context, int status, const char *code, const char *message, char *out_json,
                        size_t out_max);
    struct MHD_Daemon *daemon;
    struct loop_watch *watch;      /* on libmicrohttpd's epoll descriptor */
    struct loop_timer *run_timer;  /* when libmicrohttpd wants to run without an event */
    struct loop_timer *slow_timer; /* looks for clients that never finish a request */
    struct http_connection *connections;
    int fresh_count, connection_count;
    int connections_max, per_peer_max;
    int64_t cut_count, cut_logged_ms;
    int rate_per_s, rate_burst; /* 0: any number of requests */
    struct http_bucket buckets[HTTP_BUCKETS_MAX];
    struct http_request *requests;
    bool running;   /* inside MHD_run */
    bool run_again; /* something was resumed meanwhile */
    bool stopping;
    bool tls;
    bool unix_socket;
    int idle_timeout_s;
    uint16_t port;
    char *bearer_token;
    char *answer_header_name, *answer_header_value;
    char unix_path[sizeof((struct sockaddr_un *)0)->sun_path + 1]; /* "" when there is none to remove */
    struct stat unix_stat;
};

/* http_server.c: makes libmicrohttpd run soon, never at once. */
void http_server_kick(struct http_server *server);

/* http_listen.c: opens the listening socket of the options into *out_fd; sets unix_* and port of the server. */
enum status http_listen(const struct http_server_options *options, struct http_server *server, int *out_fd,
                        struct errmsg *err);

/* http_connection.c: callbacks of libmicrohttpd and of a timer. */
void http_connection_changed(void *context, struct MHD_Connection *mhd, void **slot,
                             enum MHD_ConnectionNotificationCode code);
void http_connections_cut_slow(void *context);

/* http_rate.c: counts a request of that client; false when it has made too many. */
bool http_rate_allows(struct http_server *server, uint64_t peer);

/* http_request.c: the callbacks of libmicrohttpd. */
enum MHD_Result http_request_access(void *context, struct MHD_Connection *mhd, const char *url, const char *method,
                                    const char *version, const char *bytes, size_t *len, void **slot);
void http_request_completed(void *context, struct MHD_Connection *mhd, void **slot,
                            enum MHD_RequestTerminationCode code);
/* Lets the request's connection sleep until http_request_wake or until the client goes, which calls gone. */
enum status http_request_sleep(struct http_request *request);
void http_request_wake(struct http_request *request);
/* The socket of the connection; -1 when unknown. */
int http_request_fd(const struct http_request *request);

/* http_answer.c */
/* Sets the answer to an error of the server's own, from any state before HTTP_ANSWERED. */
void http_request_refuse(struct http_request *request, int status, const char *code, const char *message);
/* Adds the headers collected to a response made by the caller and makes it the answer (takes it). */
void http_request_set_answer(struct http_request *request, int status, const char *content_type,
                             struct MHD_Response *response);

/* http_stream.c: the connection of the stream has ended. */
void http_stream_ended(struct http_stream *stream);

/* http_route.c: sets route and parts; on failure *out_status is 404 or 405 (then with an Allow header). */
bool http_route_find(struct http_request *request, int *out_status);

/* http_auth.c: refuses the request when its route's way of authentication does not hold. */
bool http_auth_check(struct http_request *request);

/* http_gzip.c: replaces the body by what it unpacks to, at most len_max bytes. ST_FULL, ST_INVALID, ST_NOMEM. */
enum status http_gunzip(struct strbuf *body, size_t len_max);

#endif
