/* SPDX-License-Identifier: Apache-2.0 */
/* What lies over the sale on the cashier page: why, parked sales, the shift, how the till is. Each is a title and
 * rows of two texts and a kind, so that the page lays them out and knows nothing of them; made of the answers that
 * the API gives to all. */
#include "agent/api/screen_internal.h"

#include "agent/base/json.h"
#include "agent/base/money.h"
#include "agent/till/enrol_member.h"
#include "agent/till/till.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { WHY_ROWS_MAX = 100, SCREEN_MAX = TILL_ANSWER_MAX };

const char *screen_word(const struct screen *screen, const char *name)
{
    return api_word(screen->api, name);
}

int64_t screen_number(const struct cJSON *object, const char *name)
{
    int64_t value = 0;

    (void)json_int(object, name, -JSON_INT_MAX, JSON_INT_MAX, &value, NULL);
    return value;
}

const char *screen_text(const struct cJSON *object, const char *name)
{
    const struct cJSON *child = cJSON_GetObjectItemCaseSensitive(object, name);

    return cJSON_IsString(child) ? child->valuestring : "";
}

void screen_row(struct screen *screen, const char *left, const char *right, const char *kind)
{
    jw_array_begin(&screen->w);
    jw_text(&screen->w, left);
    jw_text(&screen->w, right);
    jw_text(&screen->w, kind);
    jw_array_end(&screen->w);
}

void screen_row_number(struct screen *screen, const char *name, int64_t value)
{
    char cell[SCREEN_CELL_MAX];

    (void)snprintf(cell, sizeof cell, "%" PRId64, value);
    screen_row(screen, screen_word(screen, name), cell, "");
}

static void put_amount(const struct screen *screen, int64_t amount, int digits, char out_cell[32])
{
    money_format((money){amount}, digits, screen_word(screen, "comma")[0], out_cell);
}

static void row_money(struct screen *screen, const char *left, int64_t minor)
{
    char cell[32];

    put_amount(screen, minor, (int)screen_number(screen->till, "minor_digits"), cell);
    screen_row(screen, left, cell, "");
}

void screen_put_time(int64_t unix_ms, char out_cell[32])
{
    time_t at = unix_ms / 1000, now = time(NULL);
    struct tm then, today;

    (void)snprintf(out_cell, 32, "—");
    if (unix_ms == 0 || !localtime_r(&at, &then) || !localtime_r(&now, &today))
        return;
    if (then.tm_yday == today.tm_yday && then.tm_year == today.tm_year)
        (void)strftime(out_cell, 32, "%H:%M", &then);
    else
        (void)strftime(out_cell, 32, "%d.%m.%Y %H:%M", &then);
}

/* Reads an answer of the till into the screen's tree. */
static enum problem take(struct screen *screen, enum problem problem, struct strbuf *answer)
{
    if (problem == PROBLEM_NONE && strbuf_status(answer) != ST_OK)
        problem = PROBLEM_TOO_LARGE;
    json_free(screen->tree);
    screen->tree = NULL;
    if (problem == PROBLEM_NONE &&
        json_parse(answer->data, answer->len, TILL_ANSWER_MAX, &screen->tree, NULL) != ST_OK)
        problem = PROBLEM_INTERNAL;
    strbuf_free(answer);
    return problem;
}

static enum problem write_why(struct screen *screen)
{
    struct strbuf answer = STRBUF_INIT(TILL_ANSWER_MAX);
    enum problem problem = take(screen, till_why(screen->api->options.till, screen->sale, &answer, NULL), &answer);
    const struct cJSON *one;
    int rows = 0;

    if (problem != PROBLEM_NONE && problem != PROBLEM_NO_LINES && problem != PROBLEM_NO_SALE)
        return problem;
    jw_name(&screen->w, "rows");
    jw_array_begin(&screen->w);
    if (problem != PROBLEM_NONE)
        screen_row(screen, screen_word(screen, "noreason"), "", "");
    /* What applied comes first; of thousands that did not, the beginning. */
    for (int applied = 1; applied >= 0; applied--)
        cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(
                                    screen->tree, "promotions")) if ((strcmp(screen_text(one, "state"), "applied") ==
                                                                      0) == applied &&
                                                                     rows++ < WHY_ROWS_MAX)
            screen_row(screen, screen_text(one, "sentence"), applied ? "✓" : "", screen_text(one, "state"));
    jw_array_end(&screen->w);
    return PROBLEM_NONE;
}

