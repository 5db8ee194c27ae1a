/* SPDX-License-Identifier: Apache-2.0 */
#include "peers.h"
#include "sync/client/identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>

static struct scratch scratch;
static struct party ca, till, other;
static struct identity identity;

static void setup(void)
{
    scratch_make(&scratch);
    party_make(&ca, "Test CA", NULL, false, -3600, 86400);
    party_make(&till, TEST_DEV, &ca, false, -3600, 86400);
    party_make(&other, TEST_DEV, &ca, false, -3600, 43200);
}

static void teardown(void)
{
    identity_close(&identity);
    party_free(&ca);
    party_free(&till);
    party_free(&other);
    scratch_remove(&scratch);
}

TestSuite(identity, .init = setup, .fini = teardown);

static enum status open_identity(void)
{
    struct errmsg err = ERRMSG_INIT;

    identity_close(&identity);
    return identity_open(&identity, scratch.state, "", &err);
}

Test(identity, an_empty_directory_is_not_enrolled)
{
    cr_assert_eq(open_identity(), ST_OK);
    cr_expect_not(identity_is_enrolled(&identity));
    cr_expect_str_eq(identity.dev, "");
}

Test(identity, keeps_what_it_is_given_over_a_restart)
{
    char path[256];
    struct stat st;
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(open_identity(), ST_OK);
    cr_assert_eq(identity_replace(&identity, till.key_pem, till.pem, ca.pem, TEST_DEV, &err), ST_OK, "%s", err.text);
    cr_assert_eq(open_identity(), ST_OK);
    cr_assert(identity_is_enrolled(&identity));
    cr_expect_str_eq(identity.dev, TEST_DEV);
    cr_expect_str_eq(identity.key_pem, till.key_pem);
    cr_expect_str_eq(identity.ca_pem, ca.pem);
    cr_expect_gt(identity.not_after_unix_s, 0);
    snprintf(path, sizeof path, "%s/key.pem", scratch.state);
    cr_assert_eq(stat(path, &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0600);
    snprintf(path, sizeof path, "%s/pending.json", scratch.state);
    cr_expect_neq(access(path, F_OK), 0);
}

Test(identity, refuses_a_certificate_of_another_key_or_till_and_stays_as_it_was)
{
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(open_identity(), ST_OK);
    cr_assert_eq(identity_replace(&identity, till.key_pem, till.pem, ca.pem, TEST_DEV, &err), ST_OK);
    cr_expect_eq(identity_replace(&identity, till.key_pem, other.pem, ca.pem, TEST_DEV, &err), ST_DENIED);
    cr_expect(strstr(err.text, "another key"), "%s", err.text);
    cr_expect_eq(identity_replace(&identity, other.key_pem, other.pem, ca.pem, "ffffffffffffffff", &err), ST_DENIED);
    cr_expect_eq(identity_replace(&identity, other.key_pem, other.pem, "no PEM", TEST_DEV, &err), ST_INVALID);
    cr_expect_eq(identity_replace(&identity, other.key_pem, ca.pem, ca.pem, TEST_DEV, &err), ST_INVALID);
    cr_expect_str_eq(identity.cert_pem, till.pem);
    cr_assert_eq(open_identity(), ST_OK);
    cr_expect_str_eq(identity.cert_pem, till.pem);
}

static void write_pending(const struct party *party)
{
    struct identity made = {0};
    char *escaped = malloc(64 * 1024), *at = escaped;
    const char *texts[] = {party->key_pem, party->pem, ca.pem}, *names[] = {"key", "certificate", "ca"}, *c;
    int i;

    (void)made;
    at += sprintf(at, "{");
    for (i = 0; i < 3; i++) {
        at += sprintf(at, "%s\"%s\":\"", i ? "," : "", names[i]);
        for (c = texts[i]; *c; c++)
            at += *c == '\n' ? sprintf(at, "\\n") : sprintf(at, "%c", *c);
        at += sprintf(at, "\"");
    }
    sprintf(at, "}");
    write_text(scratch.state, "pending.json", escaped);
    free(escaped);
}

/* The power cut, after each of the steps: what is on disk then is the whole old set, or the new one is finished. */
Test(identity, a_power_cut_between_the_files_is_finished_at_the_next_start)
{
    int files;
    char *pending;

    for (files = 0; files <= 3; files++) {
        scratch_enrol(&scratch, &till, &ca);
        write_pending(&other);
        if (files >= 2)
            write_text(scratch.state, "key.pem", other.key_pem);
        if (files >= 3)
            write_text(scratch.state, "cert.pem", other.pem);
        cr_assert_eq(open_identity(), ST_OK);
        cr_assert(identity_is_enrolled(&identity), "after %d files", files);
        cr_expect_str_eq(identity.cert_pem, other.pem);
        cr_expect_str_eq(identity.key_pem, other.key_pem);
        pending = read_text(scratch.state, "pending.json");
        cr_expect_null(pending);
        free(pending);
    }
}

Test(identity, a_damaged_pending_file_leaves_the_old_set)
{
    scratch_enrol(&scratch, &till, &ca);
    write_text(scratch.state, "pending.json", "{\"key\":\"x\",\"certificate\":\"y\",\"ca\":\"z\"}");
    cr_assert_eq(open_identity(), ST_OK);
    cr_assert(identity_is_enrolled(&identity));
    cr_expect_str_eq(identity.cert_pem, till.pem);
    write_text(scratch.state, "pending.json", "half a fi");
    cr_assert_eq(open_identity(), ST_OK);
    cr_expect(identity_is_enrolled(&identity));
}

Test(identity, files_that_do_not_fit_count_as_not_enrolled)
{
    scratch_enrol(&scratch, &till, &ca);
    write_text(scratch.state, "key.pem", other.key_pem);
    cr_assert_eq(open_identity(), ST_OK);
    cr_expect_not(identity_is_enrolled(&identity));
    write_text(scratch.state, "key.pem", "garbage");
    cr_assert_eq(open_identity(), ST_OK);
    cr_expect_not(identity_is_enrolled(&identity));
    write_text(scratch.state, "cert.pem", "");
    cr_assert_eq(open_identity(), ST_OK);
    cr_expect_not(identity_is_enrolled(&identity));
}

Test(identity, a_disk_that_takes_nothing_leaves_the_old_set)
{
    struct errmsg err = ERRMSG_INIT;
    char moved[128];

    cr_assert_eq(open_identity(), ST_OK);
    cr_assert_eq(identity_replace(&identity, till.key_pem, till.pem, ca.pem, TEST_DEV, &err), ST_OK);
    snprintf(moved, sizeof moved, "%s/moved", scratch.dir);
    cr_assert_eq(rename(scratch.state, moved), 0); /* works for root as well, who may write anywhere */
    cr_expect_neq(identity_replace(&identity, other.key_pem, other.pem, ca.pem, TEST_DEV, &err), ST_OK);
    cr_expect(strstr(err.text, "keeping the till's certificate"), "%s", err.text);
    cr_expect_str_eq(identity.cert_pem, till.pem);
    cr_assert_eq(rename(moved, scratch.state), 0);
}

Test(identity, a_ca_file_that_is_not_there_is_said)
{
    struct errmsg err = ERRMSG_INIT;

    cr_expect_eq(identity_open(&identity, scratch.state, scratch.ca_file, &err), ST_NOT_FOUND);
    cr_expect(strstr(err.text, "ca_file"), "%s", err.text);
    cr_expect(strstr(err.text, scratch.ca_file), "%s", err.text);
}
