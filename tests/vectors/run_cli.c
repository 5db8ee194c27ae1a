/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_cli - runs the text cases through loyalctl as a user calls it: bundles from files, sales and returns in by
 * lines, results out by lines. What it writes is what the library writes, byte by byte, digests too; faults are those
 * expected, and the exit status says so.
 */
#include "vectors.h"

#include "agent/base/pk_memo.h"
#include "agent/engine/engine.h"
#include "tests/unit/agent/tools/run.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct cli {
    struct engine *engine;
    char path[64]; /* of the bundle */
    int evaluated, refunded, checked, failed;
};

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    cr_assert(file);
    cr_assert_eq(fwrite(text, 1, strlen(text), file), strlen(text));
    cr_assert_eq(fclose(file), 0);
}

/* JSON goes in by lines: as one line where it is JSON, else without the line ends. */
static void add_line(struct strbuf *out, const char *text)
{
    cJSON *json = cJSON_Parse(text);
    char *line = json ? cJSON_PrintUnformatted(json) : strdup(text);

    for (char *at = line; (at = strchr(at, '\n')) != NULL; at++)
        *at = ' ';
    strbuf_printf(out, "%s\n", line);
    free(line);
    cJSON_Delete(json);
}

static void library_error(const struct engine_fault *fault, struct strbuf *out)
{
    cJSON *error = vector_error(fault->code, fault->message, fault->at);
    char *text = cJSON_PrintUnformatted(error);

    strbuf_printf(out, "%s", text);
    free(text);
    cJSON_Delete(error);
}

/* ---- evaluate ---- */

/* What the library says to that line. True for a result, false for a fault. */
static bool library_evaluates(struct cli *cli, const struct bundle *bundle, const char *line, size_t len, bool trace,
                              struct strbuf *out)
{
    struct engine_options options = {.trace = trace};
    const struct engine_result *result;
    struct engine_fault fault = {0};
    struct engine_sale *sale;

    if (engine_sale_parse(line, len, &sale, &fault) != ST_OK) {
        library_error(&fault, out);
        return false;
    }
    cr_assert_eq(engine_evaluate(cli->engine, bundle, sale, &options, &result, NULL), ST_OK);
    engine_result_write(result, trace, out);
    engine_sale_destroy(sale);
    return true;
}

/* The sale twice, so that the second answer does not depend on the first. */
static int evaluate(struct cli *cli, const struct vector *vector, const struct bundle *bundle, bool trace)
{
    struct strbuf in = STRBUF_INIT(VECTOR_BYTES_MAX), wanted = STRBUF_INIT(VECTOR_BYTES_MAX);
    struct run run;
    bool good = true;
    int count = 0;

    for (int i = 0; i < 2; i++) {
        size_t from = in.len;

        add_line(&in, vector->sections[VECTOR_SALE]);
        good = library_evaluates(cli, bundle, in.data + from, in.len - from - 1, trace, &wanted);
        strbuf_putc(&wanted, '\n');
    }
    run_program(&run, (const char *[]){"loyalctl", "evaluate", "--bundle", cli->path, trace ? "--trace" : NULL, NULL},
                in.data, in.len);
    if (strcmp(strbuf_text(&run.out), strbuf_text(&wanted)) != 0) {
        vector_complain(vector, "loyalctl evaluate answers", strbuf_text(&run.out));
        vector_complain(vector, "the library answers", strbuf_text(&wanted));
        count++;
    }
    if (run.exit_status != (good ? 0 : 1)) {
        vector_complain(vector, "loyalctl evaluate", "another exit status");
        count++;
    }
    run_free(&run);
    strbuf_free(&in);
    strbuf_free(&wanted);
    cli->evaluated++;
    return count;
}

/* ---- refund ---- */

/* The returns as lines, each with the sale, its result and the earlier ones' results unless it brings its own. The
 * last is what the library says to each. */
static bool library_refunds(struct cli *cli, const struct vector *vector, const struct bundle *bundle,
                            struct strbuf *in, struct strbuf *wanted)
{
    cJSON *requests = cJSON_Parse(vector->sections[VECTOR_RETURN]), *earlier = cJSON_CreateArray(), *request;
    cJSON *sale, *sold;
    struct strbuf result = STRBUF_INIT(VECTOR_BYTES_MAX);
    bool good = true;

