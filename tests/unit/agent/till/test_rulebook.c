/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include "agent/base/json.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct world world;

static void begin(void)
{
    world_begin(&world, NULL);
}

static void end(void)
{
    world_end(&world);
}

TestSuite(rulebook, .init = begin, .fini = end);

/* A bundle that takes that many percent off everything. */
static char *bundle(int64_t version, int percent)
{
    char *text = malloc(1024);

    (void)snprintf(text, 1024,
                   "{\"format\":\"loyald-bundle/1\",\"id\":\"main\",\"version\":%lld,\"currency\":\"RUB\",\"minor_digits\":2,"
                   "\"layers\":[{\"id\":\"promo\",\"mode\":\"stack\"}],\"promotions\":[{\"id\":\"off\",\"title\":{\"en\":\"off\"},"
                   "\"layer\":\"promo\",\"order\":1,\"reward\":{\"kind\":\"percent_off\",\"items\":{\"any\":true},\"percent_bp\":%d}}]}",
                   (long long)version, percent * 100);
    return text;
}

/* Offers a bundle signed by key for chain, its file served as file. */
static void offer(const char *text, const char *file, const char *chain, int64_t version, const struct pk *key)
{
    char *manifest, *signatures;

    world_sign(&world, chain, text, version, key, &manifest, &signatures);
    world.file = file;
    world.file_len = strlen(file);
    world_offer(&world, manifest, signatures);
    free(manifest);
    free(signatures);
}

static int64_t total_of_new_sale(const char *id)
{
    cr_assert_eq(world_do(&world, "put", id, WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    return world_int(&world, id, "total_minor");
}

Test(rulebook, new_rules_serve_the_next_sale)
{
    char *one = bundle(1, 10), *two = bundle(2, 20);

    world_rules(&world, one, 1);
    cr_expect_eq(total_of_new_sale("s1"), 9000);
    world_rules(&world, two, 2);
    cr_expect_eq(total_of_new_sale("s1"), 9000, "a sale keeps the rules it started with");
    cr_expect_eq(total_of_new_sale("s2"), 8000);
    cr_expect_eq(world_count(&world, "bundle_activated"), 2);
    free(one);
    free(two);
}

Test(rulebook, wrong_signature_is_refused_and_the_old_rules_stay)
{
    char *one = bundle(1, 10), *two = bundle(2, 20);
    struct pk *stranger = NULL;

    world_rules(&world, one, 1);
    cr_assert_eq(pk_generate(&stranger, NULL), ST_OK);
    offer(two, two, "demo", 2, stranger);
    cr_expect(strstr(world.refused, "no key that may sign"), "said: %s", world.refused);
    cr_expect_eq(total_of_new_sale("s1"), 9000);
    cr_expect_eq(world_count(&world, "bundle_refused"), 1);
    cr_expect(world_was_told(&world, "L-802"));
    /* The same version, rightly signed, is taken after that. */
    world_rules(&world, two, 2);
    cr_expect_eq(total_of_new_sale("s2"), 8000);
    pk_destroy(stranger);
    free(one);
    free(two);
}

Test(rulebook, signature_over_another_text_is_refused)
{
    char *one = bundle(1, 10), *manifest, *signatures, *digit;

    world_sign(&world, "demo", one, 1, world.office, &manifest, &signatures);
    digit = strstr(manifest, "2026");
    *digit = '3';
    world_offer(&world, manifest, signatures);
    cr_expect(strstr(world.refused, "does not fit"), "said: %s", world.refused);
    free(manifest);
    free(signatures);
    free(one);
}

Test(rulebook, older_version_is_refused)
{
    char *five = bundle(5, 10), *four = bundle(4, 50);

    world_rules(&world, five, 5);
    offer(four, four, "demo", 4, world.office);
    cr_expect(strstr(world.refused, "older"), "said: %s", world.refused);
    cr_expect_eq(total_of_new_sale("s1"), 9000);
    free(five);
    free(four);
}

Test(rulebook, other_content_under_the_same_version_is_refused)
{
    char *one = bundle(1, 10), *other = bundle(1, 90);

    world_rules(&world, one, 1);
    offer(other, other, "demo", 1, world.office);
    cr_expect(strstr(world.refused, "other content"), "said: %s", world.refused);
    cr_expect_eq(total_of_new_sale("s1"), 9000);
    free(one);
    free(other);
}

Test(rulebook, rules_of_another_chain_are_refused)
{
    char *one = bundle(1, 10);

    offer(one, one, "rival", 1, world.office);
    cr_expect(strstr(world.refused, "rival"), "said: %s", world.refused);
    cr_expect_eq(total_of_new_sale("s1"), 10000);
    free(one);
}

Test(rulebook, another_file_than_signed_is_refused)
{
    char *one = bundle(1, 10), *swapped = bundle(1, 90);

    offer(one, swapped, "demo", 1, world.office);
    cr_expect_str_neq(world.refused, "");
    cr_expect_eq(total_of_new_sale("s1"), 10000);
    free(one);
    free(swapped);
}

Test(rulebook, bundle_with_faults_is_refused_with_the_place)
{
    const char *broken = "{\"format\":\"loyald-bundle/1\",\"id\":\"main\",\"version\":1,\"currency\":\"RUB\",\"minor_digits\":2,"
                         "\"layers\":[{\"id\":\"a\",\"mode\":\"stack\"}],\"promotions\":[{\"id\":\"x\",\"layer\":\"none\"}]}";

    offer(broken, broken, "demo", 1, world.office);
    cr_expect(strstr(world.refused, "/promotions/0"), "said: %s", world.refused);
}

Test(rulebook, manifest_and_bundle_must_agree_on_the_version)
{
    char *three = bundle(3, 10);

    offer(three, three, "demo", 4, world.office);
    cr_expect(strstr(world.refused, "version 3"), "said: %s", world.refused);
    free(three);
}

Test(rulebook, switch_waits_for_the_sale_in_tender)
{
    char *one = bundle(1, 10), *two = bundle(2, 20);

    world_rules(&world, one, 1);
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "tender", "s1", NULL, NULL), PROBLEM_NONE);
    world_rules(&world, two, 2);
    cr_expect_eq(rule_edition_version(rulebook_active(world.rulebook)), 1);
    cr_assert_eq(world_do(&world, "commit", "s1", "{\"expected_total_minor\":9000}", NULL), PROBLEM_NONE);
    cr_expect_eq(total_of_new_sale("s2"), 8000);
    free(one);
    free(two);
}

Test(rulebook, nonsense_is_refused_in_words)
{
    world_offer(&world, "{\"format\":\"loyald-manifest/9\"}", "[]");
    cr_expect(strstr(world.refused, "loyald-manifest/1"), "said: %s", world.refused);
    world_offer(&world, "not json", "[]");
    cr_expect_str_neq(world.refused, "");
}
