/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_roundtrip - one record on its way: committed in the till's journal, over the socket to loyald-sync, over
 * mutual TLS to the central, committed there, acked, and the ack taken. By turns with the floor: the record's bytes
 * written and synced, one bare request over mutual TLS, the bytes written and synced at the far end.
 *
 *   bench_roundtrip --journal FILE --socket PATH --certs DIR --work DIR [--rounds N]
 *
 * Plays loyald with its own journal and courier: FILE is the journal of an enrolled till that is stopped, PATH the
 * socket that its loyald-sync (running) looks for. Prints the percentiles of both and their ratio.
 */
#include "agent/base/clock.h"
#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/db/journal.h"
#include "agent/link/courier.h"
#include "agent/net/loop.h"
#include "agent/till/identity.h"
#include "sync/protocol/record.h"
#include "tests/bench/bare.h"

#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    FILE_BYTES = 4 * 1024 * 1024,
    WARM_UP = 50,
    ROUNDS_MAX = 100 * 1000,
    DEADLINE_MS = 30 * 1000,
    CHECKPOINT_EVERY = 20,
    TURN_MS = 100
};

/* ---- the floor ---- */

struct file {
    int fd;
    off_t at;
};

static struct file open_file(const char *dir, const char *name)
{
    char path[4200], *block = calloc(1, FILE_BYTES);
    struct file file = {.at = 0};

    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    file.fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bare_must(block && file.fd >= 0 && write(file.fd, block, FILE_BYTES) == FILE_BYTES && fsync(file.fd) == 0, path,
              "cannot be written");
    free(block);
    return file;
}

static void write_durably(struct file *file, const void *bytes, size_t len)
{
    if (file->at + (off_t)len > FILE_BYTES)
        file->at = 0;
    bare_must(pwrite(file->fd, bytes, len, file->at) == (ssize_t)len && fdatasync(file->fd) == 0, "a bare write",
              "failed");
    file->at += (off_t)len;
}

static void on_record(void *context, struct http_request *request)
{
    size_t len;
    const char *body = http_body(request, &len);

    write_durably(context, body, len);
    http_answer(request, 200, "application/json", "{\"acked\":1}", 11);
}

static int serve(const char *certs, const char *work, int tell)
{
    struct file file = open_file(work, "far");

    return bare_serve(certs, on_record, &file, tell);
}

/* ---- the till ---- */

struct till {
    struct loop *loop;
    struct journal *journal;
    struct identity identity;
    struct courier *courier;
    struct strbuf record;
    bool answered;
    const char *failed; /* why a record was not taken */
};

static void on_link(void *context, bool up, const char *text)
{
    (void)context;
    (void)up;
    (void)text;
}

static void take_ack(void *context, const struct courier_answer *answer)
{
    struct till *till = context;
    struct cJSON *root = NULL;
    uint8_t hash[SHA256_BYTES];
    int64_t acked;

    till->answered = true;
    if (answer->outcome != COURIER_ANSWERED || answer->http_status != 200 ||
        json_parse(answer->body, answer->len, answer->len, &root, NULL) != ST_OK ||
        json_int(root, "acked", 1, JSON_INT_MAX, &acked, NULL) != ST_OK ||
        json_hex(root, "hash", sizeof hash, hash, NULL) != ST_OK ||
        journal_set_acked(till->journal, till->identity.epoch, acked, hash, NULL) != ST_OK)
        till->failed = "the central did not take a record";
    json_free(root);
}

static void make_record(struct till *till, int number, struct record_head *out_head)
{
    struct journal_head at;
    char body[600];

    journal_head(till->journal, &at);
    *out_head = (struct record_head){.dev = at.dev,
                                     .epoch = at.epoch,
                                     .seq = at.seq + 1,
                                     .hlc = at.hlc + 1,
                                     .type = "keyed_entry",
                                     .type_version = 1};
    memcpy(out_head->prev, at.hash, SHA256_BYTES);
    (void)snprintf(
        body, sizeof body,
        "{\"sale_id\":\"r-%d\",\"identifier\":\"%032d\",\"cashier\":\"7\",\"what\":\"card\",\"note\":\"%0400d\"}",
        number, number, number);
    strbuf_clear(&till->record);
    bare_must(record_encode(out_head, body, strlen(body), &till->record, NULL) == ST_OK, "a record", "is none");
}

/* From the commit's beginning to the ack. */
static int64_t send_one(struct till *till, int number)
{
    struct record_head head;
    struct errmsg err = ERRMSG_INIT;
    int64_t began;

    make_record(till, number, &head);
    began = clock_measure_ns();
    bare_must(journal_append(till->journal, head.type, head.hlc, till->record.data, till->record.len, &err) == ST_OK,
              "the journal", err.text);
    strbuf_putc(&till->record, '\n');
    till->answered = false;
    courier_ask(till->courier, OP_JOURNAL, NULL, till->record.data, till->record.len, DEADLINE_MS, take_ack, till);
    while (!till->answered)
        loop_step(till->loop, TURN_MS);
    bare_must(!till->failed, "the till", till->failed);
    return clock_measure_ns() - began;
}

