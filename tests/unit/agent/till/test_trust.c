/* SPDX-License-Identifier: Apache-2.0 */
/* Roots and timestamps at a till: each attack that they are there for, and each mend. */
#include "world.h"

#include "agent/base/json.h"
#include "agent/db/journal.h"
#include "agent/net/loop.h"
#include "agent/till/trust.h"
#include "tests/support/root_maker.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS INT64_C(86400000)

static struct world world;
static char dir[64];
static struct pk *a, *b, *c, *office, *stamp, *stranger; /* three of the root, one of rules, one of timestamps */
static struct root root;                                 /* the newest that the office made */
static struct timestamp now;                             /* the last that the central signed */

static struct pk *key(void)
{
    struct pk *made = NULL;

    cr_assert_eq(pk_generate(&made, NULL), ST_OK);
    return made;
}

/* Root `version` signed by those keys is to be had at the central. */
static void serve_root(int64_t version, const struct pk *const by[])
{
    size_t at = (size_t)version - 1;

    root.version = version;
    free(world.roots[at]);
    free(world.root_signatures[at]);
    world.roots[at] = maker_root(&root);
    world.root_signatures[at] = maker_sign(world.roots[at], by);
}
#define SERVE_ROOT(version, ...) serve_root(version, (const struct pk *const[]){__VA_ARGS__, NULL})

static struct trust *trust(void)
{
    return rulebook_trust(world.rulebook);
}

static void run(void)
{
    for (int turn = 0; turn < 200 && trust_is_busy(trust()); turn++)
        loop_step(world.loop, 100);
}

static void vouch_text(const char *text, const struct pk *by)
{
    char *signatures = maker_sign(text, (const struct pk *const[]){by, NULL});

    rulebook_vouch(world.rulebook, text, strlen(text), signatures, strlen(signatures));
    run();
    free(signatures);
}

/* The next timestamp, as a central signs it for manifests noted before. */
static void vouch(const struct pk *by)
{
    char *text;

    now.version++;
    now.root = root.version;
    now.signed_unix_ms = world.time.wall_ms;
    now.expires_unix_ms = now.signed_unix_ms + 7 * DAY_MS;
    text = maker_timestamp(&now);
    vouch_text(text, by);
    free(text);
}

static char *bundle(int64_t version)
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

/* Makes the manifest of rules the only one that the next timestamp names. */
static void put_in_force(const char *manifest, int64_t version)
{
    now.manifest_count = 1;
    now.manifests[0].version = version;
    sha256_of(manifest, strlen(manifest), now.manifests[0].sha256);
}

static void offer(const char *manifest, const char *signatures)
{
    world_offer(&world, manifest, signatures);
    run();
}

/* The office publishes rules; the central vouches for them and hands them out. */
static void publish_by(int64_t version, const struct pk *signer, const struct pk *stamper)
{
    char *file = bundle(version), *manifest, *signatures;

    world_sign(&world, "demo", file, version, signer, &manifest, &signatures);
    put_in_force(manifest, version);
    vouch(stamper);
    world.file = file;
    world.file_len = strlen(file);
    offer(manifest, signatures);
    free(manifest);
    free(signatures);
    free(file);
}

static void publish(int64_t version)
{
    publish_by(version, office, stamp);
}

static int64_t active(void)
{
    return rule_edition_version(rulebook_active(world.rulebook));
}

static struct cJSON *seen(void)
{
    struct strbuf out = STRBUF_INIT(4096);
    struct json_writer w = JSON_WRITER_INIT(&out);
    struct cJSON *tree = NULL;

    trust_write(trust(), &w);
    cr_assert_eq(json_parse(out.data, out.len, 4096, &tree, NULL), ST_OK);
    strbuf_free(&out);
    return tree;
}

static int64_t seen_int(const char *name)
{
    struct cJSON *tree = seen();
    int64_t value = -1;

    (void)json_int(tree, name, 0, JSON_INT_MAX, &value, NULL);
    json_free(tree);
    return value;
}

