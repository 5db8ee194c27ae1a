/* SPDX-License-Identifier: Apache-2.0 */
/* The real driver and the simulated display on the two ends of a pty, on one loop. */
#include "agent/base/log.h"
#include "agent/net/loop.h"
#include "drivers/display/display.h"
#include "drivers/display/display_set.h"
#include "drivers/sim/sim_display.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WAIT_MS = 20 * 1000, CP866 = 0, CP1251 = 1, CP437 = 2 };

struct rig {
    char dir[64], link[96], uri[128];
    struct loop *loop;
    struct sim_display *sim;
    struct display *display;
    char answer[512];
    int changes;
};

static void on_answer(void *context, const char *answer)
{
    struct rig *rig = context;

    snprintf(rig->answer, sizeof rig->answer, "%s", answer);
}

static void on_rows(void *context, const char *top, const char *bottom)
{
    (void)top;
    (void)bottom;
    ((struct rig *)context)->changes++;
}

static struct display_options rig_options(struct rig *rig, enum display_set_id set, int code_page)
{
    return (struct display_options){.name = "display",
                                    .uri = rig->uri,
                                    .loop = rig->loop,
                                    .set = set,
                                    .code_page = code_page,
                                    .code_page_n = -1,
                                    .columns = 20,
                                    .turn_ms = 20,
                                    .retry_ms = 20,
                                    .write_ms = 100};
}

static void rig_begin(struct rig *rig, enum display_set_id set, int code_page)
{
    struct errmsg err = ERRMSG_INIT;
    struct sim_display_options sim = {.link_path = rig->link,
                                      .set = set == DISPLAY_EPSON ? SIM_POLE_EPSON : SIM_POLE_CD5220,
                                      .columns = 20,
                                      .on_answer = on_answer,
                                      .on_rows = on_rows,
                                      .context = rig};
    struct display_options options;

    log_set_level(LOG_LEVEL_ERROR);
    memset(rig, 0, sizeof *rig);
    snprintf(rig->dir, sizeof rig->dir, "/tmp/loyald-display-XXXXXX");
    cr_assert_not_null(mkdtemp(rig->dir));
    snprintf(rig->link, sizeof rig->link, "%s/tty", rig->dir);
    snprintf(rig->uri, sizeof rig->uri, "tty:%s", rig->link);
    cr_assert_eq(loop_create(&rig->loop, &err), ST_OK, "%s", err.text);
    sim.loop = rig->loop;
    cr_assert_eq(sim_display_create(&sim, &rig->sim, &err), ST_OK, "%s", err.text);
    options = rig_options(rig, set, code_page);
    cr_assert_eq(display_create(&options, &rig->display, &err), ST_OK, "%s", err.text);
}

static void rig_end(struct rig *rig)
{
    display_destroy(rig->display);
    sim_display_destroy(rig->sim);
    loop_destroy(rig->loop);
    (void)rmdir(rig->dir);
}

static void rig_command(struct rig *rig, const char *line)
{
    sim_display_command(rig->sim, line);
    cr_assert_eq(strncmp(rig->answer, "ok", 2), 0, "%s: %s", line, rig->answer);
}

static bool is_seen(struct rig *rig, const char *rows)
{
    rig_command(rig, "show");
    return strcmp(rig->answer + 3, rows) == 0;
}

static void await_rows(struct rig *rig, const char *rows)
{
    int64_t until = loop_now_ms(rig->loop) + WAIT_MS;

    while (!is_seen(rig, rows) && loop_now_ms(rig->loop) < until)
        loop_step(rig->loop, 20);
    cr_assert(is_seen(rig, rows), "%s is not %s", rig->answer, rows);
}

static void await_state(struct rig *rig, enum device_state state)
{
    int64_t until = loop_now_ms(rig->loop) + WAIT_MS;
    struct display_status status;

    do {
        loop_step(rig->loop, 20);
        display_status(rig->display, &status);
    } while (status.state != state && loop_now_ms(rig->loop) < until);
    cr_assert_eq(status.state, state, "%s (%s), not %s", device_state_text(status.state), status.reason,
                 device_state_text(state));
    cr_expect_eq(status.reason[0] == '\0', state == DEVICE_READY, "%s", status.reason);
}

static const struct display_page item = {{{"Хлеб ржаной бородинский", "45,50"}, {"ИТОГО", "145,50"}}};

static void show_item_by(enum display_set_id set)
{
    struct rig rig;

    rig_begin(&rig, set, CP866);
    display_show(rig.display, &item, 1);
    await_rows(&rig, "[Хлеб ржаной бо 45,50][ИТОГО         145,50]");
    cr_expect_eq(sim_display_pole(rig.sim)->unknown, 0);
    cr_expect_eq(sim_display_pole(rig.sim)->ignored, 0);
    cr_expect_eq(sim_display_pole(rig.sim)->undecodable, 0);
    cr_expect_eq(sim_display_pole(rig.sim)->cursor, false);
    rig_end(&rig);
}

Test(display, shows_two_lines_by_epsons_commands)
{
    show_item_by(DISPLAY_EPSON);
}

Test(display, shows_two_lines_by_the_commands_of_the_cd5220)
{
    show_item_by(DISPLAY_CD5220);
}

Test(display, spells_what_its_code_page_lacks)
{
    struct rig rig;
    struct display_page page = {{{"Щи «суточные»", NULL}, {"№ 5 面", "7,00 ₽"}}};
    struct display_status status;

    rig_begin(&rig, DISPLAY_EPSON, CP866);
    display_show(rig.display, &page, 1);
    await_rows(&rig, "[   Щи \"суточные\"    ][№ 5 ?        7,00 р.]");
    display_status(rig.display, &status);
    cr_expect_eq(status.substituted_count, 4);
    rig_end(&rig);
    rig_begin(&rig, DISPLAY_CD5220, CP437);
    display_show(rig.display, &page, 1);
    await_rows(&rig, "[ SHCHi «sutochnye»  ][No 5 ?       7,00 r.]");
    rig_end(&rig);
}

