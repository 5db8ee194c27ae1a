/* SPDX-License-Identifier: Apache-2.0 */
#include "http_unix.h"

#include <stdio.h>
#include <sys/socket.h>

#include <criterion/criterion.h>

struct fixture fixture;
struct http_server_options options;

void unix_begin(void)
{
    fixture_init(&fixture, &options);
    options.unix_path = fixture.socket_path;
}

void unix_end(void)
{
    fixture_free(&fixture);
}

int unix_ask(const char *path)
{
    char text[256];
    int fd = raw_connect(fixture.socket_path);
    int len = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);

    cr_assert_geq(fd, 0);
    cr_assert_eq(send(fd, text, (size_t)len, MSG_NOSIGNAL), len);
    return fd;
}

void unix_stop_loop(struct fixture *f)
{
    loop_stop(f->loop);
}
