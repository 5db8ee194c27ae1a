/* SPDX-License-Identifier: Apache-2.0 */
/* Roots and timestamps as texts: the examples come back as they were written, every cut is refused. */
#include "agent/base/file.h"
#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/base/pk.h"
#include "sync/protocol/root.h"
#include "sync/protocol/timestamp.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *load(const char *name)
{
    char path[512], *text = NULL;
    size_t len = 0;

    (void)snprintf(path, sizeof path, LOYALD_SOURCE_DIR "/schema/wire/%s", name);
    cr_assert_eq(file_read(path, ROOT_BYTES_MAX, &text, &len, NULL), ST_OK);
    text[strcspn(text, "\n")] = '\0';
    return text;
}

Test(root, the_example_comes_back_as_it_was_written)
{
    struct root root = {.version = 0};
    struct strbuf out = STRBUF_INIT(ROOT_BYTES_MAX);
    char *text = load("root.json");

    cr_assert_eq(root_parse(text, strlen(text), &root, NULL), ST_OK);
    cr_expect_eq(root.version, 1);
    cr_expect_eq(root.roles[ROOT_ROLE_ROOT].threshold, 2);
    cr_expect_eq(root.roles[ROOT_ROLE_ROOT].count, 3);
    cr_expect_eq(root.timestamp_days, 7);
    root_write(&root, &out);
    cr_expect_str_eq(strbuf_text(&out), text);
    strbuf_free(&out);
    free(text);
}

/* As a till takes it apart: the text in an answer is the root itself, and who signed it stands beside. */
Test(root, the_example_of_an_answer_carries_it)
{
    static struct root root;
    struct cJSON *answer = NULL;
    const struct cJSON *signatures = NULL, *one;
    char *text = load("root.answer.json"), *alone = load("root.json");
    const char *inner = "";

    cr_assert_eq(json_parse(text, strlen(text), ROOT_BYTES_MAX, &answer, NULL), ST_OK);
    cr_assert_eq(json_text(answer, "text", ROOT_BYTES_MAX, &inner, NULL), ST_OK);
    cr_expect_str_eq(inner, alone);
    cr_assert_eq(root_parse(inner, strlen(inner), &root, NULL), ST_OK);
    cr_assert_eq(json_array(answer, "signatures", &signatures, NULL), ST_OK);
    cr_expect_geq(cJSON_GetArraySize(signatures), 1);
    cJSON_ArrayForEach(one, signatures)
    {
        const char *key = "", *hex = "";
        uint8_t bytes[PK_SIGNATURE_BYTES_MAX];

        cr_expect_eq(json_text(one, "key", 16, &key, NULL), ST_OK);
        cr_assert_eq(json_text(one, "signature", (size_t)2 * PK_SIGNATURE_BYTES_MAX, &hex, NULL), ST_OK);
        cr_expect_eq(hex_decode(hex, strlen(hex) / 2, bytes), ST_OK);
    }
    json_free(answer);
    free(alone);
    free(text);
}

Test(root, every_cut_is_refused)
{
    struct root root = {.version = -1};
    char *text = load("root.json");

    for (size_t cut = 0; cut < strlen(text); cut++) {
        struct errmsg err = ERRMSG_INIT;

        cr_assert_eq(root_parse(text, cut, &root, &err), ST_INVALID, "cut at %zu", cut);
        cr_assert_eq(strncmp(err.text, "root: ", 6), 0, "%s", err.text);
    }
    cr_expect_eq(root.version, -1, "untouched on failure");
    free(text);
}

Test(root, a_key_has_one_role)
{
    struct root root = {.version = 0};
    struct errmsg err = ERRMSG_INIT;
    char *text = load("root.json"), *at = strstr(text, "429e93025ed8fb2c");

    memcpy(at, "0000000000000001", 16);
    cr_expect_eq(root_parse(text, strlen(text), &root, &err), ST_INVALID);
    cr_expect(strstr(err.text, "stands in it twice"), "%s", err.text);
    free(text);
}

Test(root, says_which_role_lost_a_key)
{
    static struct root old, next;
    char *text = load("root.json");

    cr_assert_eq(root_parse(text, strlen(text), &old, NULL), ST_OK);
    next = old;
    (void)snprintf(next.roles[ROOT_ROLE_RULES].list[1].id, 17, "%s", "00000000000000aa");
    next.roles[ROOT_ROLE_RULES].count = 2;
    cr_expect_not(root_lost_key(&old, &next, ROOT_ROLE_RULES), "one joined");
    cr_expect(root_lost_key(&next, &old, ROOT_ROLE_RULES));
    cr_expect_not(root_lost_key(&next, &old, ROOT_ROLE_TIMESTAMP));
    free(text);
}

Test(timestamp, the_example_comes_back_as_it_was_written)
{
    struct timestamp timestamp = {.version = 0};
    struct strbuf out = STRBUF_INIT(TIMESTAMP_BYTES_MAX);
    char *text = load("timestamp.json");

    cr_assert_eq(timestamp_parse(text, strlen(text), &timestamp, NULL), ST_OK);
    cr_expect_eq(timestamp_newest(&timestamp), 8);
    cr_expect_eq(timestamp.manifest_count, 2);
    timestamp_write(&timestamp, &out);
    cr_expect_str_eq(strbuf_text(&out), text);
    strbuf_free(&out);
    free(text);
}

Test(timestamp, every_cut_is_refused)
{
    struct timestamp timestamp = {.version = -1};
    char *text = load("timestamp.json");

    for (size_t cut = 0; cut < strlen(text); cut++) {
        struct errmsg err = ERRMSG_INIT;

        cr_assert_eq(timestamp_parse(text, cut, &timestamp, &err), ST_INVALID, "cut at %zu", cut);
        cr_assert_eq(strncmp(err.text, "timestamp: ", 11), 0, "%s", err.text);
    }
    cr_expect_eq(timestamp.version, -1);
    free(text);
}
