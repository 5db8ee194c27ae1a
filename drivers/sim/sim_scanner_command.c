/* SPDX-License-Identifier: Apache-2.0 */
/* The scanner's commands. Each fills bytes, to be typed, or answers and returns false. */
#include "drivers/sim/sim_scanner_internal.h"

#include "agent/base/hex.h"
#include "agent/net/loop.h"
#include "drivers/sim/sim_code.h"

#include <stdlib.h>
#include <string.h>

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
        sim_scanner_answer_error(scanner, "scan: which code?");
        return false;
    }
    if (scanner->family.id != SIM_ASCII) {
        if (!sim_family_say(&scanner->family, code, scanner->suffix, &scanner->bytes, &why)) {
            sim_scanner_answer_error(scanner, why);
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
        sim_scanner_answer_error(scanner, "raw: wants bytes in hexadecimal, as in 5d4530");
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
        sim_scanner_answer_error(scanner, "garbage: wants a count and a seed, as in garbage 40 7");
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
        sim_scanner_answer_error(scanner, "oversize: wants a count, as in oversize 5000");
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
        sim_scanner_answer_error(scanner, "wants a number, as in damage 1, ignore 2, wait 500");
        return false;
    }
    *out_count = (int)count;
    return true;
}

static bool do_damage(struct sim_scanner *scanner, const char *arguments)
{
    if (take_count(scanner, arguments, 1000, &scanner->damaged))
        sim_scanner_answer_ok(scanner, sim_scanner_unix_ns());
    return false;
}

static bool do_ignore(struct sim_scanner *scanner, const char *arguments)
{
    if (take_count(scanner, arguments, 1000, &scanner->family.ignored))
        sim_scanner_answer_ok(scanner, sim_scanner_unix_ns());
    return false;
}

static bool do_mangle(struct sim_scanner *scanner, const char *arguments)
{
    scanner->mangled = strcmp(arguments, "on") == 0;
    sim_scanner_answer_ok(scanner, sim_scanner_unix_ns());
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
    sim_scanner_unplug(scanner);
    sim_scanner_answer_ok(scanner, sim_scanner_unix_ns());
    return false;
}

static bool do_plug(struct sim_scanner *scanner, const char *arguments)
{
    struct errmsg err = ERRMSG_INIT;

    (void)arguments;
    if (scanner->pty.fd < 0 && sim_scanner_plug(scanner, &err) != ST_OK)
        sim_scanner_answer_error(scanner, err.text);
    else
        sim_scanner_answer_ok(scanner, sim_scanner_unix_ns());
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
            sim_scanner_answer_error(scanner, "unplugged");
        else if (commands[i].run(scanner, arguments))
            sim_scanner_type(scanner);
        else
            strbuf_clear(&scanner->bytes);
        return;
    }
    sim_scanner_answer_error(
        scanner, "commands: scan CODE, raw HEX, half TEXT, garbage N SEED, oversize N, damage N, ignore N, "
                 "mangle on|off, wait MS, unplug, plug");
}
