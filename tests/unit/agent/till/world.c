/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/base/signers.h"
#include "agent/db/cache.h"
#include "agent/db/journal.h"
#include "agent/db/rules.h"
#include "agent/engine/engine.h"
#include "agent/net/loop.h"
#include "agent/till/member.h"
#include "agent/till/trust.h"
#include "sync/protocol/manifest.h"
#include "sync/protocol/record.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { START_UNIX_MS_S = 1795000000 }; /* a Thursday in November 2026 */

/* What a test cannot go on without. */
static void must(bool holds, const char *what)
{
    if (!holds) {
        (void)fprintf(stderr, "world: %s\n", what);
        abort();
    }
}

/* ---- the tables ---- */

static void print(void *device, const struct page *page, const char *job_id, till_printed_fn *printed, void *context)
{
    struct world *world = device;

    (void)page;
    world->prints++;
    world->journal_at_print = world_records(world);
    (void)snprintf(world->job_id, sizeof world->job_id, "%s", job_id);
    world->printed = printed;
    world->printed_context = context;
}

static void ask_member(void *link, const uint8_t identifier[16], int64_t deadline_ms, till_member_fn *answer,
                       void *context)
{
    struct world *world = link;

    (void)identifier;
    (void)deadline_ms;
    world->questions++;
    if (world->knows_nobody) {
        answer(context, true, NULL, 0);
        return;
    }
    world->member_answer = answer;
    world->member_context = context;
}

static void ask_sale(void *link, const char *sale_id, int64_t deadline_ms, till_sale_fn *answer, void *context)
{
    struct world *world = link;
    const char *said = world->sale_answer;

    (void)sale_id;
    (void)deadline_ms;
    world->sales_asked++;
    answer(context, said != NULL, said && said[0] ? said : NULL, said ? strlen(said) : 0);
}

static void ask_hold(void *link, const struct till_hold_question *question, int64_t deadline_ms, till_hold_fn *answer,
                     void *context)
{
    struct world *world = link;

    (void)deadline_ms;
    world->holds_asked++;
    world->held_amount = question->amount;
    (void)snprintf(world->hold_id, sizeof world->hold_id, "%s", question->hold);
    world->hold_answer = answer;
    world->hold_context = context;
    if (!world->holds_wait)
        answer(context, world->hold_outcome, world->hold_outcome == TILL_HOLD_REFUSED ? "spent elsewhere" : "");
}

static void void_hold(void *link, const char *hold)
{
    struct world *world = link;

    (void)hold;
    world->holds_voided++;
}

static void ask_claim(void *link, const struct till_claim_question *question, int64_t deadline_ms, till_hold_fn *answer,
                      void *context)
{
    struct world *world = link;

    (void)deadline_ms;
    world->claims_asked++;
    (void)snprintf(world->claim_code, sizeof world->claim_code, "%s", question->code);
    world->claim_answer = answer;
    world->claim_context = context;
    if (!world->claims_wait)
        answer(context, world->claim_outcome, world->claim_outcome == TILL_HOLD_REFUSED ? "being used at another till" : "");
}

static bool is_up(void *link, int64_t *out_since)
{
    *out_since = 0;
    return ((struct world *)link)->link_up;
}

static void event(void *watcher, const char *name, const char *json, size_t len)
{
    struct world *world = watcher;
    struct cJSON *root = NULL;
    const char *code;

    must(json_parse(json, len, TILL_ANSWER_MAX, &root, NULL) == ST_OK, "an event is not JSON");
    if (strcmp(name, "notice") == 0 && json_text(root, "code", 15, &code, NULL) == ST_OK)
        (void)snprintf(world->notices[world->notice_count++ % WORLD_NOTICES], 16, "%s", code);
    json_free(root);
}

static void fetch(void *context, const char *sha256_hex, int64_t from, int64_t to)
{
    struct world *world = context;

    world->fetches++;
    if (world->plug) {
        world->plug->fetch(world->plug->context, sha256_hex, from, to);
        return;
    }
    if (!world->file)
        return;
    if (to >= (int64_t)world->file_len)
        to = (int64_t)world->file_len - 1;
    rulebook_piece(world->rulebook, sha256_hex, from, world->file + from, from <= to ? (size_t)(to - from + 1) : 0);
}

static void fetch_root(void *context, int64_t version)
{
    struct world *world = context;

    world->roots_asked++;
    if (world->plug && world->plug->fetch_root)
        world->plug->fetch_root(world->plug->context, version);
    else if (version <= WORLD_ROOTS && world->roots[version - 1])
        trust_root(rulebook_trust(world->rulebook), world->roots[version - 1], strlen(world->roots[version - 1]),
                   world->root_signatures[version - 1], strlen(world->root_signatures[version - 1]));
    else
        trust_root(rulebook_trust(world->rulebook), NULL, 0, NULL, 0);
}

