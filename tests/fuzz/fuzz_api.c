/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What programs at the till send. The first byte says how: 'c' calls of the API as text, "METHOD PATH BODY" a line,
 * on a whole till; anything else raw bytes to its socket, over HTTP. Whatever comes: each call is answered in JSON,
 * an error with words, the journal only grows, and afterwards a sale goes through as ever.
 */
#include "agent/api/api.h"
#include "agent/api/commands.h"
#include "agent/api/events.h"
#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/net/loop.h"
#include "tests/unit/agent/till/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { CALLS_MAX = 64, TURNS_MAX = 200, INPUT_BYTES_MAX = 600 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct world world; /* one till for the whole run: as at a counter, what came before stays */
static struct api *api;
static struct hub *hub;
static char path[64];

static void must(int holds)
{
    if (!holds)
        abort();
}

static void begin(void)
{
    struct api_options options = {.unix_path = path, .unix_mode = 0600};

    log_set_level(LOG_LEVEL_ERROR);
    world_begin(&world, NULL);
    world.knows_nobody = true;
    world_member(&world, "M1", "2900000000018", "\"tier\":\"gold\",\"balances\":{\"bonus\":500},", 0);
    must(hub_create(world.loop, &hub, NULL) == ST_OK);
    (void)snprintf(path, sizeof path, "/tmp/loyald-fuzz-%ld.sock", (long)getpid());
    options.loop = world.loop;
    options.till = world.till;
    options.hub = hub;
    must(api_create(&options, &api, NULL) == ST_OK);
}

/* ---- calls ---- */

static void set_ready(void *context)
{
    *(bool *)context = true;
}

static void call(const char *method, const char *where, const char *body)
{
    char id[API_ID_MAX + 1];
    const struct api_command *command = api_command_find(method, where, id);
    struct strbuf out = STRBUF_INIT(TILL_ANSWER_MAX);
    struct errmsg err = ERRMSG_INIT;
    int64_t records = world_records(&world);
    struct cJSON *answer = NULL;
    enum problem problem;
    bool ready = false;

    if (!command)
        return;
    if (command->before) {
        command->before(world.till, id, body, strlen(body), set_ready, &ready);
        must(ready); /* the world's central answers at once */
    }
    problem = command->run(world.till, id, body, strlen(body), &out, &err);
    if (problem == PROBLEM_NONE) {
        must(json_parse(out.data, out.len, TILL_ANSWER_MAX, &answer, NULL) == ST_OK);
        json_free(answer);
    } else {
        must(problem > PROBLEM_NONE && problem < PROBLEM_COUNT && problem != PROBLEM_INTERNAL);
        must(problem_spec(problem)->code[0] == 'L');
    }
    must(world_records(&world) >= records);
    strbuf_free(&out);
}

static void run_calls(char *text)
{
    char *rest = NULL, *line = strtok_r(text, "\n", &rest);

    for (int i = 0; line && i < CALLS_MAX; i++, line = strtok_r(NULL, "\n", &rest)) {
        char *where = strchr(line, ' '), *body;

        if (!where)
            continue;
        *where++ = '\0';
        body = strchr(where, ' ');
        if (body)
            *body++ = '\0';
        call(line, where, body ? body : "");
    }
}

/* ---- bytes ---- */

static int dial(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    must(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    return fd;
}

/* Until the server has taken all, or has hung up. What it says meanwhile is read away. */
static void say(int fd, const char *bytes, size_t len)
{
    char piece[4096];

    for (int turn = 0; turn < TURNS_MAX && len > 0; turn++) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent > 0) {
            bytes += sent;
            len -= (size_t)sent;
        }
        loop_step(world.loop, 0);
        while (recv(fd, piece, sizeof piece, MSG_DONTWAIT) > 0)
            ;
    }
}

static void expect_alive(void)
{
    static const char request[] = "GET /v1/sales/none HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    char answer[16] = "";
    int fd = dial();

    say(fd, request, sizeof request - 1);
    for (int turn = 0; turn < TURNS_MAX && recv(fd, answer, sizeof answer - 1, MSG_DONTWAIT) <= 0; turn++)
        loop_step(world.loop, 1);
    (void)close(fd);
}

static void run_bytes(const char *bytes, size_t len)
{
    int64_t records = world_records(&world);
    int fd = dial();

    say(fd, bytes, len);
    (void)shutdown(fd, SHUT_WR);
    for (int turn = 0; turn < 3; turn++)
        loop_step(world.loop, 0);
    (void)close(fd);
    loop_step(world.loop, 0);
    must(world_records(&world) >= records);
    expect_alive();
}

/* ---- one input ---- */

static void sell(void)
{
    static int64_t count;
    int64_t records = world_records(&world);
    char id[32];

    (void)snprintf(id, sizeof id, "after-%lld", (long long)count++);
    for (int tries = 0; world_do(&world, "put", id, WORLD_ONE_LINE, NULL) != PROBLEM_NONE; tries++) {
        must(tries < 2); /* every place was taken by an open sale: an hour passes, and they are given up */
        world.time.mono_ms += 2 * 3600 * 1000;
    }
    must(world_do(&world, "commit", id, "{}", NULL) == PROBLEM_NONE && world_records(&world) > records);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text;

    if (size < 1 || size > INPUT_BYTES_MAX)
        return 0;
    if (!api)
        begin();
    text = malloc(size);
    must(text != NULL);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    if (data[0] == 'c')
        run_calls(text);
    else
        run_bytes(text, size - 1);
    free(text);
    sell();
    return 0;
}
