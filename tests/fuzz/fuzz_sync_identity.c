/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What loyald-sync finds in its state directory when it starts. The first byte says which file the rest is: 'p' a set
 * that was not finished, 'u' one that was not proved, 'k' 'c' 'a' key, certificate and authorities, 's' a key file on
 * a machine that seals. It starts, enrolled or not, never with half of each, and the second start finds what the
 * first left; a key that cannot be opened stays as it is.
 */
#include "sync/client/identity.h"
#include "sync/client/vault.h"
#include "tests/fuzz/till_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { INPUT_BYTES_MAX = 32 * 1024, EXPANDED_BYTES_MAX = 60 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_same(const struct identity *a, const struct identity *b)
{
    return is_same_text(a->key_pem, b->key_pem) && is_same_text(a->cert_pem, b->cert_pem) &&
           is_same_text(a->ca_pem, b->ca_pem) && is_same_text(a->next_key_pem, b->next_key_pem) &&
           is_same_text(a->next_cert_pem, b->next_cert_pem) && is_same_text(a->next_ca_pem, b->next_ca_pem) &&
           strcmp(a->dev, b->dev) == 0 && strcmp(a->ca_id, b->ca_id) == 0;
}

static void expect_file(const char *name, const char *text)
{
    char *found = till_set_read(name);

    must(found && strcmp(found, text) == 0);
    free(found);
}

/* All three of the one set or of the other. */
static void look_at(const struct identity *identity, char what)
{
    bool is_old = is_same_text(identity->cert_pem, till_set_text(PIECE_OLD_CERT));
    char *pending = till_set_read("pending.json");

    must(!pending);
    must(!identity->key_pem == !identity->cert_pem && !identity->ca_pem == !identity->cert_pem);
    must(!identity->next_key_pem == !identity->next_cert_pem && !identity->next_ca_pem == !identity->next_cert_pem);
    if (what == 'p')
        must(identity->cert_pem); /* the old set or the new one */
    if (is_old && what != 'k')    /* where the key file may say more than the key */
        must(is_same_text(identity->key_pem, till_set_text(PIECE_OLD_KEY)));
    if (identity->cert_pem && what != 'c' && what != 'k' && what != 'a') {
        expect_file("key.pem", identity->key_pem);
        expect_file("cert.pem", identity->cert_pem);
        expect_file("ca.pem", identity->ca_pem);
    }
}

static void start_twice(char what)
{
    struct identity first, second;
    uint64_t left;

    must(identity_open(&first, till_set_dir(), "", NULL) == ST_OK);
    look_at(&first, what);
    left = till_set_digest();
    must(identity_open(&second, till_set_dir(), "", NULL) == ST_OK);
    must(is_same(&first, &second) && till_set_digest() == left);
    identity_close(&first);
    identity_close(&second);
}

/* ---- a machine that seals ---- */

static char vault_dir[80];

static void give_key(void)
{
    static const char secret[] = "0123456789abcdef0123456789abcdef";
    char path[100];
    FILE *file;

    (void)snprintf(vault_dir, sizeof vault_dir, "%s.key", till_set_dir());
    must(mkdir(vault_dir, 0700) == 0);
    (void)snprintf(path, sizeof path, "%s/storage-key", vault_dir);
    file = fopen(path, "w");
    must(file && fputs(secret, file) >= 0 && fclose(file) == 0);
}

static void take_key(void)
{
    char path[100];

    (void)snprintf(path, sizeof path, "%s/storage-key", vault_dir);
    (void)remove(path);
    (void)remove(vault_dir);
}

/* What is sealed opens as it was. */
static void seal(const char *path, const char *text)
{
    char *again = NULL;

    must(vault_write(path, text, NULL) == ST_OK);
    must(vault_read(path, EXPANDED_BYTES_MAX, &again, NULL) == ST_OK && strcmp(again, text) == 0);
    free(again);
}

static void read_sealed(const uint8_t *data, size_t size)
{
    char path[200], *text = NULL, *again = NULL;
    struct errmsg err = ERRMSG_INIT;
    uint64_t before;
    enum status st;

    (void)snprintf(path, sizeof path, "%s/key.pem", till_set_dir());
    till_set_write("key.pem", data, size);
    before = till_set_digest();
    must(setenv("CREDENTIALS_DIRECTORY", vault_dir, 1) == 0);
    st = vault_read(path, INPUT_BYTES_MAX, &text, &err);
    if (st == ST_OK)
        must(vault_read(path, INPUT_BYTES_MAX, &again, NULL) == ST_OK && strcmp(text, again) == 0);
    else
        must(st == ST_DENIED && !text && err.text[0] && till_set_digest() == before);
    free(again);
    if (st == ST_OK) {
        char *kept = till_set_read("key.pem");

        must(kept && memcmp(kept, VAULT_MARK, sizeof VAULT_MARK - 1) == 0); /* whatever it was, it is sealed now */
        free(kept);
        seal(path, text);
    }
    free(text);
    must(unsetenv("CREDENTIALS_DIRECTORY") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {['p'] = "pending.json", ['u'] = "unproven.json", ['k'] = "key.pem",
                                        ['c'] = "cert.pem",     ['a'] = "ca.pem",        ['s'] = ""};
    struct strbuf text = STRBUF_INIT(EXPANDED_BYTES_MAX);

    if (!vault_dir[0]) {
        till_set_begin();
        give_key();
        must(atexit(take_key) == 0);
    }
    if (size < 1 || size > INPUT_BYTES_MAX || data[0] >= sizeof names / sizeof names[0] || !names[data[0]])
        return 0;
    till_set_expand(data + 1, size - 1, data[0] == 'p' || data[0] == 'u', &text);
    if (strbuf_status(&text) == ST_OK) {
        till_set_lay_out();
        if (data[0] == 's') {
            read_sealed(data + 1, size - 1);
        } else {
            till_set_write(names[data[0]], strbuf_text(&text), text.len);
            start_twice((char)data[0]);
        }
    }
    strbuf_free(&text);
    return 0;
}
