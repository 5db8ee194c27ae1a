/* SPDX-License-Identifier: Apache-2.0 */
/* courier_internal - what courier.c (the connection) and courier_questions.c (what is asked over it) share. */
#ifndef LOYALD_LINK_COURIER_INTERNAL_H
#define LOYALD_LINK_COURIER_INTERNAL_H

#include "agent/link/courier.h"

#include "agent/base/strbuf.h"
#include "sync/protocol/frame.h"

enum { COURIER_READ_BYTES = 64 * 1024, COURIER_OUTPUT_MAX = 4 * 1024 * 1024 };

/* One question under way. */
struct asked {
    bool used;
    int64_t id; /* rises with each one */
    uint64_t n;
    enum operation op;
    int64_t due_mono_ms;
    courier_answer_fn *fn;
    void *context;
};

struct courier {
    struct courier_options options;
    char socket_path[108];
    int listen_fd, fd; /* -1: none */
    struct loop_watch *listen_watch, *watch;
    struct loop_timer *timer;     /* the nearest deadline, or listening again */
    int64_t listen_again_mono_ms; /* 0: it listens */
    struct frame_reader reader;
    struct strbuf output;
    bool reading; /* a message of the reader is in use */
    bool greeted;
    const char *distrusted; /* why the last answer was none, said once; NULL: it was one */
    char peer_version[32];
    int64_t behind_max;               /* as loyald-sync says in its hello */
    int64_t certificate_until_unix_s; /* likewise; 0: not known, or none */
    struct asked asked[COURIER_ASKED_MAX];
    int64_t next_id;
    uint64_t next_n;
    char input[COURIER_READ_BYTES]; /* scratch of one read */
};

/* ---- courier.c ---- */
/* The bounds of one message were looked at by the caller. Hangs up when it cannot be sent. */
void courier_send(struct courier *courier, const struct strbuf *header, int64_t id, const char *payload, size_t len);
void courier_set_timer(struct courier *courier);

/* ---- courier_questions.c ---- */
/* The nearest deadline of what is asked; INT64_MAX: nothing is. */
int64_t courier_nearest_due(const struct courier *courier);
/* Answers what is past its deadline. */
void courier_answer_late(struct courier *courier, int64_t now_mono_ms);
/* Answers all that is asked. */
void courier_answer_all(struct courier *courier, enum courier_outcome outcome, const char *text);
/* A message with an id: the answer to the question of that id, when it is still asked. */
void courier_take_answer(struct courier *courier, const struct message *message);

#endif