    if (vector->sections[VECTOR_SALE])
        (void)library_evaluates(cli, bundle, vector->sections[VECTOR_SALE], strlen(vector->sections[VECTOR_SALE]),
                                false, &result);
    sale = vector->sections[VECTOR_SALE] ? cJSON_Parse(vector->sections[VECTOR_SALE]) : NULL;
    sold = result.len ? cJSON_Parse(strbuf_text(&result)) : NULL;
    cJSON_ArrayForEach(request, requests)
    {
        struct strbuf answer = STRBUF_INIT(VECTOR_BYTES_MAX);
        struct engine_fault fault = {0};
        char *line;

        vector_complete_return(request, sale, sold, earlier);
        line = cJSON_PrintUnformatted(request);
        strbuf_printf(in, "%s\n", line);
        if (engine_refund(cli->engine, bundle, line, strlen(line), &answer, &fault, NULL) == ST_OK) {
            cJSON_AddItemToArray(earlier, cJSON_Parse(strbuf_text(&answer)));
        } else {
            strbuf_clear(&answer);
            library_error(&fault, &answer);
            good = false;
        }
        strbuf_printf(wanted, "%s\n", strbuf_text(&answer));
        strbuf_free(&answer);
        free(line);
    }
    strbuf_free(&result);
    cJSON_Delete(requests);
    cJSON_Delete(earlier);
    cJSON_Delete(sale);
    cJSON_Delete(sold);
    return good;
}

static int refund(struct cli *cli, const struct vector *vector, const struct bundle *bundle)
{
    struct strbuf in = STRBUF_INIT(VECTOR_BYTES_MAX), wanted = STRBUF_INIT(VECTOR_BYTES_MAX);
    bool good = library_refunds(cli, vector, bundle, &in, &wanted);
    struct run run;
    int count = 0;

    run_program(&run, (const char *[]){"loyalctl", "refund", "--bundle", cli->path, NULL}, in.data, in.len);
    if (strcmp(strbuf_text(&run.out), strbuf_text(&wanted)) != 0 || run.exit_status != (good ? 0 : 1)) {
        vector_complain(vector, "loyalctl refund answers", strbuf_text(&run.out));
        vector_complain(vector, "the library answers", strbuf_text(&wanted));
        count = 1;
    }
    run_free(&run);
    strbuf_free(&in);
    strbuf_free(&wanted);
    cli->refunded++;
    return count;
}

/* ---- bundle check ---- */

/* Each pointer that the case expects begins a line; a bundle that compiles exits with 0 all the same. */
static int check(struct cli *cli, const struct vector *vector, bool compiles)
{
    char *lines = strdup(vector->sections[VECTOR_FAULT]), *rest = lines, *line;
    struct run run;
    int count = 0;

    run_program(&run, (const char *[]){"loyalctl", "bundle", "check", cli->path, NULL}, NULL, 0);
    while ((line = strsep(&rest, "\n")) != NULL) {
        line[strcspn(line, " ")] = '\0';
        if (*line && !strstr(strbuf_text(&run.out), line)) {
            vector_complain(vector, "loyalctl bundle check says nothing of", line);
            count++;
        }
    }
    if (run.exit_status != (compiles ? 0 : 1)) {
        vector_complain(vector, "loyalctl bundle check", "another exit status");
        count++;
    }
    run_free(&run);
    free(lines);
    cli->checked++;
    return count;
}

/* ---- all ---- */

static void run_case(void *context, const struct vector *vector)
{
    struct cli *cli = context;
    char *text = vector_bundle(vector, 0);
    struct bundle *bundle = NULL;
    bool compiles = bundle_compile(text, strlen(text), &bundle, NULL, NULL) == ST_OK;
    int count = 0;

    write_file(cli->path, text);
    if (vector->sections[VECTOR_FAULT])
        count += check(cli, vector, compiles);
    if (compiles && vector->sections[VECTOR_SALE] && vector->sections[VECTOR_EXPECT])
        count += evaluate(cli, vector, bundle, cli->evaluated % 2 == 0);
    if (compiles && vector->sections[VECTOR_RETURN])
        count += refund(cli, vector, bundle);
    cli->failed += count > 0;
    bundle_destroy(bundle);
    free(text);
}

Test(vectors, loyalctl_writes_what_the_library_writes)
{
    static struct pk_memo coupons;
    struct cli cli = {.path = "/tmp/loyald-vectors-XXXXXX"};
    int fd = mkstemp(cli.path);

    cr_assert_geq(fd, 0);
    (void)close(fd);
    cr_assert_eq(engine_create(&cli.engine, NULL), ST_OK);
    engine_set_verify(cli.engine, pk_memo_verify, &coupons);
    vectors_each(run_case, &cli);
    engine_destroy(cli.engine);
    (void)unlink(cli.path);
    fprintf(stderr, "%d cases evaluated, %d with returns, %d bundles checked, %d failed\n", cli.evaluated,
            cli.refunded, cli.checked, cli.failed);
    cr_assert_eq(cli.failed, 0);
    cr_assert(cli.evaluated >= 260);
}
