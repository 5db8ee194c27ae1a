/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/receipt/receipt_words.h"

#include <string.h>

static const struct receipt_words tables[] = {
    {
        .language = "en",
        .decimal_point = '.',
        .kilogram = "kg",
        .points = "Points",
        .tenders = {"Cash", "Card", "Gift card", "Other"},
    },
    {
        .language = "ru",
        .decimal_point = ',',
        .kilogram = "кг",
        .points = "Баллы",
        .tenders = {"Наличные", "Банковская карта", "Подарочная карта", "Иное"},
    },
};

const struct receipt_words *receipt_words(const char *language)
{
    for (size_t i = 0; language && i < sizeof tables / sizeof tables[0]; i++) {
        if (strcmp(language, tables[i].language) == 0)
            return &tables[i];
    }
    return &tables[0];
}
