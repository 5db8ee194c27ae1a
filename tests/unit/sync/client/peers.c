/* SPDX-License-Identifier: Apache-2.0 */
#include "peers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "agent/base/file.h"
#include "agent/base/json.h"

void party_make(struct party *party, const char *name, const struct party *issuer, bool is_server, int64_t from_s,
                int64_t to_s)
{
    struct errmsg err = ERRMSG_INIT;
    struct x509_issue issue = {.common_name = name,
                               .dns_name = is_server ? "localhost" : NULL,
                               .issuer_pem = issuer ? issuer->pem : NULL,
                               .not_before_unix_s = time(NULL) + from_s,
                               .not_after_unix_s = time(NULL) + to_s,
                               .is_ca = !issuer,
                               .is_server = is_server};

    cr_assert_eq(pk_generate(&party->key, &err), ST_OK, "%s", err.text);
    cr_assert_eq(pk_private_pem(party->key, party->key_pem, &err), ST_OK, "%s", err.text);
    issue.subject_key = party->key;
    issue.issuer_key = issuer ? issuer->key : party->key;
    cr_assert_eq(x509_certificate(&issue, party->pem, &err), ST_OK, "%s", err.text);
}

void party_free(struct party *party)
{
    pk_destroy(party->key);
    *party = (struct party){0};
}

void scratch_make(struct scratch *scratch)
{
    snprintf(scratch->dir, sizeof scratch->dir, "/tmp/sync-client-XXXXXX");
    cr_assert_not_null(mkdtemp(scratch->dir));
    snprintf(scratch->state, sizeof scratch->state, "%s/state", scratch->dir);
    snprintf(scratch->socket, sizeof scratch->socket, "%s/sync.sock", scratch->dir);
    snprintf(scratch->ca_file, sizeof scratch->ca_file, "%s/ca-first.pem", scratch->dir);
    cr_assert_eq(mkdir(scratch->state, 0700), 0);
}

static void remove_in(const char *dir, const char *name)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    (void)unlink(path);
}

void scratch_remove(struct scratch *scratch)
{
    static const char *const names[] = {"key.pem", "cert.pem", "ca.pem", "pending.json", "lock"};
    size_t i;

    for (i = 0; i < sizeof names / sizeof names[0]; i++)
        remove_in(scratch->state, names[i]);
    cr_expect_eq(rmdir(scratch->state), 0, "something was left in the state directory");
    (void)unlink(scratch->ca_file);
    (void)unlink(scratch->socket);
    remove_in(scratch->dir, "sync.conf");
    cr_expect_eq(rmdir(scratch->dir), 0);
}

void write_text(const char *dir, const char *name, const char *text)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    cr_assert_eq(file_write(path, text, strlen(text), 0600, NULL), ST_OK);
}

char *read_text(const char *dir, const char *name)
{
    char path[256], *text = NULL;
    size_t len;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    return file_read(path, 1024 * 1024, &text, &len, NULL) == ST_OK ? text : NULL;
}

void scratch_enrol(const struct scratch *scratch, const struct party *till, const struct party *ca)
{
    write_text(scratch->state, "key.pem", till->key_pem);
    write_text(scratch->state, "cert.pem", till->pem);
    write_text(scratch->state, "ca.pem", ca->pem);
}

void daemon_listen(struct daemon_peer *peer, struct loop *loop, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    *peer = (struct daemon_peer){.loop = loop, .fd = -1};
    peer->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    (void)unlink(path);
    cr_assert_eq(bind(peer->listen_fd, (struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(listen(peer->listen_fd, 4), 0);
    frame_reader_init(&peer->reader);
}

void daemon_hang_up(struct daemon_peer *peer)
{
    if (peer->fd >= 0)
        close(peer->fd);
    peer->fd = -1;
    frame_reader_clear(&peer->reader);
}

void daemon_unlisten(struct daemon_peer *peer)
{
    daemon_hang_up(peer);
    close(peer->listen_fd);
}

void daemon_accept(struct daemon_peer *peer)
{
    peer->ended = false;
    while ((peer->fd = accept4(peer->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) < 0) {
        cr_assert_eq(errno, EAGAIN);
        loop_step(peer->loop, 20);
    }
}

void daemon_send_raw(struct daemon_peer *peer, const void *bytes, size_t len)
{
    const char *at = bytes;

    while (len > 0) {
        ssize_t n = send(peer->fd, at, len, MSG_NOSIGNAL);

        if (n > 0) {
            at += n;
            len -= (size_t)n;
        } else if (errno == EAGAIN) {
            loop_step(peer->loop, 20);
        } else {
            return; /* closed: the test sees it by reading */
        }
    }
}

void daemon_send(struct daemon_peer *peer, const char *header, int64_t id, const void *payload, size_t payload_len)
{
    struct strbuf out = STRBUF_INIT(2 * MESSAGE_PAYLOAD_MAX);

    cr_assert_eq(frame_write(header, strlen(header), id, payload, payload_len, &out), ST_OK);
    daemon_send_raw(peer, out.data, out.len);
    strbuf_free(&out);
}

bool daemon_next(struct daemon_peer *peer, struct message *out_message)
{
    char piece[16384];
    struct errmsg err = ERRMSG_INIT;
    enum status st;

    while ((st = frame_reader_next(&peer->reader, out_message, &err)) == ST_AGAIN) {
        ssize_t n = recv(peer->fd, piece, sizeof piece, 0);

        if (n > 0) {
            cr_assert_eq(frame_reader_feed(&peer->reader, piece, (size_t)n), ST_OK);
        } else if (n < 0 && errno == EAGAIN) {
            loop_step(peer->loop, 20);
        } else {
            peer->ended = true;
            return false;
        }
    }
    cr_assert_eq(st, ST_OK, "%s", err.text);
    return true;
}

bool daemon_next_answer(struct daemon_peer *peer, struct message *out_message)
{
    while (daemon_next(peer, out_message))
        if (!field_text(out_message, "notice")[0])
            return true;
    return false;
}

void daemon_greet(struct daemon_peer *peer)
{
    static const char hello[] =
        "{\"hello\":\"loyald\",\"version\":\"0.1.0\",\"protocol\":1,\"dev\":\"" TEST_DEV "\"}";
    struct message message;

    daemon_accept(peer);
    cr_assert(daemon_next(peer, &message));
    cr_assert_str_eq(field_text(&message, "hello"), "loyald-sync");
    cr_assert_eq(field_int(&message, "protocol"), 1);
    daemon_send(peer, hello, 0, NULL, 0);
}

const char *field_text(const struct message *message, const char *name)
{
    const char *text = "";

    (void)json_text(message->header, name, 4096, &text, NULL);
    return text;
}

int64_t field_int(const struct message *message, const char *name)
{
    int64_t value = -1;

    (void)json_int(message->header, name, 0, JSON_INT_MAX, &value, NULL);
    return value;
}
