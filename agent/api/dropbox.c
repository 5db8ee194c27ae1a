/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/api/dropbox.h"

#include "agent/api/commands.h"
#include "agent/api/drop_folder.h"
#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/base/strbuf.h"
#include "agent/net/loop.h"

#include <cjson/cJSON.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { METHOD_MAX = 8, PATH_TEXT_MAX = 512, ANSWER_HEAD_MAX = 256 };

struct drop_call;

struct dropbox {
    struct dropbox_options options;
    struct drop_folder folder;
    struct loop_timer *timer;
    int inotify_fd; /* -1: none */
    struct loop_watch *watch;
    struct errmsg trouble; /* why nothing is taken now; "" */
    int64_t file_count, refused_count;

    /* The file in hand; name is "" without one. */
    char name[DROP_NAME_MAX + 1];
    struct cJSON *root;
    const struct cJSON *next; /* call to run; NULL: none is left */
    int done_count;
    struct drop_call *call; /* that waits for the central; NULL: none does */
    struct strbuf answer;   /* once it is known, until it is written */
};

/* A call under way. It outlives the dropbox when that ends first. */
struct drop_call {
    struct dropbox *dropbox; /* NULL: ended */
    const struct api_command *command;
    char id[API_ID_MAX + 1];
    char *body;
};

static void run_next(struct dropbox *dropbox);

/* ---- the answer ---- */

static void say_trouble(struct dropbox *dropbox, const struct errmsg *err)
{
    if (dropbox->trouble.text[0] == '\0')
        log_error("dropbox-02", "%s", err->text);
    dropbox->trouble = *err;
}

/* The file in hand is done with. */
static void let_go(struct dropbox *dropbox)
{
    dropbox->name[0] = '\0';
    strbuf_free(&dropbox->answer);
    loop_timer_set(dropbox->timer, 0, DROPBOX_LOOK_SOON_MS);
}

/* Tried again with each look until it can be written: what it tells has happened. Only where a folder was put in its
 * place others must not wait for that: the file is left, and asked anew once there is room for its answer. */
static void put_answer(struct dropbox *dropbox)
{
    struct errmsg err = ERRMSG_INIT;
    enum status st =
        drop_folder_answer(&dropbox->folder, dropbox->name, strbuf_text(&dropbox->answer), dropbox->answer.len, &err);

    if (st == ST_CONFLICT) {
        log_error("dropbox-05", "%s", err.text);
        let_go(dropbox);
        return;
    }
    if (st != ST_OK) {
        say_trouble(dropbox, &err);
        return;
    }
    dropbox->trouble.text[0] = '\0';
    dropbox->file_count++;
    drop_folder_tidy(&dropbox->folder, clock_wall_ms(clock_system()) / 1000);
    let_go(dropbox);
}

/* body is the text of an object. */
static void finish(struct dropbox *dropbox, int status, const struct strbuf *body)
{
    struct json_writer w = JSON_WRITER_INIT(&dropbox->answer);

    strbuf_clear(&dropbox->answer);
    dropbox->answer.len_max = TILL_ANSWER_MAX + ANSWER_HEAD_MAX;
    jw_object_begin(&w);
    jw_field_int(&w, "status", status);
    jw_field_int(&w, "calls", dropbox->done_count);
    jw_field_raw(&w, "body", strbuf_text(body), body->len);
    jw_object_end(&w);
    json_free(dropbox->root);
    dropbox->root = NULL;
    dropbox->next = NULL;
    put_answer(dropbox);
}

static void refuse(struct dropbox *dropbox, enum problem problem, const char *detail)
{
    struct strbuf text = STRBUF_INIT(TILL_ANSWER_MAX);
    struct json_writer w = JSON_WRITER_INIT(&text);
    int status = problem_spec(problem)->http_status;

    dropbox->refused_count++;
    log_debug("dropbox-03", "a file is refused code=%s", problem_spec(problem)->code);
    problem_write(&w, problem, till_language(dropbox->options.till), detail);
    finish(dropbox, status == 200 ? 503 : status, &text);
    strbuf_free(&text);
    if (problem == PROBLEM_JOURNAL_FAILED && dropbox->options.hooks.journal_failed)
        dropbox->options.hooks.journal_failed(dropbox->options.hooks.context);
}

/* ---- the calls of a file ---- */

static void run_call(struct dropbox *dropbox, const struct api_command *command, const char *id, const char *body)
{
    struct strbuf out = STRBUF_INIT(TILL_ANSWER_MAX);
    struct errmsg err = ERRMSG_INIT;
    enum problem problem = command->run(dropbox->options.till, id, body, strlen(body), &out, &err);

    if (problem == PROBLEM_NONE && strbuf_status(&out) != ST_OK)
        problem = PROBLEM_INTERNAL; /* what was asked is done: asking for the sale tells */
    if (problem != PROBLEM_NONE) {
        refuse(dropbox, problem, err.text);
    } else {
        dropbox->done_count++;
        dropbox->next = dropbox->next->next;
        if (dropbox->next)
            run_next(dropbox); /* DROPBOX_CALLS_MAX deep at most */
        else
            finish(dropbox, command->status, &out);
    }
    strbuf_free(&out);
}

