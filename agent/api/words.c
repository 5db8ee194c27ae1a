/* SPDX-License-Identifier: Apache-2.0 */
/* The words of the cashier page, in the language of the till. What is wrong or worth knowing has its words in
 * agent/till/problem.c; a state of that name here adds the short word, colour and sign that the screen shows it by.
 */
#include "agent/api/api_internal.h"

#include "agent/till/till.h"

#include <string.h>

enum { WORDS_JSON_MAX = 32 * 1024, EN = 0, RU = 1, LANGUAGES };

/* What the till is in: kind gives colour and shape. next is what to do; "": the notice of that name says it. */
static const struct state {
    const char *name, *kind, *sign;
    const char *word[LANGUAGES], *next[LANGUAGES];
} states[] = {
    {"lost",
     "bad",
     "!",
     {"No answer", "Агент не отвечает"},
     {"loyald does not answer. The basket is kept; wait, and call IT if it stays.",
      "Корзина сохранена. Подождите; если не пройдёт, зовите ИТ."}},
    {"denied",
     "bad",
     "!",
     {"No access", "Нет доступа"},
     {"Open this page by the address that loyalctl page gives.",
      "Откройте страницу по адресу, который даёт loyalctl page."}},
    {"ready",
     "",
     "○",
     {"Ready", "Готово"},
     {"Scan a card or an item, or type a price: 99.90 or 3*99.90",
      "Отсканируйте карту или товар, или введите цену: 99,90 или 3*99,90"}},
    {"open", "run", "▸", {"Sale open", "Чек открыт"}, {"Ask for the card.", "Спросите карту."}},
    {"member", "good", "✓", {"Card accepted", "Карта принята"}, {"", ""}},
    {"tendering", "pay", "¤", {"Payment", "Оплата"}, {"Esc: back to the items.", "Esc — вернуться к товарам."}},
    {"committed",
     "good",
     "✓",
     {"Sale closed", "Чек закрыт"},
     {"The receipt is being printed. Enter: next sale.", "Чек печатается. Enter — следующий."}},
    {"printed",
     "good",
     "✓",
     {"Printed", "Напечатан"},
     {"Hand over the receipt. Enter: next sale.", "Отдайте чек покупателю. Enter — следующий."}},
    {"print_unknown",
     "warn",
     "?",
     {"Printed or not?", "Напечатан ли чек?"},
     {"Look at the paper. No receipt: F10, a copy.", "Посмотрите на бумагу. Чека нет — F10, копия."}},
    {"print_failed",
     "bad",
     "✕",
     {"Not printed", "Не напечатан"},
     {"The sale is recorded. Put the printer right, then F10.", "Продажа записана. Исправьте принтер, затем F10."}},
    {"voided", "", "−", {"Sale voided", "Чек аннулирован"}, {"Enter: next sale.", "Enter — следующий."}},
    {"card_unknown", "warn", "?", {"Unknown card", "Карта неизвестна"}, {"", ""}},
    {"phone_unknown", "warn", "?", {"Unknown number", "Номер неизвестен"}, {"", ""}},
    {"coupon_added", "good", "%", {"Coupon taken", "Купон принят"}, {"", ""}},
    {"coupon_waits", "run", "%", {"Coupon waits", "Купон ждёт"}, {"", ""}},
    {"coupon_same", "run", "=", {"Already on the sale", "Купон уже в чеке"}, {"", ""}},
    {"coupon_unknown", "bad", "✕", {"No coupon of ours", "Не наш купон"}, {"", ""}},
    {"coupon_used", "bad", "✕", {"Coupon used", "Купон использован"}, {"", ""}},
    {"coupon_expired", "bad", "✕", {"Coupon expired", "Срок купона прошёл"}, {"", ""}},
    {"coupon_not_yet", "warn", "½", {"Coupon not yet valid", "Купон ещё не действует"}, {"", ""}},
    {"coupon_no_sale", "warn", "?", {"Item first", "Сначала товар"}, {"", ""}},
    {"coupon_refused", "bad", "✕", {"Coupon refused", "Купон не принят"}, {"", ""}},
    {"card_asking", "run", "…", {"Looking up", "Ищем карту"}, {"", ""}},
    {"card_blocked", "bad", "✕", {"Card blocked", "Карта заблокирована"}, {"", ""}},
    {"card_inactive", "warn", "½", {"Card not activated", "Карта не активна"}, {"", ""}},
    {"card_expired", "bad", "✕", {"Card expired", "Срок карты истёк"}, {"", ""}},
    {"card_check_digit", "warn", "↻", {"Scan again", "Сканируйте ещё раз"}, {"", ""}},
    {"scan_unreadable", "warn", "↻", {"Scan again", "Сканируйте ещё раз"}, {"", ""}},
    {"card_same", "run", "=", {"Already on the sale", "Карта уже в чеке"}, {"", ""}},
    {"card_replaced", "run", "⇄", {"Another card", "Другая карта"}, {"", ""}},
    {"card_waiting", "run", "…", {"Card waits", "Карта ждёт чека"}, {"", ""}},
    {"code_unknown",
     "",
     "∅",
     {"Not a loyalty code", "Не код лояльности"},
     {"Passed on to the POS. If it was the card, scan it again.",
      "Передан кассовой программе. Если это карта, отсканируйте ещё раз."}},
};