static enum problem write_parked(struct screen *screen)
{
    struct strbuf answer = STRBUF_INIT(TILL_ANSWER_MAX);
    enum problem problem = take(screen, till_list_sales(screen->api->options.till, &answer, NULL), &answer);
    const struct cJSON *sales = cJSON_GetObjectItemCaseSensitive(screen->tree, "sales"), *sale;
    char cell[SCREEN_CELL_MAX], since[32];

    if (problem != PROBLEM_NONE)
        return problem;
    jw_name(&screen->w, "ids");
    jw_array_begin(&screen->w);
    cJSON_ArrayForEach(sale, sales) jw_text(&screen->w, screen_text(sale, "sale_id"));
    jw_array_end(&screen->w);
    jw_name(&screen->w, "rows");
    jw_array_begin(&screen->w);
    cJSON_ArrayForEach(sale, sales)
    {
        screen_put_time(screen_number(sale, "opened_unix_ms"), since);
        (void)snprintf(cell, sizeof cell, "%s · %s %s", since, screen_text(sale, "sale_id"),
                       screen_text(sale, "card"));
        row_money(screen, cell, screen_number(sale, "total_minor"));
    }
    screen_row(screen, screen_word(screen, "newsale"), "", "");
    jw_array_end(&screen->w);
    return PROBLEM_NONE;
}

static void write_moves(struct screen *screen, const struct cJSON *moves)
{
    char earned[32], redeemed[32], cell[SCREEN_CELL_MAX];
    const struct cJSON *kind, *move;

    cJSON_ArrayForEach(move, moves)
    {
        int digits = 0;

        cJSON_ArrayForEach(kind, cJSON_GetObjectItemCaseSensitive(screen->till, "points")) digits =
            strcmp(screen_text(kind, "currency"), screen_text(move, "currency")) == 0
                ? (int)screen_number(kind, "digits")
                : digits;
        put_amount(screen, screen_number(move, "earned"), digits, earned);
        put_amount(screen, screen_number(move, "redeemed"), digits, redeemed);
        (void)snprintf(cell, sizeof cell, "+%s −%s", earned, redeemed);
        screen_row(screen, screen_word(screen, "points"), cell, "");
    }
}

static enum problem write_shift(struct screen *screen)
{
    static const char *const counts[] = {"sales", "returns", "voids"};
    static const char *const sums[] = {"gross_minor", "discount_minor", "redeemed_minor", "net_minor",
                                       "refund_minor"};
    struct strbuf answer = STRBUF_INIT(TILL_ANSWER_MAX);
    enum problem problem = take(screen, till_get_shift(screen->api->options.till, &answer, NULL), &answer);
    const struct cJSON *totals = cJSON_GetObjectItemCaseSensitive(screen->tree, "totals"), *tender;
    bool is_open;

    if (problem != PROBLEM_NONE && problem != PROBLEM_NO_SHIFT)
        return problem;
    is_open = strcmp(screen_text(screen->tree, "state"), "open") == 0;
    jw_name(&screen->w, "ask");
    jw_object_begin(&screen->w);
    jw_field_text(&screen->w, "kind", "shift");
    jw_field_text(&screen->w, "state", is_open ? "close" : "open");
    jw_field_text(&screen->w, "code", screen_word(screen, is_open ? "shift_close" : "shift_open"));
    jw_object_end(&screen->w);
    jw_name(&screen->w, "rows");
    jw_array_begin(&screen->w);
    if (!totals)
        screen_row(screen, screen_word(screen, "noshift"), "", "");
    for (size_t i = 0; totals && i < sizeof counts / sizeof counts[0]; i++)
        screen_row_number(screen, counts[i], screen_number(totals, counts[i]));
    for (size_t i = 0; totals && i < sizeof sums / sizeof sums[0]; i++)
        row_money(screen, screen_word(screen, sums[i]), screen_number(totals, sums[i]));
    cJSON_ArrayForEach(tender, cJSON_GetObjectItemCaseSensitive(totals, "tenders"))
        row_money(screen, screen_word(screen, screen_text(tender, "kind")),
                  screen_number(tender, "taken_minor") - screen_number(tender, "given_back_minor"));
    write_moves(screen, cJSON_GetObjectItemCaseSensitive(totals, "points"));
    jw_array_end(&screen->w);
    return PROBLEM_NONE;
}

