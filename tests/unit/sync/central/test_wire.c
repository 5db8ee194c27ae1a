/* SPDX-License-Identifier: Apache-2.0 */
/* The examples in schema/wire are what this program reads and writes: each goes through the code that handles it. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/file.h"
#include "agent/base/json.h"
#include "sync/central/sale_record.h"
#include "sync/protocol/manifest.h"
#include "sync/protocol/operation.h"
#include "sync/protocol/origin.h"
#include "sync/protocol/record.h"

enum { FILE_MAX = 1024 * 1024 };

static char *load(const char *name, size_t *out_len)
{
    struct errmsg err = ERRMSG_INIT;
    char path[512], *text = NULL;

    snprintf(path, sizeof(path), LOYALD_SOURCE_DIR "/schema/wire/%s", name);
    cr_assert_eq(file_read(path, FILE_MAX, &text, out_len, &err), ST_OK, "%s", err.text);
    return text;
}

static struct cJSON *load_json(const char *name)
{
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *root = NULL;
    size_t len;
    char *text = load(name, &len);

    cr_assert_eq(json_parse(text, len, FILE_MAX, &root, &err), ST_OK, "%s: %s", name, err.text);
    free(text);
    return root;
}

static void expect_members(const char *file, const char *names)
{
    struct cJSON *root = load_json(file);
    char list[512], *save = NULL;

    snprintf(list, sizeof(list), "%s", names);
    for (char *name = strtok_r(list, " ", &save); name; name = strtok_r(NULL, " ", &save))
        cr_expect(cJSON_HasObjectItem(root, name), "%s lacks %s", file, name);
    json_free(root);
}

Test(wire, every_example_is_one_object)
{
    DIR *dir = opendir(LOYALD_SOURCE_DIR "/schema/wire");
    struct dirent *entry;
    int count = 0;

    cr_assert_not_null(dir);
    while ((entry = readdir(dir))) {
        size_t len = strlen(entry->d_name);

        if (len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0) {
            struct cJSON *root = load_json(entry->d_name);

            cr_expect(cJSON_IsObject(root), "%s", entry->d_name);
            json_free(root);
            count++;
        }
    }
    closedir(dir);
    cr_expect_geq(count, 15);
}

/* Each is taken by the code that reads it in earnest: a test of those names it. */
Test(wire, each_example_is_named_by_a_test_that_replays_it)
{
    static const char *const sources[] = {"agent/link/test_skew.c",    "agent/link/test_skew_answers.c",
                                          "agent/link/test_updates.c", "agent/db/test_journal.c",
                                          "sync/central/test_skew.c",  "sync/central/test_skew_refusals.c",
                                          "sync/client/test_wire.c",   "sync/protocol/test_root.c"};
    struct strbuf all = STRBUF_INIT(FILE_MAX);
    DIR *dir = opendir(LOYALD_SOURCE_DIR "/schema/wire");
    struct dirent *entry;

    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        char path[512], *text = NULL;
        size_t len;

        snprintf(path, sizeof(path), LOYALD_SOURCE_DIR "/tests/unit/%s", sources[i]);
        cr_assert_eq(file_read(path, FILE_MAX, &text, &len, NULL), ST_OK, "%s", path);
        strbuf_add(&all, text, len);
        free(text);
    }
    cr_assert_not_null(dir);
    while ((entry = readdir(dir))) {
        char alone[300], in_folder[300];

        snprintf(alone, sizeof(alone), "\"%.200s\"", entry->d_name);
        snprintf(in_folder, sizeof(in_folder), "/schema/wire/%.200s\"", entry->d_name);
        cr_expect(entry->d_name[0] == '.' || strcmp(entry->d_name, "manifest.json") == 0 || /* below */
                      strstr(strbuf_text(&all), alone) || strstr(strbuf_text(&all), in_folder),
                  "%s", entry->d_name);
    }
    closedir(dir);
    strbuf_free(&all);
}

