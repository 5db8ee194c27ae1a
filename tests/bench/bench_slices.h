/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_slices - what the loop does with rows for the cache, turn by turn as it does it, each timed; and beside each
 * slice a floor: as many bytes as it and its checkpoint wrote by one pwrite and one fdatasync, over a file that has
 * them already.
 */
#ifndef LOYALD_BENCH_SLICES_H
#define LOYALD_BENCH_SLICES_H

#include <stddef.h>
#include <stdint.h>

struct cache;

struct bench_slices {
    int64_t *slices, *checkpoints, *both, *floor; /* ns; both: a slice and what of a checkpoint came behind it */
    size_t slice_count, checkpoint_count;
    int64_t rows, work_ns;
    int floor_fd;
};

/* For so many slices at most; makes the floor's file. Ends the program when that cannot be, as all of these. */
void bench_slices_init(struct bench_slices *turns, size_t most, const char *floor_path);
/* As many rows as one slice holds, by put_one, and the checkpoint when it is due; returns how many. */
uint64_t bench_slices_put(struct bench_slices *turns, struct cache *cache, uint64_t left,
                          void (*put_one)(struct cache *cache, void *from), void *from);
/* Prints, and frees. */
void bench_slices_say(struct bench_slices *turns);
/* Sorts and prints p50, p99 and the largest. */
void bench_say(const char *what, int64_t *ns, size_t count);

#endif