Test(display, keeps_amounts_whole_and_commands_out)
{
    struct rig rig;
    struct display_page page = {{{"a\x1b@\n", "12345678901234567890,12"}, {"left", "1234567890123456789"}}};

    rig_begin(&rig, DISPLAY_EPSON, CP866);
    display_show(rig.display, &page, 1);
    await_rows(&rig, "[--------------------][ 1234567890123456789]");
    page.lines[0].right = NULL;
    display_show(rig.display, &page, 1);
    await_rows(&rig, "[        a @         ][ 1234567890123456789]");
    cr_expect_eq(sim_display_pole(rig.sim)->unknown, 0);
    rig_end(&rig);
}

Test(display, puts_a_long_text_over_both_lines)
{
    struct rig rig;
    struct display_page page = {{{"One more coffee and one is free", NULL}, {NULL, NULL}}};
    struct display_page word = {{{"abcdefghijklmnopqrstuvwxyz", NULL}, {NULL, NULL}}};

    rig_begin(&rig, DISPLAY_CD5220, CP866);
    display_show(rig.display, &page, 1);
    await_rows(&rig, "[One more coffee and ][    one is free     ]");
    display_show(rig.display, &word, 1);
    await_rows(&rig, "[abcdefghijklmnopqrst][       uvwxyz       ]");
    rig_end(&rig);
}

Test(display, takes_turns_and_then_rests)
{
    struct rig rig;
    struct display_page pages[] = {{{{"one", NULL}, {"", NULL}}}, {{{"two", NULL}, {"", NULL}}}};

    rig_begin(&rig, DISPLAY_EPSON, CP866);
    display_show(rig.display, pages, 2);
    await_rows(&rig, "[        one         ][                    ]");
    await_rows(&rig, "[        two         ][                    ]");
    await_rows(&rig, "[        one         ][                    ]");
    display_show(rig.display, pages, 1);
    await_rows(&rig, "[        one         ][                    ]");
    rig.changes = 0;
    for (int i = 0; i < 10; i++)
        loop_step(rig.loop, 10);
    cr_expect_eq(rig.changes, 0, "one page stands");
    rig_end(&rig);
}

Test(display, shows_the_latest_when_it_comes_back)
{
    struct rig rig;
    struct display_page other = {{{"other", NULL}, {"", NULL}}};

    rig_begin(&rig, DISPLAY_EPSON, CP866);
    display_show(rig.display, &other, 1);
    await_rows(&rig, "[       other        ][                    ]");
    rig_command(&rig, "unplug");
    await_state(&rig, DEVICE_LOST);
    display_show(rig.display, &item, 1);
    rig_command(&rig, "power-cycle");
    rig_command(&rig, "plug");
    await_state(&rig, DEVICE_READY);
    await_rows(&rig, "[Хлеб ржаной бо 45,50][ИТОГО         145,50]");
    rig_end(&rig);
}

/* Of a thousand pages a display that hangs gets the first few and then the last: the line's buffer is all that waits.
 */
Test(display, that_hangs_is_degraded_and_delays_nobody)
{
    struct rig rig;
    struct display_status status;
    int64_t until;

    rig_begin(&rig, DISPLAY_CD5220, CP866);
    await_state(&rig, DEVICE_READY);
    rig_command(&rig, "stall");
    until = loop_now_ms(rig.loop) + WAIT_MS;
    do {
        char number[16];
        struct display_page page = {{{"page", number}, {"", NULL}}};

        snprintf(number, sizeof number, "%d", (int)(until - loop_now_ms(rig.loop)));
        display_show(rig.display, &page, 1);
        loop_step(rig.loop, 1);
        display_status(rig.display, &status);
    } while (status.state != DEVICE_DEGRADED && loop_now_ms(rig.loop) < until);
    cr_assert_eq(status.state, DEVICE_DEGRADED);
    cr_expect(strstr(status.reason, "takes no data"), "%s", status.reason);
    display_show(rig.display, &item, 1);
    rig_command(&rig, "resume");
    await_rows(&rig, "[Хлеб ржаной бо 45,50][ИТОГО         145,50]");
    await_state(&rig, DEVICE_READY);
    rig_end(&rig);
}

Test(display, refuses_a_page_whose_number_nobody_knows)
{
    struct rig rig;
    struct display_options options;
    struct display *display = NULL;
    struct errmsg err = ERRMSG_INIT;

    rig_begin(&rig, DISPLAY_EPSON, CP866);
    options = rig_options(&rig, DISPLAY_EPSON, CP1251);
    cr_expect_eq(display_create(&options, &display, &err), ST_INVALID);
    cr_expect(strstr(err.text, "code_page = cp1251") && strstr(err.text, "code_page_n"), "%s", err.text);
    cr_expect_null(display);
    rig_end(&rig);
}

Test(display, knows_the_numbers_of_aures)
{
    const struct display_options options = {
        .set = DISPLAY_AURES, .code_page = CP1251, .code_page_n = -1, .columns = 20};
    struct display_face face;
    struct errmsg err = ERRMSG_INIT;
    uint8_t bytes[DISPLAY_BYTES_MAX];

    cr_assert_eq(display_face_init(&face, &options, &err), ST_OK, "%s", err.text);
    cr_expect_eq(face.set->begin(face.code_page_n, bytes), 17);
    cr_expect_arr_eq(bytes + 8, ((const uint8_t[]){0x1B, 't', 12}), 3);
}
