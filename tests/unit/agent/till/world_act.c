/* SPDX-License-Identifier: Apache-2.0 */
/* Acting on the till of a world, and looking at what came of it. */
#include "world_internal.h"

#include "agent/base/json.h"
#include "agent/db/journal.h"
#include "sync/protocol/record.h"

#include <cjson/cJSON.h>

#include <string.h>

void world_scan(struct world *world, const char *text)
{
    struct till_scan scan = {"]E0", text, strlen(text), "scanner", clock_measure_ns(), false};

    till_scanned(world->till, &scan);
}

static void set_ready(void *context)
{
    *(bool *)context = true;
}

/* As the API does it: what the central may know first. */
static enum problem world_return(struct world *world, const char *body, struct strbuf *out, struct errmsg *err)
{
    bool is_ready = false;

    till_before_return(world->till, body, strlen(body), set_ready, &is_ready);
    world_must(is_ready, "the world's central answers at once");
    return till_return(world->till, body, strlen(body), out, err);
}

enum problem world_do(struct world *world, const char *command, const char *id, const char *body,
                      struct cJSON **out_answer)
{
    struct strbuf out = STRBUF_INIT(TILL_ANSWER_MAX);
    struct errmsg err = ERRMSG_INIT;
    size_t len = body ? strlen(body) : 0;
    enum problem problem;

    if ((strcmp(command, "tender") == 0 || strcmp(command, "commit") == 0) && world->online_points) {
        world->ready = false; /* as the API does it: what the central is asked first */
        till_before_tender(world->till, id, set_ready, &world->ready);
        while (!world->ready && !world->holds_wait && !world->claims_wait)
            world_must(false, "the world's central answers at once");
        if (!world->ready)
            return PROBLEM_BUSY; /* the test answers, then asks again */
    }
    if (strcmp(command, "type") == 0)
        problem = till_typed(world->till, body, len, &out, &err);
    else if (strcmp(command, "open") == 0)
        problem = till_open_sale(world->till, body, len, &out, &err);
    else if (strcmp(command, "put") == 0)
        problem = till_put_sale(world->till, id, body, len, &out, &err);
    else if (strcmp(command, "tender") == 0)
        problem = till_tender(world->till, id, body, len, &out, &err);
    else if (strcmp(command, "commit") == 0)
        problem = till_commit(world->till, id, body, len, &out, &err);
    else if (strcmp(command, "void") == 0)
        problem = till_void(world->till, id, body, len, &out, &err);
    else if (strcmp(command, "copy") == 0)
        problem = till_copy(world->till, id, &out, &err);
    else if (strcmp(command, "return") == 0)
        problem = world_return(world, body, &out, &err);
    else if (strcmp(command, "shift") == 0)
        problem = body ? till_turn_shift(world->till, body, len, &out, &err) : till_get_shift(world->till, &out, &err);
    else if (strcmp(command, "list") == 0)
        problem = till_list_sales(world->till, &out, &err);
    else if (strcmp(command, "get_return") == 0)
        problem = till_get_return(world->till, id, &out, &err);
    else if (strcmp(command, "copy_return") == 0)
        problem = till_copy_return(world->till, id, &out, &err);
    else
        problem = till_get_sale(world->till, id, &out, &err);
    if (out_answer) {
        *out_answer = NULL;
        if (problem == PROBLEM_NONE)
            world_must(json_parse(out.data, out.len, out.len, out_answer, &err) == ST_OK, err.text);
    }
    strbuf_free(&out);
    return problem;
}

int64_t world_int(struct world *world, const char *id, const char *name)
{
    struct cJSON *view = NULL;
    int64_t value = -1;

    if (world_do(world, "get", id, NULL, &view) == PROBLEM_NONE)
        (void)json_int(view, name, -JSON_INT_MAX, JSON_INT_MAX, &value, NULL);
    json_free(view);
    return value;
}

bool world_has_notice(struct world *world, const char *id, const char *code)
{
    struct cJSON *view = NULL;
    const cJSON *item;
    const char *text;
    bool found = false;

    if (world_do(world, "get", id, NULL, &view) == PROBLEM_NONE) {
        cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(view, "notices")) found =
            found || (json_text(item, "code", 16, &text, NULL) == ST_OK && strcmp(text, code) == 0);
    }
    json_free(view);
    return found;
}

bool world_was_told(const struct world *world, const char *code)
{
    for (int i = 0; i < world->notice_count && i < WORLD_NOTICES; i++) {
        if (strcmp(world->notices[i], code) == 0)
            return true;
    }
    return false;
}

int64_t world_records(const struct world *world)
{
    struct journal_head head;

    journal_head(world->journal, &head);
    return head.position;
}

struct count {
    const char *type;
    int count;
};

static bool count_entry(void *context, const struct journal_entry *entry)
{
    struct count *count = context;

    count->count += strcmp(entry->type, count->type) == 0;
    return true;
}

int world_count(const struct world *world, const char *type)
{
    struct count count = {type, 0};

    world_must(journal_each(world->journal, 1, count_entry, &count, NULL) == ST_OK, "journal");
    return count.count;
}

struct last {
    const char *type;
    struct cJSON *body;
};

static bool keep_last(void *context, const struct journal_entry *entry)
{
    struct last *last = context;
    struct record_head head;
    const char *body;
    size_t len;

    if (strcmp(entry->type, last->type) != 0)
        return true;
    json_free(last->body);
    last->body = NULL;
    world_must(record_parse(entry->bytes, entry->len, &head, &body, &len, NULL) == ST_OK &&
             json_parse(body, len, RECORD_BYTES_MAX, &last->body, NULL) == ST_OK,
         "a record");
    return true;
}

struct cJSON *world_last(const struct world *world, const char *type)
{
    struct last last = {type, NULL};

    world_must(journal_each(world->journal, 1, keep_last, &last, NULL) == ST_OK, "journal");
    return last.body;
}
