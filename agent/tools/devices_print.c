/* SPDX-License-Identifier: Apache-2.0 */
/* loyalctl devices test-print: a slip to look at, printed as receipts are, and what the printer says of it. */
#include "agent/tools/devices.h"

#include "agent/base/json_writer.h"
#include "agent/net/loop.h"
#include "drivers/printer/printer.h"
#include "drivers/printer/profile.h"

#include <stdio.h>
#include <string.h>

enum { SECONDS_DEFAULT = 60 };

struct trial {
    bool over;
    enum print_state state;
    char reason[PRINTER_REASON_BYTES_MAX];
};

static void on_done(void *context, const char *job_id, enum print_state state, const char *reason)
{
    struct trial *trial = context;

    (void)job_id;
    trial->over = true;
    trial->state = state;
    (void)snprintf(trial->reason, sizeof trial->reason, "%s", reason);
}

static int say_as_json(const struct command_call *call, const struct trial *trial)
{
    struct strbuf out = STRBUF_INIT(8192);
    struct json_writer w = JSON_WRITER_INIT(&out);

    jw_object_begin(&w);
    jw_field_text(&w, "print", trial->state == PRINT_CONFIRMED ? "confirmed" : "unknown");
    jw_field_text(&w, "reason", trial->reason);
    jw_field_text(&w, "port", call->words[0]);
    jw_field_text(&w, "profile", call->profile ? call->profile : profile_at(0)->name);
    jw_object_end(&w);
    return command_print_json(&out, 0);
}

/* An unknown end is no fault of the trial: whoever made it sees the paper. */
static int say(const struct command_call *call, const struct trial *trial)
{
    if (!trial->over || trial->state == PRINT_FAILED) {
        command_say("%s", trial->over ? trial->reason : "it is not over yet; is there paper, is the cover closed?");
        return EXIT_REFUSED;
    }
    if (call->json)
        return say_as_json(call, trial);
    printf("%s%s\n", trial->state == PRINT_CONFIRMED ? "the printer says that it is printed" : "sent; ",
           trial->reason);
    if (call->word_count == 2)
        printf("The lines in which you read \"Привет, Ёж\" begin with what pages = wants, such as 866:17.\n"
               "loyalctl devices profiles generic-simple prints a section to begin with.\n");
    else
        printf("# for /etc/loyald/loyald.conf.d/printer.conf\n[printer]\nport = %s\nprofile = %s\n", call->words[0],
               call->profile ? call->profile : profile_at(0)->name);
    return 0;
}

static int print(const struct command_call *call, struct loop *loop)
{
    const struct printer_options options = {.name = "printer",
                                            .uri = call->words[0],
                                            .profile = call->profile,
                                            .profiles_path = call->file,
                                            .loop = loop};
    struct printer *printer = NULL;
    struct trial trial = {.over = false};
    const struct print_callbacks callbacks = {.done = on_done, .context = &trial};
    struct errmsg err = ERRMSG_INIT;
    int64_t end_ms = loop_now_ms(loop) + devices_seconds(call, SECONDS_DEFAULT) * 1000;
    enum status st = printer_create(&options, &printer, &err);
    int code;

    if (st == ST_OK)
        st = printer_print_sample(printer, call->word_count == 2, "test", &callbacks, &err);
    if (st != ST_OK) {
        command_say("%s", err.text[0] ? err.text : status_text(st));
        printer_destroy(printer);
        return EXIT_USAGE;
    }
    while (!trial.over && loop_now_ms(loop) < end_ms)
        loop_step(loop, 100);
    code = say(call, &trial);
    printer_destroy(printer);
    return code;
}

int command_devices_test_print(const struct command_call *call)
{
    struct loop *loop = NULL;
    struct errmsg err = ERRMSG_INIT;
    int code;

    if (call->word_count == 2 && strcmp(call->words[1], "numbers") != 0) {
        command_say("\"%s\": only the word numbers may follow the port", call->words[1]);
        return EXIT_USAGE;
    }
    if (loop_create(&loop, &err) != ST_OK) {
        command_say("%s", err.text);
        return EXIT_REFUSED;
    }
    code = print(call, loop);
    loop_destroy(loop);
    return command_finish(code);
}
