/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/oracle/oracle.h"

#include "tests/oracle/reach.h"

enum { SPREAD_MAX = UNITS_MAX * PROMOTIONS_MAX };

/* What cannot take a share at all is out; what would get more than its room stops there and the rest is spread anew.
 */
static int64_t stop_at_rooms(int64_t amount, int count, const int64_t *weights, const int64_t *rooms, int64_t *out,
                             bool *open)
{
    bool again = true;

    while (again) {
        int64_t sum = 0, stopped = 0;

        again = false;
        for (int i = 0; i < count; i++)
            sum += open[i] ? weights[i] : 0;
        for (int i = 0; i < count; i++) {
            if (open[i] && amount * weights[i] > rooms[i] * sum) {
                reach_note(STOPPED_AT_ROOM);
                out[i] = rooms[i];
                stopped += rooms[i];
                open[i] = false;
                again = true;
            }
        }
        amount -= stopped;
    }
    return amount;
}

/* Exact shares cut down to whole units; what is missing goes to the largest fractions, of alike ones the earlier. */
static void largest_remainder(int64_t amount, int count, const int64_t *weights, const bool *open, int64_t *out)
{
    int64_t sum = 0, missing = amount, fractions[SPREAD_MAX];

    for (int i = 0; i < count; i++)
        sum += open[i] ? weights[i] : 0;
    for (int i = 0; i < count; i++) {
        fractions[i] = -1;
        if (!open[i])
            continue;
        out[i] = amount * weights[i] / sum;
        fractions[i] = amount * weights[i] % sum;
        missing -= out[i];
    }
    while (missing-- > 0) {
        int best = 0;

        for (int i = 1; i < count; i++)
            best = fractions[i] > fractions[best] ? i : best;
        out[best]++;
        fractions[best] = -1;
    }
}

void spread(int64_t amount, int count, const int64_t *weights, const int64_t *rooms, int64_t *out)
{
    bool open[SPREAD_MAX], any = false;

    for (int i = 0; i < count; i++) {
        out[i] = 0;
        open[i] = weights[i] > 0 && rooms[i] > 0;
    }
    amount = stop_at_rooms(amount, count, weights, rooms, out, open);
    for (int i = 0; i < count; i++)
        any = any || open[i];
    if (any && amount > 0)
        largest_remainder(amount, count, weights, open, out);
}
