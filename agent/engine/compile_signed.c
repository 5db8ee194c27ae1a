/* SPDX-License-Identifier: Apache-2.0 */
/* What a signed coupon series carries: the public keys that prove its codes. */
#include "agent/engine/compile.h"

#include "agent/base/hex.h"
#include "agent/engine/coupon_code.h"

static void key_read(struct compiler *c, const cJSON *value, uint8_t out_key[COUPON_KEY_BYTES])
{
    if (!cJSON_IsString(value) || hex_decode(value->valuestring, COUPON_KEY_BYTES, out_key) != ST_OK ||
        out_key[0] != 4)
        rd_fault(&c->rd, NULL,
                 "wants a public key: 130 hexadecimal digits that begin with 04 "
                 "(\"loyal-central coupon key\" prints it)");
}

void compile_series_keys(struct compiler *c, const cJSON *json, bool is_signed, struct coupon_series *out)
{
    const cJSON *array = rd_array(&c->rd, json, "keys", is_signed ? REQUIRED : OPTIONAL), *value;
    int count = array ? cJSON_GetArraySize(array) : 0;
    uint8_t(*keys)[COUPON_KEY_BYTES];

    if (is_signed && rd_get(json, "codes"))
        rd_fault(&c->rd, "codes", "a signed series has none: its codes carry their own proof");
    if (!is_signed && array)
        rd_fault(&c->rd, "keys", "only a series of kind \"signed\" has keys");
    if (!is_signed || !array)
        return;
    if (count < 1 || count > SERIES_KEYS_MAX) {
        rd_fault(&c->rd, "keys", "wants 1 to %d public keys", SERIES_KEYS_MAX);
        return;
    }
    keys = arena_array(&c->bundle->arena, (size_t)count, sizeof *keys);
    if (!keys)
        return;
    rd_each(&c->rd, "keys", array, value)
        key_read(c, value, keys[out->key_count++]);
    out->keys = keys;
    coupon_code_tag(out->id, out->tag);
}