Test(wire, examples_carry_what_the_protocol_names)
{
    expect_members("enrol.request.json", "code dev epoch csr point version history");
    expect_members("enrol.answer.json",
                   "certificate ca point chain store till currency language rules_keys incarnation sealed");
    expect_members("journal.answer.json", "epoch acked hash counted incarnation max_batch next_after_ms");
    expect_members("updates.answer.json",
                   "cursor incarnation counted more members identifiers_gone usage coupons leases "
                   "aliases notices manifest");
    expect_members("member.answer.json", "member");
    expect_members("status.request.json",
                   "version courier head acked queue oldest_unix_ms at_unix_ms bundle_version forked records_gone "
                   "devices");
    expect_members("updates.signed.json", "timestamp manifest enrolment acked at_unix_ms");
    expect_members("renew.request.json", "dev certificate csr signature");
    expect_members("renew.answer.json", "certificate ca");
    expect_members("identity.answer.json", "dev ca");
    expect_members("error.copied.json", "code message");
    expect_members("error.behind.json", "code message epoch seq hash");
    expect_members("frame.request.behind.json", "id op n epoch mac deadline_ms after");
    expect_members("frame.notice.identity.json", "notice dev cert_not_after");
    expect_members("error.expect.json", "code message expect");
    expect_members("error.fork.json", "code message seq");
    expect_members("frame.request.json", "id op arg n epoch mac deadline_ms");
    expect_members("frame.answer.json", "id status mac");
    expect_members("frame.error.json", "id error text retry_after_ms");
}

Test(wire, the_journal_s_records_hang_together_and_end_as_the_answer_says)
{
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *answer = load_json("journal.answer.json");
    uint8_t hash[SHA256_BYTES] = {0}, told[SHA256_BYTES];
    char *text, *at;
    int64_t seq = 0, acked = 0;
    size_t len;

    at = text = load("journal.request.jsonl", &len);
    while (at < text + len) {
        char *end = memchr(at, '\n', (size_t)(text + len - at));
        struct record_head head;
        const char *body;
        size_t body_len;

        cr_assert_not_null(end);
        cr_assert_eq(record_parse(at, (size_t)(end - at), &head, &body, &body_len, &err), ST_OK, "%s", err.text);
        cr_expect_eq(head.seq, ++seq);
        cr_expect_arr_eq(head.prev, hash, sizeof(hash));
        record_hash(head.prev, at, (size_t)(end - at), hash);
        if (strcmp(head.type, "sale") == 0) {
            struct sale_record sale;

            cr_assert_eq(sale_record_parse(body, body_len, &sale, &err), ST_OK, "%s", err.text);
            cr_expect_str_eq(sale.member, "M1");
            sale_record_clear(&sale);
        }
        at = end + 1;
    }
    cr_assert_eq(json_hex(answer, "hash", sizeof(told), told, &err), ST_OK);
    cr_assert_eq(json_int(answer, "acked", 0, JSON_INT_MAX, &acked, &err), ST_OK);
    cr_expect_eq(acked, seq);
    cr_expect_arr_eq(told, hash, sizeof(hash));
    free(text);
    json_free(answer);
}

/* One of them is of each type that docs/protocol.md names; and those at the end came into their epoch from another.
 */
Test(wire, there_is_a_record_of_each_type_and_some_were_carried)
{
    static const char *const types[] = {
        "sale",         "return",           "void",           "print",      "shift",       "keyed_entry",
        "override",     "lease_use",        "lease_close",    "hold_asked", "hold_voided", "claim_asked",
        "claim_voided", "bundle_activated", "bundle_refused", "enrolment",  "holdings"};
    bool seen[sizeof(types) / sizeof(types[0])] = {false};
    int64_t carried = 0;
    char *text, *at;
    size_t len;

    text = load("records.jsonl", &len);
    for (at = text; *at != '\0'; at += strcspn(at, "\n") + 1) {
        struct errmsg err = ERRMSG_INIT;
        struct record_head head;
        struct origin origin;
        const char *body;
        size_t body_len;

        cr_assert_eq(record_parse(at, strcspn(at, "\n"), &head, &body, &body_len, &err), ST_OK, "%s", err.text);
        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
            seen[i] = seen[i] || strcmp(types[i], head.type) == 0;
        carried += origin_read(&head, body, body_len, &origin, &err) == ST_OK && origin.epoch != head.epoch;
    }
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        cr_expect(seen[i], "%s", types[i]);
    cr_expect_eq(carried, 2);
    free(text);
}