static void call_ready(void *context)
{
    struct drop_call *call = context;

    if (call->dropbox) {
        call->dropbox->call = NULL;
        run_call(call->dropbox, call->command, call->id, call->body);
    }
    cJSON_free(call->body);
    free(call);
}

static void run_when_ready(struct dropbox *dropbox, const struct api_command *command, const char *id, char *body)
{
    struct drop_call *call = calloc(1, sizeof *call);

    if (!call) {
        cJSON_free(body);
        refuse(dropbox, PROBLEM_BUSY, NULL);
        return;
    }
    *call = (struct drop_call){.dropbox = dropbox, .command = command, .body = body};
    memcpy(call->id, id, strlen(id) + 1);
    dropbox->call = call;
    if (command->before)
        command->before(dropbox->options.till, call->id, body, strlen(body), call_ready, call);
    else
        call_ready(call);
}

/* The array of calls is the file itself, or its one call is. */
static void run_next(struct dropbox *dropbox)
{
    const struct cJSON *body = cJSON_GetObjectItemCaseSensitive(dropbox->next, "body");
    const char *method, *path;
    const struct api_command *command;
    struct errmsg err = ERRMSG_INIT;
    char id[API_ID_MAX + 1], *text;

    if (json_text(dropbox->next, "method", METHOD_MAX, &method, &err) != ST_OK ||
        json_text(dropbox->next, "path", PATH_TEXT_MAX, &path, &err) != ST_OK) {
        errmsg_wrap(&err, "call %d wants method and path", dropbox->done_count + 1);
        refuse(dropbox, PROBLEM_BAD_FIELD, err.text);
        return;
    }
    command = api_command_find(method, path, id);
    if (!command) {
        refuse(dropbox, PROBLEM_NO_ROUTE, "see docs/api.md for the calls that a file may hold");
        return;
    }
    text = body ? cJSON_PrintUnformatted(body) : strdup("");
    if (!text)
        refuse(dropbox, PROBLEM_BUSY, NULL);
    else
        run_when_ready(dropbox, command, id, text);
}

static void run_file(struct dropbox *dropbox, const char *bytes, size_t len)
{
    struct errmsg err = ERRMSG_INIT;
    enum status st = json_parse(bytes, len, DROPBOX_FILE_MAX, &dropbox->root, &err);

    dropbox->done_count = 0;
    if (st != ST_OK) {
        refuse(dropbox, PROBLEM_BAD_JSON, err.text);
        return;
    }
    dropbox->next = cJSON_IsArray(dropbox->root) ? dropbox->root->child : dropbox->root;
    if (!dropbox->next || (cJSON_IsArray(dropbox->root) && cJSON_GetArraySize(dropbox->root) > DROPBOX_CALLS_MAX)) {
        errmsg_set(&err, "a file holds one call or an array of 1 to %d calls", DROPBOX_CALLS_MAX);
        refuse(dropbox, PROBLEM_BAD_FIELD, err.text);
        return;
    }
    run_next(dropbox);
}

/* ---- taking files ---- */

static void take(struct dropbox *dropbox, const char *name)
{
    struct errmsg err = ERRMSG_INIT;
    char *bytes = NULL;
    size_t len = 0;
    enum status st = drop_folder_read(&dropbox->folder, name, DROPBOX_FILE_MAX, &bytes, &len, &err);

    if (st == ST_AGAIN || st == ST_NOT_FOUND || st == ST_NOMEM)
        return; /* the next look tells */
    memcpy(dropbox->name, name, strlen(name) + 1);
    dropbox->done_count = 0;
    if (st == ST_OK)
        run_file(dropbox, bytes, len);
    else
        refuse(dropbox, st == ST_FULL ? PROBLEM_TOO_LARGE : PROBLEM_INTERNAL, err.text);
    free(bytes);
}

static void close_folder(struct dropbox *dropbox)
{
    loop_watch_destroy(dropbox->watch);
    dropbox->watch = NULL;
    if (dropbox->inotify_fd >= 0)
        (void)close(dropbox->inotify_fd);
    dropbox->inotify_fd = -1;
    drop_folder_close(&dropbox->folder);
}

