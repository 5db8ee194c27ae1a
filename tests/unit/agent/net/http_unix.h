/* SPDX-License-Identifier: Apache-2.0 */
/* http_unix - a server on a Unix socket for each test: begun with it, ended with it. */
#ifndef LOYALD_TESTS_NET_HTTP_UNIX_H
#define LOYALD_TESTS_NET_HTTP_UNIX_H

#include "http_fixture.h"

extern struct fixture fixture;
extern struct http_server_options options; /* a test may change them before fixture_start */

void unix_begin(void);
void unix_end(void);
/* Sends a GET for the path; returns the connection. */
int unix_ask(const char *path);
void unix_stop_loop(struct fixture *f); /* an on_handled, an on_gone */

#endif
