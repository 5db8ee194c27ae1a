/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_commit - what a record costs against the least a disk can do: journal_append beside pwrite + fdatasync of as
 * many bytes over an allocated file, taking turns in one run on one disk, so that only the ratio speaks.
 *
 *   bench_commit [FOLDER] [RECORDS]     default: a new folder under /var/tmp, 3000 records of each size
 */
#include "agent/base/clock.h"
#include "agent/db/journal.h"
#include "sync/protocol/record.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RECORDS_MAX = 1000000, RAW_FILE_BYTES = 4 * 1024 * 1024, IDLE_EVERY = 50, WARM_UP = 100 };

static void die(const char *what)
{
    perror(what);
    exit(1);
}

/* Bytes handed to write calls by this process so far. */
static int64_t written_bytes(void)
{
    FILE *file = fopen("/proc/self/io", "r");
    char line[128];
    long long bytes = -1;

    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "wchar: ", 7) == 0)
            bytes = strtoll(line + 7, NULL, 10);
    if (file)
        fclose(file);
    return bytes;
}

/* Makes the next record and returns how long appending it took. */
static int64_t append(struct journal *journal, const char *body, size_t body_len)
{
    struct strbuf bytes = STRBUF_INIT(RECORD_BYTES_MAX);
    struct record_head record = {.type = "sale", .type_version = 1};
    struct journal_head head;
    struct errmsg err = ERRMSG_INIT;
    int64_t began, took;
    enum status st;

    journal_head(journal, &head);
    record.dev = head.dev;
    record.epoch = head.epoch;
    record.seq = head.seq + 1;
    record.hlc = head.hlc + 1;
    memcpy(record.prev, head.hash, SHA256_BYTES);
    st = record_encode(&record, body, body_len, &bytes, &err);
    began = clock_measure_ns();
    if (st == ST_OK)
        st = journal_append(journal, "sale", record.hlc, bytes.data, bytes.len, &err);
    took = clock_measure_ns() - began;
    strbuf_free(&bytes);
    if (st != ST_OK) {
        fprintf(stderr, "bench_commit: %s\n", err.text);
        exit(1);
    }
    return took;
}

static int64_t raw(int fd, const char *bytes, size_t len, off_t *at)
{
    int64_t began;

    if (*at + (off_t)len > RAW_FILE_BYTES)
        *at = 0;
    began = clock_measure_ns();
    if (pwrite(fd, bytes, len, *at) != (ssize_t)len || fdatasync(fd) != 0)
        die("raw write");
    *at += (off_t)len;
    return clock_measure_ns() - began;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

/* Integers throughout: ms with three places, ratios with two. */
static void print_percentile(const char *name, const int64_t *ours, const int64_t *least, int at)
{
    int64_t ratio = least[at] > 0 ? ours[at] * 100 / least[at] : 0;

    printf("  %-4s journal %" PRId64 ".%03" PRId64 " ms, raw %" PRId64 ".%03" PRId64 " ms, ratio %" PRId64
           ".%02" PRId64 "\n",
           name, ours[at] / 1000000, ours[at] / 1000 % 1000, least[at] / 1000000, least[at] / 1000 % 1000,
           ratio / 100, ratio % 100);
}

/* The two by turns; fills the times, unsorted. */
static void take_turns(struct journal *journal, size_t body_len, int count, int fd, int64_t *ours, int64_t *least)
{
    char *body = malloc(body_len), *block = calloc(1, RAW_FILE_BYTES);
    off_t at = 0;
    int64_t bytes = written_bytes();

    if (!body || !block || pwrite(fd, block, RAW_FILE_BYTES, 0) != RAW_FILE_BYTES || fsync(fd) != 0)
        die("setting up");
    memset(body, 'x', body_len);
    memcpy(body, "{\"x\":\"", 6);
    memcpy(body + body_len - 2, "\"}", 2);
    bytes = written_bytes();
    for (int i = 0; i < WARM_UP; i++)
        (void)append(journal, body, body_len);
    bytes = (written_bytes() - bytes) / WARM_UP;
    for (int i = 0; i < count; i++) {
        ours[i] = append(journal, body, body_len);
        least[i] = raw(fd, block, (size_t)bytes, &at);
        if (i % IDLE_EVERY == 0)
            journal_checkpoint(journal); /* as the loop does when idle; not timed */
    }
    printf("record with a body of %zu bytes, %" PRId64 " bytes written each, %d records:\n", body_len, bytes, count);
    free(body);
    free(block);
}

static void measure(const char *folder, size_t body_len, int count)
{
    char journal_path[4200], raw_path[4200];
    const struct journal_options options = {journal_path, 1, 2, 3};
    int64_t *ours = calloc((size_t)count, sizeof *ours), *least = calloc((size_t)count, sizeof *least);
    struct journal *journal = NULL;
    struct errmsg err = ERRMSG_INIT;
    int fd;

    (void)snprintf(journal_path, sizeof journal_path, "%s/bench-journal.db", folder);
    (void)snprintf(raw_path, sizeof raw_path, "%s/bench-raw", folder);
    fd = open(raw_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (!ours || !least || fd < 0)
        die("setting up");
    if (journal_open(&options, &journal, &err) != ST_OK) {
        fprintf(stderr, "bench_commit: %s\n", err.text);
        exit(1);
    }
    take_turns(journal, body_len, count, fd, ours, least);
    qsort(ours, (size_t)count, sizeof *ours, by_value);
    qsort(least, (size_t)count, sizeof *least, by_value);
    print_percentile("p50", ours, least, count / 2);
    print_percentile("p99", ours, least, (int)((int64_t)count * 99 / 100));
    print_percentile("max", ours, least, count - 1);
    journal_close(journal);
    close(fd);
    (void)unlink(journal_path);
    (void)unlink(raw_path);
    free(ours);
    free(least);
}

int main(int argc, char **argv)
{
    static const size_t bodies[] = {300, 600, 3000};
    char made[] = "/var/tmp/loyald-bench-XXXXXX";
    long count = argc > 2 ? strtol(argv[2], NULL, 10) : 3000;
    const char *folder;

    if (count < 100 || count > RECORDS_MAX || argc > 3) {
        fprintf(stderr, "usage: bench_commit [FOLDER] [RECORDS, 100 to %d]\n", RECORDS_MAX);
        return 2;
    }
    folder = argc > 1 ? argv[1] : mkdtemp(made);
    if (!folder)
        die(made);
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        measure(folder, bodies[i], (int)count);
    if (argc == 1)
        (void)rmdir(made);
    return 0;
}
