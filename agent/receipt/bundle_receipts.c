/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/receipt/bundle_receipts.h"

#include "agent/base/utf8.h"
#include "agent/engine/engine.h"
#include "agent/receipt/template.h"

#include <string.h>

/* As much as there is room for, no character in part. */
static void text_cut(char *to, size_t to_bytes, const char *from)
{
    size_t len = utf8_cut(from, strlen(from), to_bytes - 1);

    memcpy(to, from, len);
    to[len] = '\0';
}

static void add_note(struct bundle_report *report, const char *use, const char *language,
                     const struct template_fault *fault)
{
    struct errmsg at = ERRMSG_INIT, text = ERRMSG_INIT;
    struct bundle_note *note;

    report->fault_count++;
    if (report->note_count == BUNDLE_NOTES_MAX)
        return;
    note = &report->notes[report->note_count++];
    note->warning = false;
    errmsg_set(&at, "/receipts/%s/%s", use, language);
    errmsg_set(&text, "line %d, column %d: %s", fault->line, fault->column, fault->message.text);
    text_cut(note->at, sizeof note->at, at.text);
    text_cut(note->text, sizeof note->text, text.text);
}

enum status bundle_receipts_check(const struct bundle *bundle, struct bundle_report *report, struct errmsg *err)
{
    const char *text, *use, *language;
    enum status all = ST_OK;

    for (size_t i = 0; (text = bundle_receipt_at(bundle, i, &use, &language)) != NULL; i++) {
        struct receipt_template *compiled = NULL;
        struct template_report faults;
        struct errmsg fault = ERRMSG_INIT;
        enum status st = template_compile(text, strlen(text), &compiled, &faults, &fault);

        template_destroy(compiled);
        if (st == ST_OK)
            continue;
        if (all == ST_OK)
            errmsg_set(err, "receipts/%s/%s: %s", use, language, fault.text);
        all = st;
        if (st != ST_INVALID)
            return st;
        for (size_t k = 0; report && k < faults.fault_count && k < TEMPLATE_FAULTS_MAX; k++)
            add_note(report, use, language, &faults.faults[k]);
    }
    return all;
}

enum status bundle_receipts_compile(const struct bundle *bundle, const char *use, const char *language,
                                    struct receipt_template **out_template, struct errmsg *err)
{
    const char *text = bundle_receipt(bundle, use, language);

    *out_template = NULL;
    return text ? template_compile(text, strlen(text), out_template, NULL, err) : ST_OK;
}
