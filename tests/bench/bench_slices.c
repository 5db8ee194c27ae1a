/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bench_slices.h"

#include "agent/base/clock.h"
#include "agent/db/cache.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void must(bool good, const char *what)
{
    if (good)
        return;
    (void)fprintf(stderr, "bench_cache: %s\n", what);
    exit(1);
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

void bench_say(const char *what, int64_t *ns, size_t count)
{
    qsort(ns, count, sizeof *ns, compare);
    (void)printf("  %-34s p50 %8.1f us, p99 %8.1f us, max %8.1f us\n", what, (double)ns[count / 2] / 1e3,
                 (double)ns[count * 99 / 100] / 1e3, (double)ns[count - 1] / 1e3);
}

enum { FLOOR_BYTES = 16 * 1024 * 1024 };

static int64_t written_bytes(void)
{
    FILE *file = fopen("/proc/self/io", "r");
    char line[128];
    long long bytes = 0;

    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "wchar: ", 7) == 0)
            bytes = strtoll(line + 7, NULL, 10);
    if (file)
        (void)fclose(file);
    return bytes;
}

void bench_slices_init(struct bench_slices *turns, size_t most, const char *floor_path)
{
    static char zeros[64 * 1024];

    *turns = (struct bench_slices){.slices = malloc(most * 8),
                                   .checkpoints = malloc(most * 16),
                                   .both = malloc(most * 8),
                                   .floor = malloc(most * 8)};
    turns->floor_fd = open(floor_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    must(turns->slices && turns->checkpoints && turns->both && turns->floor && turns->floor_fd >= 0, "memory");
    for (int i = 0; i < FLOOR_BYTES / (int)sizeof zeros; i++)
        must(pwrite(turns->floor_fd, zeros, sizeof zeros, (off_t)i * (off_t)sizeof zeros) == sizeof zeros, "floor");
    must(fsync(turns->floor_fd) == 0, "floor");
}

static int64_t floor_of(struct bench_slices *turns, int64_t bytes)
{
    static char block[FLOOR_BYTES];
    size_t len = bytes < FLOOR_BYTES ? (size_t)bytes : FLOOR_BYTES;
    int64_t began = clock_measure_ns();

    must(pwrite(turns->floor_fd, block, len, 0) == (ssize_t)len && fdatasync(turns->floor_fd) == 0, "floor");
    return clock_measure_ns() - began;
}

uint64_t bench_slices_put(struct bench_slices *turns, struct cache *cache, uint64_t left,
                          void (*put_one)(struct cache *cache, void *from), void *from)
{
    int64_t bytes = written_bytes(), began = clock_measure_ns(), slice, checkpoint = 0;
    uint64_t done = 0;

    must(cache_begin(cache, NULL) == ST_OK, "a slice cannot begin");
    for (bool full = false; !full && done < left; full = cache_slice_is_full(cache), done++)
        put_one(cache, from);
    must(cache_commit(cache, NULL) == ST_OK, "a slice cannot be kept");
    slice = clock_measure_ns() - began;
    while (cache_wal_is_due(cache)) {
        began = clock_measure_ns();
        must(cache_checkpoint(cache, NULL) == ST_OK, "the WAL cannot be moved");
        turns->checkpoints[turns->checkpoint_count] = clock_measure_ns() - began;
        checkpoint += turns->checkpoints[turns->checkpoint_count++];
    }
    turns->slices[turns->slice_count] = slice;
    turns->both[turns->slice_count] = slice + checkpoint;
    turns->floor[turns->slice_count++] = floor_of(turns, written_bytes() - bytes);
    turns->rows += (int64_t)done;
    turns->work_ns += slice + checkpoint;
    return done;
}

void bench_slices_say(struct bench_slices *turns)
{
    size_t count = turns->slice_count;

    (void)printf("  %zu slices of %.0f rows on average, %zu checkpoints\n", count,
                 (double)turns->rows / (double)count, turns->checkpoint_count);
    bench_say("a turn: a slice with its commit", turns->slices, count);
    if (turns->checkpoint_count > 0)
        bench_say("a turn: a checkpoint", turns->checkpoints, turns->checkpoint_count);
    bench_say("both", turns->both, count);
    bench_say("floor: their bytes, 1 fdatasync", turns->floor, count);
    (void)printf("  ratio of both                      p50 %8.2f   , p99 %8.2f   , max %8.2f\n",
                 (double)turns->both[count / 2] / (double)turns->floor[count / 2],
                 (double)turns->both[count * 99 / 100] / (double)turns->floor[count * 99 / 100],
                 (double)turns->both[count - 1] / (double)turns->floor[count - 1]);
    free(turns->slices);
    free(turns->checkpoints);
    free(turns->both);
    free(turns->floor);
    (void)close(turns->floor_fd);
}
