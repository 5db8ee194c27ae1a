/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loyalctl receipt: what a template makes of a sale, before any till prints it. On standard input stands a sale,
 * which is worked out by the bundle, or what a journal's record holds of one: {"sale","result","tenders"}.
 */
#include "agent/tools/command.h"

#include "agent/base/file.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/base/pk_memo.h"
#include "agent/engine/engine.h"
#include "agent/receipt/page.h"
#include "agent/receipt/template.h"
#include "agent/till/identity.h"
#include "agent/till/slip.h"

#include <cjson/cJSON.h>
#include <qrencode.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_BYTES_MAX = 2 * SALE_BYTES_MAX, COLUMNS_DEFAULT = 42 };

/* {"template"|"receipt": the text} */
static int print_as_json(const char *name, const char *text, size_t len)
{
    struct strbuf out = STRBUF_INIT(2 * PAGE_SVG_BYTES_MAX);
    struct json_writer w = JSON_WRITER_INIT(&out);

    jw_object_begin(&w);
    jw_name(&w, name);
    jw_text_n(&w, text, len);
    jw_object_end(&w);
    return command_print_json(&out, 0);
}

int command_receipt_template(const struct command_call *call)
{
    const char *text = template_default(call->word_count > 0 ? call->words[0] : call->language);

    if (call->json)
        return print_as_json("template", text, strlen(text));
    fputs(text, stdout);
    return command_finish(0);
}

static int draw_qr(const char *text, char level, uint8_t out_modules[PAGE_QR_SIDE_MAX * PAGE_QR_SIDE_MAX])
{
    static const char levels[] = "lmqh";
    const char *found = level ? strchr(levels, level) : NULL;
    QRcode *qr = QRcode_encodeString8bit(text, 0, found ? (QRecLevel)(found - levels) : QR_ECLEVEL_M);
    int side = qr ? qr->width : 0;

    for (int i = 0; i < side * side; i++)
        out_modules[i] = qr->data[i] & 1;
    QRcode_free(qr);
    return side;
}

static enum status read_input(struct strbuf *out, struct errmsg *err)
{
    char piece[4096];
    size_t len;

    while ((len = fread(piece, 1, sizeof piece, stdin)) > 0)
        strbuf_add(out, piece, len);
    if (strbuf_status(out) == ST_OK && !ferror(stdin))
        return ST_OK;
    errmsg_set(err, "standard input: %s", ferror(stdin) ? "cannot be read" : "longer than a sale may be");
    return ST_INVALID;
}

/* A sale alone becomes the record that its commit would write, paid in cash. */
static enum status work_out(const struct bundle *bundle, const struct strbuf *text, struct strbuf *out_body,
                            struct errmsg *err)
{
    static struct pk_memo coupons; /* the program ends with the answer */
    struct engine_sale *sale = NULL;
    struct engine *engine = NULL;
    struct engine_fault fault = {0};
    const struct engine_result *result;
    struct strbuf written = STRBUF_INIT(INPUT_BYTES_MAX);
    enum status st = engine_sale_parse(strbuf_text(text), text->len, &sale, &fault);

    if (st != ST_OK) {
        errmsg_set(err, "the sale: %s: %s", fault.at[0] ? fault.at : "/", fault.message);
        return st;
    }
    st = engine_create(&engine, err);
    if (st == ST_OK) {
        engine_set_verify(engine, pk_memo_verify, &coupons);
        st = engine_evaluate(engine, bundle, sale, &(struct engine_options){0}, &result, err);
    }
    if (st == ST_OK) {
        engine_result_write(result, false, &written);
        strbuf_puts(out_body, "{\"sale\":");
        strbuf_add(out_body, strbuf_text(text), text->len);
        strbuf_puts(out_body, ",\"result\":");
        strbuf_puts(out_body, strbuf_text(&written));
        strbuf_printf(out_body, ",\"tenders\":[{\"kind\":\"cash\",\"amount_minor\":%" PRId64 "}]}",
                      result->total_minor);
        st = strbuf_status(out_body);
    }
    strbuf_free(&written);
    engine_sale_destroy(sale);
    engine_destroy(engine);
    return st;
}

/* The tree of a record's body, from a record or from a sale. */
static enum status read_body(const struct bundle *bundle, struct cJSON **out_body, struct errmsg *err)
{
    struct strbuf text = STRBUF_INIT(INPUT_BYTES_MAX), body = STRBUF_INIT(2 * INPUT_BYTES_MAX);
    struct cJSON *tree = NULL;
    enum status st = read_input(&text, err);

    if (st == ST_OK)
        st = json_parse(strbuf_text(&text), text.len, INPUT_BYTES_MAX, &tree, err);
    if (st == ST_OK && !cJSON_GetObjectItemCaseSensitive(tree, "result")) {
        json_free(tree);
        tree = NULL;
        st = work_out(bundle, &text, &body, err);
        if (st == ST_OK)
            st = json_parse(strbuf_text(&body), body.len, 2 * INPUT_BYTES_MAX, &tree, err);
    }
    strbuf_free(&text);
    strbuf_free(&body);
    *out_body = tree;
    return st;
}

