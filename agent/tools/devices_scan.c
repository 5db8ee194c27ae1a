/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loyalctl devices scan: names the serial lines there are and who has them, listens on those that are free while
 * somebody scans any code, and writes the configuration for the one that spoke. Bytes that make no sense are tried at
 * other speeds. Then the lines that are left are asked whether a printer is there, and which.
 */
#include "agent/tools/devices_hunt.h"

#include "agent/net/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECONDS_DEFAULT = 30, SPEEDS = 6 };

static const int speeds[SPEEDS] = {9600, 115200, 19200, 38400, 57600, 4800};

static void on_stop(void *context)
{
    ((struct hunt *)context)->stopped = true;
}

/* The name that stays when the cable is put into another socket, else the one that stays when two devices are alike.
 */
static void name_candidate(struct candidate *candidate)
{
    const struct port_found *found = &candidate->found;
    const char *path = found->path;

    if (found->by_id[0] && found->serial[0])
        path = found->by_id;
    else if (found->by_path[0])
        path = found->by_path;
    (void)snprintf(candidate->uri, sizeof candidate->uri, "serial:%.300s", path);
}

static void add_given(struct hunt *hunt, const char *word)
{
    struct candidate *candidate = &hunt->candidates[hunt->count];

    if (hunt->count == HUNT_CANDIDATES_MAX)
        return;
    if (strchr(word, ':'))
        (void)snprintf(candidate->uri, sizeof candidate->uri, "%.400s", word);
    else
        (void)snprintf(candidate->uri, sizeof candidate->uri, "serial:%.400s", word);
    candidate->uri[strcspn(candidate->uri, "?")] = '\0';
    (void)snprintf(candidate->found.path, sizeof candidate->found.path, "%.250s", strchr(candidate->uri, ':') + 1);
    hunt->count++;
}

static void add_found(struct hunt *hunt)
{
    static const struct port_list_roots roots = {"/sys", "/dev"};
    struct port_found *found = calloc(HUNT_CANDIDATES_MAX, sizeof *found);
    size_t count = found ? port_list(&roots, found, HUNT_CANDIDATES_MAX) : 0;

    for (size_t i = 0; i < count && hunt->count < HUNT_CANDIDATES_MAX; i++) {
        hunt->candidates[hunt->count].found = found[i];
        name_candidate(&hunt->candidates[hunt->count++]);
    }
    free(found);
}

/* False when somebody has the line open. */
static bool look_at(struct candidate *candidate)
{
    const char *path = candidate->found.path;
    bool held = path[0] == '/' && port_holder(path, &candidate->holder, candidate->holder_name);

    if (!held)
        candidate->holder = 0;
    scan_say_line(candidate);
    return !held || strncmp(candidate->uri, "tty:", 4) == 0; /* a simulator's far end holds its own pty */
}

static void on_heard(void *context, struct tap *tap, const uint8_t *bytes, size_t len, const char *result, bool pause)
{
    struct candidate *candidate = context;
    struct hunt *hunt = candidate->hunt;

    (void)tap;
    (void)pause;
    if (hunt->spoke)
        return;
    if (strcmp(result, "card\n") == 0) {
        fprintf(hunt->words, "%s: a payment card was read and dropped; read another code\n", candidate->open);
        return;
    }
    switch (scanner_guess(bytes, len, &hunt->guess)) {
    case GUESS_NOTHING:
        break;
    case GUESS_GARBAGE:
        candidate->retune = true;
        break;
    case GUESS_FOUND:
        hunt->spoke = candidate;
        break;
    }
}

static void open_candidate(struct candidate *candidate)
{
    struct tap_options options = {.loop = candidate->hunt->loop,
                                  .uri = candidate->open,
                                  .framing = SCANNER_FRAMING_GAP,
                                  .quiet = true,
                                  .on_heard = on_heard,
                                  .context = candidate};
    struct errmsg err = ERRMSG_INIT;

    if (strncmp(candidate->uri, "tcp:", 4) == 0)
        (void)snprintf(candidate->open, sizeof candidate->open, "%s", candidate->uri);
    else
        (void)snprintf(candidate->open, sizeof candidate->open, "%.450s?baud=%d", candidate->uri,
                       speeds[candidate->speed]);
    if (tap_create(&options, &candidate->tap, &err) != ST_OK)
        command_say("%s", err.text);
}