/* Refused in those words, and what was known before stays. */
static void expect_refused(const char *words, int64_t timestamp)
{
    struct cJSON *tree = seen();
    const char *said = "";

    (void)json_text(tree, "refused", 400, &said, NULL);
    cr_expect(strstr(said, words), "said: %s", said);
    json_free(tree);
    cr_expect_eq(seen_int("timestamp"), timestamp);
}

/* A till of before: enrolled with the office's key alone. It finds root 1, which that key signed too, and
 * timestamp 1. */
static void begin(void)
{
    (void)snprintf(dir, sizeof dir, "/tmp/loyald-trust-XXXXXX");
    cr_assert_not_null(mkdtemp(dir));
    world_begin(&world, dir);
    office = world.office;
    a = key(), b = key(), c = key(), stamp = key(), stranger = key();
    root = (struct root){.chain = "demo", .timestamp_days = ROOT_TIMESTAMP_DAYS};
    now = (struct timestamp){.chain = "demo"};
    root.created_unix_ms = world.time.wall_ms;
    root.expires_unix_ms = root.created_unix_ms + 365 * DAY_MS;
    maker_add(&root, ROOT_ROLE_ROOT, a);
    maker_add(&root, ROOT_ROLE_ROOT, b);
    maker_add(&root, ROOT_ROLE_ROOT, c);
    maker_add(&root, ROOT_ROLE_RULES, office);
    maker_add(&root, ROOT_ROLE_TIMESTAMP, stamp);
    root.roles[ROOT_ROLE_ROOT].threshold = 2;
    root.roles[ROOT_ROLE_RULES].threshold = root.roles[ROOT_ROLE_TIMESTAMP].threshold = 1;
    SERVE_ROOT(1, a, b, office);
}

static void end(void)
{
    char command[128];

    for (int i = 0; i < WORLD_ROOTS; i++) {
        free(world.roots[i]);
        free(world.root_signatures[i]);
    }
    world_end(&world);
    pk_destroy(a);
    pk_destroy(b);
    pk_destroy(c);
    pk_destroy(stamp);
    pk_destroy(stranger);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", dir);
    cr_expect_eq(system(command), 0);
}

TestSuite(trust, .init = begin, .fini = end);

Test(trust, a_till_enrolled_before_there_was_a_root_takes_root_1_signed_by_the_keys_it_knows)
{
    cr_expect_eq(seen_int("root"), 0);
    cr_expect_not(trust_is_stale(trust()), "a chain without a root is as it was");
    publish(1);
    cr_expect_eq(seen_int("root"), 1);
    cr_expect_eq(active(), 1);
    cr_expect_eq(seen_int("days_left"), 7);
    world_restart(&world, true);
    cr_expect_eq(seen_int("root"), 1, "kept outside the cache");
    cr_expect_eq(seen_int("timestamp"), 1);
}

Test(trust, root_1_without_the_keys_of_the_enrolment_is_refused)
{
    SERVE_ROOT(1, a, b);
    vouch(stamp);
    expect_refused("root 1: it is signed by no key", -1);
    cr_expect_eq(seen_int("root"), 0);
}

Test(trust, threshold_short)
{
    SERVE_ROOT(1, a, office);
    vouch(stamp);
    expect_refused("root 1: 1 of the 2 keys", -1);
    SERVE_ROOT(1, a, a, office);
    vouch(stamp);
    expect_refused("root 1: 1 of the 2 keys", -1);
    SERVE_ROOT(1, b, c, office);
    vouch(stamp);
    cr_expect_eq(seen_int("root"), 1);
    maker_add(&root, ROOT_ROLE_RULES, stranger);
    SERVE_ROOT(2, a, stranger);
    vouch(stamp);
    expect_refused("root 2: 1 of the 2 keys", 3);
    cr_expect_eq(seen_int("root"), 1);
}

