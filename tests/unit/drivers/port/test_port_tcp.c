/* SPDX-License-Identifier: Apache-2.0 */
/* A device behind a TCP address, played on the loopback. */
#include "agent/base/clock.h"
#include "agent/net/loop.h"
#include "drivers/port/port.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct loop *loop;
static struct port *port;
static int listener = -1, device = -1;
static char uri[64], heard[64];
static size_t heard_len;

static void on_bytes(void *context, const void *bytes, size_t len, int64_t received_ns)
{
    (void)context;
    (void)received_ns;
    cr_assert_leq(heard_len + len, sizeof heard);
    memcpy(heard + heard_len, bytes, len);
    heard_len += len;
}

static uint16_t port_number(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;

    cr_assert_eq(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    return ntohs(address.sin_port);
}

/* Takes an address; nobody listens there yet. */
static void begin(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};

    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    (void)snprintf(uri, sizeof uri, "tcp:127.0.0.1:%u", port_number());
    cr_assert_eq(loop_create(&loop, NULL), ST_OK);
}

static void end(void)
{
    port_destroy(port);
    loop_destroy(loop);
    (void)close(listener);
    if (device >= 0)
        (void)close(device);
}

TestSuite(port_tcp, .init = begin, .fini = end);

static void open_port(void)
{
    struct port_options options = {.uri = uri, .loop = loop, .name = "printer", .on_bytes = on_bytes};
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(port_create(&options, &port, &err), ST_OK, "%s", err.text);
}

static struct port_status status_now(void)
{
    struct port_status status;

    port_status(port, &status);
    return status;
}

static void until_state(enum port_state state)
{
    int64_t end_ns = clock_measure_ns() + INT64_C(10000000000);

    while (status_now().state != state && clock_measure_ns() < end_ns)
        loop_step(loop, 50);
    cr_assert_eq(status_now().state, state, "%s", status_now().reason);
}

static void accept_device(void)
{
    int64_t end_ns = clock_measure_ns() + INT64_C(10000000000);

    while (device < 0 && clock_measure_ns() < end_ns) {
        loop_step(loop, 5);
        device = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    }
    cr_assert_geq(device, 0);
}

Test(port_tcp, carries_bytes_both_ways)
{
    char back[8] = "";

    cr_assert_eq(listen(listener, 4), 0);
    open_port();
    until_state(PORT_READY);
    accept_device();
    cr_assert_eq(write(device, "status", 6), 6);
    while (heard_len < 6)
        loop_step(loop, 50);
    cr_expect_arr_eq(heard, "status", 6);
    cr_expect_gt(status_now().heard_mono_ms, 0);
    cr_assert_eq(port_write(port, "print", 5, 1000, NULL, NULL), ST_OK);
    while (read(device, back, sizeof back) != 5)
        loop_step(loop, 5);
    cr_expect_arr_eq(back, "print", 5);
}

Test(port_tcp, says_that_nobody_listens_and_comes_when_somebody_does)
{
    open_port();
    until_state(PORT_OPENING);
    cr_expect(strstr(status_now().reason, "refuses connections"), "%s", status_now().reason);
    cr_assert_eq(listen(listener, 4), 0);
    until_state(PORT_READY);
}

Test(port_tcp, is_lost_when_the_device_closes_and_comes_back)
{
    cr_assert_eq(listen(listener, 4), 0);
    open_port();
    for (int round = 1; round <= 3; round++) {
        until_state(PORT_READY);
        accept_device();
        (void)close(device);
        device = -1;
        until_state(PORT_LOST);
        cr_expect(strstr(status_now().reason, "closed by the device"), "%s", status_now().reason);
        cr_expect_eq(status_now().lost_count, (uint32_t)round);
    }
    until_state(PORT_READY);
}

/* A full queue of connections drops what comes: the same silence as of a printer that is switched off. */
Test(port_tcp, gives_up_on_an_address_that_says_nothing)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fillers[8];
    int64_t begun_ns;

    cr_assert_eq(listen(listener, 0), 0);
    address.sin_port = htons(port_number());
    for (int i = 0; i < 8; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        (void)connect(fillers[i], (struct sockaddr *)&address, sizeof address);
    }
    open_port();
    begun_ns = clock_measure_ns();
    while (!strstr(status_now().reason, "does not answer") && clock_measure_ns() - begun_ns < INT64_C(10000000000))
        loop_step(loop, 100);
    cr_expect(strstr(status_now().reason, "does not answer"), "%s", status_now().reason);
    cr_expect_eq(status_now().state, PORT_ABSENT);
    cr_expect_lt(clock_measure_ns() - begun_ns, INT64_C(5000000000));
    for (int i = 0; i < 8; i++)
        (void)close(fillers[i]);
}

Test(port_tcp, may_be_destroyed_while_it_connects)
{
    cr_assert_eq(listen(listener, 4), 0);
    open_port();
    loop_step(loop, 0);
}