static void changed(void *context, int64_t version, const char *refused_reason)
{
    struct world *world = context;

    world->active_version = version;
    (void)snprintf(world->refused, sizeof world->refused, "%s", refused_reason ? refused_reason : "");
    if (world->till)
        till_rules_changed(world->till, version, refused_reason);
}

static enum status journal_record(void *context, const char *type, const char *body, size_t len, struct errmsg *err)
{
    struct world *world = context;

    return world->till ? till_record(world->till, type, body, len, err) : ST_AGAIN;
}

static bool may_switch(void *context)
{
    const struct world *world = context;

    return !world->till || till_is_idle(world->till);
}

/* ---- beginning and ending ---- */

static const char *path(const struct world *world, const char *name, char *out, size_t size)
{
    if (world->dir[0] == '\0')
        return ":memory:";
    (void)snprintf(out, size, "%s/%s", world->dir, name);
    return out;
}

static void fill_identity(struct world *world)
{
    struct identity *identity = &world->identity;

    identity_clear(identity);
    must(identity_load(world->journal, identity, NULL) == ST_OK, "identity");
    if (identity->enrolled)
        return;
    identity->enrolled = true;
    (void)snprintf(identity->chain, sizeof identity->chain, "demo");
    (void)snprintf(identity->store, sizeof identity->store, "S12");
    (void)snprintf(identity->store_name, sizeof identity->store_name, "Shop");
    (void)snprintf(identity->till, sizeof identity->till, "3");
    (void)snprintf(identity->currency, sizeof identity->currency, "RUB");
    (void)snprintf(identity->language, sizeof identity->language, "en");
    memset(identity->id_key, 7, sizeof identity->id_key);
    {
        char pem[PK_PEM_BYTES_MAX];

        must(pk_public_pem(world->office, pem, NULL) == ST_OK &&
                 pk_from_public_pem(pem, &identity->rules_keys[0], NULL) == ST_OK &&
                 pk_id(identity->rules_keys[0], identity->rules_key_ids[0]) == ST_OK,
             "the office's key");
        identity->rules_key_count = 1;
    }
}

static void open_all(struct world *world)
{
    struct journal_options journal = {.now_unix_ms = world->time.wall_ms, .new_dev = 0xd1, .new_epoch = 0xe1};
    struct errmsg err = ERRMSG_INIT;
    char text[WORLD_TEXT + 32];
    bool rebuilt;

    journal.path = path(world, "journal.db", text, sizeof text);
    must(journal_open(&journal, &world->journal, &err) == ST_OK, err.text);
    must(rules_open(path(world, "rules.db", text, sizeof text), world->time.wall_ms, &world->rules, &rebuilt, &err) == ST_OK,
         err.text);
    must(cache_open(path(world, "cache.db", text, sizeof text), world->time.wall_ms, &world->cache, &rebuilt, &err) == ST_OK,
         err.text);
    fill_identity(world);
    {
        struct rulebook_options book = {world->loop,      &world->clock, world->journal, world->rules, &world->identity,
                                        fetch,            changed,       journal_record, may_switch,   world,
                                        world->boot ? world->boot : "boot-1", fetch_root};
        struct till_options till = {.loop = world->loop,
                                    .clock = &world->clock,
                                    .journal = world->journal,
                                    .cache = world->cache,
                                    .identity = &world->identity,
                                    .language = "en",
                                    .card_prefixes = "29",
                                    .printer = {world, world->no_printer ? NULL : print},
                                    .central = {world, ask_member, is_up, NULL, ask_sale, world->online_points ? ask_hold : NULL,
                                                void_hold, world->online_points ? ask_claim : NULL},
                                    .watcher = {world, event},
                                    .pos = world->pos};

        must(rulebook_create(&book, &world->rulebook, &err) == ST_OK, err.text);
        till.rulebook = world->rulebook;
        if (world->plug)
            till.central = world->plug->plug(world, world->plug->context);
        must(till_create(&till, &world->till, &err) == ST_OK, err.text);
    }
}

static void close_all(struct world *world)
{
    if (world->plug)
        world->plug->unplug(world, world->plug->context);
    till_destroy(world->till);
    rulebook_destroy(world->rulebook);
    world->till = NULL;
    world->rulebook = NULL;
    cache_close(world->cache);
    rules_close(world->rules);
    journal_close(world->journal);
}

void world_begin(struct world *world, const char *dir)
{
    world_begin_plugged(world, dir, NULL);
}

void world_begin_plugged(struct world *world, const char *dir, const struct world_plug *plug)
{
    *world = (struct world){.link_up = true, .plug = plug, .online_points = world->online_points};
    if (dir)
        (void)snprintf(world->dir, sizeof world->dir, "%s", dir);
    world->time.wall_ms = INT64_C(1000) * START_UNIX_MS_S;
    world->time.mono_ms = 1000;
    world->clock = clock_virtual(&world->time);
    must(loop_create(&world->loop, NULL) == ST_OK, "loop");
    must(pk_generate(&world->office, NULL) == ST_OK, "key");
    open_all(world);
}

