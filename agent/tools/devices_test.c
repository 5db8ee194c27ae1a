/* SPDX-License-Identifier: Apache-2.0 */
/* loyalctl devices test-display: what a device without a voice makes of ours, for somebody who looks at it. */
#include "agent/tools/devices.h"

#include "agent/base/config.h"
#include "agent/base/json_writer.h"
#include "agent/net/loop.h"
#include "drivers/display/display.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECONDS_DEFAULT = 7, OPEN_MS = 3000, PAGES = 2, N_MAX = 255 };

static const struct display_page pages[PAGES] = {
    {{{"Съешь ещё этих", NULL}, {"булок", "1234567,89"}}},
    {{{"LOYALD", NULL}, {"АБВГДЕЁЖЗИЙКЛМНОПРСТ", NULL}}},
};

static bool read_settings(const struct command_call *call, struct display_options *options)
{
    int set = call->commands ? config_choice(DISPLAY_SET_CHOICES, call->commands) : 0;
    int page = call->code_page ? config_choice(DISPLAY_PAGE_CHOICES, call->code_page) : 0;
    long n = call->code_page_n ? strtol(call->code_page_n, NULL, 10) : -1;

    if (set < 0)
        command_say("--commands %s: must be one of %s", call->commands, DISPLAY_SET_CHOICES);
    else if (page < 0)
        command_say("--code-page %s: must be one of %s", call->code_page, DISPLAY_PAGE_CHOICES);
    else if (n < -1 || n > N_MAX)
        command_say("--code-page-n %s: must be between 0 and %d", call->code_page_n, N_MAX);
    else
        *options = (struct display_options){.name = "display",
                                            .uri = call->words[0],
                                            .set = (enum display_set_id)set,
                                            .code_page = page,
                                            .code_page_n = (int)n,
                                            .columns = 20};
    return set >= 0 && page >= 0 && n >= -1 && n <= N_MAX;
}

static void print_configuration(const struct command_call *call)
{
    printf("the display takes turns of\n");
    for (int i = 0; i < PAGES; i++) {
        for (int row = 0; row < DISPLAY_ROWS; row++) {
            const struct display_line *line = &pages[i].lines[row];

            printf("    %s%s%s\n", line->left, line->right ? " ... " : "", line->right ? line->right : "");
        }
    }
    printf(
        "Nothing: --commands %s, or another speed (PORT?baud=19200). Other letters: --code-page-n, by its manual.\n"
        "# for /etc/loyald/loyald.conf.d/display.conf\n[display]\nport = %s\ncommands = %s\n",
        call->commands && strcmp(call->commands, "cd5220") == 0 ? "epson" : "cd5220", call->words[0],
        call->commands ? call->commands : "epson");
    if (call->code_page)
        printf("code_page = %s\n", call->code_page);
    if (call->code_page_n)
        printf("code_page_n = %s\n", call->code_page_n);
    (void)fflush(stdout);
}

/* Shows until the time is over; what became of it is in *out_status. */
static void run(struct loop *loop, struct display *display, int64_t seconds, struct display_status *out_status)
{
    int64_t begun_ms = loop_now_ms(loop), now_ms;

    display_show(display, pages, PAGES);
    do {
        loop_step(loop, 100);
        now_ms = loop_now_ms(loop);
        display_status(display, out_status);
    } while (now_ms < begun_ms + seconds * 1000 && (out_status->shown_count > 0 || now_ms < begun_ms + OPEN_MS));
}

static int say_as_json(const struct command_call *call, const struct display_status *status)
{
    struct strbuf out = STRBUF_INIT(8192);
    struct json_writer w = JSON_WRITER_INIT(&out);

    jw_object_begin(&w);
    jw_field_text(&w, "port", call->words[0]);
    jw_field_text(&w, "commands", call->commands ? call->commands : "epson");
    jw_field_int(&w, "shown", (int64_t)status->shown_count);
    jw_object_end(&w);
    return command_print_json(&out, 0);
}

int command_devices_test_display(const struct command_call *call)
{
    struct display_options options;
    struct display_status status = {0};
    struct display *display = NULL;
    struct loop *loop = NULL;
    struct errmsg err = ERRMSG_INIT;
    int code = EXIT_REFUSED;
    enum status st;

    if (!read_settings(call, &options))
        return EXIT_USAGE;
    st = loop_create(&loop, &err);
    options.loop = loop;
    if (st == ST_OK)
        st = display_create(&options, &display, &err);
    if (st == ST_OK) {
        if (!call->json)
            print_configuration(call);
        run(loop, display, devices_seconds(call, SECONDS_DEFAULT), &status);
        if (status.shown_count > 0)
            code = call->json ? say_as_json(call, &status) : 0;
        else
            command_say("%s", status.reason[0] ? status.reason : "the display takes no data");
    } else {
        command_say("%s", err.text[0] ? err.text : status_text(st));
        code = EXIT_USAGE;
    }
    display_destroy(display);
    loop_destroy(loop);
    return command_finish(code);
}