static const struct word {
    const char *name, *text[LANGUAGES];
} words[] = {
    {"comma", {".", ","}},
    {"store", {"Store", "Магазин"}},
    {"till", {"till", "касса"}},
    {"up", {"Linked", "Связь есть"}},
    {"away", {"No link since ", "Без связи с "}},
    {"unsure",
     {"Rules not confirmed for too long: no points are spent",
      "Правила давно не подтверждены: баллы не списываются"}},
    {"works",
     {". Discounts work. Spending of points is limited. Waiting: ",
      ". Скидки действуют. Списание баллов ограничено. В очереди "}},
    {"works_not",
     {". Discounts work. Points cannot be spent. Waiting: ",
      ". Скидки действуют. Списание баллов недоступно. В очереди "}},
    {"one", {"receipt", "чек"}},
    {"few", {"receipts", "чека"}},
    {"many", {"receipts", "чеков"}},
    {"rules", {"Rules no. ", "Правила № "}},
    {"norules", {"No rules yet", "Правил ещё нет"}},
    {"total", {"To pay", "К оплате"}},
    {"off", {"Discount", "Скидка"}},
    {"points", {"Points", "Баллы"}},
    {"asof", {" as\u00a0of\u00a0", " на\u00a0"}},
    {"redeemed", {"Paid with points", "Оплачено баллами"}},
    {"noone", {"No card", "Без карты"}},
    {"card", {"Card", "Карта"}},
    {"item", {"Item", "Товар"}},
    {"none", {"No items yet", "Товаров ещё нет"}},
    {"change", {"Change ", "Сдача "}},
    {"foreign", {" Items and payment are entered at the POS.", " Товары и оплату ведёт касса."}},
    {"goon", {" An item, or Enter to pay.", " Товар — или Enter, к оплате."}},
    {"ask", {"Card, phone, code or price", "Карта, телефон, код или цена"}},
    {"ask_price", {"Price of ", "Цена товара "}},
    {"ask_points", {"How many points to spend? Held: ", "Сколько баллов списать? Есть "}},
    {"ask_void", {"Void the sale? Enter: yes", "Аннулировать чек? Enter — да"}},
    {"ask_tender", {"1: cash, 2: card", "1 — наличные, 2 — карта"}},
    {"ask_cash", {"Received (Enter: exact)", "Получено (Enter — без сдачи)"}},
    {"ask_card", {"Paid by card? Enter: yes", "Оплачено картой? Enter — да"}},
    {"noamount", {"That is no amount; type it again.", "Это не сумма, введите ещё раз."}},
    {"little", {"Less than the total.", "Меньше суммы чека."}},
    {"pos",
     {"Items, points to spend and voids are entered at the POS.", "Товары, списание баллов и отмену ведёт касса."}},
    {"nopoints", {"There is no card with points.", "Нет карты с баллами."}},
    {"capped", {"No more points can be spent here: ", "Больше баллов здесь списать нельзя: "}},
    {"nocopy", {"There is no closed sale to copy.", "Нет закрытого чека для копии."}},
    {"copied", {"A copy is on its way to the printer.", "Копия отправлена на принтер."}},
    {"title_why", {"Why this price", "Почему такая цена"}},
    {"noreason", {"There are no items yet.", "Товаров ещё нет."}},
    {"title_status", {"Status", "Состояние"}},
    {"linked", {"Link to the central", "Связь с центром"}},
    {"waiting", {"Receipts waiting", "Чеков в очереди"}},
    {"members", {"Members known here", "Участников известно кассе"}},
    {"title_parked", {"Open sales", "Открытые чеки"}},
    {"how_parked", {"↑ ↓ and Enter: go on with that one.", "↑ ↓ и Enter — продолжить этот чек."}},
    {"newsale", {"A new sale", "Новый чек"}},
    {"title_form", {"A new card", "Новая карта"}},
    {"form_card",
     {"Number of the new card (Enter: the one on the sale)", "Номер новой карты (Enter — карта из чека)"}},
    {"form_name", {"Name", "Имя и фамилия"}},
    {"form_phone", {"Phone", "Телефон"}},
    {"form_email", {"E-mail (Enter: none)", "Почта (Enter — нет)"}},
    {"form_birthday", {"Birthday, 17.05.1990 (Enter: none)", "День рождения, 17.05.1990 (Enter — нет)"}},
    {"form_agree", {"Does the shopper agree? Enter: yes, Esc: no", "Покупатель согласен? Enter — да, Esc — нет"}},
    {"issued",
     {"The card is issued; the form went to the central, sealed.",
      "Карта выдана; анкета запечатана и ушла в центр."}},
    {"title_shift", {"Shift", "Смена"}},
    {"noshift", {"No shift was opened yet.", "Смена ещё не открывалась."}},
    {"sales", {"Sales", "Продаж"}},
    {"returns", {"Returns", "Возвратов"}},
    {"voids", {"Voids", "Отмен"}},
    {"gross_minor", {"At shelf price", "По ценам на полке"}},
    {"discount_minor", {"Discounts", "Скидки"}},
    {"redeemed_minor", {"Paid with points", "Оплачено баллами"}},
    {"net_minor", {"Sold for", "Продано на"}},
    {"refund_minor", {"Given back", "Возвращено"}},
    {"cash", {"Cash", "Наличные"}},
    {"ask_shift", {"", ""}},
    {"shift_open", {"Open a shift? Enter: yes", "Открыть смену? Enter — да"}},
    {"shift_close", {"Close the shift? Enter: yes", "Закрыть смену? Enter — да"}},
    {"title_return", {"Return", "Возврат"}},
    {"ask_return", {"Number on the receipt (Enter: the last)", "Номер чека (Enter — последний)"}},
    {"how_return",
     {"↑ ↓ choose, a quantity and Enter. Enter alone: go on; nothing chosen is all of it.",
      "↑ ↓ — строка, количество и Enter. Enter без числа — далее; не выбрано ничего — весь чек."}},
    {"ask_refund", {"Give back (Enter: yes) ", "Вернуть (Enter — да) "}},
    {"returned", {"Taken back; give the shopper ", "Возврат записан; отдайте покупателю "}},
    {"scanner", {"Scanner", "Сканер"}},
    {"printer", {"Printer", "Принтер"}},
    {"display", {"Display", "Дисплей"}},
    {"absent", {"not there", "нет"}},
    {"opening", {"being opened", "подключается"}},
    {"ready", {"ready", "готов"}},
    {"lost", {"lost", "потерян"}},
    {"probing", {"being asked", "проверяется"}},
    {"degraded", {"wants attention", "требует внимания"}},
};