void world_restart(struct world *world, bool cache_lost)
{
    char text[WORLD_TEXT + 32];

    close_all(world);
    if (cache_lost) {
        (void)unlink(path(world, "cache.db", text, sizeof text));
        (void)unlink(path(world, "cache.db-wal", text, sizeof text));
    }
    open_all(world);
}

void world_end(struct world *world)
{
    close_all(world);
    identity_clear(&world->identity);
    pk_destroy(world->office);
    loop_destroy(world->loop);
}

/* ---- rules ---- */

void world_sign(const struct world *world, const char *chain, const char *bundle_json, int64_t version, const struct pk *key,
                char **out_manifest, char **out_signatures)
{
    struct manifest manifest = {.version = version, .bundle_bytes = (int64_t)strlen(bundle_json)};
    struct strbuf text = STRBUF_INIT(4096), list = STRBUF_INIT(4096);
    struct json_writer w = JSON_WRITER_INIT(&list);
    struct signature signature;
    size_t len;

    (void)world;
    (void)snprintf(manifest.chain, sizeof manifest.chain, "%s", chain);
    (void)snprintf(manifest.created_at, sizeof manifest.created_at, "2026-11-22T10:00:00Z");
    sha256_of(bundle_json, strlen(bundle_json), manifest.bundle_sha256);
    manifest_write(&manifest, &text);
    must(signers_sign(key, text.data, text.len, &signature, NULL) == ST_OK, "sign");
    jw_array_begin(&w);
    signers_write(&signature, &w);
    jw_array_end(&w);
    *out_manifest = strbuf_detach(&text, &len);
    *out_signatures = strbuf_detach(&list, &len);
}

void world_offer(struct world *world, const char *manifest, const char *signatures)
{
    int64_t before = world->active_version;

    world->refused[0] = '\0';
    rulebook_offer(world->rulebook, manifest, strlen(manifest), signatures, strlen(signatures));
    /* Two workers at most are under way, each ends in a turn of the loop. */
    for (int turn = 0; turn < 50 && world->active_version == before && world->refused[0] == '\0'; turn++)
        loop_step(world->loop, 100);
}

void world_rules(struct world *world, const char *bundle_json, int64_t version)
{
    char *manifest, *signatures;

    world_sign(world, "demo", bundle_json, version, world->office, &manifest, &signatures);
    world->file = bundle_json;
    world->file_len = strlen(bundle_json);
    world_offer(world, manifest, signatures);
    must(rule_edition_version(rulebook_active(world->rulebook)) == version || !till_is_idle(world->till), world->refused);
    free(manifest);
    free(signatures);
}

/* ---- members ---- */

void world_member_row(const struct world *world, const char *id, const char *card, const char *extra, int64_t seq,
                      struct strbuf *out)
{
    uint8_t hash[IDENTITY_HASH_BYTES];
    char hex[2 * IDENTITY_HASH_BYTES + 1];

    identity_hash(&world->identity, "card", card, hash);
    hex_encode(hash, sizeof hash, hex);
    strbuf_printf(out, "{\"id\":\"%s\",%s\"identifiers\":[\"%s\"],\"epoch\":\"00000000000000e1\",\"seq\":%lld}", id, extra, hex,
                  (long long)seq);
}

void world_member(struct world *world, const char *id, const char *card, const char *extra, int64_t seq)
{
    struct strbuf text = STRBUF_INIT(16384);
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *row = NULL;

    world_member_row(world, id, card, extra, seq, &text);
    must(json_parse(text.data, text.len, text.len, &row, &err) == ST_OK, err.text);
    must(cache_begin(world->cache, &err) == ST_OK && member_store(world->cache, row, &err) == ST_OK &&
             cache_commit(world->cache, &err) == ST_OK,
         err.text);
    json_free(row);
    strbuf_free(&text);
}

void world_lease(struct world *world, int64_t granted, int64_t expires_unix_ms)
{
    struct cache_lease lease = {.id = "L1", .member = "M1", .currency = "bonus", .granted = granted,
                                .expires_unix_ms = expires_unix_ms, .epoch = 0xe1};
    struct errmsg err = ERRMSG_INIT;

    must(cache_put_lease(world->cache, &lease, &err) == ST_OK, err.text);
}

/* ---- acting and looking ---- */

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
    must(is_ready, "the world's central answers at once");
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
            must(false, "the world's central answers at once");
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
            must(json_parse(out.data, out.len, out.len, out_answer, &err) == ST_OK, err.text);
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

    must(journal_each(world->journal, 1, count_entry, &count, NULL) == ST_OK, "journal");
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
    must(record_parse(entry->bytes, entry->len, &head, &body, &len, NULL) == ST_OK &&
             json_parse(body, len, RECORD_BYTES_MAX, &last->body, NULL) == ST_OK,
         "a record");
    return true;
}

struct cJSON *world_last(const struct world *world, const char *type)
{
    struct last last = {type, NULL};

    must(journal_each(world->journal, 1, keep_last, &last, NULL) == ST_OK, "journal");
    return last.body;
}
