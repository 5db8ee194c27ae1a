/* SPDX-License-Identifier: Apache-2.0 */
#include "peers.h"
#include "sync/client/identity.h"
#include "sync/client/vault.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <criterion/criterion.h>

#include "agent/base/file.h"

static struct scratch scratch;
static char path[PATH_MAX];

static void give_key(const char *secret)
{
    write_text(scratch.state, "storage-key", secret);
    setenv("CREDENTIALS_DIRECTORY", scratch.state, 1);
}

static void take_key(void)
{
    unsetenv("CREDENTIALS_DIRECTORY");
}

static void setup(void)
{
    scratch_make(&scratch);
    snprintf(path, sizeof path, "%s/key.pem", scratch.state);
    take_key();
}

static void teardown(void)
{
    char credential[PATH_MAX];

    take_key();
    snprintf(credential, sizeof credential, "%s/storage-key", scratch.state);
    (void)remove(credential); /* where one was given */
    scratch_remove(&scratch);
}

TestSuite(vault, .init = setup, .fini = teardown);

#define SECRET_A "0123456789abcdef0123456789abcdef"
#define SECRET_B "fedcba9876543210fedcba9876543210"

static bool disk_has(const char *text)
{
    char *bytes = NULL;
    size_t len;
    struct errmsg err = ERRMSG_INIT;
    bool has;

    cr_assert_eq(file_read(path, 1000, &bytes, &len, &err), ST_OK, "%s", err.text);
    has = memmem(bytes, len, text, strlen(text)) != NULL;
    free(bytes);
    return has;
}

static void expect_read(const char *text)
{
    char *read = NULL;
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(vault_read(path, 1000, &read, &err), ST_OK, "%s", err.text);
    cr_expect_str_eq(read, text);
    free(read);
}

static void expect_refused(enum status wanted, const char *words)
{
    char *read = NULL;
    struct errmsg err = ERRMSG_INIT;

    cr_expect_eq(vault_read(path, 1000, &read, &err), wanted);
    cr_expect_null(read);
    cr_expect(strstr(err.text, words), "%s", err.text);
}

static void keep(const char *text)
{
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(vault_write(path, text, &err), ST_OK, "%s", err.text);
}

Test(vault, without_a_key_a_file_is_plain_and_its_owner_s)
{
    struct stat st;

    keep("a private key");
    cr_expect(disk_has("a private key"));
    cr_assert_eq(stat(path, &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0600);
    expect_read("a private key");
}

Test(vault, with_a_key_nothing_of_it_is_on_the_disk)
{
    give_key(SECRET_A);
    keep("a private key");
    cr_expect_not(disk_has("private"));
    expect_read("a private key");
    keep("");
    expect_read("");
}

Test(vault, a_plain_file_is_sealed_when_a_key_comes)
{
    keep("a private key");
    give_key(SECRET_A);
    expect_read("a private key");
    cr_expect_not(disk_has("private"));
    expect_read("a private key");
}

Test(vault, a_sealed_file_wants_its_own_key_and_name)
{
    char other[PATH_MAX], *read = NULL;
    struct errmsg err = ERRMSG_INIT;

    give_key(SECRET_A);
    keep("a private key");
    take_key();
    expect_refused(ST_DENIED, "was not given");
    give_key(SECRET_B);
    expect_refused(ST_DENIED, "another storage-key");
    give_key(SECRET_A);
    snprintf(other, sizeof other, "%s/pending.json", scratch.state);
    cr_assert_eq(rename(path, other), 0);
    cr_expect_eq(vault_read(other, 1000, &read, &err), ST_DENIED);
}

Test(vault, a_damaged_file_is_refused_wherever_it_is_cut_or_changed)
{
    char *bytes = NULL, *read = NULL;
    size_t len;
    struct errmsg err = ERRMSG_INIT;

    give_key(SECRET_A);
    keep("a private key");
    cr_assert_eq(file_read(path, 1000, &bytes, &len, &err), ST_OK);
    for (size_t cut = strlen(VAULT_MARK); cut < len; cut++) {
        cr_assert_eq(file_write(path, bytes, cut, 0600, &err), ST_OK);
        cr_expect_eq(vault_read(path, 1000, &read, &err), ST_DENIED, "cut at %zu", cut);
        bytes[cut] ^= 1;
        cr_assert_eq(file_write(path, bytes, len, 0600, &err), ST_OK);
        cr_expect_eq(vault_read(path, 1000, &read, &err), ST_DENIED, "changed at %zu", cut);
        bytes[cut] ^= 1;
    }
    free(bytes);
}

Test(vault, too_short_a_key_is_none_and_changes_nothing)
{
    struct errmsg err = ERRMSG_INIT;

    keep("a private key");
    give_key("short");
    expect_refused(ST_INVALID, "are no key");
    cr_expect_eq(vault_write(path, "another", &err), ST_INVALID);
    take_key();
    expect_read("a private key");
}

Test(vault, an_identity_lives_in_it)
{
    struct party ca, till;
    struct identity identity = {0};
    struct errmsg err = ERRMSG_INIT;

    party_make(&ca, "Test CA", NULL, false, -3600, 86400);
    party_make(&till, TEST_DEV, &ca, false, -3600, 86400);
    give_key(SECRET_A);
    cr_assert_eq(identity_open(&identity, scratch.state, "", &err), ST_OK, "%s", err.text);
    cr_assert_eq(identity_replace(&identity, till.key_pem, till.pem, ca.pem, TEST_DEV, &err), ST_OK, "%s", err.text);
    cr_expect_not(disk_has("PRIVATE KEY"));
    identity_close(&identity);
    cr_assert_eq(identity_open(&identity, scratch.state, "", &err), ST_OK, "%s", err.text);
    cr_expect_str_eq(identity.key_pem, till.key_pem);
    identity_close(&identity);
    take_key();
    cr_expect_eq(identity_open(&identity, scratch.state, "", &err), ST_DENIED);
    party_free(&ca);
    party_free(&till);
}
