/* SPDX-License-Identifier: Apache-2.0 */
/* Roots and timestamps that are old, and clocks that are wrong. */
#include "trust_scene.h"

#include "tests/support/root_maker.h"

#include <criterion/criterion.h>

#include <stdlib.h>

/* The central is kept from speaking, or says the same for ever: the till goes on, and says so. */
Test(trust, freeze)
{
    char *text;

    scene_publish(1);
    cr_expect_not(trust_is_stale(scene_trust()));
    scene.world.time.wall_ms += 7 * DAY_MS - 1;
    cr_expect_not(trust_is_stale(scene_trust()));
    cr_expect_eq(scene_seen_int("days_left"), 0);
    scene.world.time.wall_ms++;
    cr_expect(trust_is_stale(scene_trust()));
    text = maker_timestamp(&scene.now);
    scene_vouch_text(text, scene.stamp); /* the same again */
    cr_expect(trust_is_stale(scene_trust()));
    free(text);
    cr_assert_eq(world_do(&scene.world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_expect_eq(world_int(&scene.world, "s1", "total_minor"), 9900, "promotions go on");
    scene.now.version++; /* one that was held back on its way */
    text = maker_timestamp(&scene.now);
    scene_vouch_text(text, scene.stamp);
    scene_expect_refused("it has expired", 1);
    free(text);
    scene.now.version--;
    scene_vouch(scene.stamp);
    cr_expect_not(trust_is_stale(scene_trust()));
}

Test(trust, the_office_bounds_how_long_a_timestamp_holds)
{
    char *text;

    scene_publish(1);
    scene.now.version++;
    scene.now.expires_unix_ms =
        scene.now.signed_unix_ms + 3650 * DAY_MS; /* a stolen key of the central says ten years */
    text = maker_timestamp(&scene.now);
    scene_vouch_text(text, scene.stamp);
    free(text);
    cr_expect_eq(scene_seen_int("timestamp"), 2);
    scene.world.time.wall_ms += 7 * DAY_MS;
    cr_expect(trust_is_stale(scene_trust()));
}

Test(trust, a_clock_set_back_makes_nothing_fresh)
{
    scene_publish(1);
    scene.world.time.wall_ms += 8 * DAY_MS;
    cr_assert_eq(world_do(&scene.world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&scene.world, "tender", "s1", "{}", NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&scene.world, "commit", "s1", "{}", NULL), PROBLEM_NONE);
    cr_expect(trust_is_stale(scene_trust()));
    scene.world.time.wall_ms -= 5 * DAY_MS;
    cr_expect(trust_is_stale(scene_trust()), "the last record was later");
    world_restart(&scene.world, false);
    cr_expect(trust_is_stale(scene_trust()));
    trust_heard_time(scene_trust(), scene.world.time.wall_ms, scene.world.time.mono_ms);
    cr_expect_not(trust_is_stale(scene_trust()), "the central says what time it is");
    scene.world.time.mono_ms += 8 * DAY_MS;
    cr_expect(trust_is_stale(scene_trust()));
}

Test(trust, a_wall_clock_before_the_last_signature_is_wrong)
{
    scene_publish(1);
    scene.world.time.wall_ms -= 3650 * DAY_MS;
    cr_expect_eq(trust_wall_ms(scene_trust()), scene.now.signed_unix_ms);
    cr_expect_not(trust_is_stale(scene_trust()));
}

Test(trust, expired_root)
{
    scene_publish(1);
    scene.world.time.wall_ms = scene.root.expires_unix_ms;
    scene_publish(2);
    scene_expect_refused("root 1 has expired", 1);
    cr_expect_eq(scene_active(), 1);
    scene.root.expires_unix_ms = scene.world.time.wall_ms + 365 * DAY_MS; /* the office signs the next */
    SERVE_ROOT(2, scene.a, scene.c);
    scene_publish(2);
    cr_expect_eq(scene_seen_int("root"), 2);
    cr_expect_eq(scene_active(), 2);
}
