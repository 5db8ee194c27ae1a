/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/sim_code.h"

#include <stdbool.h>
#include <string.h>

enum { LINEAR_BYTES_MAX = 48 }; /* longer ones do not fit a line of bars */

static bool begins_with_id(const char *code)
{
    return code[0] == ']' && strlen(code) > 3;
}

/* Weights 3 and 1 from the right. */
static bool adds_up(const char *digits, size_t len)
{
    int sum = 0;

    for (size_t i = 0; i < len; i++) {
        char c = digits[len - 1 - i];

        if (c < '0' || c > '9')
            return false;
        sum += (c - '0') * (i % 2 ? 3 : 1);
    }
    return sum % 10 == 0;
}

const char *sim_code_id(const char *code)
{
    size_t len = strlen(code);

    if (begins_with_id(code))
        return "";
    if (len == 13 && adds_up(code, len))
        return "]E0";
    if (len == 8 && adds_up(code, len))
        return "]E4";
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)code[i] >= 0x80)
            return "]Q1";
    return len > LINEAR_BYTES_MAX ? "]Q1" : "]C0";
}

const char *sim_code_text(const char *code)
{
    return begins_with_id(code) ? code + 3 : code;
}

uint64_t sim_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}