static void retune(struct candidate *candidate)
{
    candidate->retune = false;
    candidate->speed = (candidate->speed + 1) % SPEEDS;
    tap_destroy(candidate->tap);
    candidate->tap = NULL;
    open_candidate(candidate);
    fprintf(candidate->hunt->words, "%s: that was no code; now at %d baud, scan again\n", candidate->uri, speeds[candidate->speed]);
    (void)fflush(candidate->hunt->words);
}

/* The speeds that printers come with; a line without a speed is asked once. */
static bool ask_one(const struct hunt *hunt, struct candidate *candidate)
{
    static const int usual[] = {9600, 19200, 38400, 115200};
    bool has_speed = strncmp(candidate->uri, "tcp:", 4) != 0;

    tap_destroy(candidate->tap);
    candidate->tap = NULL;
    for (size_t i = 0; i < (has_speed ? sizeof usual / sizeof usual[0] : 1); i++) {
        if (has_speed)
            (void)snprintf(candidate->open, sizeof candidate->open, "%.450s?baud=%d", candidate->uri, usual[i]);
        if (probe_printer(hunt->loop, candidate->open, &candidate->printer))
            return true;
    }
    return false;
}

/* A printer answers when it is asked, a display never: those that are left may be one. */
static bool ask_all(struct hunt *hunt)
{
    bool found = false;

    for (size_t i = 0; i < hunt->count; i++) {
        struct candidate *candidate = &hunt->candidates[i];

        if (candidate == hunt->spoke || !candidate->tap || !tap_is_open(candidate->tap))
            continue;
        candidate->answered = ask_one(hunt, candidate);
        candidate->asked = true;
        scan_say_asked(candidate);
        found = found || candidate->answered;
    }
    return found;
}

static int listen_all(struct hunt *hunt, int64_t seconds)
{
    int64_t end_ms;
    size_t listening = 0;

    for (size_t i = 0; i < hunt->count; i++) {
        struct candidate *candidate = &hunt->candidates[i];

        candidate->hunt = hunt;
        if (!look_at(candidate))
            continue;
        open_candidate(candidate);
        listening += candidate->tap != NULL;
    }
    if (listening == 0) {
        command_say(hunt->count == 0 ? "no serial line is there; is the device plugged in, and set to a serial mode?"
                                     : "every line is in use; stop that program first (systemctl stop loyald)");
        return EXIT_REFUSED;
    }
    fprintf(hunt->words, "scan any code now\n");
    (void)fflush(hunt->words);
    end_ms = loop_now_ms(hunt->loop) + seconds * 1000;
    while (!hunt->stopped && !hunt->spoke && loop_now_ms(hunt->loop) < end_ms) {
        loop_step(hunt->loop, 100);
        for (size_t i = 0; i < hunt->count; i++)
            if (hunt->candidates[i].retune)
                retune(&hunt->candidates[i]);
    }
    if (hunt->spoke) {
        scan_say_scanner(hunt);
        if (!hunt->stopped)
            (void)ask_all(hunt); /* what else is there, while we are at it */
        return 0;
    }
    for (size_t i = 0; i < hunt->count; i++)
        if (hunt->candidates[i].tap && !tap_is_open(hunt->candidates[i].tap))
            command_say("%s", tap_reason(hunt->candidates[i].tap));
    if (!hunt->stopped && ask_all(hunt))
        return 0;
    command_say("nobody spoke; is the scanner set to a serial mode (USB-COM, RS-232), not to a keyboard?");
    return EXIT_REFUSED;
}

int command_devices_scan(const struct command_call *call)
{
    struct hunt *hunt = calloc(1, sizeof *hunt);
    struct errmsg err = ERRMSG_INIT;
    int code = EXIT_REFUSED;
    enum status st = hunt ? loop_create(&hunt->loop, &err) : ST_NOMEM;

    if (st == ST_OK)
        st = loop_on_stop_signal(hunt->loop, on_stop, hunt, &err);
    if (st == ST_OK) {
        hunt->json = call->json;
        hunt->words = call->json ? stderr : stdout;
        for (int i = 0; i < call->word_count; i++)
            add_given(hunt, call->words[i]);
        if (call->word_count == 0)
            add_found(hunt);
        code = scan_say_all(hunt, listen_all(hunt, devices_seconds(call, SECONDS_DEFAULT)));
    } else {
        command_say("%s", err.text[0] ? err.text : status_text(st));
    }
    for (size_t i = 0; hunt && i < hunt->count; i++)
        tap_destroy(hunt->candidates[i].tap);
    if (hunt)
        loop_destroy(hunt->loop);
    free(hunt);
    return command_finish(code);
}