Test(wire, the_manifest_is_one)
{
    struct errmsg err = ERRMSG_INIT;
    struct manifest manifest;
    size_t len;
    char *text = load("manifest.json", &len);

    cr_assert_eq(manifest_parse(text, len, &manifest, &err), ST_OK, "%s", err.text);
    cr_expect_str_eq(manifest.chain, "demo");
    free(text);
}

/* ---- bodies of sales, as hostile as they come ---- */

static enum status parse(const char *body, struct sale_record *sale, struct errmsg *err)
{
    return sale_record_parse(body, strlen(body), sale, err);
}

#define RESULT                                                                                                       \
    "\"result\":{\"gross_minor\":10,\"discount_minor\":1,\"redeemed_minor\":2,\"total_minor\":7,\"digest\":\"d\"}"

Test(sale_record, finds_the_sale_s_own_bytes_whatever_stands_around_them)
{
    static const char *const bodies[] = {
        "{\"sale\":{\"sale_id\":\"a\",\"at\":\"2026-11-22T10:00\",\"x\":\"}]\\\"{\"}," RESULT "}",
        "{" RESULT
        ",\"note\":\"\\\"sale\\\":{\", \"sale\" : {\"sale_id\":\"a\",\"at\":\"2026-11-22T10:00\",\"x\":\"}]\\\"{\"}}",
        "{ "
        "\"deep\":[{\"sale\":1},[\"]\"]],\"sale\":{\"sale_id\":\"a\",\"at\":\"2026-11-22T10:00\",\"x\":\"}]\\\"{\"}"
        "\n,\t" RESULT "}",
    };

    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct sale_record sale;
        struct errmsg err = ERRMSG_INIT;
        static const char want[] = "{\"sale_id\":\"a\",\"at\":\"2026-11-22T10:00\",\"x\":\"}]\\\"{\"}";
        size_t len;
        char *with;

        cr_assert_eq(parse(bodies[i], &sale, &err), ST_OK, "%zu: %s", i, err.text);
        cr_expect_eq(strncmp(sale.sale_json, want, strlen(want)), 0, "%zu: %.*s", i, (int)sale.sale_len,
                     sale.sale_json);
        cr_expect_str_eq(sale.business_date, "2026-11-22");
        with = sale_record_with_member(&sale, "{\"id\":\"M\"}", &len);
        cr_expect_eq(strncmp(with, "{\"member\":{\"id\":\"M\"},\"sale_id\":\"a\"", 34), 0, "%s", with);
        free(with);
        sale_record_clear(&sale);
    }
}

Test(sale_record, refuses_in_words_what_cannot_be_booked)
{
    static const char *const bodies[] = {
        "{}",
        "[]",
        "{\"sale\":[]," RESULT "}",
        "{\"sale\":{\"sale_id\":\"a\"}," RESULT "}",
        "{\"sale\":{\"sale_id\":\"a b\",\"at\":\"2026-11-22T10:00\"}," RESULT "}",
        "{\"sale\":{\"sale_id\":\"a\",\"at\":\"yesterday\"}," RESULT "}",
        "{\"sale\":{\"sale_id\":\"a\",\"at\":\"2026-11-22T10:00\"}}",
        "{\"sale\":{\"sale_id\":\"a\",\"at\":\"2026-11-22T10:00\"},\"result\":{\"gross_minor\":10,\"discount_minor\":"
        "1,"
        "\"redeemed_minor\":2,\"total_minor\":8,\"digest\":\"d\"}}",
        "{\"sale\":{\"sale_id\":\"a\",\"at\":\"2026-11-22T10:00\"},\"result\":{\"gross_minor\":1e300,\"discount_"
        "minor\":1,"
        "\"redeemed_minor\":2,\"total_minor\":8,\"digest\":\"d\"}}",
        "{\"sale\":{\"sale_id\":\"a\",\"at\":\"2026-11-22T10:00\"},\"identifier\":\"xyz\"," RESULT "}",
        "{\"sale\":{\"sale_id\":\"a\",\"at\":\"2026-11-22T10:00\",\"member\":{\"id\":\"\"}}," RESULT "}",
    };

    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct sale_record sale;
        struct errmsg err = ERRMSG_INIT;

        cr_expect_neq(parse(bodies[i], &sale, &err), ST_OK, "%s", bodies[i]);
        cr_expect(err.text[0] != '\0', "%s", bodies[i]);
    }
}
