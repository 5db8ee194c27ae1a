/* SPDX-License-Identifier: Apache-2.0 */
/* dice - the one source of chance of random tests: the same seed, the same run. */
#ifndef LOYALD_SUPPORT_DICE_H
#define LOYALD_SUPPORT_DICE_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct dice {
    uint64_t state;
};

static inline uint64_t dice_bits(struct dice *dice) /* splitmix64 */
{
    uint64_t z = (dice->state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* 0 .. below - 1 */
static inline int64_t dice_below(struct dice *dice, int64_t below)
{
    return (int64_t)(dice_bits(dice) % (uint64_t)below);
}

/* True once in n. */
static inline bool dice_one_in(struct dice *dice, int64_t n)
{
    return dice_below(dice, n) == 0;
}

/* LOYALD_SEED repeats a run; without it each is another. The seed is told. */
static inline struct dice dice_of_environment(void)
{
    const char *text = getenv("LOYALD_SEED");
    struct dice dice = {text && *text ? strtoull(text, NULL, 10) : (uint64_t)time(NULL)};

    fprintf(stderr, "LOYALD_SEED=%" PRIu64 "\n", dice.state);
    return dice;
}

/* LOYALD_CASES makes a run longer or shorter. */
static inline long dice_cases(long count_default)
{
    const char *text = getenv("LOYALD_CASES");

    return text && *text ? strtol(text, NULL, 10) : count_default;
}

#endif
