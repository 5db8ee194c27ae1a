/* SPDX-License-Identifier: Apache-2.0 */
/* Roots and timestamps at a till: each attack that they are there for. What time does to them: test_trust_time.c;
 * keys that change: test_trust_keys.c. */
#include "trust_scene.h"

#include "tests/support/root_maker.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(trust, .init = scene_begin, .fini = scene_end);

Test(trust, a_till_enrolled_before_there_was_a_root_takes_root_1_signed_by_the_keys_it_knows)
{
    cr_expect_eq(scene_seen_int("root"), 0);
    cr_expect_not(trust_is_stale(scene_trust()), "a chain without a root is as it was");
    scene_publish(1);
    cr_expect_eq(scene_seen_int("root"), 1);
    cr_expect_eq(scene_active(), 1);
    cr_expect_eq(scene_seen_int("days_left"), 7);
    world_restart(&scene.world, true);
    cr_expect_eq(scene_seen_int("root"), 1, "kept outside the cache");
    cr_expect_eq(scene_seen_int("timestamp"), 1);
}

Test(trust, root_1_without_the_keys_of_the_enrolment_is_refused)
{
    SERVE_ROOT(1, scene.a, scene.b);
    scene_vouch(scene.stamp);
    scene_expect_refused("root 1: it is signed by no key", -1);
    cr_expect_eq(scene_seen_int("root"), 0);
}

Test(trust, threshold_short)
{
    SERVE_ROOT(1, scene.a, scene.office);
    scene_vouch(scene.stamp);
    scene_expect_refused("root 1: 1 of the 2 keys", -1);
    SERVE_ROOT(1, scene.a, scene.a, scene.office);
    scene_vouch(scene.stamp);
    scene_expect_refused("root 1: 1 of the 2 keys", -1);
    SERVE_ROOT(1, scene.b, scene.c, scene.office);
    scene_vouch(scene.stamp);
    cr_expect_eq(scene_seen_int("root"), 1);
    maker_add(&scene.root, ROOT_ROLE_RULES, scene.stranger);
    SERVE_ROOT(2, scene.a, scene.stranger);
    scene_vouch(scene.stamp);
    scene_expect_refused("root 2: 1 of the 2 keys", 3);
    cr_expect_eq(scene_seen_int("root"), 1);
}

Test(trust, wrong_role)
{
    scene_publish(1);
    scene_vouch(scene.office); /* a key of rules vouches */
    scene_expect_refused("signed by no key", 1);
    scene_vouch(scene.a); /* even one of the root */
    scene_expect_refused("signed by no key", 1);
    scene_publish_by(2, scene.stamp, scene.stamp); /* the central's own key signs rules */
    cr_expect(strstr(scene.world.refused, "no key that may sign"), "said: %s", scene.world.refused);
    cr_expect_eq(scene_active(), 1);
}

/* A text signed for one purpose is none for another, though the key be right. */
Test(trust, a_manifest_is_no_timestamp)
{
    char *file = scene_bundle(1), *manifest, *signatures;

    scene_publish(1);
    world_sign(&scene.world, "demo", file, 9, scene.stamp, &manifest, &signatures);
    rulebook_vouch(scene.world.rulebook, manifest, strlen(manifest), signatures, strlen(signatures));
    scene_run();
    scene_expect_refused("format is \"loyald-manifest/1\"", 1);
    free(manifest);
    free(signatures);
    free(file);
}

Test(trust, rollback)
{
    struct timestamp old;
    char *text;

    scene_publish(5);
    old = scene.now;
    scene_publish(6);
    text = maker_timestamp(&old);
    scene_vouch_text(text, scene.stamp);
    scene_expect_refused("not above 2", 2);
    free(text);
    scene_publish(5); /* a newer timestamp that names older rules as the newest */
    scene_expect_refused("rules 6 were in force already", 2);
    cr_expect_eq(scene_active(), 6);
    world_restart(&scene.world, true);
    scene_publish(5);
    scene_expect_refused("rules 6 were in force already", 2);
    cr_expect_eq(scene_active(), 6);
}

Test(trust, mix_and_match)
{
    char *file = scene_bundle(7), *manifest, *signatures, *loose, *loose_signatures;

    scene_publish(6);
    world_sign(&scene.world, "demo", file, 8, scene.office, &loose, &loose_signatures);
    scene.world.file = file;
    scene.world.file_len = strlen(file);
    scene_offer(loose, loose_signatures); /* rightly signed, and in force nowhere */
    cr_expect(strstr(scene.world.refused, "names no version 8"), "said: %s", scene.world.refused);
    world_sign(&scene.world, "demo", file, 7, scene.office, &manifest, &signatures);
    scene_put_in_force(manifest, 7);
    scene.now.manifests[0].sha256[0] ^= 1; /* the same version of other content is vouched for */
    scene_vouch(scene.stamp);
    scene_offer(manifest, signatures);
    cr_expect(strstr(scene.world.refused, "names no version 7"), "said: %s", scene.world.refused);
    cr_expect_eq(scene_active(), 6);
    scene_put_in_force(manifest, 7);
    scene_vouch(scene.stamp);
    scene_offer(manifest, signatures);
    cr_expect_eq(scene_active(), 7);
    free(loose);
    free(loose_signatures);
    free(manifest);
    free(signatures);
    free(file);
}

Test(trust, swapped_file)
{
    char *file = scene_bundle(2), *other = scene_bundle(3), *manifest, *signatures;

    scene_publish(1);
    world_sign(&scene.world, "demo", file, 2, scene.office, &manifest, &signatures);
    scene_put_in_force(manifest, 2);
    scene_vouch(scene.stamp);
    scene.world.file = other; /* of the same length */
    scene.world.file_len = strlen(other);
    cr_assert_eq(strlen(file), strlen(other));
    scene_offer(manifest, signatures);
    cr_expect(strstr(scene.world.refused, "hash"), "said: %s", scene.world.refused);
    cr_expect_eq(scene_active(), 1);
    free(manifest);
    free(signatures);
    free(file);
    free(other);
}

Test(trust, truncated)
{
    char *text;

    scene_publish(1);
    scene.now.version++;
    text = maker_timestamp(&scene.now);
    for (size_t cut = strlen(text) - 1; cut > 0; cut -= cut > 40 ? 40 : cut) {
        text[cut] = '\0';
        scene_vouch_text(text, scene.stamp);
        scene_expect_refused("timestamp 0: timestamp: ", 1);
    }
    free(text);
    maker_add(&scene.root, ROOT_ROLE_RULES, scene.stranger);
    SERVE_ROOT(2, scene.a, scene.b);
    scene.world.roots[1][strlen(scene.world.roots[1]) - 1] = '\0';
    scene.now.version--;
    scene_vouch(scene.stamp);
    scene_expect_refused("root 0: root: ", 1);
    cr_expect_eq(scene_seen_int("root"), 1);
}

Test(trust, another_chain_s_documents_are_refused)
{
    scene_publish(1);
    (void)snprintf(scene.now.chain, sizeof scene.now.chain, "next");
    scene_vouch(scene.stamp);
    scene_expect_refused("it is of chain \"next\"", 1);
    (void)snprintf(scene.now.chain, sizeof scene.now.chain, "demo");
    (void)snprintf(scene.root.chain, sizeof scene.root.chain, "next");
    SERVE_ROOT(2, scene.a, scene.b);
    scene_vouch(scene.stamp);
    scene_expect_refused("it is of chain \"next\"", 1);
}
