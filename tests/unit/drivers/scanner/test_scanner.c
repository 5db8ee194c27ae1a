/* SPDX-License-Identifier: Apache-2.0 */
/* The whole scanner, from a simulated one on a pty to the scan: once each, in time, and in words when there is none.
 */
#include "agent/base/clock.h"
#include "agent/net/loop.h"
#include "drivers/scanner/scanner.h"
#include "drivers/sim/sim_scanner.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_NS = 1000000000 };

static char folder[] = "/tmp/loyald-scanner-XXXXXX", link_path[64];
static struct loop *loop;
static struct sim_scanner *sim;
static struct scanner *scanner;
static char told[16 * 1024], fault_words[256];
static char answer[256];
static int64_t received_ns;
static int fault_count;

static void on_answer(void *context, const char *text)
{
    (void)context;
    (void)snprintf(answer, sizeof answer, "%s", text);
}

static void on_scan(void *context, const struct scan *scan)
{
    size_t at = strlen(told);

    (void)context;
    cr_expect_str_eq(scan->device, "scanner");
    cr_expect_eq(strlen(scan->text), scan->len);
    (void)snprintf(told + at, sizeof told - at, "[%s %s]", scan->symbology, scan->text);
    received_ns = scan->received_ns;
}

static void on_fault(void *context, const char *code, const char *text)
{
    size_t at = strlen(told);

    (void)context;
    (void)snprintf(told + at, sizeof told - at, "<%s>", code);
    (void)snprintf(fault_words, sizeof fault_words, "%s", text);
    fault_count++;
}

static struct scanner_status status_now(void)
{
    struct scanner_status status;

    scanner_status(scanner, &status);
    return status;
}

static void until_state(enum port_state state)
{
    int64_t end_ns = clock_measure_ns() + 10 * (int64_t)WAIT_NS;

    while (status_now().port.state != state && clock_measure_ns() < end_ns)
        loop_step(loop, 100);
    cr_assert_eq(status_now().port.state, state, "%s", status_now().port.reason);
}

static void begin(struct scanner_options options, int64_t baud)
{
    struct sim_scanner_options sim_options = {.baud = baud, .code_ids = true, .suffix = "\r", .on_answer = on_answer};
    struct errmsg err = ERRMSG_INIT;
    char uri[80];

    cr_assert_not_null(mkdtemp(folder));
    (void)snprintf(link_path, sizeof link_path, "%s/scanner", folder);
    (void)snprintf(uri, sizeof uri, "tty:%s", link_path);
    cr_assert_eq(loop_create(&loop, &err), ST_OK);
    sim_options.loop = loop;
    sim_options.link_path = link_path;
    cr_assert_eq(sim_scanner_create(&sim_options, &sim, &err), ST_OK, "%s", err.text);
    options.name = "scanner";
    options.uri = uri;
    options.loop = loop;
    options.on_scan = options.on_scan ? options.on_scan : on_scan;
    options.on_fault = on_fault;
    cr_assert_eq(scanner_create(&options, &scanner, &err), ST_OK, "%s", err.text);
    until_state(PORT_READY);
}

static void begin_aim(void)
{
    begin((struct scanner_options){.code_ids = SCANNER_CODE_IDS_AIM}, 0);
}

static void teardown(void)
{
    scanner_destroy(scanner);
    sim_scanner_destroy(sim);
    loop_destroy(loop);
    cr_expect_eq(rmdir(folder), 0);
}

/* Types a command and waits until it was answered. */
static void type(const char *line)
{
    int64_t end_ns = clock_measure_ns() + 10 * (int64_t)WAIT_NS;

    answer[0] = '\0';
    sim_scanner_command(sim, line);
    while (!answer[0] && clock_measure_ns() < end_ns)
        loop_step(loop, 100);
    cr_assert_eq(strncmp(answer, "ok ", 3), 0, "%s: %s", line, answer);
}

static void expect(const char *words)
{
    int64_t end_ns = clock_measure_ns() + 10 * (int64_t)WAIT_NS;

    while (strlen(told) < strlen(words) && clock_measure_ns() < end_ns)
        loop_step(loop, 100);
    cr_expect_str_eq(told, words);
    told[0] = '\0';
}

TestSuite(scanner, .fini = teardown);

