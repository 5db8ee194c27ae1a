/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api - the local HTTP API of the till: schema/api/till.openapi.yaml, word for word.
 *
 * Served on a Unix socket (whoever may open it may use it) and, when asked for, on a loopback TCP address with a
 * bearer token and a loopback Host. It reads and writes HTTP only; what a request means is the till's business. Every
 * error has one shape,
 * {"code","name","text","act","detail"} in the language of the till. Everything runs on the loop's thread.
 */
#ifndef LOYALD_API_API_H
#define LOYALD_API_API_H

#include "agent/base/errmsg.h"
#include "agent/base/json_writer.h"
#include "agent/base/status.h"
#include "agent/checkup/screen.h"
#include "agent/till/problem.h"

#include <stdint.h>
#include <sys/types.h>

struct api;
struct hub;
struct loop;
struct till;

enum {
    API_ENROLMENTS_MAX = 4,
    API_CODE_MAX = 63,
    API_CONNECTIONS_MAX = 64,
    API_PEER_CONNECTIONS_MAX = 48,
    API_REQUESTS_PER_S = 500, /* of one program, or of all over loopback; a basket put after each scan needs ten */
    API_REQUESTS_BURST = 2000,
    API_SMALL_BODY_MAX = 64 * 1024
};

/* How an enrolment ended; detail in words, may be NULL. */
typedef void api_enrolled_fn(void *answer_context, enum problem problem, const char *detail);

/* What the daemon knows and the till does not. Each may be NULL. */
struct api_hooks {
    void *context;
    /* Writes more names and values into the object of GET /v1/health: "devices", "courier"
     * (schema/api/till.openapi.yaml, Health). */
    void (*write_health)(void *context, struct json_writer *w);
    /* Enrols this till. answer is called exactly once, at once or later, also when the API has ended meanwhile (it is
     * then forgotten). code is a view valid during the call. */
    void (*enrol)(void *context, const char *code, api_enrolled_fn *answer, void *answer_context);
    /* The journal refused a sale (PROBLEM_JOURNAL_FAILED is being answered): stop and start anew. Called for each
     * such answer; the answer leaves within the loop's next turns, so stop by a timer or a stop of the loop that
     * still runs api_destroy. */
    void (*journal_failed)(void *context);
};

struct api_options {
    struct loop *loop;
    struct till *till;
    struct hub *hub;
    struct api_hooks hooks;
    /* At least one of the two. The socket is made anew. A descriptor above 0 (socket activation) is taken and goes
     * before the path. */
    const char *unix_path;
    mode_t unix_mode; /* 0660 */
    int unix_fd;
    const char *tcp_host; /* numeric loopback, "127.0.0.1"; NULL: none */
    uint16_t tcp_port;    /* 0 lets the system choose, see api_tcp_port */
    int tcp_fd;
    const char *bearer_token; /* demanded over TCP; copies */
    /* Of GET /v1/status: whose disk is looked at, and where loyalctl doctor leaves what it found (NULL: nowhere). Borrowed until
     * api_destroy. */
    const char *state_dir, *doctor_file;
    struct screen_limits limits;
};

/* Borrows loop, till and hub; copies the rest. */
enum status api_create(const struct api_options *options, struct api **out_api, struct errmsg *err);
/* Ends the answers and streams under way. Accepts NULL. Not from a handler or hook. */
void api_destroy(struct api *api);
uint16_t api_tcp_port(const struct api *api); /* 0 without TCP */

#endif
