/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/receipt/bundle_receipts.h"

#include "agent/base/base64.h"
#include "agent/base/utf8.h"
#include "agent/engine/engine.h"
#include "agent/receipt/page.h"
#include "agent/receipt/picture.h"
#include "agent/receipt/template.h"

#include <stdlib.h>
#include <string.h>

_Static_assert((int)BUNDLE_PICTURE_NAME_MAX == (int)PAGE_PICTURE_NAME_MAX, "what a bundle may name, a page may");

/* As much as there is room for, no character in part. */
static void text_cut(char *to, size_t to_bytes, const char *from)
{
    size_t len = utf8_cut(from, strlen(from), to_bytes - 1);

    memcpy(to, from, len);
    to[len] = '\0';
}

static void add_note(struct bundle_report *report, const struct errmsg *at, const char *text)
{
    struct bundle_note *note;

    report->fault_count++;
    if (report->note_count == BUNDLE_NOTES_MAX)
        return;
    note = &report->notes[report->note_count++];
    note->warning = false;
    text_cut(note->at, sizeof note->at, at->text);
    text_cut(note->text, sizeof note->text, text);
}

static void add_fault(struct bundle_report *report, const char *use, const char *language,
                      const struct template_fault *fault)
{
    struct errmsg at = ERRMSG_INIT, text = ERRMSG_INIT;

    errmsg_set(&at, "/receipts/%s/%s", use, language);
    errmsg_set(&text, "line %d, column %d: %s", fault->line, fault->column, fault->message.text);
    add_note(report, &at, text.text);
}

static enum status check_templates(const struct bundle *bundle, struct bundle_report *report, struct errmsg *err)
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
            add_fault(report, use, language, &faults.faults[k]);
    }
    return all;
}

static enum status check_pictures(const struct bundle *bundle, struct bundle_report *report, struct errmsg *err)
{
    enum status all = ST_OK;
    const char *name;

    for (size_t i = 0; (name = bundle_picture_at(bundle, i)) != NULL; i++) {
        struct errmsg fault = ERRMSG_INIT, at = ERRMSG_INIT;
        struct bitmap bitmap = {0};
        enum status st = bundle_receipts_picture(bundle, name, &bitmap, &fault);

        bitmap_clear(&bitmap);
        if (st == ST_OK)
            continue;
        if (st == ST_NOMEM)
            return st;
        if (all == ST_OK)
            errmsg_set(err, "receipts/pictures/%s: %s", name, fault.text);
        all = ST_INVALID;
        errmsg_set(&at, "/receipts/pictures/%s", name);
        if (report)
            add_note(report, &at, fault.text);
    }
    return all;
}

enum status bundle_receipts_check(const struct bundle *bundle, struct bundle_report *report, struct errmsg *err)
{
    enum status st = check_templates(bundle, report, err), pictures;

    if (st != ST_OK && st != ST_INVALID)
        return st;
    pictures = check_pictures(bundle, report, st == ST_OK ? err : NULL);
    return st == ST_OK ? pictures : st;
}

enum status bundle_receipts_picture(const struct bundle *bundle, const char *name, struct bitmap *out_bitmap,
                                    struct errmsg *err)
{
    const char *text = bundle ? bundle_picture(bundle, name) : NULL;
    size_t len = text ? strlen(text) : 0;
    uint8_t *bytes = text ? malloc(len + 1) : NULL;
    struct bitmap bitmap;
    enum status st = !text ? ST_NOT_FOUND : bytes ? base64_decode(text, bytes, len, &len) : ST_NOMEM;

    if (st != ST_OK)
        errmsg_set(err, "%s",
                   st == ST_INVALID ? "it is not the base64 of a file (base64 -w 0 logo.png)" : status_text(st));
    else
        st = picture_load(bytes, len, &bitmap, err);
    free(bytes);
    if (st == ST_OK && bitmap_bytes(bitmap.width, bitmap.height) > PAGE_BITMAP_BYTES_MAX) {
        errmsg_set(err, "it has %d times %d dots, %d thousand are taken: a printer would take too long over it",
                   bitmap.width, bitmap.height, PAGE_BITMAP_BYTES_MAX * 8 / 1000);
        bitmap_clear(&bitmap);
        st = ST_INVALID;
    }
    if (st == ST_OK)
        *out_bitmap = bitmap;
    return st;
}

enum status bundle_receipts_compile(const struct bundle *bundle, const char *use, const char *language,
                                    struct receipt_template **out_template, struct errmsg *err)
{
    const char *text = bundle_receipt(bundle, use, language);

    *out_template = NULL;
    return text ? template_compile(text, strlen(text), out_template, NULL, err) : ST_OK;
}
