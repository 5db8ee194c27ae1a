/* SPDX-License-Identifier: Apache-2.0 */
/* till_wire - a central that tills ask over real TLS, and their requests, in one thread. */
#ifndef LOYALD_TESTS_CENTRAL_TILL_WIRE_H
#define LOYALD_TESTS_CENTRAL_TILL_WIRE_H

#include "fixture.h"

#include <curl/curl.h>

enum { WIRE_TEXT_MAX = 4 * 1024 * 1024 };

struct loop;
struct till_server;

struct wire {
    struct fixture fixture;
    struct fake_till till;
    struct loop *loop;
    struct till_server *server;
    CURLM *multi;
};

/* A request under way, and its answer. */
struct wire_request {
    CURL *curl;
    struct curl_slist *headers;
    struct strbuf url, body, answer;
    char certificate[X509_PEM_BYTES_MAX], key[PK_PEM_BYTES_MAX], mac[80], protocol[8], retry_after[16], caching[16];
    long status;
    bool over;
    CURLcode result;
};

void wire_open(struct wire *s);
void wire_close(struct wire *s);
/* One turn of both sides. */
void wire_turn(struct wire *s);

/* Headers are added first; with_certificate shows the till's. */
void wire_add_header(struct wire_request *request, const char *name, const char *value);
void wire_begin(struct wire *s, struct wire_request *r, const char *method, const char *path, bool with_certificate);
/* Adds the headers of a till's request, as loyald would make them. */
void wire_sign(struct fake_till *till, struct wire_request *r, enum operation op, const struct operation_args *args);
void wire_begin_operation(struct wire *s, struct wire_request *r, enum operation op,
                          const struct operation_args *args);
/* Until it is answered. */
void wire_finish(struct wire *s, struct wire_request *r);
/* A signed request, answered; its status. */
long wire_run(struct wire *s, struct wire_request *r, enum operation op, const struct operation_args *args);
bool wire_mac_is_good(const struct fake_till *till, const struct wire_request *r, enum operation op);
void wire_drop(struct wire *s, struct wire_request *r);

#endif
