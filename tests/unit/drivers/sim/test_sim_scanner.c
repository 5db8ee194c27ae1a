/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/sim_scanner.h"

#include "agent/base/clock.h"
#include "agent/net/loop.h"
#include "drivers/sim/sim_code.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/loyald-sim-XXXXXX", link_path[64];
static struct loop *loop;
static struct sim_scanner *sim;
static char answer[256];
static int answers;
static int agent_fd = -1;

static void on_answer(void *context, const char *text)
{
    (void)context;
    (void)snprintf(answer, sizeof answer, "%s", text);
    answers++;
}

static void begin(int64_t baud, bool code_ids, const char *suffix)
{
    struct sim_scanner_options options = {
        .baud = baud, .code_ids = code_ids, .suffix = suffix, .on_answer = on_answer};
    struct errmsg err = ERRMSG_INIT;

    cr_assert_not_null(mkdtemp(folder));
    (void)snprintf(link_path, sizeof link_path, "%s/scanner", folder);
    cr_assert_eq(loop_create(&loop, &err), ST_OK);
    options.loop = loop;
    options.link_path = link_path;
    cr_assert_eq(sim_scanner_create(&options, &sim, &err), ST_OK, "%s", err.text);
    agent_fd = open(link_path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    cr_assert_geq(agent_fd, 0);
}

static void teardown(void)
{
    (void)close(agent_fd);
    sim_scanner_destroy(sim);
    loop_destroy(loop);
    cr_expect_eq(rmdir(folder), 0);
}

TestSuite(sim_scanner, .fini = teardown);

static void type(const char *line)
{
    int64_t end_ns = clock_measure_ns() + INT64_C(15000000000);
    int before = answers;

    sim_scanner_command(sim, line);
    while (answers == before && clock_measure_ns() < end_ns)
        loop_step(loop, 50);
    cr_assert_eq(answers, before + 1, "%s: answered once", line);
}

static void expect_typed(const char *line, const char *bytes)
{
    char got[256];
    ssize_t len;

    type(line);
    cr_expect_eq(strncmp(answer, "ok ", 3), 0, "%s: %s", line, answer);
    len = read(agent_fd, got, sizeof got - 1);
    cr_assert_geq(len, 0, "%s: nothing typed", line);
    got[len] = '\0';
    cr_expect_str_eq(got, bytes, "%s", line);
}

Test(sim_scanner, types_as_a_real_one)
{
    begin(0, true, "\r");
    expect_typed("scan 2900000000018", "]E02900000000018\r");
    expect_typed("scan 2900000000015",
                 "]C02900000000015\r"); /* adds up to no EAN, so it was printed as something else */
    expect_typed("scan 96385074", "]E496385074\r");
    expect_typed("scan ]Q1two words", "]Q1two words\r");
    expect_typed("scan \xd0\xba", "]Q1\xd0\xba\r");
    expect_typed("raw 0a1Bff", "\x0a\x1b\xff");
    expect_typed("half ]E0290", "]E0290");
    expect_typed("oversize 30", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCD\r");
}

Test(sim_scanner, leaves_identifiers_out_when_told_to)
{
    begin(0, false, "\x02");
    expect_typed("scan ]E02900000000018", "\x02"
                                          "2900000000018\x03");
}

Test(sim_scanner, makes_the_same_garbage_of_the_same_seed)
{
    char first[40], second[40];

    begin(0, true, "\r");
    type("garbage 40 7");
    cr_assert_eq(read(agent_fd, first, sizeof first), 40);
    type("garbage 40 7");
    cr_assert_eq(read(agent_fd, second, sizeof second), 40);
    cr_expect_arr_eq(first, second, 40);
    type("garbage 40 8");
    cr_assert_eq(read(agent_fd, second, sizeof second), 40);
    cr_expect_neq(memcmp(first, second, 40), 0);
}

Test(sim_scanner, takes_the_time_of_its_line)
{
    int64_t begun_ns, took_ms;

    begin(1200, true, "\r");
    begun_ns = clock_measure_ns();
    type("scan 2900000000018"); /* 17 bytes of 10 bits: 141 ms */
    took_ms = (clock_measure_ns() - begun_ns) / 1000000;
    cr_expect(took_ms >= 141 && took_ms < 1000, "%d ms", (int)took_ms);
}

Test(sim_scanner, says_what_is_wrong)
{
    static const char *const wrong[] = {"",
                                        "scam 1",
                                        "scan",
                                        "scan ",
                                        "raw",
                                        "raw 5",
                                        "raw zz",
                                        "garbage",
                                        "garbage 10",
                                        "garbage 0 1",
                                        "oversize 0",
                                        "oversize x",
                                        "garbage 99999999 1",
                                        "oversize 65536"};

    begin(0, true, "\r");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        type(wrong[i]);
        cr_expect_eq(strncmp(answer, "error ", 6), 0, "\"%s\": %s", wrong[i], answer);
    }
    expect_typed("scan 96385074", "]E496385074\r");
}

Test(sim_scanner, can_be_unplugged_and_plugged)
{
    char got[1];

    begin(0, true, "\r");
    type("unplug");
    cr_expect_eq(read(agent_fd, got, 1), 0);
    cr_expect_eq(access(link_path, F_OK), -1);
    type("scan 1");
    cr_expect_str_eq(answer, "error unplugged");
    type("unplug");
    cr_expect_eq(strncmp(answer, "ok ", 3), 0);
    type("plug");
    type("plug");
    cr_expect_eq(strncmp(answer, "ok ", 3), 0);
    (void)close(agent_fd);
    agent_fd = open(link_path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    expect_typed("scan 96385074", "]E496385074\r");
}

Test(sim_scanner, types_on_as_the_line_is_read)
{
    static char got[65536];
    size_t len = 0;
    int before = answers;

    begin(0, true, "\r");
    sim_scanner_command(sim, "oversize 60000");
    while (len < 60001) {
        ssize_t more = read(agent_fd, got + len, sizeof got - len);

        if (more > 0)
            len += (size_t)more;
        loop_step(loop, 1);
    }
    while (answers == before)
        loop_step(loop, 10);
    cr_expect_eq(strncmp(answer, "ok ", 3), 0, "%s", answer);
    cr_expect_eq(got[60000], '\r');
}
