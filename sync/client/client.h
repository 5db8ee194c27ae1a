/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client - loyald-sync: carries loyald's requests to the central and the answers back (docs/protocol.md 3, 4, 6).
 *
 * Knows no key of the journal and changes no byte of a body, but for the certificate request it adds to an enrolment.
 * It decides nothing and retries nothing but the renewal of its certificate: whoever asks again is loyald. Several
 * may live in one process.
 */
#ifndef LOYALD_CLIENT_CLIENT_H
#define LOYALD_CLIENT_CLIENT_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

#include <stdint.h>

struct clock_source;
struct loop;
struct client;

enum {
    CLIENT_AT_ONCE_MAX = 8, /* requests with the central */
    CLIENT_BEHIND_MAX = 2,  /* and those that wait for the one before them: docs/protocol.md 3 */
    CLIENT_REQUESTS_MAX = CLIENT_AT_ONCE_MAX + CLIENT_BEHIND_MAX,
};

/* All copied, but for the loop. */
struct client_options {
    struct loop *loop;
    const char *url;     /* of the central; "" while none is configured: every request is answered offline */
    const char *ca_file; /* whom to trust for enrolling; may be "" */
    const char *proxy;   /* "" for none */
    int64_t connect_timeout_ms;
    const char *socket_path;          /* loyald's sync.sock */
    const char *state_dir;            /* exists, and is locked by the caller */
    const struct clock_source *clock; /* borrowed; NULL: the system's */
    int64_t renew_check_ms;           /* how often the certificate's date is looked at; 0: once an hour */
    int64_t renew_spread_ms;          /* over what time tills that heard the same take up other authorities */
};

enum status client_create(const struct client_options *options, struct client **out_client, struct errmsg *err);
void client_destroy(struct client *client); /* gives up what is under way; accepts NULL */

#endif
