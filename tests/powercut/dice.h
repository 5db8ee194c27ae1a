/* SPDX-License-Identifier: Apache-2.0 */
/* dice - the one source of chance of these tests: the same seed, the same run. */
#ifndef LOYALD_TESTS_POWERCUT_DICE_H
#define LOYALD_TESTS_POWERCUT_DICE_H

#include <stdbool.h>
#include <stdint.h>

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

#endif
