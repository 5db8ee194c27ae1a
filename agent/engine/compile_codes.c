/* SPDX-License-Identifier: Apache-2.0 */
/* The part `codes`: the grammar of what a scan is (agent/codes/grammar.h). */
#include "agent/engine/compile.h"

#include "agent/codes/app_code.h"
#include "agent/codes/gs1_table.h"

#include <string.h>

#define PEM_BEGIN "-----BEGIN PUBLIC KEY-----"

/* "]E0", "]E" for the whole family, or three letters of a reader that reads no symbols: "MS2". */
static bool is_symbology(const char *text)
{
    size_t len = strlen(text);

    if (len < 2 || len > 3 || (text[0] != ']' && len != 3))
        return false;
    for (size_t i = text[0] == ']'; i < len; i++) {
        char c = text[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
            return false;
    }
    return true;
}

static bool is_pem(const char *text)
{
    return strncmp(text, PEM_BEGIN, strlen(PEM_BEGIN)) == 0 && strstr(text, "-----END PUBLIC KEY-----") != NULL;
}

/* A list of texts that good holds of. */
static const char **texts(struct compiler *c, const cJSON *json, const char *name, size_t count_max, size_t bytes_max,
                          bool (*good)(const char *text), const char *wanted, size_t *out_count)
{
    const cJSON *array = rd_array(&c->rd, json, name, OPTIONAL), *value;
    size_t count = array ? (size_t)cJSON_GetArraySize(array) : 0, i = 0;
    const char **list;

    if (count > count_max) {
        rd_fault(&c->rd, name, "holds more than %zu entries", count_max);
        return NULL;
    }
    list = arena_array(&c->bundle->arena, count + 1, sizeof *list);
    if (!list)
        return NULL;
    rd_each(&c->rd, name, array, value)
    {
        list[i] = "";
        if (!cJSON_IsString(value) || strlen(value->valuestring) > bytes_max || !good(value->valuestring))
            rd_fault(&c->rd, NULL, "wants %s", wanted);
        else
            list[i] = arena_text(&c->bundle->arena, value->valuestring, strlen(value->valuestring));
        i++;
    }
    *out_count = count;
    return list;
}

static void compile_ai(struct compiler *c, const cJSON *json, struct code_rule *rule)
{
    size_t len = 0;

    if (!rd_text(&c->rd, json, "ai", OPTIONAL, 4, &rule->ai))
        return;
    if (!gs1_table_find(rule->ai, strlen(rule->ai), &len) || len != strlen(rule->ai))
        rd_fault(&c->rd, "ai", "there is no GS1 application identifier \"%s\"", rule->ai);
}

static void compile_app_code(struct compiler *c, const cJSON *json, struct code_rule *rule)
{
    if (rule->kind == CODE_APP_CODE) {
        if (rule->check != CODE_CHECK_NONE)
            rd_fault(&c->rd, "check", "an app's code is checked by its signature: leave it out");
    } else if (rd_get(json, "keys")) {
        rd_fault(&c->rd, "keys", "only a rule of kind \"app_code\" has keys");
    }
}

static void compile_phone(struct compiler *c, const cJSON *json, struct code_rule *rule)
{
    if (rule->kind != CODE_PHONE) {
        if (rd_get(json, "country"))
            rd_fault(&c->rd, "country", "only a rule of kind \"phone\" has a country");
        return;
    }
    if (rule->check != CODE_CHECK_NONE)
        rd_fault(&c->rd, "check", "a phone number has no check digit: leave it out");
    if (*rule->ai || rule->symbology_count > 0)
        rd_fault(&c->rd, *rule->ai ? "ai" : "symbologies", "a phone number is typed, not scanned: leave it out");
    if (!rd_text(&c->rd, json, "country", OPTIONAL, 3, &rule->country))
        return;
    if (strspn(rule->country, "0123456789") != strlen(rule->country) || rule->country[0] == '0')
        rd_fault(&c->rd, "country", "wants the digits of a country's code, such as \"7\"");
}

static void compile_rule(struct compiler *c, const cJSON *json, struct code_rule *rule)
{
    int64_t length = 0;
    int kind = CODE_ITEM, check = CODE_CHECK_NONE;

    *rule = (struct code_rule){.kind = CODE_ITEM, .ai = "", .prefix = "", .country = ""};
    if (!rd_names(&c->rd, json, "kind symbologies ai prefix length check keys country"))
        return;
    (void)rd_word(&c->rd, json, "kind", REQUIRED, CODE_KINDS, &kind);
    (void)rd_word(&c->rd, json, "check", OPTIONAL, CODE_CHECKS, &check);
    (void)rd_text(&c->rd, json, "prefix", OPTIONAL, CODE_PREFIX_MAX, &rule->prefix);
    (void)rd_int(&c->rd, json, "length", OPTIONAL, 1, CODE_LENGTH_MAX, &length);
    rule->kind = (enum code_kind)kind;
    rule->check = (enum code_check)check;
    rule->length = (size_t)length;
    if (rule->kind == CODE_APP_CODE && *rule->prefix == '\0')
        rule->prefix = APP_CODE_PREFIX;
    rule->symbologies = texts(c, json, "symbologies", CODE_SYMBOLOGIES_MAX, 3, is_symbology,
                              "an AIM identifier such as \"]E0\", a family such as \"]E\", or a reader's \"MS2\"",
                              &rule->symbology_count);
    rule->keys =
        texts(c, json, "keys", CODE_KEYS_MAX, CODE_KEY_BYTES_MAX, is_pem, "a public key as PEM", &rule->key_count);
    compile_ai(c, json, rule);
    compile_app_code(c, json, rule);
    compile_phone(c, json, rule);
    if (rule->length > 0 && rule->length < strlen(rule->prefix))
        rd_fault(&c->rd, "length", "is less than the prefix has");
    else if (rule->length > CODE_NUMBER_MAX)
        rd_fault(&c->rd, "length", "no rule matches more than %d bytes", CODE_NUMBER_MAX);
    if (rule->kind != CODE_PHONE && !*rule->prefix && !*rule->ai && rule->length == 0 && rule->symbology_count == 0)
        rd_warn(&c->rd, NULL, "matches every code: the POS gets none, and the rules after it are never asked");
}

void compile_code_grammar(struct compiler *c, const cJSON *root)
{
    const cJSON *array = rd_array(&c->rd, root, "codes", OPTIONAL), *value;
    size_t count = array ? (size_t)cJSON_GetArraySize(array) : 0, i = 0;
    struct code_rule *rules;

    if (!array)
        return;
    if (count > CODE_RULES_MAX) {
        rd_fault(&c->rd, "codes", "holds more than %d entries", CODE_RULES_MAX);
        return;
    }
    rules = arena_array(&c->bundle->arena, count + 1, sizeof *rules);
    if (!rules)
        return;
    rd_each(&c->rd, "codes", array, value)
        compile_rule(c, value, &rules[i++]);
    c->bundle->grammar = (struct code_grammar){rules, count, true};
}
