/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/sim_scanner.h"

#include "agent/base/clock.h"
#include "agent/base/hex.h"
#include "agent/base/strbuf.h"
#include "agent/net/loop.h"
#include "drivers/sim/sim_code.h"
#include "drivers/sim/sim_pty.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TICK_MS = 1, BITS_PER_BYTE = 10, SUFFIX_BYTES_MAX = 8 };

struct sim_scanner {
    struct sim_scanner_options options;
    char link_path[SIM_PATH_BYTES_MAX];
    char suffix[SUFFIX_BYTES_MAX];
    struct sim_pty pty;
    struct loop_watch *watch; /* while plugged in: what the agent sends is read and thrown away */
    struct loop_timer *tick;

    struct strbuf bytes; /* being typed */
    size_t typed;
    int64_t begun_ns, give_up_ms;
};

static int64_t unix_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void answer_ok(struct sim_scanner *scanner, int64_t written_ns)
{
    char text[48];

    (void)snprintf(text, sizeof text, "ok %" PRId64, written_ns);
    scanner->options.on_answer(scanner->options.context, text);
}

static void answer_error(struct sim_scanner *scanner, const char *what)
{
    char text[ERRMSG_BYTES_MAX + 8];

    (void)snprintf(text, sizeof text, "error %s", what);
    scanner->options.on_answer(scanner->options.context, text);
}

/* Typing. */

static void stop_typing(struct sim_scanner *scanner)
{
    loop_timer_stop(scanner->tick);
    strbuf_clear(&scanner->bytes);
    scanner->typed = 0;
}

/* How many bytes the wire has had time for. */
static size_t bytes_due(const struct sim_scanner *scanner)
{
    int64_t elapsed_us = (clock_measure_ns() - scanner->begun_ns) / 1000;
    int64_t due;

    if (scanner->options.baud == 0)
        return scanner->bytes.len;
    due = elapsed_us * scanner->options.baud / (BITS_PER_BYTE * INT64_C(1000000));
    return due < (int64_t)scanner->bytes.len ? (size_t)due : scanner->bytes.len;
}

static void type_on(void *context)
{
    struct sim_scanner *scanner = context;
    size_t due = bytes_due(scanner);
    ssize_t len = 0;

    if (due > scanner->typed)
        len = write(scanner->pty.fd, scanner->bytes.data + scanner->typed, due - scanner->typed);
    if (len > 0)
        scanner->typed += (size_t)len;
    if (scanner->typed == scanner->bytes.len) {
        int64_t written_ns = unix_ns();

        stop_typing(scanner);
        answer_ok(scanner, written_ns);
    } else if ((len < 0 && errno != EAGAIN && errno != EINTR) ||
               loop_now_ms(scanner->options.loop) > scanner->give_up_ms) {
        stop_typing(scanner);
        answer_error(scanner, len < 0 && errno != EAGAIN ? strerrordesc_np(errno) : "nobody reads the line");
    } else {
        loop_timer_set(scanner->tick, TICK_MS, 0);
    }
}

static void begin_typing(struct sim_scanner *scanner)
{
    int64_t own_ms = 0;

    if (strbuf_status(&scanner->bytes) != ST_OK) {
        stop_typing(scanner);
        answer_error(scanner, "that is longer than a scanner can hold");
        return;
    }
    if (scanner->options.baud > 0)
        own_ms = (int64_t)scanner->bytes.len * BITS_PER_BYTE * 1000 / scanner->options.baud;
    scanner->begun_ns = clock_measure_ns();
    scanner->give_up_ms = loop_now_ms(scanner->options.loop) + own_ms + SIM_SCANNER_WRITE_MS;
    type_on(scanner);
}

/* The cable. */

static void on_line(void *context, int events)
{
    struct sim_scanner *scanner = context;
    char heard[256];

    /* A scanner hears ACK, NAK and BEL, and carries on. The far end never hangs up: sim_pty holds it open. */
    if (read(scanner->pty.fd, heard, sizeof heard) < 0 && errno != EAGAIN && errno != EINTR)
        loop_watch_change(scanner->watch, 0);
    (void)events;
}

static void unplug(struct sim_scanner *scanner)
{
    loop_watch_destroy(scanner->watch);
    scanner->watch = NULL;
    sim_pty_unplug(&scanner->pty);
}

static enum status plug(struct sim_scanner *scanner, struct errmsg *err)
{
    enum status st = sim_pty_plug(&scanner->pty, scanner->link_path, err);

    if (st == ST_OK)
        st = loop_watch_create(scanner->options.loop, scanner->pty.fd, LOOP_READABLE, on_line, scanner,
                               &scanner->watch, err);
    if (st != ST_OK)
        sim_pty_unplug(&scanner->pty);
    return st;
}

/* Commands. Each fills bytes, to be typed, or answers and returns false. */

static bool do_scan(struct sim_scanner *scanner, const char *code)
{
    if (!code[0]) {
        answer_error(scanner, "scan: which code?");
        return false;
    }
    if (scanner->suffix[0] == '\x02')
        strbuf_putc(&scanner->bytes, '\x02');
    if (scanner->options.code_ids)
        strbuf_puts(&scanner->bytes, sim_code_id(code));
    strbuf_puts(&scanner->bytes, scanner->options.code_ids ? code : sim_code_text(code));
    strbuf_puts(&scanner->bytes, scanner->suffix[0] == '\x02' ? "\x03" : scanner->suffix);
    return true;
}