static void open_till(struct till *till, const char *journal, const char *socket)
{
    struct journal_options journal_file = {
        .path = journal, .now_unix_ms = clock_wall_ms(clock_system()), .new_dev = 1, .new_epoch = 1};
    struct courier_options courier = {.clock = clock_system(),
                                      .identity = &till->identity,
                                      .socket_path = socket,
                                      .socket_mode = 0600,
                                      .link_changed = on_link};
    struct errmsg err = ERRMSG_INIT;

    till->record = (struct strbuf)STRBUF_INIT(RECORD_BYTES_MAX);
    bare_must(journal_open(&journal_file, &till->journal, &err) == ST_OK, journal, err.text);
    bare_must(identity_load(till->journal, &till->identity, &err) == ST_OK && till->identity.enrolled, journal,
              "is of a till that is not enrolled");
    bare_must(loop_create(&till->loop, &err) == ST_OK, "a loop", err.text);
    courier.loop = till->loop;
    bare_must(courier_create(&courier, &till->courier, &err) == ST_OK, socket, err.text);
    while (!courier_is_connected(till->courier))
        loop_step(till->loop, TURN_MS);
}

/* ---- both ---- */

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

static void print_percentile(const char *name, const int64_t *ours, const int64_t *floor_ns, int at)
{
    printf("  %s  record %.3f ms, bare request and two fdatasync %.3f ms: %.0f %%\n", name, (double)ours[at] / 1e6,
           (double)floor_ns[at] / 1e6, 100.0 * (double)floor_ns[at] / (double)ours[at]);
}

static void measure(struct till *till, CURL *curl, struct file *near, struct strbuf *answer, int rounds)
{
    int64_t *ours = calloc((size_t)rounds, sizeof *ours), *floor_ns = calloc((size_t)rounds, sizeof *floor_ns);

    bare_must(ours && floor_ns, "memory", "is short");
    for (int i = -WARM_UP; i < rounds; i++) {
        int64_t took = send_one(till, i + WARM_UP), began = clock_measure_ns();

        write_durably(near, till->record.data, till->record.len);
        bare_post(curl, till->record.data, till->record.len, answer);
        if (i >= 0) {
            ours[i] = took;
            floor_ns[i] = clock_measure_ns() - began;
        }
        if (i % CHECKPOINT_EVERY == 0)
            journal_checkpoint(till->journal); /* as the loop does when idle; not timed */
    }
    qsort(ours, (size_t)rounds, sizeof *ours, by_value);
    qsort(floor_ns, (size_t)rounds, sizeof *floor_ns, by_value);
    printf("a record of %zu bytes, %d rounds by turns:\n", till->record.len, rounds);
    print_percentile("p50", ours, floor_ns, rounds / 2);
    print_percentile("p90", ours, floor_ns, rounds * 9 / 10);
    free(ours);
    free(floor_ns);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"journal", required_argument, NULL, 'j'}, {"socket", required_argument, NULL, 's'},
        {"certs", required_argument, NULL, 'c'},   {"work", required_argument, NULL, 'w'},
        {"rounds", required_argument, NULL, 'r'},  {0}};
    const char *text[128] = {NULL};
    struct strbuf answer = STRBUF_INIT(BARE_BODY_BYTES_MAX);
    struct till till = {0};
    struct file near;
    int option, told[2], rounds = 1000;
    uint16_t port;
    pid_t far_end;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        text[option & 127] = optarg;
    if (text['r'])
        rounds = (int)strtol(text['r'], NULL, 10);
    if (!text['j'] || !text['s'] || !text['c'] || !text['w'] || rounds < 10 || rounds > ROUNDS_MAX) {
        fprintf(stderr,
                "usage: bench_roundtrip --journal FILE --socket PATH --certs DIR --work DIR [--rounds 10..%d]\n",
                ROUNDS_MAX);
        return 2;
    }
    bare_must(pipe(told) == 0, "a pipe", NULL);
    far_end = fork();
    if (far_end == 0)
        return serve(text['c'], text['w'], told[1]);
    near = open_file(text['w'], "near");
    open_till(&till, text['j'], text['s']);
    bare_must(read(told[0], &port, sizeof port) == sizeof port, "the far end", "does not start");
    measure(&till, bare_connect(text['c'], port, false, &answer), &near, &answer, rounds);
    (void)kill(far_end, SIGTERM);
    (void)waitpid(far_end, NULL, 0);
    courier_destroy(till.courier);
    journal_close(till.journal);
    return 0;
}
