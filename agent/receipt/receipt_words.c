/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/receipt/receipt_words.h"

#include <string.h>

static const struct receipt_words tables[] = {
    {
        .language = "en",
        .decimal_point = '.',
        .copy = "COPY",
        .return_of = "RETURN",
        .till = "Till",
        .sale = "Sale",
        .kilogram = "kg",
        .net = "after discount",
        .subtotal = "Subtotal",
        .discount = "Discount",
        .paid_with_points = "Paid with points",
        .total = "TOTAL",
        .refund_total = "REFUND",
        .change = "Change",
        .tenders = {"Cash", "Card", "Gift card", "Other"},
        .card = "Loyalty card",
        .points = "Points",
        .earned = "earned",
        .redeemed = "spent",
        .balance = "balance",
        .balance_as_of = "as known at",
        .balance_unknown = "The balance will follow",
        .saved = "You saved",
        .coupon = "FOR YOUR NEXT VISIT",
        .valid_until = "Valid until",
        .claim = "No card yet? Scan to collect the points",
    },
    {
        .language = "ru",
        .decimal_point = ',',
        .copy = "КОПИЯ",
        .return_of = "ВОЗВРАТ",
        .till = "Касса",
        .sale = "Чек",
        .kilogram = "кг",
        .net = "со скидкой",
        .subtotal = "Сумма",
        .discount = "Скидка",
        .paid_with_points = "Оплачено баллами",
        .total = "ИТОГО",
        .refund_total = "К ВОЗВРАТУ",
        .change = "Сдача",
        .tenders = {"Наличные", "Банковская карта", "Подарочная карта", "Иное"},
        .card = "Карта лояльности",
        .points = "Баллы",
        .earned = "начислено",
        .redeemed = "списано",
        .balance = "на счёте",
        .balance_as_of = "по данным на",
        .balance_unknown = "Остаток станет известен позже",
        .saved = "Вы сэкономили",
        .coupon = "НА СЛЕДУЮЩУЮ ПОКУПКУ",
        .valid_until = "Действует до",
        .claim = "Ещё нет карты? Отсканируйте код и получите баллы",
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
