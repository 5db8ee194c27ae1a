/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evaluations - works out cases as vectors_export writes them, and prints for each a line: its name, the digest of
 * the bundle and of the result, and a hash over everything that was answered (result with its trace, sentences,
 * refunds, faults). Builds of any compiler, optimisation and machine must print the same; packaging/determinism.sh
 * compares them. evaluations evaluate BUNDLE and evaluations refund BUNDLE are loyalctl's commands of these names, of
 * the same sources, without what asks a daemon.
 *
 * Needs no library but cJSON and mbed TLS (signed coupons), so that it can be built for a machine that has nothing
 * else.
 */
#include "agent/base/hex.h"
#include "agent/base/pk_memo.h"
#include "agent/base/sha256.h"
#include "agent/engine/engine.h"
#include "agent/engine/why.h"
#include "agent/tools/command.h"

#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUT_MAX = 64 * 1024 * 1024 };

/* ---- what the commands ask of loyalctl ---- */

void command_say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputc('\n', stderr);
}

int command_finish(int exit_status)
{
    return fflush(stdout) == 0 ? exit_status : EXIT_REFUSED;
}

/* ---- a case ---- */

static void answer_fault(const struct engine_fault *fault, struct strbuf *out)
{
    strbuf_printf(out, "%s %s %s\n", fault->code, fault->at, fault->message);
}

static void evaluate(struct engine *engine, const struct bundle *bundle, const char *text, char digest[65],
                     struct strbuf *out)
{
    struct engine_options options = {.trace = true};
    struct json_writer w = JSON_WRITER_INIT(out);
    const struct engine_result *result;
    struct engine_fault fault = {0};
    struct engine_sale *sale = NULL;

    if (engine_sale_parse(text, strlen(text), &sale, &fault) != ST_OK) {
        answer_fault(&fault, out);
        return;
    }
    if (engine_evaluate(engine, bundle, sale, &options, &result, NULL) == ST_OK) {
        memcpy(digest, result->digest, sizeof result->digest);
        engine_result_write(result, true, out);
        engine_why_write(bundle, sale, result, "ru", NULL, &w);
    } else {
        strbuf_puts(out, "not evaluated\n");
    }
    engine_sale_destroy(sale);
}

static void refund(struct engine *engine, const struct bundle *bundle, const cJSON *returns, struct strbuf *out)
{
    const cJSON *request;

    cJSON_ArrayForEach(request, returns)
    {
        char *text = cJSON_PrintUnformatted(request);
        struct engine_fault fault = {0};

        if (engine_refund(engine, bundle, text, strlen(text), out, &fault, NULL) != ST_OK)
            answer_fault(&fault, out);
        free(text);
    }
}

static void work_out(struct engine *engine, const cJSON *line, struct bundle_report *report)
{
    struct strbuf out = STRBUF_INIT(OUT_MAX);
    char *bundle_text = cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(line, "bundle"));
    const cJSON *sale = cJSON_GetObjectItemCaseSensitive(line, "sale");
    char digest[65] = "-", hex[2 * SHA256_BYTES + 1];
    uint8_t hash[SHA256_BYTES];
    struct bundle *bundle = NULL;

    if (bundle_compile(bundle_text, strlen(bundle_text), &bundle, report, NULL) == ST_OK) {
        char *sale_text = sale ? cJSON_PrintUnformatted(sale) : NULL;

        if (sale_text)
            evaluate(engine, bundle, sale_text, digest, &out);
        refund(engine, bundle, cJSON_GetObjectItemCaseSensitive(line, "returns"), &out);
        free(sale_text);
    }
    for (size_t i = 0; i < report->note_count; i++)
        strbuf_printf(&out, "%s %s\n", report->notes[i].at, report->notes[i].text);
    sha256_of(strbuf_text(&out), out.len, hash);
    hex_encode(hash, sizeof hash, hex);
    (void)printf("%s %s %s %s\n", cJSON_GetObjectItemCaseSensitive(line, "case")->valuestring,
                 bundle ? bundle_digest(bundle) : "-", digest, hex);
    bundle_destroy(bundle);
    free(bundle_text);
    strbuf_free(&out);
}

static int run_lines(void)
{
    static struct pk_memo coupons;
    struct bundle_report *report = calloc(1, sizeof *report);
    struct engine *engine = NULL;
    char *text = NULL;
    size_t cap = 0;

    if (!report || engine_create(&engine, NULL) != ST_OK)
        return 1;
    engine_set_verify(engine, pk_memo_verify, &coupons);
    while (getline(&text, &cap, stdin) > 0) {
        cJSON *line = cJSON_Parse(text);

        if (!line)
            return 1;
        work_out(engine, line, report);
        cJSON_Delete(line);
    }
    free(text);
    free(report);
    engine_destroy(engine);
    return fflush(stdout) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct command_call call = {.bundle = argc > 2 ? argv[2] : NULL};

    if (argc == 3 && strcmp(argv[1], "evaluate") == 0)
        return command_evaluate(&call);
    if (argc == 3 && strcmp(argv[1], "refund") == 0)
        return command_refund(&call);
    if (argc == 1)
        return run_lines();
    (void)fputs("usage: evaluations [evaluate BUNDLE|refund BUNDLE]\n", stderr);
    return 2;
}
