/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the office's commands send: a request to the admin server over its socket. The first line is "METHOD PATH",
 * the rest the body. Each is answered in JSON, an error with words and never as a fault of ours; what is refused
 * writes nothing; the ledger balances all the same.
 */
#include "agent/base/json.h"
#include "agent/base/strbuf.h"
#include "agent/net/loop.h"
#include "sync/central/admin_server.h"
#include "tests/fuzz/central_world.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { INPUT_BYTES_MAX = 64 * 1024, TURNS_MAX = 2000, LINE_MAX_BYTES = 512 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct loop *loop;
static struct http_server *server;
static char path[ADMIN_PATH_MAX];

static void end(void)
{
    http_server_destroy(server);
    loop_destroy(loop);
}

static void begin(void)
{
    struct central *central = central_world();

    must(loop_create(&loop, NULL) == ST_OK);
    must(admin_server_create(loop, central, central_world_folder(), &server, NULL) == ST_OK);
    admin_socket_path(central_world_folder(), path);
    must(atexit(end) == 0); /* before the central goes */
}

/* ---- what the database has had written to it ---- */

struct trace {
    off_t len;
    struct timespec changed;
    uint8_t head[32]; /* of the log: other salts when it begins anew */
};

static struct trace trace_now(void)
{
    struct trace trace = {0};
    char log_path[200];
    struct stat info;
    FILE *file;

    (void)snprintf(log_path, sizeof log_path, "%s/central.db-wal", central_world_folder());
    file = fopen(log_path, "rb");
    must(file != NULL && fstat(fileno(file), &info) == 0);
    trace.len = info.st_size;
    trace.changed = info.st_mtim;
    must(fread(trace.head, 1, sizeof trace.head, file) > 0 || feof(file));
    (void)fclose(file);
    return trace;
}

static bool is_same(const struct trace *a, const struct trace *b)
{
    return a->len == b->len && a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec &&
           memcmp(a->head, b->head, sizeof a->head) == 0;
}

/* ---- one request ---- */

static int dial(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    must(strlen(path) < sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    must(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    return fd;
}

/* Says it and hears all of the answer, until the server hangs up. */
static void talk(const struct strbuf *request, struct strbuf *answer)
{
    static char piece[64 * 1024];
    size_t said = 0;
    ssize_t got = -1;
    int fd = dial();

    for (int turn = 0; turn < TURNS_MAX && got != 0; turn++) {
        ssize_t sent = send(fd, request->data + said, request->len - said, MSG_NOSIGNAL | MSG_DONTWAIT);

        said += sent > 0 ? (size_t)sent : 0;
        loop_step(loop, said < request->len ? 0 : 1);
        while ((got = recv(fd, piece, sizeof piece, MSG_DONTWAIT)) > 0)
            strbuf_add(answer, piece, (size_t)got);
    }
    (void)close(fd);
    loop_step(loop, 0);
    must(got == 0 && strbuf_status(answer) == ST_OK); /* it was answered, and the line was closed */
}

/* The status; the body is read as JSON, and an error says why. */
static int look_at(const struct strbuf *answer)
{
    const char *text = strbuf_text(answer), *body = strstr(text, "\r\n\r\n"), *message;
    struct cJSON *root = NULL;
    int status;

    must(strncmp(text, "HTTP/1.1 ", 9) == 0 && body);
    status = (int)strtol(text + 9, NULL, 10);
    body += 4;
    must(status >= 200 && status < 500);
    must(json_parse(body, strlen(body), ANSWER_BYTES_MAX, &root, NULL) == ST_OK);
    if (status >= 400)
        must(json_text(root, "message", 4096, &message, NULL) == ST_OK && message[0]);
    json_free(root);
    return status;
}

/* A line of HTTP that is one, to a route of the office's; a backup writes where it is told to, and is left out. */
static bool is_taken(const char *line)
{
    if (strncmp(line, "POST /admin/", 12) != 0 && strncmp(line, "GET /admin/", 11) != 0)
        return false;
    for (const char *at = strchr(line, '/'); *at; at++)
        if (!isgraph((unsigned char)*at) || *at == '%' || *at == '#')
            return false;
    return !strstr(line, "backup");
}

static void ask(const char *line, const char *body, size_t len)
{
    struct strbuf request = STRBUF_INIT(INPUT_BYTES_MAX + 2 * LINE_MAX_BYTES), answer = STRBUF_INIT(ANSWER_BYTES_MAX);
    struct trace before, after;

    strbuf_printf(&request, "%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n",
                  line, len);
    strbuf_add(&request, body, len);
    must(strbuf_status(&request) == ST_OK);
    before = trace_now();
    talk(&request, &answer);
    after = trace_now();
    must(look_at(&answer) < 400 || is_same(&before, &after));
    strbuf_free(&request);
    strbuf_free(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *line_end = size > 0 ? memchr(data, '\n', size) : NULL;
    char line[LINE_MAX_BYTES] = "";

    if (!loop)
        begin();
    if (!line_end || size > INPUT_BYTES_MAX || (size_t)(line_end - data) >= sizeof line)
        return 0;
    memcpy(line, data, (size_t)(line_end - data));
    if (!is_taken(line))
        return 0;
    central_world_time()->mono_ms += 1000;
    ask(line, (const char *)line_end + 1, size - (size_t)(line_end - data) - 1);
    central_world_check();
    return 0;
}
