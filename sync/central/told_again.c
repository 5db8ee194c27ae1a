/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/told_again.h"

#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/json.h"
#include "sync/central/coupon.h"
#include "sync/central/member.h"
#include "sync/central/sale_record.h"

enum { NAME_BYTES = 7 + COUPON_CODE_BYTES }; /* "coupon:" and a code */

struct about {
    struct central *central;
    const struct device *device;
};

static enum status tell_member(const struct about *about, const char *named, struct errmsg *err)
{
    const char *chain = about->device->chain;
    char member[ID_BYTES];
    enum status st = named[0] ? member_resolve(about->central, chain, named, member, err) : ST_NOT_FOUND;

    return st == ST_OK ? member_touch(about->central, chain, member, err) : json_optional(st);
}

/* Of the whole chain, and the coupon's own row. */
static enum status tell_use(void *context, const char *name, struct errmsg *err)
{
    const struct about *about = context;
    const char *chain = about->device->chain;
    int64_t change;
    enum status st = store_next_change(about->central->store, &change, err);

    if (st == ST_OK)
        st = STORE_RUN(about->central->store, STATEMENT_USAGE_TOUCH, err, V_TEXT(chain), V_TEXT(name), V_INT(change));
    if (st == ST_OK && strncmp(name, "coupon:", 7) == 0)
        st = coupon_touch(about->central, chain, name + 7, err);
    return st;
}

static enum status tell_sale(struct about *about, const char *body, size_t len, struct errmsg *err)
{
    struct sale_record sale;
    enum status st;

    if (sale_record_parse(body, len, &sale, NULL) != ST_OK)
        return ST_OK;
    st = tell_member(about, sale.member, err);
    if (st == ST_OK)
        st = sale_record_uses(&sale, tell_use, about, err);
    sale_record_clear(&sale);
    return st == ST_INVALID ? ST_OK : st; /* a body that names no uses */
}

static enum status tell_released(struct about *about, const struct cJSON *body, struct errmsg *err)
{
    const struct cJSON *result = cJSON_GetObjectItemCaseSensitive(body, "result"), *one;
    char code[COUPON_CODE_BYTES], name[NAME_BYTES];
    enum status st = ST_OK;

    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(result, "coupons_released"))
    {
        if (st != ST_OK || !cJSON_IsString(one) || !coupon_fold(one->valuestring, code))
            continue;
        (void)snprintf(name, sizeof(name), "coupon:%s", code);
        st = tell_use(about, name, err);
    }
    return st;
}

/* All other types name their member, if they are about one. */
static enum status tell_body(struct about *about, const char *body, size_t len, struct errmsg *err)
{
    struct cJSON *root = NULL;
    const char *member = "";
    enum status st = ST_OK;

    if (json_parse(body, len, len, &root, NULL) != ST_OK)
        return ST_OK;
    (void)json_text(root, "member", ID_LEN_MAX, &member, NULL); /* absent: about nobody */
    st = tell_member(about, member, err);
    if (st == ST_OK)
        st = tell_released(about, root, err);
    json_free(root);
    return st;
}

enum status told_again(struct central *central, const struct device *device, const char *type, const char *body,
                       size_t len, struct errmsg *err)
{
    struct about about = {central, device};

    return strcmp(type, "sale") == 0 ? tell_sale(&about, body, len, err) : tell_body(&about, body, len, err);
}
