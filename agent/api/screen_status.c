/* SPDX-License-Identifier: Apache-2.0 */
/* The screen of how the till is: its link, what waits, its rules, its devices. */
#include "agent/api/screen_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* "12 чеков", "1 чек", "3 чека": the three forms that Russian has for a number. */
static const char *form_of(int64_t count)
{
    int64_t tens = count % 100, ones = count % 10;

    if (ones == 1 && tens != 11)
        return "one";
    return ones >= 2 && ones <= 4 && (tens < 12 || tens > 14) ? "few" : "many";
}

static void put_edition(const struct screen *screen, char out_cell[SCREEN_CELL_MAX])
{
    const struct cJSON *rules = cJSON_GetObjectItemCaseSensitive(screen->till, "rules");
    const struct cJSON *trust = cJSON_GetObjectItemCaseSensitive(rules, "trust");
    char since[32];

    if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(trust, "stale"))) {
        (void)snprintf(out_cell, SCREEN_CELL_MAX, "%s", screen_word(screen, "unsure"));
        return;
    }
    screen_put_time(screen_number(rules, "since_unix_ms"), since);
    if (screen_number(rules, "version") > 0)
        (void)snprintf(out_cell, SCREEN_CELL_MAX, "%s%" PRId64 " · %s", screen_word(screen, "rules"),
                       screen_number(rules, "version"), since);
    else
        (void)snprintf(out_cell, SCREEN_CELL_MAX, "%s", screen_word(screen, "norules"));
}

static void write_link(struct screen *screen, bool up, const char *since)
{
    int64_t waiting = screen_number(screen->till, "unsynced_sales");
    bool english = strcmp(screen_text(screen->till, "language"), "ru") != 0;
    bool spends = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(screen->till, "spends_without_link"));
    const char *form = english ? (waiting == 1 ? "one" : "many") : form_of(waiting);
    char cell[3 * SCREEN_CELL_MAX], edition[SCREEN_CELL_MAX];

    put_edition(screen, edition);
    if (up)
        (void)snprintf(cell, sizeof cell, "%s. %s", screen_word(screen, "up"), edition);
    else
        (void)snprintf(cell, sizeof cell, "%s%s%s%" PRId64 " %s. %s", screen_word(screen, "away"), since,
                       screen_word(screen, spends ? "works" : "works_not"), waiting, screen_word(screen, form),
                       edition);
    jw_field_text(&screen->w, "link", cell);
}

static void write_device(struct screen *screen, const struct cJSON *device)
{
    char cell[SCREEN_CELL_MAX], heard[32] = "";
    bool ready = strcmp(screen_text(device, "state"), "ready") == 0;
    int64_t heard_ms = screen_number(device, "heard_unix_ms");

    if (heard_ms > 0)
        screen_put_time(heard_ms, heard);
    (void)snprintf(cell, sizeof cell, "%s%s%s%s%s", screen_word(screen, screen_text(device, "state")),
                   screen_text(device, "reason")[0] ? " " : "", screen_text(device, "reason"), heard[0] ? " · " : "",
                   heard);
    screen_row(screen, screen_word(screen, screen_text(device, "kind")), cell, ready ? "" : "bad");
}

enum problem screen_write_status(struct screen *screen)
{
    const struct cJSON *link = cJSON_GetObjectItemCaseSensitive(screen->till, "link"), *one;
    bool up = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(link, "up"));
    int64_t since_ms = screen_number(link, "since_unix_ms");
    char since[32], cell[SCREEN_CELL_MAX];

    /* Never there since our start: then at least since that. */
    screen_put_time(since_ms > 0 ? since_ms : screen_number(screen->tree, "started_unix_ms"), since);
    jw_field_text(&screen->w, "language", screen_text(screen->till, "language"));
    jw_field_int(&screen->w, "minor_digits", screen_number(screen->till, "minor_digits"));
    jw_name(&screen->w, "points");
    jw_object_begin(&screen->w);
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(screen->till, "points"))
        jw_field_int(&screen->w, screen_text(one, "currency"), screen_number(one, "digits"));
    jw_object_end(&screen->w);
    jw_field_text(&screen->w, "current_sale", screen_text(screen->till, "current_sale"));
    (void)snprintf(cell, sizeof cell, "%s-%s-", screen_text(screen->till, "store"),
                   screen_text(screen->till, "till"));
    jw_field_text(&screen->w, "prefix", cell);
    (void)snprintf(cell, sizeof cell, "%s %s · %s %s", screen_word(screen, "store"),
                   screen_text(screen->till, "store"), screen_word(screen, "till"),
                   screen_text(screen->till, "till"));
    jw_field_text(&screen->w, "place", cell);
    jw_field_bool(&screen->w, "up", up);
    (void)snprintf(cell, sizeof cell, "%s%s", up ? "" : screen_word(screen, "asof"), up ? "" : since);
    jw_field_text(&screen->w, "asof", cell);
    write_link(screen, up, since);
    jw_name(&screen->w, "rows");
    jw_array_begin(&screen->w);
    (void)snprintf(cell, sizeof cell, "%s %s", up ? "✓" : "✕", since);
    screen_row(screen, screen_word(screen, "linked"), cell, up ? "" : "bad");
    screen_row_number(screen, "waiting", screen_number(screen->till, "unsynced_sales"));
    put_edition(screen, cell);
    screen_row(screen, cell, "", "");
    screen_row_number(screen, "members", screen_number(screen->till, "members"));
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(screen->tree, "devices")) write_device(screen, one);
    jw_array_end(&screen->w);
    return PROBLEM_NONE;
}
