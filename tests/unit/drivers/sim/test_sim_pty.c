/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/sim_pty.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/loyald-pty-XXXXXX", link_path[64];
static struct sim_pty pty = SIM_PTY_INIT;
static struct errmsg err;

static void setup(void)
{
    cr_assert_not_null(mkdtemp(folder));
    (void)snprintf(link_path, sizeof link_path, "%s/device", folder);
}

static void teardown(void)
{
    sim_pty_unplug(&pty);
    (void)unlink(link_path);
    cr_expect_eq(rmdir(folder), 0);
}

TestSuite(sim_pty, .init = setup, .fini = teardown);

Test(sim_pty, leads_from_the_link_to_the_device)
{
    char got[4] = "";
    int fd;

    cr_assert_eq(sim_pty_plug(&pty, link_path, &err), ST_OK, "%s", err.text);
    fd = open(link_path, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(pty.fd, "a\r\n", 3), 3);
    cr_assert_eq(read(fd, got, 3), 3);
    cr_expect_arr_eq(got, "a\r\n", 3, "raw");
    cr_expect_eq(read(pty.fd, got, 3), -1, "no echo");
    sim_pty_unplug(&pty);
    cr_expect_eq(read(fd, got, 1), 0, "hung up");
    (void)close(fd);
    cr_expect_eq(access(link_path, F_OK), -1);
    sim_pty_unplug(&pty); /* twice does no harm */
}

Test(sim_pty, stays_usable_while_nobody_has_it_open)
{
    struct pollfd state;
    char got[1];
    int fd;

    cr_assert_eq(sim_pty_plug(&pty, link_path, &err), ST_OK);
    fd = open(link_path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    (void)close(fd);
    state = (struct pollfd){.fd = pty.fd, .events = POLLIN};
    cr_expect_eq(poll(&state, 1, 0), 0, "revents %#x", (unsigned)state.revents);
    cr_expect_eq(read(pty.fd, got, 1), -1);
}

Test(sim_pty, replaces_a_link_but_no_file)
{
    int fd;

    cr_assert_eq(symlink("/nowhere", link_path), 0);
    cr_assert_eq(sim_pty_plug(&pty, link_path, &err), ST_OK, "%s", err.text);
    sim_pty_unplug(&pty);

    fd = open(link_path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    (void)close(fd);
    cr_expect_eq(sim_pty_plug(&pty, link_path, &err), ST_CONFLICT);
    cr_expect(strstr(err.text, "is no link"), "%s", err.text);
    cr_expect_eq(pty.fd, -1);
    cr_expect_eq(access(link_path, F_OK), 0, "still there");
}

Test(sim_pty, leaves_the_link_of_another)
{
    struct sim_pty other = SIM_PTY_INIT;

    cr_assert_eq(sim_pty_plug(&pty, link_path, &err), ST_OK);
    cr_assert_eq(sim_pty_plug(&other, link_path, &err), ST_OK);
    sim_pty_unplug(&pty);
    cr_expect_eq(access(link_path, F_OK), 0);
    sim_pty_unplug(&other);
    cr_expect_eq(access(link_path, F_OK), -1);
}

Test(sim_pty, says_why_there_is_no_link)
{
    cr_expect_eq(sim_pty_plug(&pty, "/no/such/folder/device", &err), ST_IO);
    cr_expect(strstr(err.text, "/no/such/folder/device: the link cannot be made"), "%s", err.text);
    cr_expect_eq(pty.fd, -1);
    cr_expect_eq(pty.other_fd, -1);
}
