/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peers - both ends of the courier for its tests: a loyald on a Unix socket, and certificates, a central over real
 * TLS, all on the test's own loop.
 */
#ifndef LOYALD_TESTS_CLIENT_PEERS_H
#define LOYALD_TESTS_CLIENT_PEERS_H

#include "agent/base/pk.h"
#include "agent/base/x509.h"
#include "agent/net/http_server.h"
#include "agent/net/loop.h"
#include "sync/protocol/frame.h"

#include <stdbool.h>

#define TEST_DEV   "00112233445566aa"
#define TEST_EPOCH "0123456789abcdef"

/* A key and certificate for name, valid from now plus the two numbers of seconds; issuer NULL makes a CA. */
struct party {
    struct pk *key;
    char key_pem[PK_PEM_BYTES_MAX];
    char pem[X509_PEM_BYTES_MAX];
};
void party_make(struct party *party, const char *name, const struct party *issuer, bool is_server, int64_t from_s,
                int64_t to_s);
void party_free(struct party *party);

/* A scratch directory with a state directory in it. */
struct scratch {
    char dir[64], state[96], socket[96], ca_file[96];
};
void scratch_make(struct scratch *scratch);
void scratch_remove(struct scratch *scratch);
void write_text(const char *dir, const char *name, const char *text);
char *read_text(const char *dir, const char *name); /* NULL when it is not there; free() */
/* Puts key.pem, cert.pem and ca.pem of an enrolled till into the state directory. */
void scratch_enrol(const struct scratch *scratch, const struct party *till, const struct party *ca);

/* loyald's side of the socket. */
struct daemon_peer {
    struct loop *loop;
    int listen_fd, fd;
    struct frame_reader reader;
    bool ended; /* the courier closed */
};
void daemon_listen(struct daemon_peer *peer, struct loop *loop, const char *path);
void daemon_unlisten(struct daemon_peer *peer);
void daemon_accept(struct daemon_peer *peer);
void daemon_hang_up(struct daemon_peer *peer);
void daemon_send(struct daemon_peer *peer, const char *header, int64_t id, const void *payload, size_t payload_len);
void daemon_send_raw(struct daemon_peer *peer, const void *bytes, size_t len);
/* The next message, or false when the courier closed; runs the loop meanwhile. */
bool daemon_next(struct daemon_peer *peer, struct message *out_message);
/* The next message that is no notice. */
bool daemon_next_answer(struct daemon_peer *peer, struct message *out_message);
/* Accepts, takes the courier's hello and answers it. */
void daemon_greet(struct daemon_peer *peer);
const char *field_text(const struct message *message, const char *name); /* "" when absent */
int64_t field_int(const struct message *message, const char *name);      /* -1 when absent */

#endif