/* The questions of the form; what is agreed to stands below them. */
static enum problem write_form(struct screen *screen)
{
    static const char *const fields[] = {"card", "name", "phone", "email", "birthday", "agree"};
    struct strbuf answer = STRBUF_INIT(TILL_ANSWER_MAX);
    enum problem problem = take(screen, till_enrolment_terms(screen->api->options.till, &answer, NULL), &answer);
    const struct cJSON *consent = cJSON_GetObjectItemCaseSensitive(screen->tree, "consent");
    char label[32];

    if (problem != PROBLEM_NONE)
        return problem;
    jw_field_text(&screen->w, "consent", screen_text(consent, "version"));
    jw_field_text(&screen->w, "how", screen_text(consent, "text"));
    jw_name(&screen->w, "ask");
    jw_object_begin(&screen->w);
    jw_field_text(&screen->w, "kind", "form");
    jw_object_end(&screen->w);
    jw_name(&screen->w, "rows");
    jw_array_begin(&screen->w);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        (void)snprintf(label, sizeof label, "form_%s", fields[i]);
        screen_row(screen, screen_word(screen, label), "", fields[i]);
    }
    jw_array_end(&screen->w);
    return PROBLEM_NONE;
}

static enum problem write_screen(struct screen *screen, const char *name)
{
    static const struct {
        const char *name;
        enum problem (*write)(struct screen *screen);
    } screens[] = {{"status", screen_write_status},
                   {"why", write_why},
                   {"parked", write_parked},
                   {"shift", write_shift},
                   {"form", write_form}};
    char title[32], how[32];

    for (size_t i = 0; i < sizeof screens / sizeof screens[0]; i++) {
        if (strcmp(screens[i].name, name) != 0)
            continue;
        (void)snprintf(title, sizeof title, "title_%s", name);
        (void)snprintf(how, sizeof how, "how_%s", name);
        jw_field_text(&screen->w, "name", name);
        jw_field_text(&screen->w, "title", screen_word(screen, title));
        if (screens[i].write != write_form) /* it says what the shopper agrees to */
            jw_field_text(&screen->w, "how", screen_word(screen, how));
        return screens[i].write(screen);
    }
    return PROBLEM_NO_ROUTE;
}

void api_screen(void *context, struct http_request *request)
{
    struct strbuf out = STRBUF_INIT(SCREEN_MAX), health = STRBUF_INIT(TILL_ANSWER_MAX);
    struct screen screen = {.api = context, .sale = http_query(request, "sale"), .w = JSON_WRITER_INIT(&out)};
    struct json_writer w = JSON_WRITER_INIT(&health);
    enum problem problem;

    api_write_health(context, &w);
    problem = take(&screen, PROBLEM_NONE, &health);
    if (!screen.sale)
        screen.sale = "";
    /* A view: the tree of another screen takes the place of the health's, the till's part stays. */
    screen.till = cJSON_DetachItemFromObjectCaseSensitive(screen.tree, "till");
    jw_object_begin(&screen.w);
    if (problem == PROBLEM_NONE)
        problem = write_screen(&screen, http_path_part(request, 0));
    jw_object_end(&screen.w);
    if (problem == PROBLEM_NONE && strbuf_status(&out) != ST_OK)
        problem = PROBLEM_TOO_LARGE;
    if (problem == PROBLEM_NONE)
        http_answer(request, 200, "application/json", strbuf_text(&out), out.len);
    else
        api_answer_problem(context, request, problem, http_path_part(request, 0));
    json_free(screen.till);
    json_free(screen.tree);
    strbuf_free(&out);
}
