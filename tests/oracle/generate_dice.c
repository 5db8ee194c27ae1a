/* SPDX-License-Identifier: Apache-2.0 */
/* The dice, and numbers that lean towards what is known to go wrong. */
#include "tests/oracle/generate_parts.h"

void dice_seed(struct dice *dice, uint64_t seed, uint64_t number)
{
    dice->state = seed * UINT64_C(0x9e3779b97f4a7c15) + number * UINT64_C(0xd1342543de82ef95) + 1;
    (void)dice_next(dice);
}

/* splitmix64 */
uint64_t dice_next(struct dice *dice)
{
    uint64_t z = (dice->state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

int64_t dice_range(struct dice *dice, int64_t least, int64_t most)
{
    return least + (int64_t)(dice_next(dice) % (uint64_t)(most - least + 1));
}

bool dice_percent(struct dice *dice, int percent)
{
    return dice_range(dice, 0, 99) < percent;
}

const char *dice_one(struct dice *dice, const char *const *texts)
{
    int64_t count = 0;

    while (texts[count])
        count++;
    return texts[dice_range(dice, 0, count - 1)];
}

int64_t dice_price(struct dice *dice)
{
    static const int64_t prices[] = {0,   1,   2,   3,   5,   5,   10,   10,   33,   99,  100,
                                     100, 100, 101, 250, 333, 499, 1000, 1000, 1999, 3333};

    if (dice_percent(dice, 25))
        return dice_range(dice, 1, 60);
    return prices[dice_range(dice, 0, (int64_t)(sizeof prices / sizeof prices[0]) - 1)];
}

int64_t a_percent(struct dice *dice)
{
    static const int64_t rates[] = {10000, 5000, 5000, 1000, 1000, 500, 3333, 1500, 9999, 1};

    return dice_percent(dice, 70) ? rates[dice_range(dice, 0, 9)] : dice_range(dice, 1, 10000);
}

int64_t an_amount(struct dice *dice)
{
    int64_t price = dice_price(dice);

    return price > 0 ? price : 7;
}

void text_list(struct dice *dice, cJSON *object, const char *name, int most, const char *const *from)
{
    cJSON *list = cJSON_AddArrayToObject(object, name);
    int64_t count = dice_percent(dice, 4) ? 0 : dice_range(dice, 1, most);

    for (int64_t i = 0; i < count; i++)
        cJSON_AddItemToArray(list, cJSON_CreateString(dice_one(dice, from)));
}

void move_first(cJSON *from, cJSON *to)
{
    cJSON *item = cJSON_DetachItemViaPointer(from, from->child);

    cJSON_AddItemToObject(to, item->string, item);
}
