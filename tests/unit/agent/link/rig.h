/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rig - a whole till with its real link; the test plays loyald-sync on the socket, and the central behind it with the
 * keys of the enrolment.
 *
 * One thread: the rig turns the till's loop until what it waits for has come, or says after some seconds that it
 * never did.
 */
#ifndef LOYALD_TESTS_LINK_RIG_H
#define LOYALD_TESTS_LINK_RIG_H

#include "agent/link/link.h"
#include "sync/protocol/frame.h"
#include "sync/protocol/operation.h"
#include "tests/unit/agent/till/world.h"

#include <stdbool.h>
#include <stdint.h>

struct cJSON;

enum { RIG_QUESTIONS = 32, RIG_RETRY_MAX_MS = 20 };

/* One request of the till, as it came over the socket. */
struct question {
    bool there;
    enum operation op;
    int64_t id;
    uint64_t dev, epoch, n;
    struct operation_args args;
    int64_t deadline_ms, after;
    char *body; /* owned */
    size_t len;
};

struct rig {
    struct world world;
    struct world_plug plug;
    char dir[WORLD_TEXT], socket_path[WORLD_TEXT + 16];
    struct link *link;
    uint8_t mac_key[CRYPTO_KEY_BYTES]; /* the central's */
    bool not_enrolled;                 /* begin without an enrolment */
    int behind; /* how many requests loyald-sync says it takes behind another; 0: it says nothing */
    int64_t retry_max_ms, poll_wait_s;
    int fd;      /* loyald-sync's end of the socket; -1: not connected */
    bool closed; /* by loyald */
    struct frame_reader reader;
    char hello[256];                          /* loyald's, as it came */
    struct question questions[RIG_QUESTIONS]; /* come and not taken yet */
    int asked[OP_COUNT];                      /* how often each was asked */
};

/* A till enrolled (unless not_enrolled was asked for by rig_begin_fresh), its socket there, nobody connected.
 * on_disk: databases in a folder. */
void rig_begin(struct rig *rig, bool on_disk);
void rig_begin_fresh(struct rig *rig);
void rig_end(struct rig *rig);
/* The till stops and starts again on the same files; loyald-sync is to connect again. */
void rig_restart(struct rig *rig, bool cache_lost);

/* loyald-sync connects and says hello. */
void rig_connect(struct rig *rig);
/* Connects without a word; returns the descriptor, the caller's. */
int rig_dial(struct rig *rig);
void rig_hang_up(struct rig *rig);
/* Raw bytes, then messages: header is JSON. */
void rig_send(struct rig *rig, const void *bytes, size_t len);
void rig_say(struct rig *rig, const char *header, int64_t id, const char *body, size_t len);

/* Turns the loop and reads what came. */
void rig_turn(struct rig *rig);
/* Turns until done says so; fails the test when that never comes. */
void rig_until(struct rig *rig, bool (*done)(struct rig *rig), const char *what);
/* Waits for the next request of that kind and takes it out; the caller clears it. Its MAC is checked. */
struct question rig_take(struct rig *rig, enum operation op);
void question_clear(struct question *question);
/* Turns the loop some more; whether a request of that kind waits to be taken then. */
bool rig_has(struct rig *rig, enum operation op);

/* Answers as the central does, with its MAC. */
void rig_answer(struct rig *rig, struct question *question, int status, const char *body);
void rig_answer_n(struct rig *rig, struct question *question, int status, const char *body, size_t len,
                  const char *more_header);
/* loyald-sync's own word. */
void rig_refuse(struct rig *rig, struct question *question, const char *error, int64_t retry_after_ms);

/* No answer to a poll of updates is being put. Where there is more, the next poll comes ahead of that. */
bool rig_is_put(struct rig *rig);
/* Answers the next poll of updates, takes the one after it, and waits until all of it was put. */
struct question rig_put(struct rig *rig, const char *body);
/* Where a row's (epoch, seq) lies; context is the journal. */
int64_t rig_position_of(void *context, uint64_t epoch, int64_t seq);

/* Commits a sale of one line. */
void rig_sell(struct rig *rig, const char *sale_id);
/* The last ack of the journal, as a position. */
int64_t rig_acked(const struct rig *rig);
/* Acks all up to seq, as the central does that has seen them. */
void rig_ack(struct rig *rig, struct question *question, int64_t seq, const char *more);
bool rig_is_up(const struct rig *rig);
/* A text of the link's own object: "reason", "courier". */
void rig_link_text(const struct rig *rig, const char *name, char *out_text, size_t size);
bool rig_is_forked(const struct rig *rig);

#endif
