/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loyalctl why: why promotions applied to a sale or did not, in sentences. Asks loyald of a sale of this till; with
 * --bundle a sale on standard input is worked out here, without a daemon.
 */
#include "agent/tools/command.h"

#include "agent/base/ids.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/base/pk_memo.h"
#include "agent/engine/why.h"

#include <cjson/cJSON.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SENTENCE_MAX = 64 * 1024, ANSWER_MAX = 64 * 1024 * 1024 };

/* ---- showing ---- */

/* Prints the sentences, or the answer with only the promotion asked for in it. */
static int show(const struct command_call *call, const struct strbuf *answer, const char *only)
{
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *root = NULL;
    cJSON *list, *one, *next;
    const char *text;
    int shown = 0;

    if (json_parse(strbuf_text(answer), answer->len, ANSWER_MAX, &root, &err) != ST_OK) {
        command_say("the answer: %s", err.text);
        return EXIT_NO_DAEMON;
    }
    list = cJSON_GetObjectItemCaseSensitive(root, "promotions");
    for (one = list ? list->child : NULL; one; one = next) {
        next = one->next;
        if (only && (json_text(one, "promotion", SENTENCE_MAX, &text, NULL) != ST_OK || strcmp(text, only) != 0)) {
            cJSON_Delete(cJSON_DetachItemViaPointer(list, one));
            continue;
        }
        shown++;
        if (!call->json && json_text(one, "sentence", SENTENCE_MAX, &text, NULL) == ST_OK)
            printf("%s\n", text);
    }
    if (call->json) {
        char *json = cJSON_PrintUnformatted(root);

        printf("%s\n", json ? json : "");
        free(json);
    }
    json_free(root);
    if (only && shown == 0) {
        command_say("%s: the rules of this sale have no promotion of that id", only);
        return command_finish(EXIT_REFUSED);
    }
    return command_finish(0);
}

/* ---- of this till ---- */

static int ask_why(const struct command_call *call)
{
    struct strbuf answer = STRBUF_INIT(ASK_ANSWER_MAX);
    char path[ID_LEN_MAX + 64];
    int exit_status;

    if (call->word_count == 0) {
        command_say(
            "which sale? loyalctl why SALE [PROMOTION], or loyalctl why [PROMOTION] --bundle FILE < sale.json");
        return EXIT_USAGE;
    }
    if (!id_is_valid(call->words[0])) {
        command_say("%s: a sale's id is 1 to %d of A-Z a-z 0-9 . _ : -", call->words[0], ID_LEN_MAX);
        return EXIT_USAGE;
    }
    (void)snprintf(path, sizeof path, "/v1/sales/%s/why", call->words[0]);
    exit_status = command_ask(call, "GET", path, NULL, 0, &answer);
    if (exit_status == 0)
        exit_status = show(call, &answer, call->word_count > 1 ? call->words[1] : NULL);
    strbuf_free(&answer);
    return exit_status;
}

/* ---- here ---- */

static enum status read_standard_input(struct strbuf *out, struct errmsg *err)
{
    char part[16 * 1024];
    ssize_t n;

    while ((n = read(STDIN_FILENO, part, sizeof part)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            errmsg_set(err, "cannot read standard input: %s", strerror(errno));
            return ST_IO;
        }
        strbuf_add(out, part, (size_t)n);
        if (strbuf_status(out) != ST_OK) {
            errmsg_set(err, "the sale is longer than a sale may be");
            return strbuf_status(out);
        }
    }
    return ST_OK;
}

static enum status explain(struct engine *engine, const struct bundle *bundle, const struct engine_sale *sale,
                           const char *language, struct strbuf *out, struct errmsg *err)
{
    static struct pk_memo coupons; /* the program ends with the answer */
    struct engine_options options = {.trace = true};
    struct json_writer w = JSON_WRITER_INIT(out);
    const struct engine_result *result;
    enum status st;

    engine_set_verify(engine, pk_memo_verify, &coupons);
    st = engine_evaluate(engine, bundle, sale, &options, &result, err);
    if (st != ST_OK)
        return st;
    jw_object_begin(&w);
    jw_field_text(&w, "sale_id", result->sale_id);
    jw_field_int(&w, "rules_version", bundle_version(bundle));
    jw_field_text(&w, "language", language);
    jw_name(&w, "promotions");
    engine_why_write(bundle, sale, result, language, NULL, &w);
    jw_object_end(&w);
    return strbuf_status(out);
}

static int work_out(const struct command_call *call, const struct bundle *bundle, const struct strbuf *text)
{
    const char *language = call->language ? call->language : "en";
    struct strbuf answer = STRBUF_INIT(ANSWER_MAX);
    struct errmsg err = ERRMSG_INIT;
    struct engine_fault fault = {0};
    struct engine_sale *sale = NULL;
    struct engine *engine = NULL;
    int exit_status = EXIT_REFUSED;

    if (engine_sale_parse(strbuf_text(text), text->len, &sale, &fault) != ST_OK)
        command_say("the sale: %s: %s", fault.at[0] ? fault.at : "/", fault.message);
    else if (engine_create(&engine, &err) != ST_OK || explain(engine, bundle, sale, language, &answer, &err) != ST_OK)
        command_say("%s", err.text[0] ? err.text : "the answer is too long: name one promotion");
    else
        exit_status = show(call, &answer, call->word_count > 0 ? call->words[0] : NULL);
    engine_sale_destroy(sale);
    engine_destroy(engine);
    strbuf_free(&answer);
    return exit_status;
}

int command_why(const struct command_call *call)
{
    struct strbuf text = STRBUF_INIT(SALE_BYTES_MAX);
    struct errmsg err = ERRMSG_INIT;
    struct bundle *bundle = NULL;
    int exit_status = EXIT_USAGE;

    if (!call->bundle)
        return ask_why(call);
    if (call->word_count > 1)
        command_say("why --bundle reads the sale from standard input: name at most the promotion");
    else if (command_compile_bundle(call->bundle, &bundle, &err) != ST_OK || read_standard_input(&text, &err) != ST_OK)
        command_say("%s", err.text);
    else
        exit_status = work_out(call, bundle, &text);
    bundle_destroy(bundle);
    strbuf_free(&text);
    return exit_status;
}
