/* SPDX-License-Identifier: Apache-2.0 */
/* The code of a signed coupon, and how the engine asks for its proof. What becomes of such coupons: tests/vectors. */
#include "agent/engine/coupon_code.h"
#include "agent/engine/engine.h"
#include "agent/engine/names.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct coupon_code_parts parts_of(uint8_t fill, uint16_t last_day, uint64_t serial)
{
    struct coupon_code_parts parts = {.last_day = last_day, .serial = serial};

    coupon_code_tag("spring", parts.tag);
    memset(parts.signature, fill, sizeof parts.signature);
    return parts;
}

Test(coupon_code, comes_back_as_written)
{
    static const uint64_t serials[] = {0, 1, 255, 256, INT64_MAX, UINT64_MAX};

    for (size_t i = 0; i < sizeof serials / sizeof *serials; i++) {
        struct coupon_code_parts parts = parts_of((uint8_t)(i * 17), (uint16_t)(i * 13107), serials[i]), read;
        char code[COUPON_CODE_TEXT], plain[CODE_BYTES_MAX];

        coupon_code_write(&parts, code);
        cr_assert_eq(strlen(code), COUPON_CODE_TEXT - 1);
        cr_assert_eq(strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), COUPON_CODE_TEXT - 1);
        cr_assert(name_code(code, plain));
        cr_assert(coupon_code_read(plain, &read));
        cr_expect_arr_eq(read.tag, parts.tag, sizeof parts.tag);
        cr_expect_arr_eq(read.signature, parts.signature, sizeof parts.signature);
        cr_expect_eq(read.last_day, parts.last_day);
        cr_expect_eq(read.serial, parts.serial);
    }
}

Test(coupon_code, every_other_form_is_refused)
{
    struct coupon_code_parts parts = parts_of(0x55, 20000, 7), read;
    char code[COUPON_CODE_TEXT + 1], plain[CODE_BYTES_MAX];

    coupon_code_write(&parts, code);
    cr_assert(name_code(code, plain));
    for (size_t len = 0; len < COUPON_CODE_TEXT - 1; len++) {
        char cut[CODE_BYTES_MAX];

        memcpy(cut, plain, len);
        cut[len] = '\0';
        cr_expect_not(coupon_code_read(cut, &read));
    }
    for (size_t at = 0; at < COUPON_CODE_TEXT - 1; at++) {
        char kept = plain[at];

        plain[at] = "0189!A\x7f"[at % 7];
        cr_expect_not(coupon_code_read(plain, &read));
        plain[at] = kept;
    }
    parts = parts_of(0x80, 20000, 7); /* s in the upper half */
    coupon_code_write(&parts, code);
    cr_assert(name_code(code, plain));
    cr_expect_not(coupon_code_read(plain, &read));
}

Test(coupon_code, the_digest_binds_every_part)
{
    struct coupon_code_parts parts = parts_of(1, 20000, 7), other;
    uint8_t digest[SHA256_BYTES], changed[SHA256_BYTES];

    coupon_code_digest("spring", &parts, digest);
    coupon_code_digest("sprinh", &parts, changed);
    cr_expect_neq(memcmp(digest, changed, sizeof digest), 0);
    other = parts;
    other.serial++;
    coupon_code_digest("spring", &other, changed);
    cr_expect_neq(memcmp(digest, changed, sizeof digest), 0);
    other = parts;
    other.last_day++;
    coupon_code_digest("spring", &other, changed);
    cr_expect_neq(memcmp(digest, changed, sizeof digest), 0);
    other = parts;
    other.tag[3] ^= 1;
    coupon_code_digest("spring", &other, changed);
    cr_expect_neq(memcmp(digest, changed, sizeof digest), 0);
}

/* ---- the engine asks */

static bool say_yes(void *user, const uint8_t key[65], const uint8_t digest[32], const uint8_t signature[64])
{
    ++*(int *)user;
    cr_expect_eq(key[0], 4);
    cr_expect_eq(signature[0], 1);
    (void)digest;
    return true;
}

static const struct engine_result *evaluate(struct engine *engine, int codes)
{
    static struct bundle *bundle;
    static struct engine_sale *sale;
    static char text[8192];
    const struct engine_result *result;
    struct engine_fault fault;
    size_t len;

    bundle_destroy(bundle);
    engine_sale_destroy(sale);
    bundle = NULL;
    sale = NULL;
    len = (size_t)snprintf(
        text, sizeof text,
        "{\"format\":\"loyald-bundle/1\",\"id\":\"b\",\"version\":1,\"currency\":\"EUR\",\"layers\":["
        "{\"id\":\"l\",\"mode\":\"best\"}],\"coupon_series\":[{\"id\":\"spring\",\"kind\":\"signed\","
        "\"keys\":[\"04%0128d\"]}],\"promotions\":[]}",
        0);
    cr_assert_eq(bundle_compile(text, len, &bundle, NULL, NULL), ST_OK);
    len = (size_t)snprintf(text, sizeof text, "{\"lines\":[],\"coupons\":[");
    for (int i = 0; i < codes; i++) {
        struct coupon_code_parts parts = parts_of(1, 0, (uint64_t)i);
        char code[COUPON_CODE_TEXT];

        coupon_code_write(&parts, code);
        len += (size_t)snprintf(text + len, sizeof text - len, "%s\"%s\"", i ? "," : "", code);
    }
    len += (size_t)snprintf(text + len, sizeof text - len, "]}");
    cr_assert_eq(engine_sale_parse(text, len, &sale, &fault), ST_OK);
    cr_assert_eq(engine_evaluate(engine, bundle, sale, NULL, &result, NULL), ST_OK);
    return result;
}

Test(coupon_code, without_a_verifier_none_is_known)
{
    struct engine *engine;

    cr_assert_eq(engine_create(&engine, NULL), ST_OK);
    cr_expect_str_eq(evaluate(engine, 1)->coupons[0].reason, "unknown");
    engine_destroy(engine);
}

Test(coupon_code, a_sale_cannot_ask_for_ever)
{
    const struct engine_result *result;
    struct engine *engine;
    int asked = 0;

    cr_assert_eq(engine_create(&engine, NULL), ST_OK);
    engine_set_verify(engine, say_yes, &asked);
    result = evaluate(engine, ENGINE_SIGNED_CODES_MAX + 3);
    cr_expect_eq(asked, ENGINE_SIGNED_CODES_MAX);
    cr_expect_str_neq(result->coupons[ENGINE_SIGNED_CODES_MAX - 1].state, "rejected");
    cr_expect_str_eq(result->coupons[ENGINE_SIGNED_CODES_MAX].reason, "unknown");
    engine_destroy(engine);
}
