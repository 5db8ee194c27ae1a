/* SPDX-License-Identifier: Apache-2.0 */
#include "world_internal.h"

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
#include "sync/protocol/manifest.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { START_UNIX_MS_S = 1795000000 }; /* a Thursday in November 2026 */

void world_must(bool holds, const char *what)
{
    if (!holds) {
        (void)fprintf(stderr, "world: %s\n", what);
        abort();
    }
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
    world_must(identity_load(world->journal, identity, NULL) == ST_OK, "identity");
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

        world_must(pk_public_pem(world->office, pem, NULL) == ST_OK &&
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
    world_must(journal_open(&journal, &world->journal, &err) == ST_OK, err.text);
    world_must(rules_open(path(world, "rules.db", text, sizeof text), world->time.wall_ms, &world->rules, &rebuilt, &err) == ST_OK,
         err.text);
    world_must(cache_open(path(world, "cache.db", text, sizeof text), world->time.wall_ms, &world->cache, &rebuilt, &err) == ST_OK,
         err.text);
    fill_identity(world);
    {
        struct rulebook_options book = {.loop = world->loop,
                                        .clock = &world->clock,
                                        .journal = world->journal,
                                        .rules = world->rules,
                                        .identity = &world->identity,
                                        .boot_id = world->boot ? world->boot : "boot-1"};
        struct till_options till = {.loop = world->loop,
                                    .clock = &world->clock,
                                    .journal = world->journal,
                                    .cache = world->cache,
                                    .identity = &world->identity,
                                    .language = "en",
                                    .card_prefixes = "29",
                                    .pos = world->pos};

        world_plug_rules(world, &book);
        world_plug_till(world, &till);
        world_must(rulebook_create(&book, &world->rulebook, &err) == ST_OK, err.text);
        till.rulebook = world->rulebook;
        if (world->plug)
            till.central = world->plug->plug(world, world->plug->context);
        world_must(till_create(&till, &world->till, &err) == ST_OK, err.text);
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
    world_must(loop_create(&world->loop, NULL) == ST_OK, "loop");
    world_must(pk_generate(&world->office, NULL) == ST_OK, "key");
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
    world_must(signers_sign(key, text.data, text.len, &signature, NULL) == ST_OK, "sign");
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
    world_must(rule_edition_version(rulebook_active(world->rulebook)) == version || !till_is_idle(world->till), world->refused);
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
    world_must(json_parse(text.data, text.len, text.len, &row, &err) == ST_OK, err.text);
    world_must(cache_begin(world->cache, &err) == ST_OK && member_store(world->cache, row, &err) == ST_OK &&
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

    world_must(cache_put_lease(world->cache, &lease, &err) == ST_OK, err.text);
}