static const struct word keys[] = {
    {"F1", {"Why", "Почему"}},           {"F2", {"Points", "Баллы"}}, {"F3", {"Sales", "Чеки"}},
    {"F4", {"New card", "Новая карта"}}, {"F6", {"Shift", "Смена"}},  {"F7", {"Return", "Возврат"}},
    {"F8", {"Void", "Отмена"}},          {"F9", {"Status", "Касса"}}, {"F10", {"Copy", "Копия"}},
    {"Del", {"Line", "Строка"}},         {"Esc", {"Back", "Назад"}},
};

static int language_of(const struct api *api)
{
    return strcmp(till_language(api->options.till), "ru") == 0 ? RU : EN;
}

const char *api_word(const struct api *api, const char *name)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i].name, name) == 0)
            return words[i].text[language_of(api)];
    return ""; /* a kind of device or tender that has no word here */
}

static void write_states(struct json_writer *w, int language)
{
    jw_name(w, "states");
    jw_object_begin(w);
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        jw_name(w, states[i].name);
        jw_object_begin(w);
        jw_field_text(w, "kind", states[i].kind);
        jw_field_text(w, "sign", states[i].sign);
        jw_field_text(w, "word", states[i].word[language]);
        jw_field_text(w, "next", states[i].next[language]);
        jw_object_end(w);
    }
    jw_object_end(w);
}

void api_words(void *context, struct http_request *request)
{
    struct api *api = context;
    int language = language_of(api);
    struct strbuf out = STRBUF_INIT(WORDS_JSON_MAX);
    struct json_writer w = JSON_WRITER_INIT(&out);

    jw_object_begin(&w);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        jw_field_text(&w, words[i].name, words[i].text[language]);
    jw_field_text(&w, "language", till_language(api->options.till));
    write_states(&w, language);
    jw_name(&w, "keys");
    jw_array_begin(&w);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        jw_array_begin(&w);
        jw_text(&w, keys[i].name);
        jw_text(&w, keys[i].text[language]);
        jw_array_end(&w);
    }
    jw_array_end(&w);
    jw_object_end(&w);
    if (strbuf_status(&out) == ST_OK)
        http_answer(request, 200, "application/json", strbuf_text(&out), out.len);
    else
        api_answer_problem(api, request, PROBLEM_INTERNAL, status_text(strbuf_status(&out)));
    strbuf_free(&out);
}