Test(trust, wrong_role)
{
    publish(1);
    vouch(office); /* a key of rules vouches */
    expect_refused("signed by no key", 1);
    vouch(a); /* even one of the root */
    expect_refused("signed by no key", 1);
    publish_by(2, stamp, stamp); /* the central's own key signs rules */
    cr_expect(strstr(world.refused, "no key that may sign"), "said: %s", world.refused);
    cr_expect_eq(active(), 1);
}

/* A text signed for one purpose is none for another, though the key be right. */
Test(trust, a_manifest_is_no_timestamp)
{
    char *file = bundle(1), *manifest, *signatures;

    publish(1);
    world_sign(&world, "demo", file, 9, stamp, &manifest, &signatures);
    rulebook_vouch(world.rulebook, manifest, strlen(manifest), signatures, strlen(signatures));
    run();
    expect_refused("format is \"loyald-manifest/1\"", 1);
    free(manifest);
    free(signatures);
    free(file);
}

Test(trust, rollback)
{
    struct timestamp old;
    char *text;

    publish(5);
    old = now;
    publish(6);
    text = maker_timestamp(&old);
    vouch_text(text, stamp);
    expect_refused("not above 2", 2);
    free(text);
    publish(5); /* a newer timestamp that names older rules as the newest */
    expect_refused("rules 6 were in force already", 2);
    cr_expect_eq(active(), 6);
    world_restart(&world, true);
    publish(5);
    expect_refused("rules 6 were in force already", 2);
    cr_expect_eq(active(), 6);
}

Test(trust, mix_and_match)
{
    char *file = bundle(7), *manifest, *signatures;

    publish(6);
    world_sign(&world, "demo", file, 7, office, &manifest, &signatures);
    world.file = file;
    world.file_len = strlen(file);
    offer(manifest, signatures); /* rightly signed, and in force nowhere */
    cr_expect(strstr(world.refused, "names no version 7"), "said: %s", world.refused);
    put_in_force(manifest, 7);
    now.manifests[0].sha256[0] ^= 1; /* the same version of other content is vouched for */
    vouch(stamp);
    rulebook_offer(world.rulebook, manifest, strlen(manifest), signatures, strlen(signatures));
    cr_expect_eq(active(), 6, "refused as before, which is said once");
    put_in_force(manifest, 7);
    vouch(stamp);
    offer(manifest, signatures);
    cr_expect_eq(active(), 7);
    free(manifest);
    free(signatures);
    free(file);
}

Test(trust, swapped_file)
{
    char *file = bundle(2), *other = bundle(3), *manifest, *signatures;

    publish(1);
    world_sign(&world, "demo", file, 2, office, &manifest, &signatures);
    put_in_force(manifest, 2);
    vouch(stamp);
    world.file = other; /* of the same length */
    world.file_len = strlen(other);
    cr_assert_eq(strlen(file), strlen(other));
    offer(manifest, signatures);
    cr_expect(strstr(world.refused, "hash"), "said: %s", world.refused);
    cr_expect_eq(active(), 1);
    free(manifest);
    free(signatures);
    free(file);
    free(other);
}

Test(trust, truncated)
{
    char *text;

    publish(1);
    now.version++;
    text = maker_timestamp(&now);
    for (size_t cut = strlen(text) - 1; cut > 0; cut -= cut > 40 ? 40 : cut) {
        text[cut] = '\0';
        vouch_text(text, stamp);
        expect_refused("timestamp 0: timestamp: ", 1);
    }
    free(text);
    maker_add(&root, ROOT_ROLE_RULES, stranger);
    SERVE_ROOT(2, a, b);
    world.roots[1][strlen(world.roots[1]) - 1] = '\0';
    now.version--;
    vouch(stamp);
    expect_refused("root 0: root: ", 1);
    cr_expect_eq(seen_int("root"), 1);
}

