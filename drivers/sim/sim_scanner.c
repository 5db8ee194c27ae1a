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

    struct sim_family family;
    struct loop_timer *resend, *pause;
    int damaged; /* so many scans more */
    bool mangled;

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

/* As a receiver at half the speed sees it: some bits twice, some not at all. */
static void mangle(struct strbuf *bytes, size_t from)
{
    for (size_t i = from; i < bytes->len; i++)
        bytes->data[i] = (char)((uint8_t)(bytes->data[i] * 5) ^ 0x9c);
}

/* What is said without being asked for: answers, and what comes again. Not at the line's speed. */
static void say_now(struct sim_scanner *scanner, struct strbuf *bytes)
{
    if (scanner->mangled)
        mangle(bytes, 0);
    if (bytes->len > 0 && scanner->pty.fd >= 0)
        (void)!write(scanner->pty.fd, bytes->data, bytes->len); /* what the line does not take is lost */
    strbuf_free(bytes);
    if (sim_family_waits(&scanner->family))
        loop_timer_set(scanner->resend, scanner->options.resend_ms, 0);
    else
        loop_timer_stop(scanner->resend);
}

static void on_resend(void *context)
{
    struct sim_scanner *scanner = context;
    struct strbuf bytes = STRBUF_INIT(SIM_SCANNER_BYTES_MAX);

    sim_family_resend(&scanner->family, &bytes);
    say_now(scanner, &bytes);
}

static void on_pause(void *context)
{
    struct sim_scanner *scanner = context;

    answer_ok(scanner, unix_ns());
}

static void begin_typing(struct sim_scanner *scanner)
{
    int64_t own_ms = 0;

    if (scanner->mangled)
        mangle(&scanner->bytes, 0);
    if (sim_family_waits(&scanner->family))
        loop_timer_set(scanner->resend, scanner->options.resend_ms, 0);

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
    struct strbuf answer = STRBUF_INIT(SIM_SCANNER_BYTES_MAX);
    uint8_t heard[256];
    ssize_t len = read(scanner->pty.fd, heard, sizeof heard);

    /* The far end never hangs up: sim_pty holds it open. */
    if (len < 0 && errno != EAGAIN && errno != EINTR)
        loop_watch_change(scanner->watch, 0);
    (void)events;
    if (len <= 0)
        return;
    sim_family_hear(&scanner->family, heard, (size_t)len, &answer);
    say_now(scanner, &answer);
}

static void unplug(struct sim_scanner *scanner)
{
    enum sim_family_id id = scanner->family.id;

    sim_family_clear(&scanner->family); /* without power it forgets */
    sim_family_init(&scanner->family, id);
    loop_timer_stop(scanner->resend);
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

static void damage(struct sim_scanner *scanner)
{
    if (scanner->damaged == 0 || scanner->bytes.len == 0)
        return;
    scanner->damaged--;
    scanner->bytes.data[scanner->bytes.len / 2] ^= 1;
}

static bool do_scan(struct sim_scanner *scanner, const char *code)
{
    const char *why = "";

    if (!code[0]) {
        answer_error(scanner, "scan: which code?");
        return false;
    }
    if (scanner->family.id != SIM_ASCII) {
        if (!sim_family_say(&scanner->family, code, scanner->suffix, &scanner->bytes, &why)) {
            answer_error(scanner, why);
            return false;
        }
        damage(scanner);
        return true;
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

/* A number from 0 to max that is all of the arguments. */
static bool take_count(struct sim_scanner *scanner, const char *arguments, int max, int *out_count)
{
    char *end = NULL;
    unsigned long count = strtoul(arguments, &end, 10);

    if (end == arguments || *end != '\0' || count > (unsigned long)max) {
        answer_error(scanner, "wants a number, as in damage 1, ignore 2, wait 500");
        return false;
    }
    *out_count = (int)count;
    return true;
}

static bool do_damage(struct sim_scanner *scanner, const char *arguments)
{
    if (take_count(scanner, arguments, 1000, &scanner->damaged))
        answer_ok(scanner, unix_ns());
    return false;
}

static bool do_ignore(struct sim_scanner *scanner, const char *arguments)
{
    if (take_count(scanner, arguments, 1000, &scanner->family.ignored))
        answer_ok(scanner, unix_ns());
    return false;
}

static bool do_mangle(struct sim_scanner *scanner, const char *arguments)
{
    scanner->mangled = strcmp(arguments, "on") == 0;
    answer_ok(scanner, unix_ns());
    return false;
}

static bool do_wait(struct sim_scanner *scanner, const char *arguments)
{
    int wait_ms = 0;

    if (take_count(scanner, arguments, 3600 * 1000, &wait_ms))
        loop_timer_set(scanner->pause, wait_ms, 0);
    return false;
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
    {"damage", do_damage, false},  {"ignore", do_ignore, false},    {"mangle", do_mangle, false},
    {"wait", do_wait, false},      {"plug", do_plug, false},
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
    answer_error(scanner, "commands: scan CODE, raw HEX, half TEXT, garbage N SEED, oversize N, damage N, ignore N, "
                          "mangle on|off, wait MS, unplug, plug");
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
    if (options->resend_ms == 0)
        scanner->options.resend_ms = SIM_SSI_RESEND_MS;
    sim_family_init(&scanner->family, options->family);
    st = loop_timer_create(options->loop, type_on, scanner, &scanner->tick);
    if (st == ST_OK)
        st = loop_timer_create(options->loop, on_resend, scanner, &scanner->resend);
    if (st == ST_OK)
        st = loop_timer_create(options->loop, on_pause, scanner, &scanner->pause);
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
    loop_timer_destroy(scanner->resend);
    loop_timer_destroy(scanner->pause);
    sim_family_clear(&scanner->family);
    strbuf_free(&scanner->bytes);
    free(scanner);
}
