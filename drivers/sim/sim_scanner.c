/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/sim_scanner_internal.h"

#include "agent/base/clock.h"
#include "agent/base/strbuf.h"
#include "agent/net/loop.h"
#include "drivers/sim/sim_pty.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TICK_MS = 1, BITS_PER_BYTE = 10 };

int64_t sim_scanner_unix_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void sim_scanner_answer_ok(struct sim_scanner *scanner, int64_t written_ns)
{
    char text[48];

    (void)snprintf(text, sizeof text, "ok %" PRId64, written_ns);
    scanner->options.on_answer(scanner->options.context, text);
}

void sim_scanner_answer_error(struct sim_scanner *scanner, const char *what)
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
        int64_t written_ns = sim_scanner_unix_ns();

        stop_typing(scanner);
        sim_scanner_answer_ok(scanner, written_ns);
    } else if ((len < 0 && errno != EAGAIN && errno != EINTR) ||
               loop_now_ms(scanner->options.loop) > scanner->give_up_ms) {
        stop_typing(scanner);
        sim_scanner_answer_error(scanner,
                                 len < 0 && errno != EAGAIN ? strerrordesc_np(errno) : "nobody reads the line");
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

    sim_scanner_answer_ok(scanner, sim_scanner_unix_ns());
}

void sim_scanner_type(struct sim_scanner *scanner)
{
    int64_t own_ms = 0;

    if (scanner->mangled)
        mangle(&scanner->bytes, 0);
    if (sim_family_waits(&scanner->family))
        loop_timer_set(scanner->resend, scanner->options.resend_ms, 0);

    if (strbuf_status(&scanner->bytes) != ST_OK) {
        stop_typing(scanner);
        sim_scanner_answer_error(scanner, "that is longer than a scanner can hold");
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

void sim_scanner_unplug(struct sim_scanner *scanner)
{
    enum sim_family_id id = scanner->family.id;

    sim_family_clear(&scanner->family); /* without power it forgets */
    sim_family_init(&scanner->family, id);
    loop_timer_stop(scanner->resend);
    loop_watch_destroy(scanner->watch);
    scanner->watch = NULL;
    sim_pty_unplug(&scanner->pty);
}

enum status sim_scanner_plug(struct sim_scanner *scanner, struct errmsg *err)
{
    enum status st = sim_pty_plug(&scanner->pty, scanner->link_path, err);

    if (st == ST_OK)
        st = loop_watch_create(scanner->options.loop, scanner->pty.fd, LOOP_READABLE, on_line, scanner,
                               &scanner->watch, err);
    if (st != ST_OK)
        sim_pty_unplug(&scanner->pty);
    return st;
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
        st = sim_scanner_plug(scanner, err);
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
    sim_scanner_unplug(scanner);
    loop_timer_destroy(scanner->tick);
    loop_timer_destroy(scanner->resend);
    loop_timer_destroy(scanner->pause);
    sim_family_clear(&scanner->family);
    strbuf_free(&scanner->bytes);
    free(scanner);
}