/* The central is kept from speaking, or says the same for ever: the till goes on, and says so. */
Test(trust, freeze)
{
    char *text;

    publish(1);
    cr_expect_not(trust_is_stale(trust()));
    world.time.wall_ms += 7 * DAY_MS - 1;
    cr_expect_not(trust_is_stale(trust()));
    cr_expect_eq(seen_int("days_left"), 0);
    world.time.wall_ms++;
    cr_expect(trust_is_stale(trust()));
    text = maker_timestamp(&now);
    vouch_text(text, stamp); /* the same again */
    cr_expect(trust_is_stale(trust()));
    free(text);
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 9900, "promotions go on");
    now.version++; /* one that was held back on its way */
    text = maker_timestamp(&now);
    vouch_text(text, stamp);
    expect_refused("it has expired", 1);
    free(text);
    now.version--;
    vouch(stamp);
    cr_expect_not(trust_is_stale(trust()));
}

Test(trust, the_office_bounds_how_long_a_timestamp_holds)
{
    char *text;

    publish(1);
    now.version++;
    now.expires_unix_ms = now.signed_unix_ms + 3650 * DAY_MS; /* a stolen key of the central says ten years */
    text = maker_timestamp(&now);
    vouch_text(text, stamp);
    free(text);
    cr_expect_eq(seen_int("timestamp"), 2);
    world.time.wall_ms += 7 * DAY_MS;
    cr_expect(trust_is_stale(trust()));
}

Test(trust, a_clock_set_back_makes_nothing_fresh)
{
    publish(1);
    world.time.wall_ms += 8 * DAY_MS;
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "tender", "s1", "{}", NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "commit", "s1", "{}", NULL), PROBLEM_NONE);
    cr_expect(trust_is_stale(trust()));
    world.time.wall_ms -= 5 * DAY_MS;
    cr_expect(trust_is_stale(trust()), "the last record was later");
    world_restart(&world, false);
    cr_expect(trust_is_stale(trust()));
    trust_heard_time(trust(), world.time.wall_ms, world.time.mono_ms);
    cr_expect_not(trust_is_stale(trust()), "the central says what time it is");
    world.time.mono_ms += 8 * DAY_MS;
    cr_expect(trust_is_stale(trust()));
}

Test(trust, a_wall_clock_before_the_last_signature_is_wrong)
{
    publish(1);
    world.time.wall_ms -= 3650 * DAY_MS;
    cr_expect_eq(trust_wall_ms(trust()), now.signed_unix_ms);
    cr_expect_not(trust_is_stale(trust()));
}

Test(trust, expired_root)
{
    publish(1);
    world.time.wall_ms = root.expires_unix_ms;
    publish(2);
    expect_refused("root 1 has expired", 1);
    cr_expect_eq(active(), 1);
    root.expires_unix_ms = world.time.wall_ms + 365 * DAY_MS; /* the office signs the next */
    SERVE_ROOT(2, a, c);
    publish(2);
    cr_expect_eq(seen_int("root"), 2);
    cr_expect_eq(active(), 2);
}

