/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_lines bundle|sale|return - what the compiler and the readers of sales and returns say to documents, one JSON
 * a line in, one answer a line out: the pointers of all faults parted by tabs, an empty line when it is accepted. For
 * check.py, which asks thousands of questions and sets the answers beside those of the schemas.
 */
#include "agent/engine/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct asked {
    struct engine *engine;
    struct bundle *bundle; /* an empty one */
    struct bundle_report report;
};

/* A fault of the whole is said as "/", so that a line without a fault is the empty one. */
static void say(const char *at)
{
    (void)printf("%s\t", *at ? at : "/");
}

static void ask_bundle(struct asked *asked, const char *line, size_t len)
{
    struct bundle *bundle = NULL;

    if (bundle_compile(line, len, &bundle, &asked->report, NULL) == ST_OK) {
        bundle_destroy(bundle);
        return;
    }
    for (size_t i = 0; i < asked->report.note_count; i++) {
        if (!asked->report.notes[i].warning)
            say(asked->report.notes[i].at);
    }
}

static void ask_sale(struct asked *asked, const char *line, size_t len)
{
    struct engine_sale *sale = NULL;
    struct engine_fault fault = {0};

    (void)asked;
    if (engine_sale_parse(line, len, &sale, &fault) == ST_OK)
        engine_sale_destroy(sale);
    else
        say(fault.at);
}

static void ask_return(struct asked *asked, const char *line, size_t len)
{
    struct strbuf out = STRBUF_INIT(RETURN_BYTES_MAX);
    struct engine_fault fault = {0};

    if (engine_refund(asked->engine, asked->bundle, line, len, &out, &fault, NULL) != ST_OK)
        say(fault.at);
    strbuf_free(&out);
}

int main(int argc, char **argv)
{
    static struct asked asked;
    void (*ask)(struct asked * asked, const char *line, size_t len) = NULL;
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;

    if (argc == 2 && strcmp(argv[1], "bundle") == 0)
        ask = ask_bundle;
    else if (argc == 2 && strcmp(argv[1], "sale") == 0)
        ask = ask_sale;
    else if (argc == 2 && strcmp(argv[1], "return") == 0)
        ask = ask_return;
    if (!ask || engine_create(&asked.engine, NULL) != ST_OK ||
        engine_empty_bundle(NULL, 2, &asked.bundle, NULL) != ST_OK) {
        (void)fputs("usage: rules_lines bundle|sale|return\n", stderr);
        return 2;
    }
    while ((len = getline(&line, &cap, stdin)) > 0) {
        ask(&asked, line, (size_t)len);
        (void)putchar('\n');
    }
    free(line);
    bundle_destroy(asked.bundle);
    engine_destroy(asked.engine);
    return fflush(stdout) == 0 ? 0 : 1;
}