static enum status load_template(const char *path, struct receipt_template **out_template)
{
    struct template_report report;
    struct errmsg err = ERRMSG_INIT;
    char *bytes = NULL;
    size_t len = 0;
    enum status st = file_read(path, TEMPLATE_BYTES_MAX + 1, &bytes, &len, &err);

    report.fault_count = 0;
    if (st == ST_OK)
        st = template_compile(bytes, len, out_template, &report, &err);
    for (size_t i = 0; i < report.fault_count && i < TEMPLATE_FAULTS_MAX; i++)
        fprintf(stderr, "%s:%d:%d: %s\n", path, report.faults[i].line, report.faults[i].column,
                report.faults[i].message.text);
    if (st != ST_OK && report.fault_count == 0)
        command_say("%s", err.text);
    free(bytes);
    return st;
}

static enum status write_page(const struct page *page, const char *format, int columns, bool json, struct errmsg *err)
{
    struct page_svg_options options = {.columns = columns, .qr = draw_qr};
    struct strbuf out = STRBUF_INIT(PAGE_SVG_BYTES_MAX);
    bool html = strcmp(format, "html") == 0;
    enum status st;

    if (html)
        strbuf_puts(&out, "<!doctype html>\n<meta charset=\"utf-8\">\n<title>receipt</title>\n"
                          "<body style=\"background:#ddd\">\n");
    if (strcmp(format, "text") == 0)
        st = page_to_text(page, columns, &out, err);
    else
        st = page_to_svg(page, &options, &out, err);
    if (st == ST_OK && json)
        (void)print_as_json("receipt", strbuf_text(&out), out.len); /* whether it arrived is seen at the end */
    else if (st == ST_OK)
        fwrite(strbuf_text(&out), 1, out.len, stdout);
    strbuf_free(&out);
    return st;
}

static int preview(const struct command_call *call, const struct bundle *bundle,
                   const struct receipt_template *template, int columns)
{
    static struct identity identity = {.till = "1"}; /* of no till */
    struct slip_facts facts = {.bundle = bundle,
                               .identity = &identity,
                               .template = template,
                               .language = call->language ? call->language : "en",
                               .member_display = "",
                               .sale_number = 1,
                               .offline_note = ""};
    struct page page = PAGE_INIT;
    struct cJSON *body = NULL;
    struct errmsg err = ERRMSG_INIT;
    enum status st = read_body(bundle, &body, &err);
    const cJSON *store;

    if (st == ST_OK) {
        store = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(body, "sale"), "store");
        store = cJSON_GetObjectItemCaseSensitive(store, "id");
        if (cJSON_IsString(store))
            strncpy(identity.store_name, store->valuestring, sizeof identity.store_name - 1);
        facts.body = body;
        facts.is_return = cJSON_GetObjectItemCaseSensitive(body, "sold") != NULL;
        st = slip_build(&facts, &page, &err);
    }
    if (st == ST_OK)
        st = write_page(&page, call->format ? call->format : "text", columns, call->json, &err);
    if (st != ST_OK)
        command_say("%s", err.text);
    json_free(body);
    page_free(&page);
    return st == ST_OK ? command_finish(0) : EXIT_REFUSED;
}

static bool good_options(const struct command_call *call, int *out_columns)
{
    const char *format = call->format ? call->format : "text";
    char *end = NULL;
    long columns = call->columns ? strtol(call->columns, &end, 10) : COLUMNS_DEFAULT;

    if ((end && *end != '\0') || columns < PAGE_COLUMNS_MIN || columns > PAGE_COLUMNS_MAX) {
        command_say("--columns %s: wants %d to %d", call->columns, PAGE_COLUMNS_MIN, PAGE_COLUMNS_MAX);
        return false;
    }
    if (strcmp(format, "text") != 0 && strcmp(format, "svg") != 0 && strcmp(format, "html") != 0) {
        command_say("--format %s: wants text, svg or html", format);
        return false;
    }
    *out_columns = (int)columns;
    return true;
}

int command_receipt_preview(const struct command_call *call)
{
    struct bundle_report *report = calloc(1, sizeof *report);
    struct receipt_template *template = NULL;
    struct bundle *bundle = NULL;
    struct errmsg err = ERRMSG_INIT;
    int columns, exit_status = EXIT_USAGE;

    if (!report || !good_options(call, &columns))
        goto out;
    exit_status = call->bundle ? command_load_bundle(call->bundle, &bundle, report) : 0;
    if (exit_status != 0)
        goto out;
    exit_status = EXIT_REFUSED;
    if (call->bundle && !bundle) {
        command_print_notes(stderr, report);
        goto out;
    }
    if (!bundle && engine_empty_bundle(NULL, 2, &bundle, &err) != ST_OK)
        command_say("%s", err.text);
    else if (!call->template || load_template(call->template, &template) == ST_OK)
        exit_status = preview(call, bundle, template, columns);
out:
    template_destroy(template);
    bundle_destroy(bundle);
    free(report);
    return exit_status;
}
