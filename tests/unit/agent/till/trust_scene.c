/* SPDX-License-Identifier: Apache-2.0 */
#include "trust_scene.h"

#include "agent/base/json.h"
#include "agent/net/loop.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct trust_scene scene;

struct pk *scene_key(void)
{
    struct pk *made = NULL;

    cr_assert_eq(pk_generate(&made, NULL), ST_OK);
    return made;
}

void scene_serve_root(int64_t version, const struct pk *const by[])
{
    size_t at = (size_t)version - 1;

    scene.root.version = version;
    free(scene.world.roots[at]);
    free(scene.world.root_signatures[at]);
    scene.world.roots[at] = maker_root(&scene.root);
    scene.world.root_signatures[at] = maker_sign(scene.world.roots[at], by);
}

struct trust *scene_trust(void)
{
    return rulebook_trust(scene.world.rulebook);
}

void scene_run(void)
{
    for (int turn = 0; turn < 200 && trust_is_busy(scene_trust()); turn++)
        loop_step(scene.world.loop, 100);
}

void scene_vouch_text(const char *text, const struct pk *by)
{
    char *signatures = maker_sign(text, (const struct pk *const[]){by, NULL});

    rulebook_vouch(scene.world.rulebook, text, strlen(text), signatures, strlen(signatures));
    scene_run();
    free(signatures);
}

void scene_vouch(const struct pk *by)
{
    char *text;

    scene.now.version++;
    scene.now.root = scene.root.version;
    scene.now.signed_unix_ms = scene.world.time.wall_ms;
    scene.now.expires_unix_ms = scene.now.signed_unix_ms + 7 * DAY_MS;
    text = maker_timestamp(&scene.now);
    scene_vouch_text(text, by);
    free(text);
}

char *scene_bundle(int64_t version)
{
    char *text = malloc(1024);

    (void)snprintf(text, 1024,
                   "{\"format\":\"loyald-bundle/1\",\"id\":\"main\",\"version\":%lld,\"currency\":\"RUB\","
                   "\"minor_digits\":2,\"layers\":[{\"id\":\"promo\",\"mode\":\"stack\"}],\"promotions\":[{\"id\":"
                   "\"off\",\"title\":{\"en\":\"off\"},\"layer\":\"promo\",\"order\":1,\"reward\":{\"kind\":"
                   "\"percent_off\",\"items\":{\"any\":true},\"percent_bp\":%lld}}]}",
                   (long long)version, (long long)version % 50 * 100);
    return text;
}

void scene_put_in_force(const char *manifest, int64_t version)
{
    scene.now.manifest_count = 1;
    scene.now.manifests[0].version = version;
    sha256_of(manifest, strlen(manifest), scene.now.manifests[0].sha256);
}

void scene_offer(const char *manifest, const char *signatures)
{
    world_offer(&scene.world, manifest, signatures);
    scene_run();
}

void scene_publish_by(int64_t version, const struct pk *signer, const struct pk *stamper)
{
    char *file = scene_bundle(version), *manifest, *signatures;

    world_sign(&scene.world, "demo", file, version, signer, &manifest, &signatures);
    scene_put_in_force(manifest, version);
    scene_vouch(stamper);
    scene.world.file = file;
    scene.world.file_len = strlen(file);
    scene_offer(manifest, signatures);
    free(manifest);
    free(signatures);
    free(file);
}

void scene_publish(int64_t version)
{
    scene_publish_by(version, scene.office, scene.stamp);
}

int64_t scene_active(void)
{
    return rule_edition_version(rulebook_active(scene.world.rulebook));
}

struct cJSON *scene_seen(void)
{
    struct strbuf out = STRBUF_INIT(4096);
    struct json_writer w = JSON_WRITER_INIT(&out);
    struct cJSON *tree = NULL;

    trust_write(scene_trust(), &w);
    cr_assert_eq(json_parse(out.data, out.len, 4096, &tree, NULL), ST_OK);
    strbuf_free(&out);
    return tree;
}

int64_t scene_seen_int(const char *name)
{
    struct cJSON *tree = scene_seen();
    int64_t value = -1;

    (void)json_int(tree, name, 0, JSON_INT_MAX, &value, NULL);
    json_free(tree);
    return value;
}

void scene_expect_refused(const char *words, int64_t timestamp)
{
    struct cJSON *tree = scene_seen();
    const char *said = "";

    (void)json_text(tree, "refused", 400, &said, NULL);
    cr_expect(strstr(said, words), "said: %s", said);
    json_free(tree);
    cr_expect_eq(scene_seen_int("timestamp"), timestamp);
}

void scene_begin(void)
{
    (void)snprintf(scene.dir, sizeof scene.dir, "/tmp/loyald-trust-XXXXXX");
    cr_assert_not_null(mkdtemp(scene.dir));
    world_begin(&scene.world, scene.dir);
    scene.office = scene.world.office;
    scene.a = scene_key(), scene.b = scene_key(), scene.c = scene_key(), scene.stamp = scene_key(),
    scene.stranger = scene_key();
    scene.root = (struct root){.chain = "demo", .timestamp_days = ROOT_TIMESTAMP_DAYS};
    scene.now = (struct timestamp){.chain = "demo"};
    scene.root.created_unix_ms = scene.world.time.wall_ms;
    scene.root.expires_unix_ms = scene.root.created_unix_ms + 365 * DAY_MS;
    maker_add(&scene.root, ROOT_ROLE_ROOT, scene.a);
    maker_add(&scene.root, ROOT_ROLE_ROOT, scene.b);
    maker_add(&scene.root, ROOT_ROLE_ROOT, scene.c);
    maker_add(&scene.root, ROOT_ROLE_RULES, scene.office);
    maker_add(&scene.root, ROOT_ROLE_TIMESTAMP, scene.stamp);
    scene.root.roles[ROOT_ROLE_ROOT].threshold = 2;
    scene.root.roles[ROOT_ROLE_RULES].threshold = scene.root.roles[ROOT_ROLE_TIMESTAMP].threshold = 1;
    SERVE_ROOT(1, scene.a, scene.b, scene.office);
}

void scene_end(void)
{
    char command[128];

    for (int i = 0; i < WORLD_ROOTS; i++) {
        free(scene.world.roots[i]);
        free(scene.world.root_signatures[i]);
    }
    world_end(&scene.world);
    pk_destroy(scene.a);
    pk_destroy(scene.b);
    pk_destroy(scene.c);
    pk_destroy(scene.stamp);
    pk_destroy(scene.stranger);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", scene.dir);
    cr_expect_eq(system(command), 0);
}
