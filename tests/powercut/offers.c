/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/powercut/offers.h"

#include "agent/base/json_writer.h"
#include "agent/base/pk.h"
#include "agent/base/sha256.h"
#include "agent/base/signers.h"
#include "agent/base/strbuf.h"
#include "sync/protocol/manifest.h"
#include "tests/powercut/must.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_bundle(int version, const struct office_rules *rules, struct strbuf *out)
{
    strbuf_printf(
        out,
        "{\"format\":\"loyald-bundle/1\",\"id\":\"main\",\"version\":%d,\"currency\":\"RUB\",\"minor_digits\":2,"
        "\"layers\":[{\"id\":\"card\",\"mode\":\"stack\"}],\"point_currencies\":[{\"id\":\"" SHOP_CURRENCY
        "\",\"digits\":0%s}],%s"
        "\"promotions\":[{\"id\":\"earn\",\"title\":{\"en\":\"points\"},\"layer\":\"card\",\"order\":1,"
        "\"when\":{\"member\":{\"required\":true}},\"reward\":{\"kind\":\"points\",\"currency\":\"" SHOP_CURRENCY
        "\",\"items\":{\"any\":true},\"per_minor\":100,\"give\":%d}}%s]}",
        version, rules->currency, rules->top, version, rules->promotions);
}

/* False when the signature is not of the usual length: one length keeps a seed's run the same. */
static bool sign(const struct pk *key, const char *manifest, char **out_signatures)
{
    enum { USUAL_BYTES = 71 };
    struct strbuf list = STRBUF_INIT(4096);
    struct json_writer w = JSON_WRITER_INIT(&list);
    struct signature signature;
    size_t len;

    must(signers_sign(key, manifest, strlen(manifest), &signature, NULL) == ST_OK, "signing");
    if (strlen(signature.hex) != 2 * USUAL_BYTES)
        return false;
    jw_array_begin(&w);
    signers_write(&signature, &w);
    jw_array_end(&w);
    *out_signatures = strbuf_detach(&list, &len);
    return true;
}

static void make_offer(struct office *office, const struct office_rules *rules, int version)
{
    struct strbuf bundle = STRBUF_INIT(16384);
    size_t bundle_len;
    struct manifest manifest = {.version = version};

    write_bundle(version, rules, &bundle);
    office->bundles[version] = strbuf_detach(&bundle, &bundle_len);
    manifest.bundle_bytes = (int64_t)bundle_len;
    sha256_of(office->bundles[version], bundle_len, manifest.bundle_sha256);
    (void)snprintf(manifest.chain, sizeof manifest.chain, "demo");
    for (int second = 0; second < 60 && !office->signatures[version]; second++) {
        struct strbuf text = STRBUF_INIT(4096);
        size_t len;

        (void)snprintf(manifest.created_at, sizeof manifest.created_at, "2026-11-22T10:00:%02dZ", second);
        manifest_write(&manifest, &text);
        free(office->manifests[version]);
        office->manifests[version] = strbuf_detach(&text, &len);
        (void)sign(office->key, office->manifests[version], &office->signatures[version]);
    }
    must(office->signatures[version] != NULL, "no signature has the usual length");
}

void office_begin(struct office *office, const struct office_rules *more)
{
    static const struct office_rules none = {"", "", ""};

    *office = (struct office){0};
    must(pk_generate(&office->key, NULL) == ST_OK, "making a key");
    for (int i = 1; i < SHOP_OFFERS; i++)
        make_offer(office, more ? more : &none, i);
}

void office_end(struct office *office)
{
    for (int i = 1; i < SHOP_OFFERS; i++) {
        free(office->bundles[i]);
        free(office->manifests[i]);
        free(office->signatures[i]);
    }
    pk_destroy(office->key);
}
