/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include "agent/base/json.h"
#include "agent/db/journal.h"
#include "agent/till/rulebook_internal.h"

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

static char dir[64];

static void begin_on_disk(void)
{
    (void)snprintf(dir, sizeof dir, "/tmp/loyald-rulebook-XXXXXX");
    cr_assert_not_null(mkdtemp(dir));
    world_begin(&world, dir);
}

static void end_on_disk(void)
{
    char command[128];

    world_end(&world);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", dir);
    cr_expect_eq(system(command), 0);
}

TestSuite(rulebook_restarts, .init = begin_on_disk, .fini = end_on_disk);

/* A bundle that takes that many percent off everything. */
static char *bundle(int64_t version, int percent)
{
    char *text = malloc(1024);

    (void)snprintf(
        text, 1024,
        "{\"format\":\"loyald-bundle/1\",\"id\":\"main\",\"version\":%lld,\"currency\":\"RUB\",\"minor_digits\":2,"
        "\"layers\":[{\"id\":\"promo\",\"mode\":\"stack\"}],\"promotions\":[{\"id\":\"off\",\"title\":{\"en\":"
        "\"off\"},"
        "\"layer\":\"promo\",\"order\":1,\"reward\":{\"kind\":\"percent_off\",\"items\":{\"any\":true},\"percent_"
        "bp\":%d}}]}",
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
    const char *broken =
        "{\"format\":\"loyald-bundle/1\",\"id\":\"main\",\"version\":1,\"currency\":\"RUB\",\"minor_digits\":2,"
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

/* A till that was told so at its enrolment wants two keys. */
Test(rulebook, one_signature_of_two_is_refused)
{
    char *one = bundle(1, 10), *manifest, *signatures, *second_manifest, *second_signatures, both[2048];
    struct pk *second;

    cr_assert_eq(pk_generate(&second, NULL), ST_OK);
    world.identity.rules_threshold = 2;
    cr_assert_eq(pk_id(second, world.identity.rules_key_ids[world.identity.rules_key_count]), ST_OK);
    world.identity.rules_keys[world.identity.rules_key_count++] = second; /* taken */
    world_sign(&world, "demo", one, 1, world.office, &manifest, &signatures);
    world_sign(&world, "demo", one, 1, second, &second_manifest, &second_signatures);
    cr_assert_str_eq(manifest, second_manifest, "both sign one text");
    world.file = one;
    world.file_len = strlen(one);
    world_offer(&world, manifest, signatures);
    cr_expect(strstr(world.refused, "1 of the 2 keys"), "%s", world.refused);
    (void)snprintf(both, sizeof both, "%.*s,%s", (int)strlen(signatures) - 1, signatures, signatures + 1);
    world_offer(&world, manifest, both);
    cr_expect_eq(rule_edition_version(rulebook_active(world.rulebook)), 0, "twice by one key");
    (void)snprintf(both, sizeof both, "%.*s,%s", (int)strlen(signatures) - 1, signatures, second_signatures + 1);
    world_offer(&world, manifest, both);
    cr_expect_eq(rule_edition_version(rulebook_active(world.rulebook)), 1);
    free(manifest);
    free(signatures);
    free(second_manifest);
    free(second_signatures);
    free(one);
}

/* ---- on trial ---- */

struct search {
    const char *type, *text;
    int found;
};

static bool look(void *context, const struct journal_entry *entry)
{
    struct search *search = context;

    search->found += strcmp(entry->type, search->type) == 0 &&
                     memmem(entry->bytes, entry->len, search->text, strlen(search->text)) != NULL;
    return true;
}

static int records_with(const char *type, const char *text)
{
    struct search search = {type, text, 0};

    cr_assert_eq(journal_each(world.journal, 1, look, &search, NULL), ST_OK);
    return search.found;
}

static int64_t active(void)
{
    return rule_edition_version(rulebook_active(world.rulebook));
}

static void offer_version(int64_t version)
{
    char *text = bundle(version, (int)version * 10);

    offer(text, text, "demo", version, world.office);
    free(text);
}

Test(rulebook, new_rules_are_healthy_when_they_worked)
{
    char sale[16];

    offer_version(1);
    cr_expect_eq(records_with("bundle_activated", "\"version\":1,"), 1);
    cr_expect_eq(records_with("bundle_activated", "\"healthy\":true"), 1, "with nothing before there is no trial");
    offer_version(2);
    cr_expect_eq(records_with("bundle_activated", "\"healthy\":false"), 1);
    for (int i = 0; i < 20; i++) {
        (void)snprintf(sale, sizeof sale, "b%d", i);
        cr_expect_eq(records_with("bundle_activated", "\"healthy\":true"), 1);
        (void)total_of_new_sale(sale);
        cr_assert_eq(world_do(&world, "void", sale, "{}", NULL), PROBLEM_NONE);
    }
    rulebook_settle(world.rulebook);
    cr_expect_eq(records_with("bundle_activated", "\"healthy\":true"), 2);
    rulebook_tried(world.rulebook, rulebook_active(world.rulebook), false);
    rulebook_settle(world.rulebook);
    cr_expect_eq(active(), 2, "what is proven stays: a fault now is of the basket or the machine");
}

Test(rulebook, quiet_till_confirms_new_rules_by_time)
{
    offer_version(1);
    offer_version(2);
    world.time.mono_ms += 30 * 60 * 1000;
    rulebook_settle(world.rulebook);
    cr_expect_eq(records_with("bundle_activated", "\"healthy\":true"), 2);
}

Test(rulebook_restarts, rules_that_cannot_be_applied_give_way_to_those_before)
{
    offer_version(1);
    offer_version(2);
    cr_expect_eq(total_of_new_sale("A"), 8000);
    rulebook_tried(world.rulebook, rulebook_active(world.rulebook), false);
    cr_assert_eq(world_do(&world, "tender", "A", "{}", NULL), PROBLEM_NONE);
    rulebook_settle(world.rulebook);
    cr_expect_eq(active(), 2, "not while somebody pays");
    cr_assert_eq(world_do(&world, "void", "A", "{}", NULL), PROBLEM_NONE);
    rulebook_settle(world.rulebook);
    cr_expect_eq(active(), 1);
    cr_expect_eq(total_of_new_sale("B"), 9000);
    cr_expect_eq(records_with("bundle_refused", "\"rolled_back\":true"), 1);
    world_restart(&world, false);
    cr_expect_eq(active(), 1);
    offer_version(2);
    cr_expect_eq(active(), 1, "not taken again");
    cr_expect_eq(records_with("bundle_refused", "\"version\":2,"), 1, "said once");
    offer_version(3);
    cr_expect_eq(active(), 3);
}

Test(rulebook_restarts, rules_under_which_the_agent_keeps_ending_give_way)
{
    offer_version(1);
    offer_version(2);
    for (int start = 1; start <= 5; start++) {
        world_restart(&world, false);
        rulebook_settle(world.rulebook);
        cr_expect_eq(active(), 2, "started anew by hand");
    }
    for (int start = 1; start <= 3; start++) {
        cr_expect_eq(active(), 2);
        world.rulebook->options.boot_id = NULL; /* killed: it does not end in order */
        world_restart(&world, false);
    }
    rulebook_settle(world.rulebook);
    cr_expect_eq(active(), 1);
    cr_expect_eq(records_with("bundle_refused", "had to start 3 times"), 1);
    world_restart(&world, false);
    rulebook_settle(world.rulebook);
    cr_expect_eq(active(), 1);
}
