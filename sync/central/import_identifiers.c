/* SPDX-License-Identifier: Apache-2.0 */
/* Cards and phones of imported members: kept as keyed hashes, moved from whom had them. */
#include <stdio.h>
#include <string.h>

#include "sync/central/due.h"
#include "sync/central/import.h"
#include "sync/central/import_members.h"

enum { IDENTIFIER_TEXT_MAX = 80 };

void identifier_hash(const uint8_t id_key[32], const char *canonical, char out_hash[IDENTIFIER_HASH_TEXT])
{
    const struct crypto_part part = {canonical, strlen(canonical)};
    uint8_t mac[CRYPTO_MAC_BYTES];

    crypto_hmac(id_key, &part, 1, mac);
    hex_encode(mac, (IDENTIFIER_HASH_TEXT - 1) / 2, out_hash);
}

static bool is_parting(char c)
{
    return c == '|' || c == ' ' || c == ';';
}

bool import_next_value(const char **at, char *out_value, size_t value_max)
{
    size_t len = 0;

    while (is_parting(**at))
        (*at)++;
    while (**at && !is_parting(**at)) {
        if (len + 1 < value_max)
            out_value[len++] = **at;
        (*at)++;
    }
    out_value[len] = '\0';
    return len > 0;
}

/* Digits of a card; a phone is + and digits, blanks and brackets are not counted. */
static enum status canonical(const char *prefix, const char *value, char out_text[2 * IDENTIFIER_TEXT_MAX],
                             struct errmsg *err)
{
    bool good =
        prefix[0] == 'p'
            ? value[0] == '+' && strspn(value + 1, "0123456789") == strlen(value + 1)
            : value[0] &&
                  strspn(value, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.-_") == strlen(value);

    if (!good || strlen(value) > IDENTIFIER_TEXT_MAX - 16) {
        errmsg_set(err, "a %s is %s", prefix,
                   prefix[0] == 'p' ? "+ and digits, such as +79990000000" : "digits or letters");
        return ST_INVALID; /* without the value: it is personal, and reports travel */
    }
    (void)snprintf(out_text, 2 * IDENTIFIER_TEXT_MAX, "%s:%s", prefix, value);
    return ST_OK;
}

/* A card that another member had moves: that member's row must reach the tills too. */
static enum status put_identifier(struct import_file *file, const char *member, const char *hash, struct errmsg *err)
{
    struct members *members = file->context;
    struct rows *rows;
    char before[ID_BYTES] = "";
    int64_t posted = 0;
    enum status st =
        STORE_SELECT(file->central->store, STATEMENT_IDENTIFIER_GET, &rows, err, V_TEXT(file->chain), V_TEXT(hash));

    if (st != ST_OK)
        return st;
    if (rows_next(rows))
        (void)snprintf(before, sizeof(before), "%s", rows_text(rows, 0));
    st = rows_end(rows, err);
    if (st != ST_OK || strcmp(before, member) == 0)
        return st;
    st = STORE_RUN(file->central->store, STATEMENT_IDENTIFIER_PUT, err, V_TEXT(file->chain), V_TEXT(hash),
                   V_TEXT(member));
    if (st == ST_OK && before[0])
        st = due_touch(file->central, file->chain, before, err);
    if (st == ST_OK)
        st = due_attach(file->central, file->chain, hash, &posted, err);
    members->attached += posted;
    return st;
}

enum status import_put_identifiers(struct import_file *file, const char *prefix, enum column column,
                                   struct errmsg *err)
{
    const struct members *members = file->context;
    const char *text = import_field(file, column);
    char value[IDENTIFIER_TEXT_MAX], whole[2 * IDENTIFIER_TEXT_MAX], hash[IDENTIFIER_HASH_TEXT];
    enum status st = ST_OK;

    while (st == ST_OK && text && import_next_value(&text, value, sizeof(value))) {
        st = canonical(prefix, value, whole, err);
        if (st == ST_OK) {
            identifier_hash(members->id_key, whole, hash);
            st = put_identifier(file, import_field(file, COLUMN_MEMBER), hash, err);
        }
    }
    return st;
}
