/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/protocol/manifest.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct manifest sample(void)
{
    struct manifest manifest = {.chain = "demo",
                                .version = 412,
                                .created_at = "2026-09-21T10:00:00Z",
                                .expires_at = "2026-10-21T10:00:00Z",
                                .bundle_bytes = 12345};

    memset(manifest.bundle_sha256, 0x5a, SHA256_BYTES);
    return manifest;
}

Test(manifest, comes_back_as_it_was_written)
{
    struct manifest manifest = sample(), back = {.version = 0};
    struct strbuf out = STRBUF_INIT(MANIFEST_BYTES_MAX), again = STRBUF_INIT(MANIFEST_BYTES_MAX);

    for (int expires = 1; expires >= 0; expires--) {
        if (!expires)
            manifest.expires_at[0] = '\0';
        manifest_write(&manifest, &out);
        cr_assert_eq(manifest_parse(out.data, out.len, &back, NULL), ST_OK);
        cr_expect_str_eq(back.chain, "demo");
        cr_expect_eq(back.version, 412);
        cr_expect_str_eq(back.created_at, manifest.created_at);
        cr_expect_str_eq(back.expires_at, manifest.expires_at);
        cr_expect_eq(back.bundle_bytes, 12345);
        cr_expect_arr_eq(back.bundle_sha256, manifest.bundle_sha256, SHA256_BYTES);
        manifest_write(&back, &again);
        cr_expect_str_eq(again.data, out.data);
        strbuf_clear(&out);
        strbuf_clear(&again);
    }
    strbuf_free(&out);
    strbuf_free(&again);
}

Test(manifest, every_cut_is_refused)
{
    struct manifest manifest = sample(), back = {.version = -1};
    struct strbuf out = STRBUF_INIT(MANIFEST_BYTES_MAX);

    manifest_write(&manifest, &out);
    for (size_t cut = 0; cut < out.len; cut++) {
        char *copy = malloc(cut ? cut : 1);
        struct errmsg err = ERRMSG_INIT;

        memcpy(copy, out.data, cut);
        cr_expect_eq(manifest_parse(copy, cut, &back, &err), ST_INVALID, "cut at %zu", cut);
        cr_expect_eq(strncmp(err.text, "manifest: ", 10), 0, "%s", err.text);
        cr_expect_eq(back.version, -1);
        free(copy);
    }
    strbuf_free(&out);
}

#define HASH  "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"
#define FILES "\"files\":[{\"name\":\"main\",\"sha256\":\"" HASH "\",\"bytes\":12345}]"
#define HEAD  "{\"format\":\"loyald-manifest/1\",\"chain\":\"demo\",\"version\":1,\"created_at\":\"t\","

Test(manifest, what_is_missing_or_wrong_is_named)
{
    static const struct {
        const char *text, *words;
        enum status expected;
    } cases[] = {
        {HEAD FILES "}", "", ST_OK},
        {HEAD "\"later\":{\"x\":[1]}," FILES "}", "", ST_OK},
        {HEAD "\"files\":[7,{\"name\":\"other\"},{\"name\":\"main\",\"sha256\":\"" HASH "\",\"bytes\":2}]}", "",
         ST_OK},
        {"{\"format\":\"loyald-manifest/2\"}", "known is \"loyald-manifest/1\"", ST_UNSUPPORTED},
        {"{\"chain\":\"demo\"}", "\"format\" is missing", ST_INVALID},
        {"[]", "manifest", ST_INVALID},
        {"{\"format\":\"loyald-manifest/1\",\"version\":1,\"created_at\":\"t\"," FILES "}", "\"chain\"", ST_INVALID},
        {"{\"format\":\"loyald-manifest/1\",\"chain\":\"demo\",\"version\":0,\"created_at\":\"t\"," FILES "}",
         "\"version\"", ST_INVALID},
        {"{\"format\":\"loyald-manifest/1\",\"chain\":\"demo\",\"version\":1.5,\"created_at\":\"t\"," FILES "}",
         "\"version\"", ST_INVALID},
        {"{\"format\":\"loyald-manifest/"
         "1\",\"chain\":\"demo\",\"version\":9007199254740992,\"created_at\":\"t\"," FILES "}",
         "\"version\"", ST_INVALID},
        {"{\"format\":\"loyald-manifest/1\",\"chain\":\"demo\",\"version\":1," FILES "}", "\"created_at\"",
         ST_INVALID},
        {HEAD "\"files\":[]}", "none is named \"main\"", ST_INVALID},
        {HEAD "\"files\":{}}", "\"files\"", ST_INVALID},
        {HEAD "\"files\":[{\"name\":\"main\",\"sha256\":\"5a\",\"bytes\":2}]}", "\"sha256\"", ST_INVALID},
        {HEAD "\"files\":[{\"name\":\"main\",\"sha256\":\"" HASH "\",\"bytes\":1}]}", "\"bytes\"", ST_INVALID},
        {HEAD "\"files\":[{\"name\":\"main\",\"sha256\":\"" HASH "\",\"bytes\":67108865}]}", "\"bytes\"", ST_INVALID},
        {HEAD "\"expires_at\":5," FILES "}", "\"expires_at\"", ST_INVALID},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct manifest back;
        struct errmsg err = ERRMSG_INIT;

        cr_expect_eq(manifest_parse(cases[i].text, strlen(cases[i].text), &back, &err), cases[i].expected, "%s: %s",
                     cases[i].text, err.text);
        cr_expect(strstr(err.text, cases[i].words), "\"%s\" has no %s", err.text, cases[i].words);
    }
}

Test(manifest, texts_and_the_whole_are_bounded)
{
    static char large[MANIFEST_BYTES_MAX + 2];
    struct manifest back;
    char text[600];

    for (int len = MANIFEST_TEXT_MAX; len <= MANIFEST_TEXT_MAX + 1; len++) {
        char chain[MANIFEST_TEXT_MAX + 2];

        memset(chain, 'c', (size_t)len);
        chain[len] = '\0';
        (void)snprintf(text, sizeof text,
                       "{\"format\":\"loyald-manifest/1\",\"chain\":\"%s\",\"version\":1,\"created_at\":\"t\"," FILES
                       "}",
                       chain);
        cr_expect_eq(manifest_parse(text, strlen(text), &back, NULL), len == MANIFEST_TEXT_MAX ? ST_OK : ST_INVALID);
    }
    memset(large, ' ', sizeof large - 1);
    memcpy(large, HEAD FILES "}", sizeof HEAD FILES "}" - 1);
    cr_expect_eq(manifest_parse(large, MANIFEST_BYTES_MAX, &back, NULL), ST_OK);
    cr_expect_eq(manifest_parse(large, MANIFEST_BYTES_MAX + 1, &back, NULL), ST_INVALID);
}
