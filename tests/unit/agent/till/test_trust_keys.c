/* SPDX-License-Identifier: Apache-2.0 */
/* The office's keys change: roots that follow one another. */
#include "trust_scene.h"

#include "agent/base/json.h"
#include "tests/support/root_maker.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

/* One comes back after months: every key of the office and of the central is another one by now. */
Test(trust, key_rotation_twice_while_offline)
{
    struct pk *d = scene_key(), *e = scene_key(), *f = scene_key(), *office_2 = scene_key(), *stamp_2 = scene_key();

    scene_publish(1);
    maker_drop(&scene.root, ROOT_ROLE_ROOT, scene.a);
    maker_add(&scene.root, ROOT_ROLE_ROOT, d);
    maker_drop(&scene.root, ROOT_ROLE_RULES, scene.office);
    maker_add(&scene.root, ROOT_ROLE_RULES, office_2);
    SERVE_ROOT(2, scene.a, scene.b, scene.c, d);
    maker_drop(&scene.root, ROOT_ROLE_ROOT, scene.b);
    maker_drop(&scene.root, ROOT_ROLE_ROOT, scene.c);
    maker_add(&scene.root, ROOT_ROLE_ROOT, e);
    maker_add(&scene.root, ROOT_ROLE_ROOT, f);
    maker_drop(&scene.root, ROOT_ROLE_TIMESTAMP, scene.stamp);
    maker_add(&scene.root, ROOT_ROLE_TIMESTAMP, stamp_2);
    SERVE_ROOT(3, scene.b, d, e);
    scene.world.time.wall_ms += 120 * DAY_MS;
    scene_publish_by(9, office_2, stamp_2);
    cr_expect_eq(scene_seen_int("root"), 3);
    cr_expect_eq(scene_active(), 9);
    scene_publish_by(10, scene.office, stamp_2);
    cr_expect_eq(scene_active(), 9, "a key that was taken out signs nothing any more");
    SERVE_ROOT(4, scene.b, scene.c, e);
    scene.now.version += 100;
    scene_vouch(stamp_2);
    cr_expect_eq(scene_seen_int("root"), 3, "nor do the old keys of the root");
    pk_destroy(d);
    pk_destroy(e);
    pk_destroy(f);
    pk_destroy(office_2);
    pk_destroy(stamp_2);
}

/* Whoever can speak for the central may make a root of keys of his own: those of the one before must have signed it. */
Test(trust, a_root_wants_the_keys_before_it_and_its_own)
{
    struct pk *d = scene_key(), *e = scene_key();

    scene_publish(1);
    maker_drop(&scene.root, ROOT_ROLE_ROOT, scene.a);
    maker_drop(&scene.root, ROOT_ROLE_ROOT, scene.b);
    maker_add(&scene.root, ROOT_ROLE_ROOT, d);
    maker_add(&scene.root, ROOT_ROLE_ROOT, e);
    SERVE_ROOT(2, d, e);
    scene_vouch(scene.stamp);
    scene_expect_refused("root 2: it is signed by no key", 1);
    SERVE_ROOT(2, d, e, scene.c); /* the one that stays */
    scene_vouch(scene.stamp);
    scene_expect_refused("root 2: 1 of the 2 keys", 1);
    SERVE_ROOT(2, scene.a, scene.b);
    scene_vouch(scene.stamp);
    scene_expect_refused("root 2: it is signed by no key", 1);
    cr_expect_eq(scene_seen_int("root"), 1);
    SERVE_ROOT(2, scene.a, scene.b, d, e);
    scene_vouch(scene.stamp);
    cr_expect_eq(scene_seen_int("root"), 2);
    pk_destroy(d);
    pk_destroy(e);
}

Test(trust, a_root_cannot_be_left_out)
{
    scene_publish(1);
    maker_add(&scene.root, ROOT_ROLE_RULES, scene.stranger);
    SERVE_ROOT(2, scene.a, scene.b);
    free(scene.world.roots[1]);
    free(scene.world.root_signatures[1]);
    SERVE_ROOT(3, scene.a, scene.b);
    scene.world.roots[1] = strdup(scene.world.roots[2]); /* root 3 in the place of root 2 */
    scene.world.root_signatures[1] = strdup(scene.world.root_signatures[2]);
    scene_vouch(scene.stamp);
    scene_expect_refused("asked for was 2", 1);
    cr_expect_eq(scene_seen_int("root"), 1);
}

/* A stolen key of rules signed the highest version there can be, and a stolen one of the central vouched for it. */
Test(trust, fast_forward)
{
    struct pk *office_2 = scene_key(), *stamp_2 = scene_key();

    scene_publish(1);
    scene.now.version = JSON_INT_MAX - 1;
    scene_publish(JSON_INT_MAX);
    cr_assert_eq(scene_active(), JSON_INT_MAX);
    maker_drop(&scene.root, ROOT_ROLE_RULES, scene.office);
    maker_add(&scene.root, ROOT_ROLE_RULES, office_2);
    maker_drop(&scene.root, ROOT_ROLE_TIMESTAMP, scene.stamp);
    maker_add(&scene.root, ROOT_ROLE_TIMESTAMP, stamp_2);
    SERVE_ROOT(2, scene.a, scene.b);
    scene.now.version = 3;
    scene_vouch(scene.stamp); /* by the key that was dropped: the root is taken, and the power goes */
    cr_expect_eq(scene_seen_int("root"), 2);
    world_restart(&scene.world, false);
    scene_publish_by(2, office_2, stamp_2);
    cr_expect_eq(scene_seen_int("timestamp"), 5);
    cr_expect_eq(scene_active(), 2, "%s", scene.world.refused);
    pk_destroy(office_2);
    pk_destroy(stamp_2);
}

/* A key more takes nothing back: what was in force stays the least that is taken. */
Test(trust, a_key_that_joins_resets_nothing)
{
    scene_publish(5);
    maker_add(&scene.root, ROOT_ROLE_RULES, scene.stranger);
    SERVE_ROOT(2, scene.a, scene.b);
    scene_publish_by(4, scene.stranger, scene.stamp);
    scene_expect_refused("rules 5 were in force already", 1);
    cr_expect_eq(scene_seen_int("root"), 2);
    scene_publish_by(6, scene.stranger, scene.stamp);
    cr_expect_eq(scene_active(), 6);
}

Test(trust, a_root_that_cannot_be_had_now_is_asked_for_again)
{
    char *text = scene.world.roots[0];

    scene.world.roots[0] = NULL;
    scene_publish(1);
    cr_expect_eq(scene_active(), 0);
    cr_expect(trust_is_busy(scene_trust()));
    scene.world.roots[0] = text;
    trust_resume(scene_trust());
    scene_run();
    cr_expect_eq(scene_seen_int("root"), 1);
}
