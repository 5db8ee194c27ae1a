/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/agent/receipt/sample_facts.h"

struct receipt_facts sample_facts_ru(void)
{
    static const struct receipt_adjustment milk[] = {{"2-я упаковка за полцены", {4495}}};
    static const struct receipt_adjustment apples[] = {{"Карта: фрукты −10%", {1010}}, {"Счастливые часы", {455}}};
    static const struct receipt_line lines[] = {
        {.name = "Хлеб «Бородинский» ржаной нарезка 400 г", .qty_milli = 1000, .unit_price = {6490}, .gross = {6490}},
        {.name = "Молоко пастеризованное 3,2% 0,93 л",
         .qty_milli = 2000,
         .unit_price = {8990},
         .gross = {17980},
         .adjustments = milk,
         .adjustment_count = 1,
         .net = {13485}},
        {.name = "Яблоки Гала",
         .qty_milli = 532,
         .by_weight = true,
         .unit_price = {18990},
         .gross = {10103},
         .adjustments = apples,
         .adjustment_count = 2,
         .net = {8638}},
        {.name = "Пакет-майка", .qty_milli = 1000, .unit_price = {799}, .gross = {799}},
    };
    static const struct receipt_tender tenders[] = {{RECEIPT_CASH, NULL, {30000}}};
    static const struct receipt_points points[] = {
        {.digits = 0,
         .earned = 28,
         .redeemed = 12,
         .balance_known = true,
         .balance = 1264,
         .balance_as_of = "22.11.2026 17:58"},
        {.name = "Фишки «Ножи»", .digits = 0, .earned = 2, .balance_known = true, .balance = 17},
    };
    static const char *const messages[] = {"Ещё один кофе — и следующий бесплатно!", "Спасибо за покупку № 42"};
    static const struct receipt_coupon coupons[] = {{"Скидка 15% на весь сыр", "30.11.2026", "2900000012349"}};

    static const struct receipt_offer offers[] = {{"Ваш любимый сыр −20%", "29.11.2026"}, {"Кофе дня −10%", ""}};

    return (struct receipt_facts){
        .language = "ru",
        .store_name = "Лавка у дома",
        .store_details = "Москва, ул. Лесная, 5\nИНН 7701234567",
        .till = "2",
        .cashier = "Ольга П.",
        .local_time = "22.11.2026 18:05",
        .sale_number = "000417",
        .lines = lines,
        .line_count = sizeof lines / sizeof lines[0],
        .minor_digits = 2,
        .currency = "руб.",
        .gross = {35372},
        .discount = {5960},
        .redeemed = {1200},
        .total = {28212},
        .tenders = tenders,
        .tender_count = 1,
        .change = {1788},
        .saved = {7160},
        .member_name = "Анна К.",
        .member_card = "*** *** 2345",
        .points = points,
        .points_count = 2,
        .messages = messages,
        .message_count = 2,
        .coupons = coupons,
        .coupon_count = 1,
        .offers = offers,
        .offer_count = 2,
        .qr_text = "https://loyald.example/s/018f6c2e-7b1a-7c3d-9e2f-0a1b2c3d4e5f",
        .qr_caption = "Чек и баллы в телефоне",
    };
}

struct receipt_facts sample_facts_en(void)
{
    static const struct receipt_adjustment tea[] = {{"3 for 2", {349}}};
    static const struct receipt_line lines[] = {
        {.name = "Earl Grey tea, 25 bags",
         .qty_milli = 3000,
         .unit_price = {349},
         .gross = {1047},
         .adjustments = tea,
         .adjustment_count = 1,
         .net = {698}},
        {.name = "Cheddar", .qty_milli = 215, .by_weight = true, .unit_price = {1290}, .gross = {277}},
        {.name = "Rye bread", .qty_milli = 1000, .unit_price = {265}, .gross = {265}},
    };
    static const struct receipt_tender tenders[] = {{RECEIPT_GIFT_CARD, NULL, {500}}, {RECEIPT_CARD, NULL, {740}}};
    static const char *const reasons[] = {"This card is not known here yet: the points will follow."};

    return (struct receipt_facts){
        .language = "en",
        .store_name = "Corner Shop",
        .till = "1",
        .local_time = "22/11/2026 18:05",
        .sale_number = "18",
        .lines = lines,
        .line_count = sizeof lines / sizeof lines[0],
        .minor_digits = 2,
        .currency = "EUR",
        .gross = {1589},
        .discount = {349},
        .total = {1240},
        .tenders = tenders,
        .tender_count = 2,
        .saved = {349},
        .member_card = "*** 0017",
        .reasons = reasons,
        .reason_count = 1,
        .qr_text = "https://loyald.example/s/18",
        .offline_note = "Worked out without a link to the office.",
    };
}