Test(scanner, tells_each_scan_with_its_kind)
{
    begin_aim();
    type("scan 2900000000018");
    expect("[]E0 2900000000018]");
    type("scan 96385074");
    expect("[]E4 96385074]");
    type("scan LOY-00042");
    expect("[]C0 LOY-00042]");
    type("scan ]Q1https://id.example/01/09506000134352");
    expect("[]Q1 https://id.example/01/09506000134352]");
    cr_expect_eq(status_now().scan_count, 4u);
    cr_expect_gt(status_now().last_scan_mono_ms, 0);
}

Test(scanner, says_when_the_last_byte_came)
{
    struct timespec wall, mono;
    int64_t written_ns;

    begin((struct scanner_options){.code_ids = SCANNER_CODE_IDS_AIM}, 9600);
    type("scan 2900000000018");
    written_ns = strtoll(answer + 3, NULL, 10);
    expect("[]E0 2900000000018]");
    (void)clock_gettime(CLOCK_REALTIME, &wall);
    (void)clock_gettime(CLOCK_MONOTONIC, &mono);
    written_ns += (mono.tv_sec - wall.tv_sec) * INT64_C(1000000000) + mono.tv_nsec - wall.tv_nsec;
    cr_expect_geq(received_ns, written_ns - 1000000, "not before it was written");
    cr_expect_leq(received_ns, written_ns + 200000000);
}

Test(scanner, tells_the_same_code_once_while_it_lies_there)
{
    begin((struct scanner_options){.code_ids = SCANNER_CODE_IDS_AIM, .repeat_ms = 60 * 1000}, 0);
    for (int i = 0; i < 5; i++)
        type("scan 2900000000018");
    type("scan 4006381333931");
    type("scan 2900000000018");
    expect("[]E0 2900000000018][]E0 4006381333931][]E0 2900000000018]");
    cr_expect_eq(status_now().repeat_count, 4u);
}

Test(scanner, tells_repeats_when_it_is_told_to)
{
    begin((struct scanner_options){.code_ids = SCANNER_CODE_IDS_AIM, .repeat_ms = -1}, 0);
    type("scan 2900000000018");
    type("scan 2900000000018");
    expect("[]E0 2900000000018][]E0 2900000000018]");
}

Test(scanner, the_same_code_of_another_kind_is_no_repeat)
{
    begin((struct scanner_options){.code_ids = SCANNER_CODE_IDS_AIM, .repeat_ms = 60 * 1000}, 0);
    type("scan ]C02900000000018");
    type("scan ]E02900000000018");
    expect("[]C0 2900000000018][]E0 2900000000018]");
}

Test(scanner, says_in_words_what_was_no_scan_and_goes_on)
{
    begin((struct scanner_options){.code_ids = SCANNER_CODE_IDS_AIM, .framing = SCANNER_FRAMING_CR}, 0);
    type("raw 01ff0d");
    type("scan ]E04006381333932");
    type("oversize 5000");
    type("scan 2900000000018");
    type("half ]E0290");
    expect("<scan_garbage><scan_check_digit><scan_oversize>[]E0 2900000000018]<scan_broken>");
    cr_expect(strstr(fault_words, "broke off"), "%s", fault_words);
    cr_expect_eq(status_now().garbage_count, 1u);
    cr_expect_eq(status_now().check_digit_count, 1u);
    cr_expect_eq(status_now().oversize_count, 1u);
    cr_expect_eq(status_now().broken_count, 1u);
    type("scan 4006381333931");
    expect("[]E0 4006381333931]");
}

Test(scanner, tells_a_flood_of_faults_once_a_second)
{
    begin((struct scanner_options){.code_ids = SCANNER_CODE_IDS_AIM, .framing = SCANNER_FRAMING_CR}, 0);
    for (int i = 0; i < 50; i++)
        type("raw 01ff0d01ff0d01ff0d01ff0d");
    type("scan 2900000000018");
    while (status_now().scan_count == 0)
        loop_step(loop, 100);
    cr_expect_eq(status_now().garbage_count, 200u);
    cr_expect_leq(fault_count, 10, "%d", fault_count);
}

