/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/problem.h"

#include <string.h>

static const struct problem_spec problems[PROBLEM_COUNT] = {
    [PROBLEM_NONE] = {"L-000", 200, "none", {"", ""}, {"", ""}},
    [PROBLEM_BAD_JSON] = {"L-101", 400, "bad_json",
        {"The request is not JSON that can be read.", "Correct the program that sent it; nothing was changed."},
        {"Запрос не читается как JSON.", "Исправьте программу кассы; ничего не изменено."}},
    [PROBLEM_BAD_FIELD] = {"L-102", 400, "bad_field",
        {"A value in the request is missing or out of range.", "Correct it and send again; nothing was changed."},
        {"Значение в запросе отсутствует или недопустимо.", "Исправьте и отправьте снова; ничего не изменено."}},
    [PROBLEM_TOO_LARGE] = {"L-103", 413, "too_large",
        {"The request is too large.", "Split the sale: at most 1,000 lines."},
        {"Запрос слишком велик.", "Разделите чек: не более 1000 строк."}},
    [PROBLEM_NO_ROUTE] = {"L-104", 404, "no_route",
        {"There is no such address in the API.", "See schema/api/till.openapi.yaml."},
        {"Такого адреса в API нет.", "Смотрите schema/api/till.openapi.yaml."}},
    [PROBLEM_NOT_ALLOWED] = {"L-105", 403, "not_allowed",
        {"The caller may not do this.", "Use the socket, or send the token of the state directory."},
        {"Вызывающей программе это не разрешено.", "Используйте сокет или токен из каталога состояния."}},
    [PROBLEM_BUSY] = {"L-106", 503, "busy",
        {"The agent cannot take this now.", "Try again in a few seconds."},
        {"Агент сейчас не может это выполнить.", "Повторите через несколько секунд."}},
    [PROBLEM_INTERNAL] = {"L-107", 500, "internal",
        {"The agent made a mistake of its own.", "Try again; tell IT the code and the detail if it stays."},
        {"Внутренняя ошибка агента.", "Повторите; если не пройдёт, сообщите в ИТ код и подробности."}},
    [PROBLEM_NO_SALE] = {"L-201", 404, "no_sale",
        {"This sale is not known here.", "Open it again: PUT the whole basket."},
        {"Такой чек здесь неизвестен.", "Откройте чек заново."}},
    [PROBLEM_SALE_COMMITTED] = {"L-202", 409, "sale_committed",
        {"The sale is already closed.", "Start a new sale; goods come back as a return."},
        {"Чек уже закрыт.", "Начните новый чек; возврат оформляется отдельно."}},
    [PROBLEM_SALE_VOIDED] = {"L-203", 409, "sale_voided",
        {"The sale was voided.", "Start a new sale."},
        {"Чек аннулирован.", "Начните новый чек."}},
    [PROBLEM_TOTAL_DIFFERS] = {"L-204", 409, "total_differs",
        {"The total is not the one that was shown.", "Show the new total to the shopper, then commit again."},
        {"Сумма отличается от показанной.", "Покажите покупателю новую сумму и повторите."}},
    [PROBLEM_NO_LINES] = {"L-205", 409, "no_lines",
        {"The sale has no lines.", "Scan an item or void the sale."},
        {"В чеке нет товаров.", "Отсканируйте товар или аннулируйте чек."}},
    [PROBLEM_TENDERS_SHORT] = {"L-206", 409, "tenders_short",
        {"The tenders do not cover the total.", "Add what is missing and commit again."},
        {"Оплата меньше суммы чека.", "Доберите недостающее и повторите."}},
    [PROBLEM_TOO_MANY_SALES] = {"L-207", 409, "too_many_sales",
        {"Too many sales are open.", "Commit or void one of them first."},
        {"Открыто слишком много чеков.", "Закройте или аннулируйте один из них."}},
    [PROBLEM_SALE_EXISTS] = {"L-208", 409, "sale_exists",
        {"A sale with this id is already there.", "Give each sale an id of its own."},
        {"Чек с таким номером уже есть.", "Дайте каждому чеку свой номер."}},
    [PROBLEM_EVALUATION] = {"L-209", 200, "shelf_price",
        {"Discounts could not be worked out; the sale goes on at shelf price.", "Sell on and tell IT."},
        {"Скидки рассчитать не удалось; продажа идёт по ценам на полке.", "Продолжайте, сообщите в ИТ."}},
    [PROBLEM_PAID_DIFFERENCE] = {"L-210", 200, "paid_difference",
        {"The sale was paid at another total; it is recorded as paid.", "Nothing; the office is told."},
        {"Чек оплачен на другую сумму; записан как оплачен.", "Ничего; офис узнает."}},
    [PROBLEM_SALE_TENDERING] = {"L-211", 409, "sale_tendering",
        {"The sale is being paid.", "Commit it, or put the basket again to reopen it."},
        {"Чек в оплате.", "Закройте его или измените корзину, чтобы вернуть в работу."}},
    [PROBLEM_CARD_UNKNOWN] = {"L-301", 200, "card_unknown",
        {"Card not known yet: it is attached, points follow later.", "Go on selling."},
        {"Карта пока неизвестна: она прикреплена, баллы придут позже.", "Продолжайте продажу."}},
    [PROBLEM_CARD_ASKING] = {"L-302", 200, "card_asking",
        {"Card not known here, asking the central.", "Go on; the answer comes by itself."},
        {"Карты здесь нет, спрашиваем центр.", "Продолжайте, ответ придёт сам."}},
    [PROBLEM_CARD_BLOCKED] = {"L-303", 200, "card_blocked",
        {"The card is blocked.", "Sell without it; the member may call the service line."},
        {"Карта заблокирована.", "Продавайте без карты; участнику звонить в поддержку."}},
    [PROBLEM_CARD_INACTIVE] = {"L-304", 200, "card_inactive",
        {"The card is not activated: it earns points, it gives no member's price.", "Ask to finish the form on the site."},
        {"Карта не активирована: баллы начисляются, цен участника нет.", "Предложите заполнить анкету на сайте."}},
    [PROBLEM_CARD_EXPIRED] = {"L-305", 200, "card_expired",
        {"The card has expired.", "Sell without it; offer a new card."},
        {"Срок карты истёк.", "Продавайте без карты; предложите новую."}},
    [PROBLEM_CARD_CHECK_DIGIT] = {"L-306", 200, "card_check_digit",
        {"The card number has a wrong check digit.", "Scan again."},
        {"Ошибка в номере карты (контрольная цифра).", "Отсканируйте ещё раз."}},
    [PROBLEM_CARD_SAME] = {"L-307", 200, "card_same",
        {"This card is already on the sale.", "Nothing to do."},
        {"Эта карта уже в чеке.", "Ничего делать не нужно."}},
    [PROBLEM_CARD_REPLACED] = {"L-308", 200, "card_replaced",
        {"Another card was shown: the sale now goes by the last one.", "Scan the right card last."},
        {"Показана другая карта: чек идёт по последней.", "Нужную карту сканируйте последней."}},
    [PROBLEM_CODE_UNKNOWN] = {"L-309", 200, "code_unknown",
        {"Not a loyalty code: passed on to the POS.", "If it was an item, the POS takes it; otherwise scan the card."},
        {"Это не код лояльности: передан кассовой программе.", "Товар примет касса; карту отсканируйте ещё раз."}},
    [PROBLEM_CARD_WAITING] = {"L-310", 200, "card_waiting",
        {"Card read before the sale: it will be attached to the next one.", "Start the sale."},
        {"Карта прочитана до чека: прикрепится к следующему.", "Начните чек."}},
    [PROBLEM_SCAN_UNREADABLE] = {"L-311", 200, "scan_unreadable",
        {"The scanner sent something unreadable.", "Scan again; if it stays, check cable and settings."},
        {"Сканер передал нечитаемые данные.", "Отсканируйте ещё раз; если повторится, проверьте кабель."}},
    [PROBLEM_LINK_DOWN] = {"L-401", 200, "link_down",
        {"No link to the central: discounts work, sales wait here safely.", "Go on selling."},
        {"Нет связи с центром: скидки действуют, чеки надёжно ждут здесь.", "Продолжайте продажу."}},
    [PROBLEM_PRINTER_FAILED] = {"L-501", 200, "printer_failed",
        {"The receipt was not printed.", "Put the printer right, then print a copy."},
        {"Чек не напечатан.", "Исправьте принтер и напечатайте копию."}},
    [PROBLEM_PRINT_UNKNOWN] = {"L-502", 200, "print_unknown",
        {"It is not certain that the receipt was printed.", "Look at the paper; if it is not there, print a copy."},
        {"Неизвестно, напечатан ли чек.", "Проверьте бумагу; если чека нет, напечатайте копию."}},
    [PROBLEM_PRINTER_NONE] = {"L-503", 200, "printer_none",
        {"There is no printer.", "Connect one, or set [printer] port."},
        {"Принтера нет.", "Подключите принтер или задайте [printer] port."}},
    [PROBLEM_SCANNER_LOST] = {"L-504", 200, "scanner_lost",
        {"The scanner is away.", "Check its cable; card numbers can be typed meanwhile."},
        {"Сканер недоступен.", "Проверьте кабель; номер карты можно ввести."}},
    [PROBLEM_JOURNAL_FAILED] = {"L-601", 500, "journal_failed",
        {"The sale could not be written to disk; it is NOT closed.", "The agent restarts by itself; commit again. Call IT if it stays."},
        {"Чек не удалось записать на диск; он НЕ закрыт.", "Агент перезапустится; закройте чек снова. Если повторится, зовите ИТ."}},
    [PROBLEM_DISK_FULL] = {"L-602", 507, "disk_full",
        {"The disk is full; the sale is NOT closed.", "Call IT: free space under the state directory."},
        {"Диск заполнен; чек НЕ закрыт.", "Зовите ИТ: освободить место на диске."}},
    [PROBLEM_NOT_ENROLLED] = {"L-701", 200, "not_enrolled",
        {"This till is not enrolled: it sells at shelf price and keeps its sales.", "IT: loyalctl enrol CODE."},
        {"Касса не зарегистрирована: продажа по ценам на полке, чеки хранятся.", "ИТ: loyalctl enrol КОД."}},
    [PROBLEM_ENROL_REFUSED] = {"L-702", 409, "enrol_refused",
        {"The central refused the enrolment.", "Ask the office for a new code."},
        {"Центр отказал в регистрации.", "Запросите в офисе новый код."}},
    [PROBLEM_NO_COURIER] = {"L-703", 503, "no_courier",
        {"loyald-sync is not running.", "IT: start loyald-sync."},
        {"loyald-sync не запущен.", "ИТ: запустите loyald-sync."}},
    [PROBLEM_FORKED] = {"L-704", 200, "forked",
        {"The central knows another history of this till (a cloned disk?): nothing is sent.", "IT: enrol this till anew."},
        {"Центр знает другую историю этой кассы (копия диска?): отправка остановлена.", "ИТ: зарегистрируйте кассу заново."}},
    [PROBLEM_NO_RULES] = {"L-801", 200, "no_rules",
        {"There are no rules yet: the sale goes on at shelf price.", "Go on; rules come with the link."},
        {"Правил скидок ещё нет: продажа по ценам на полке.", "Продолжайте; правила придут со связью."}},
    [PROBLEM_RULES_REFUSED] = {"L-802", 200, "rules_refused",
        {"New rules were refused; the ones before stay.", "Go on; the office is told why."},
        {"Новые правила отклонены; действуют прежние.", "Продолжайте; офис узнает причину."}},
};

const struct problem_spec *problem_spec(enum problem problem)
{
    return &problems[problem];
}

const struct problem_text *problem_text(enum problem problem, const char *language)
{
    return strcmp(language, "ru") == 0 ? &problems[problem].ru : &problems[problem].en;
}

void problem_write(struct json_writer *w, enum problem problem, const char *language, const char *detail)
{
    const struct problem_text *text = problem_text(problem, language);

    jw_object_begin(w);
    jw_field_text(w, "code", problems[problem].code);
    jw_field_text(w, "name", problems[problem].name);
    jw_field_text(w, "text", text->what);
    jw_field_text(w, "act", text->act);
    if (detail && detail[0] != '\0')
        jw_field_text(w, "detail", detail);
    jw_object_end(w);
}