/* One comes back after months: every key of the office and of the central is another one by now. */
Test(trust, key_rotation_twice_while_offline)
{
    struct pk *d = key(), *e = key(), *f = key(), *office_2 = key(), *stamp_2 = key();

    publish(1);
    maker_drop(&root, ROOT_ROLE_ROOT, a);
    maker_add(&root, ROOT_ROLE_ROOT, d);
    maker_drop(&root, ROOT_ROLE_RULES, office);
    maker_add(&root, ROOT_ROLE_RULES, office_2);
    SERVE_ROOT(2, a, b, c, d);
    maker_drop(&root, ROOT_ROLE_ROOT, b);
    maker_drop(&root, ROOT_ROLE_ROOT, c);
    maker_add(&root, ROOT_ROLE_ROOT, e);
    maker_add(&root, ROOT_ROLE_ROOT, f);
    maker_drop(&root, ROOT_ROLE_TIMESTAMP, stamp);
    maker_add(&root, ROOT_ROLE_TIMESTAMP, stamp_2);
    SERVE_ROOT(3, b, d, e);
    world.time.wall_ms += 120 * DAY_MS;
    publish_by(9, office_2, stamp_2);
    cr_expect_eq(seen_int("root"), 3);
    cr_expect_eq(active(), 9);
    publish_by(10, office, stamp_2);
    cr_expect_eq(active(), 9, "a key that was taken out signs nothing any more");
    SERVE_ROOT(4, b, c, e);
    now.version += 100;
    vouch(stamp_2);
    cr_expect_eq(seen_int("root"), 3, "nor do the old keys of the root");
    pk_destroy(d);
    pk_destroy(e);
    pk_destroy(f);
    pk_destroy(office_2);
    pk_destroy(stamp_2);
}

Test(trust, a_root_cannot_be_left_out)
{
    publish(1);
    maker_add(&root, ROOT_ROLE_RULES, stranger);
    SERVE_ROOT(2, a, b);
    free(world.roots[1]);
    free(world.root_signatures[1]);
    SERVE_ROOT(3, a, b);
    world.roots[1] = strdup(world.roots[2]); /* root 3 in the place of root 2 */
    world.root_signatures[1] = strdup(world.root_signatures[2]);
    vouch(stamp);
    expect_refused("asked for was 2", 1);
    cr_expect_eq(seen_int("root"), 1);
}

/* A stolen key of rules signed the highest version there can be, and a stolen one of the central vouched for it. */
Test(trust, fast_forward)
{
    struct pk *office_2 = key(), *stamp_2 = key();

    publish(1);
    now.version = JSON_INT_MAX - 1;
    publish(JSON_INT_MAX);
    cr_assert_eq(active(), JSON_INT_MAX);
    maker_drop(&root, ROOT_ROLE_RULES, office);
    maker_add(&root, ROOT_ROLE_RULES, office_2);
    maker_drop(&root, ROOT_ROLE_TIMESTAMP, stamp);
    maker_add(&root, ROOT_ROLE_TIMESTAMP, stamp_2);
    SERVE_ROOT(2, a, b);
    now.version = 4;
    publish_by(2, office_2, stamp_2);
    cr_expect_eq(seen_int("timestamp"), 5);
    cr_expect_eq(active(), 2, "%s", world.refused);
    pk_destroy(office_2);
    pk_destroy(stamp_2);
}

/* A key more takes nothing back: what was in force stays the least that is taken. */
Test(trust, a_key_that_joins_resets_nothing)
{
    publish(5);
    maker_add(&root, ROOT_ROLE_RULES, stranger);
    SERVE_ROOT(2, a, b);
    publish_by(4, stranger, stamp);
    expect_refused("rules 5 were in force already", 1);
    cr_expect_eq(seen_int("root"), 2);
    publish_by(6, stranger, stamp);
    cr_expect_eq(active(), 6);
}

Test(trust, a_root_that_cannot_be_had_now_is_asked_for_again)
{
    char *text = world.roots[0];

    world.roots[0] = NULL;
    publish(1);
    cr_expect_eq(active(), 0);
    cr_expect(trust_is_busy(trust()));
    world.roots[0] = text;
    trust_resume(trust());
    run();
    cr_expect_eq(seen_int("root"), 1);
}

Test(trust, another_chain_s_documents_are_refused)
{
    publish(1);
    (void)snprintf(now.chain, sizeof now.chain, "next");
    vouch(stamp);
    expect_refused("it is of chain \"next\"", 1);
    (void)snprintf(now.chain, sizeof now.chain, "demo");
    (void)snprintf(root.chain, sizeof root.chain, "next");
    SERVE_ROOT(2, a, b);
    vouch(stamp);
    expect_refused("it is of chain \"next\"", 1);
}