static bool do_raw(struct sim_scanner *scanner, const char *hex)
{
    size_t len = strlen(hex) / 2;
    uint8_t *bytes = malloc(len + 1);
    bool good = bytes && len > 0 && hex_decode(hex, len, bytes) == ST_OK;

    if (good)
        strbuf_add(&scanner->bytes, bytes, len);
    else
        answer_error(scanner, "raw: wants bytes in hexadecimal, as in 5d4530");
    free(bytes);
    return good;
}

static bool do_half(struct sim_scanner *scanner, const char *text)
{
    strbuf_puts(&scanner->bytes, text);
    return true;
}

static bool do_garbage(struct sim_scanner *scanner, const char *arguments)
{
    char *end = NULL;
    unsigned long count = strtoul(arguments, &end, 10);
    uint64_t state;

    if (end == arguments || *end != ' ' || count == 0 || count > SIM_SCANNER_BYTES_MAX) {
        answer_error(scanner, "garbage: wants a count and a seed, as in garbage 40 7");
        return false;
    }
    state = strtoull(end, NULL, 10);
    for (unsigned long i = 0; i < count; i++)
        strbuf_putc(&scanner->bytes, (char)sim_random(&state));
    return true;
}

static bool do_oversize(struct sim_scanner *scanner, const char *arguments)
{
    unsigned long count = strtoul(arguments, NULL, 10);

    if (count == 0 || count > SIM_SCANNER_BYTES_MAX - SUFFIX_BYTES_MAX) {
        answer_error(scanner, "oversize: wants a count, as in oversize 5000");
        return false;
    }
    for (unsigned long i = 0; i < count; i++)
        strbuf_putc(&scanner->bytes, (char)('A' + i % 26));
    strbuf_puts(&scanner->bytes, scanner->suffix[0] == '\x02' ? "\x03" : scanner->suffix);
    return true;
}

static bool do_unplug(struct sim_scanner *scanner, const char *arguments)
{
    (void)arguments;
    unplug(scanner);
    answer_ok(scanner, unix_ns());
    return false;
}

static bool do_plug(struct sim_scanner *scanner, const char *arguments)
{
    struct errmsg err = ERRMSG_INIT;

    (void)arguments;
    if (scanner->pty.fd < 0 && plug(scanner, &err) != ST_OK)
        answer_error(scanner, err.text);
    else
        answer_ok(scanner, unix_ns());
    return false;
}

static const struct {
    const char *name;
    bool (*run)(struct sim_scanner *scanner, const char *arguments);
    bool types; /* needs the cable */
} commands[] = {
    {"scan", do_scan, true},       {"raw", do_raw, true},           {"half", do_half, true},
    {"garbage", do_garbage, true}, {"oversize", do_oversize, true}, {"unplug", do_unplug, false},
    {"plug", do_plug, false},
};

void sim_scanner_command(struct sim_scanner *scanner, const char *line)
{
    size_t len = strcspn(line, " ");
    const char *arguments = line + len + strspn(line + len, " ");

    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strlen(commands[i].name) != len || memcmp(commands[i].name, line, len) != 0)
            continue;
        if (commands[i].types && scanner->pty.fd < 0)
            answer_error(scanner, "unplugged");
        else if (commands[i].run(scanner, arguments))
            begin_typing(scanner);
        else
            strbuf_clear(&scanner->bytes);
        return;
    }
    answer_error(scanner, "commands: scan CODE, raw HEX, half TEXT, garbage N SEED, oversize N, unplug, plug");
}

enum status sim_scanner_create(const struct sim_scanner_options *options, struct sim_scanner **out_scanner,
                               struct errmsg *err)
{
    struct sim_scanner *scanner;
    enum status st;

    if (strlen(options->suffix) >= SUFFIX_BYTES_MAX || strlen(options->link_path) >= SIM_PATH_BYTES_MAX) {
        errmsg_set(err, "%s: the path or the suffix is too long", options->link_path);
        return ST_INVALID;
    }
    scanner = calloc(1, sizeof *scanner);
    if (!scanner)
        return ST_NOMEM;
    scanner->options = *options;
    scanner->pty = (struct sim_pty)SIM_PTY_INIT;
    scanner->bytes = (struct strbuf)STRBUF_INIT(SIM_SCANNER_BYTES_MAX);
    memcpy(scanner->link_path, options->link_path, strlen(options->link_path) + 1);
    memcpy(scanner->suffix, options->suffix, strlen(options->suffix) + 1);
    st = loop_timer_create(options->loop, type_on, scanner, &scanner->tick);
    if (st == ST_OK)
        st = plug(scanner, err);
    if (st != ST_OK) {
        sim_scanner_destroy(scanner);
        return st;
    }
    *out_scanner = scanner;
    return ST_OK;
}

void sim_scanner_destroy(struct sim_scanner *scanner)
{
    if (!scanner)
        return;
    unplug(scanner);
    loop_timer_destroy(scanner->tick);
    strbuf_free(&scanner->bytes);
    free(scanner);
}