Test(scanner, survives_garbage)
{
    const char *fixed = getenv("LOYALD_TEST_SEED");
    unsigned seed = fixed ? (unsigned)strtoul(fixed, NULL, 10) : (unsigned)clock_measure_ns();
    char line[64];

    fprintf(stderr, "LOYALD_TEST_SEED=%u\n", seed);
    begin_aim();
    for (int i = 0; i < 20; i++) {
        (void)snprintf(line, sizeof line, "garbage %u %u", 1 + (unsigned)rand_r(&seed) % 3000,
                       (unsigned)rand_r(&seed));
        type(line);
        type("raw 030d"); /* whatever it opened ends */
        told[0] = '\0';
        (void)snprintf(line, sizeof line, "scan LOY-%d", i);
        type(line);
        (void)snprintf(line, sizeof line, "[]C0 LOY-%d]", i);
        while (!strstr(told, line))
            loop_step(loop, 100);
    }
    cr_expect_geq(status_now().scan_count, 20u);
}

Test(scanner, drops_a_payment_card_unseen)
{
    begin_aim();
    type("scan ]C04111111111111111");
    type("raw 023b343131313131313131313131313131313d323531323f0d03"); /* STX ;4111111111111111=2512? CR ETX */
    type("scan 2900000000018");
    expect("[]E0 2900000000018]");
    cr_expect_eq(status_now().payment_card_count, 2u);
    cr_expect_eq(status_now().scan_count, 1u);
    cr_expect_eq(fault_count, 0);
}

Test(scanner, takes_a_pause_for_an_end_when_no_other_was_seen)
{
    begin_aim();
    type("half ]E02900000000018");
    expect("[]E0 2900000000018]");
    type("scan 4006381333931");
    expect("[]E0 4006381333931]");
    type("half ]E02900000000018");
    expect("<scan_broken>");
}

/* The loop is held up for longer than the pause that ends a code; its other half has come meanwhile. */
Test(scanner, does_not_take_its_own_delay_for_a_pause)
{
    int64_t end_ns;

    begin((struct scanner_options){.code_ids = SCANNER_CODE_IDS_AIM, .framing = SCANNER_FRAMING_CR, .gap_ms = 30}, 0);
    type("half ]E029000");
    loop_step(loop, 0);
    end_ns = clock_measure_ns() + 60000000;
    sim_scanner_command(sim, "raw 30303030303031380d");
    while (clock_measure_ns() < end_ns)
        ; /* a callback that takes its time */
    expect("[]E0 2900000000018]");
    cr_expect_eq(status_now().broken_count, 0u);
}

Test(scanner, half_a_code_before_unplug_is_no_code)
{
    begin((struct scanner_options){.code_ids = SCANNER_CODE_IDS_AIM, .gap_ms = 60 * 1000}, 0);
    type("half ]C0290");
    while (status_now().port.bytes_in < 6)
        loop_step(loop, 100);
    type("unplug");
    expect("<scan_broken>");
    until_state(PORT_LOST);
    type("plug");
    until_state(PORT_READY);
    type("scan 2900000000018");
    expect("[]E0 2900000000018]");
}

static void destroy_on_scan(void *context, const struct scan *scan)
{
    (void)context;
    cr_expect_str_eq(scan->device, "scanner");
    scanner_destroy(scanner);
    cr_expect_str_eq(scan->device, "scanner", "a view for the whole call");
    scanner = NULL;
}

Test(scanner, may_be_destroyed_by_its_scan)
{
    begin((struct scanner_options){.code_ids = SCANNER_CODE_IDS_AIM, .on_scan = destroy_on_scan}, 0);
    sim_scanner_command(sim, "raw 5d4330410d5d4330420d"); /* two scans in one read */
    while (scanner)
        loop_step(loop, 100);
}

Test(scanner_create, refuses_a_wrong_uri)
{
    struct scanner_options options = {.name = "scanner", .uri = "usb", .on_scan = on_scan};
    struct errmsg err = ERRMSG_INIT;
    struct scanner *none = NULL;

    cr_assert_eq(loop_create(&loop, &err), ST_OK);
    options.loop = loop;
    cr_expect_eq(scanner_create(&options, &none, &err), ST_INVALID);
    cr_expect(strstr(err.text, "\"usb\""), "%s", err.text);
    cr_expect_null(none);
    loop_destroy(loop);
}
