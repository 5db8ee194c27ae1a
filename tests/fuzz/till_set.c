/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/till_set.h"

#include "agent/base/bytes.h"
#include "agent/base/file.h"
#include "agent/base/log.h"
#include "agent/base/pk.h"
#include "agent/base/sha256.h"
#include "agent/base/x509.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PATH_BYTES = 400, FILE_BYTES_MAX = 1024 * 1024, DAY_S = 86400 };

static char folder[64];
static char texts[PIECE_END][2 * X509_PEM_BYTES_MAX];

void must(bool holds)
{
    if (!holds)
        abort();
}

/* ---- keys and certificates ---- */

static void certify(enum till_set_piece piece, const char *name, const struct pk *key, const struct pk *issuer_key,
                    const char *issuer_pem)
{
    struct x509_issue issue = {.subject_key = key,
                               .common_name = name,
                               .issuer_key = issuer_key,
                               .issuer_pem = issuer_pem,
                               .not_before_unix_s = time(NULL) - DAY_S,
                               .not_after_unix_s = time(NULL) + 90 * DAY_S,
                               .is_ca = !issuer_pem};

    must(x509_certificate(&issue, texts[piece], NULL) == ST_OK);
}

static void make_texts(void)
{
    struct pk *keys[4]; /* the authority's, the till's, its old one, another's */
    size_t len;

    for (int i = 0; i < 4; i++)
        must(pk_generate(&keys[i], NULL) == ST_OK);
    certify(PIECE_CA, "authority", keys[0], keys[0], NULL);
    certify(PIECE_TWO_CA, "authority two", keys[3], keys[3], NULL);
    len = strlen(texts[PIECE_TWO_CA]);
    memcpy(texts[PIECE_TWO_CA] + len, texts[PIECE_CA], strlen(texts[PIECE_CA]) + 1);
    certify(PIECE_CERT, TILL_SET_DEV, keys[1], keys[0], texts[PIECE_CA]);
    certify(PIECE_OTHER_CERT, TILL_SET_DEV, keys[3], keys[0], texts[PIECE_CA]);
    certify(PIECE_STRANGER_CERT, "ffffffffffffffff", keys[1], keys[0], texts[PIECE_CA]);
    certify(PIECE_OLD_CERT, TILL_SET_DEV, keys[2], keys[0], texts[PIECE_CA]);
    must(pk_private_pem(keys[1], texts[PIECE_KEY], NULL) == ST_OK);
    must(pk_private_pem(keys[2], texts[PIECE_OLD_KEY], NULL) == ST_OK);
    for (int i = 0; i < 4; i++)
        pk_destroy(keys[i]);
}

const char *till_set_text(enum till_set_piece piece)
{
    return texts[piece];
}

/* ---- the folder ---- */

static void each_file(void (*fn)(const char *name, void *context), void *context)
{
    struct dirent **names = NULL;
    int count = scandir(folder, &names, NULL, alphasort);

    must(count >= 0);
    for (int i = 0; i < count; i++) {
        if (names[i]->d_name[0] != '.')
            fn(names[i]->d_name, context);
        free(names[i]);
    }
    free(names);
}

static const char *path_of(const char *name)
{
    static char path[PATH_BYTES];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void remove_one(const char *name, void *context)
{
    (void)context;
    (void)unlink(path_of(name));
}

static void end(void)
{
    each_file(remove_one, NULL);
    (void)rmdir(folder);
}

void till_set_begin(void)
{
    log_set_level(LOG_LEVEL_ERROR);
    (void)snprintf(folder, sizeof folder, "%s/loyald-fuzz-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    must(mkdtemp(folder) != NULL && atexit(end) == 0);
    make_texts();
}

const char *till_set_dir(void)
{
    return folder;
}

void till_set_write(const char *name, const void *bytes, size_t len)
{
    must(file_write(path_of(name), bytes, len, 0600, NULL) == ST_OK);
}

char *till_set_read(const char *name)
{
    char *text = NULL;
    size_t len;

    return file_read(path_of(name), FILE_BYTES_MAX, &text, &len, NULL) == ST_OK ? text : NULL;
}

void till_set_lay_out(void)
{
    each_file(remove_one, NULL);
    till_set_write("key.pem", texts[PIECE_OLD_KEY], strlen(texts[PIECE_OLD_KEY]));
    till_set_write("cert.pem", texts[PIECE_OLD_CERT], strlen(texts[PIECE_OLD_CERT]));
    till_set_write("ca.pem", texts[PIECE_CA], strlen(texts[PIECE_CA]));
}

static void add_file(const char *name, void *context)
{
    char *bytes = NULL;
    size_t len = 0;

    must(file_read(path_of(name), FILE_BYTES_MAX, &bytes, &len, NULL) == ST_OK);
    sha256_add(context, name, strlen(name) + 1);
    sha256_add(context, bytes, len);
    free(bytes);
}

uint64_t till_set_digest(void)
{
    uint8_t digest[SHA256_BYTES];
    struct sha256 hash;

    sha256_init(&hash);
    each_file(add_file, &hash);
    sha256_end(&hash, digest);
    return bytes_get_u64(digest);
}

/* ---- inputs ---- */

static void add_piece(const char *text, bool in_json, struct strbuf *out)
{
    for (; *text; text++) {
        if (in_json && *text == '\n')
            strbuf_puts(out, "\\n");
        else
            strbuf_putc(out, *text);
    }
}

void till_set_expand(const uint8_t *data, size_t size, bool in_json, struct strbuf *out)
{
    for (size_t i = 0; i < size; i++) {
        if (data[i] < PIECE_END && texts[data[i]][0])
            add_piece(texts[data[i]], in_json, out);
        else
            strbuf_putc(out, (char)data[i]);
    }
}
