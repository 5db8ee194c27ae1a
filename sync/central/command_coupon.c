/* SPDX-License-Identifier: Apache-2.0 */
/* The office's signed coupons: the key a series names, and codes that any till takes without a list. Needs no server.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/civil_time.h"
#include "agent/base/crypto.h"
#include "agent/base/file.h"
#include "agent/base/hex.h"
#include "agent/base/pk_memo.h"
#include "agent/engine/coupon_code.h"
#include "sync/central/command.h"

enum { CODES_MAX = 1000000, SERIES_BYTES_MAX = 128 };

static enum status load_private(const char *path, struct pk **out_key, struct errmsg *err)
{
    char *pem = NULL;
    size_t len = 0;
    enum status st;

    if (!path) {
        errmsg_set(err, "say which key: --key office.pem");
        return ST_INVALID;
    }
    st = file_read(path, PK_PEM_BYTES_MAX, &pem, &len, err);
    if (st == ST_OK)
        st = pk_from_private_pem(pem, out_key, err);
    if (pem)
        crypto_wipe(pem, len);
    free(pem);
    return st;
}

enum status command_coupon_key(const struct command_call *call, struct errmsg *err)
{
    uint8_t point[PK_POINT_BYTES];
    char text[2 * PK_POINT_BYTES + 1];
    struct pk *key = NULL;
    enum status st = load_private(call->key, &key, err);

    if (st == ST_OK)
        st = pk_point(key, point);
    if (st == ST_OK) {
        hex_encode(point, sizeof point, text);
        printf(call->json ? "{\"keys\":[\"%s\"]}\n" : "%s\n", text);
    }
    pk_destroy(key);
    return st;
}

static enum status read_last_day(const char *text, uint16_t *out_day, struct errmsg *err)
{
    int32_t day = 0;

    if (text && (civil_parse_date(text, &day) != ST_OK || day < 1 || day > UINT16_MAX)) {
        errmsg_set(err, "--expires \"%.40s\": wanted is the last day of the coupon, as 2026-12-31", text);
        return ST_INVALID;
    }
    *out_day = (uint16_t)day;
    return ST_OK;
}

static enum status print_code(const struct pk *key, const char *series, struct coupon_code_parts *parts,
                              const struct command_call *call, struct errmsg *err)
{
    uint8_t digest[SHA256_BYTES];
    char code[COUPON_CODE_TEXT];
    enum status st;

    crypto_random(&parts->serial, sizeof parts->serial);
    coupon_code_digest(series, parts, digest);
    st = pk_sign_compact(key, digest, parts->signature, err);
    if (st != ST_OK)
        return st;
    coupon_code_write(parts, code);
    printf(call->json ? "{\"code\":\"%s\"}\n" : "%s\n", code);
    return ST_OK;
}

enum status command_coupon_sign(const struct command_call *call, struct errmsg *err)
{
    const char *series = call->words[0], *text = call->word_count > 1 ? call->words[1] : "1";
    long count = strspn(text, "0123456789") == strlen(text) && strlen(text) < 8 ? strtol(text, NULL, 10) : 0;
    struct coupon_code_parts parts = {0};
    struct pk *key = NULL;
    enum status st;

    if (strlen(series) > SERIES_BYTES_MAX || count < 1 || count > CODES_MAX) {
        errmsg_set(err, "coupon sign wants a series and how many codes, 1 to %d", CODES_MAX);
        return ST_INVALID;
    }
    st = read_last_day(call->expires, &parts.last_day, err);
    if (st == ST_OK)
        st = load_private(call->key, &key, err);
    coupon_code_tag(series, parts.tag);
    for (long i = 0; st == ST_OK && i < count; i++)
        st = print_code(key, series, &parts, call, err);
    pk_destroy(key);
    return st;
}
