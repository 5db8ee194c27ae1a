/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bare - both ends of a plain request over mutual TLS, with the libraries that loyald-sync and loyal-central have:
 * the floor that benches compare with. What fails ends the program with a word.
 */
#ifndef LOYALD_TESTS_BENCH_BARE_H
#define LOYALD_TESTS_BENCH_BARE_H

#include "agent/base/strbuf.h"
#include "agent/net/http_server.h"

#include <curl/curl.h>

#include <stdbool.h>
#include <stdint.h>

enum { BARE_BODY_BYTES_MAX = 1024 * 1024 };

/* Ends the program unless good. */
void bare_must(bool good, const char *what, const char *why);
/* The far end: answers POST /v1/batch by handler until SIGTERM; writes its port to the pipe. The folder holds ca.pem,
 * server.pem, server.key, client.pem and client.key. Returns the exit status. */
int bare_serve(const char *certs, http_handler *handler, void *context, int tell_fd);
/* The near end: one connection that is kept. out_answer takes the answers' bodies. */
CURL *bare_connect(const char *certs, uint16_t port, bool gzip, struct strbuf *out_answer);
/* One request; the answer's body replaces the one before. */
void bare_post(CURL *curl, const void *body, size_t len, struct strbuf *out_answer);

#endif