static void look(void *context)
{
    struct dropbox *dropbox = context;
    char name[DROP_NAME_MAX + 1];

    if (dropbox->folder.fd < 0 || dropbox->call)
        return;
    if (dropbox->name[0] != '\0') {
        put_answer(dropbox); /* which could not be written before */
        return;
    }
    if (drop_folder_look(&dropbox->folder, clock_mono_ms(clock_system()), name))
        take(dropbox, name);
    if (dropbox->name[0] == '\0' && dropbox->folder.waiting_count == 0)
        loop_timer_set(dropbox->timer, DROPBOX_LOOK_MS, DROPBOX_LOOK_MS);
}

static void changed(void *context, int events)
{
    union {
        struct inotify_event event;
        char bytes[16 * (sizeof(struct inotify_event) + 256)];
    } buffer;
    struct dropbox *dropbox = context;
    ssize_t got = read(dropbox->inotify_fd, buffer.bytes, sizeof buffer.bytes);

    (void)events;
    for (ssize_t at = 0; at < got;) {
        const struct inotify_event *event = (const struct inotify_event *)(const void *)(buffer.bytes + at);

        if (event->mask & (IN_IGNORED | IN_MOVE_SELF | IN_UNMOUNT)) {
            close_folder(dropbox); /* it is another folder now, or none: opened anew with the next look */
            return;
        }
        if ((event->mask & IN_MOVED_TO) && event->len > 0)
            drop_folder_came(&dropbox->folder, event->name);
        at += (ssize_t)(sizeof *event + event->len);
    }
    loop_timer_set(dropbox->timer, 0, DROPBOX_LOOK_SOON_MS);
}

/* Without inotify files are found by looking. */
static void open_inotify(struct dropbox *dropbox)
{
    dropbox->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (dropbox->inotify_fd >= 0 &&
        inotify_add_watch(dropbox->inotify_fd, dropbox->options.dir,
                          IN_MOVED_TO | IN_CLOSE_WRITE | IN_MOVE_SELF | IN_DELETE_SELF | IN_ONLYDIR) >= 0 &&
        loop_watch_create(dropbox->options.loop, dropbox->inotify_fd, LOOP_READABLE, changed, dropbox,
                          &dropbox->watch, NULL) == ST_OK)
        return;
    if (dropbox->inotify_fd >= 0)
        (void)close(dropbox->inotify_fd);
    dropbox->inotify_fd = -1;
    log_warn("dropbox-04", "changes in %s are found by looking only: %s", dropbox->options.dir, strerror(errno));
}

static void due(void *context)
{
    struct dropbox *dropbox = context;
    struct errmsg err = ERRMSG_INIT;

    if (dropbox->folder.fd >= 0 && drop_folder_is_gone(&dropbox->folder))
        close_folder(dropbox);
    if (dropbox->folder.fd < 0) {
        if (drop_folder_open(&dropbox->folder, dropbox->options.dir, &err) != ST_OK) {
            say_trouble(dropbox, &err);
            loop_timer_set(dropbox->timer, DROPBOX_LOOK_MS, DROPBOX_LOOK_MS);
            return;
        }
        dropbox->trouble.text[0] = '\0';
        open_inotify(dropbox);
    }
    look(dropbox);
}

/* ---- making one ---- */

enum status dropbox_create(const struct dropbox_options *options, struct dropbox **out_dropbox, struct errmsg *err)
{
    struct dropbox *dropbox = calloc(1, sizeof *dropbox);
    enum status st = dropbox ? loop_timer_create(options->loop, due, dropbox, &dropbox->timer) : ST_NOMEM;

    if (st != ST_OK) {
        errmsg_set(err, "dropbox: %s", status_text(st));
        free(dropbox);
        return st;
    }
    dropbox->options = *options;
    dropbox->inotify_fd = -1;
    drop_folder_init(&dropbox->folder);
    loop_timer_set(dropbox->timer, 0, DROPBOX_LOOK_SOON_MS);
    *out_dropbox = dropbox;
    return ST_OK;
}

void dropbox_destroy(struct dropbox *dropbox)
{
    if (!dropbox)
        return;
    if (dropbox->call)
        dropbox->call->dropbox = NULL;
    close_folder(dropbox);
    loop_timer_destroy(dropbox->timer);
    json_free(dropbox->root);
    strbuf_free(&dropbox->answer);
    free(dropbox);
}

void dropbox_write(const struct dropbox *dropbox, struct json_writer *w)
{
    jw_object_begin(w);
    jw_field_text(w, "dir", dropbox->options.dir);
    jw_field_text(w, "state", dropbox->trouble.text[0] == '\0' ? "ready" : "trouble");
    if (dropbox->trouble.text[0] != '\0')
        jw_field_text(w, "reason", dropbox->trouble.text);
    jw_field_int(w, "files", dropbox->file_count);
    jw_field_int(w, "refused", dropbox->refused_count);
    jw_object_end(w);
}
