/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/port/port_watch.h"

#include "agent/base/clock.h"
#include "agent/net/loop.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void on_changed(void *context)
{
    ++*(int *)context;
}

/* Turns the loop until the count is above what it was; false after ten seconds. */
static bool until_changed(struct loop *loop, const int *count, int before)
{
    int64_t end_ns = clock_measure_ns() + INT64_C(10000000000);

    while (*count == before && clock_measure_ns() < end_ns)
        loop_step(loop, 100);
    return *count > before;
}

static void touch(const char *path)
{
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

    cr_assert_geq(fd, 0);
    (void)close(fd);
}

/* As /dev/serial/by-id comes and goes with the first and last device. */
Test(port_watch, follows_folders_that_come_and_go)
{
    char root[] = "/tmp/loyald-watch-XXXXXX", serial[64], by_id[80], path[96], other[96];
    struct loop *loop;
    struct port_watch *watch;
    struct errmsg err = ERRMSG_INIT;
    int count = 0, before;

    cr_assert_not_null(mkdtemp(root));
    (void)snprintf(serial, sizeof serial, "%s/serial", root);
    (void)snprintf(by_id, sizeof by_id, "%s/by-id", serial);
    (void)snprintf(path, sizeof path, "%s/usb-scanner", by_id);
    (void)snprintf(other, sizeof other, "%s/other", root);
    cr_assert_eq(loop_create(&loop, &err), ST_OK);
    cr_assert_eq(port_watch_create(loop, path, on_changed, &count, &watch, &err), ST_OK, "%s", err.text);

    for (int round = 0; round < 3; round++) {
        before = count;
        cr_assert_eq(mkdir(serial, 0700), 0);
        cr_expect(until_changed(loop, &count, before), "round %d: the first folder", round);
        before = count;
        cr_assert_eq(mkdir(by_id, 0700), 0);
        cr_expect(until_changed(loop, &count, before), "round %d: the second folder", round);
        before = count;
        cr_assert_eq(symlink("/dev/null", path), 0);
        cr_expect(until_changed(loop, &count, before), "round %d: the device", round);
        before = count;
        cr_assert_eq(unlink(path) + rmdir(by_id) + rmdir(serial), 0);
        cr_expect(until_changed(loop, &count, before), "round %d: the folder's end", round);
        for (int i = 0; i < 10; i++)
            loop_step(loop, 0);
    }
    /* A neighbour is none of our business. */
    before = count;
    touch(other);
    for (int i = 0; i < 10; i++)
        loop_step(loop, 1);
    cr_expect_eq(count, before);
    port_watch_destroy(watch);
    loop_destroy(loop);
    cr_expect_eq(unlink(other) + rmdir(root), 0);
}

static struct port_watch *destroyed_inside;

static void destroy_watch(void *context)
{
    ++*(int *)context;
    port_watch_destroy(destroyed_inside);
}

Test(port_watch, may_be_destroyed_by_its_own_call)
{
    char root[] = "/tmp/loyald-watch-XXXXXX", path[64];
    struct loop *loop;
    struct errmsg err = ERRMSG_INIT;
    int count = 0;

    cr_assert_not_null(mkdtemp(root));
    (void)snprintf(path, sizeof path, "%s/device", root);
    cr_assert_eq(loop_create(&loop, &err), ST_OK);
    cr_assert_eq(port_watch_create(loop, path, destroy_watch, &count, &destroyed_inside, &err), ST_OK);
    touch(path);
    cr_expect(until_changed(loop, &count, 0));
    loop_destroy(loop);
    cr_expect_eq(unlink(path) + rmdir(root), 0);
}
