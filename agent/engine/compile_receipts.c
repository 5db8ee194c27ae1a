/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part `receipts`: templates by use and language. Kept as they are; what a template may say the receipt module
 * knows, and who takes a bundle in asks it (agent/receipt/bundle_receipts.h).
 */
#include "agent/engine/compile.h"

#include <string.h>

enum { TEMPLATES_MAX = 32, TEMPLATE_TEXT_MAX = 32 * 1024, LANGUAGE_MAX = 16 };

static void compile_use(struct compiler *c, const cJSON *receipts, const char *use, struct bundle_template *templates)
{
    const cJSON *languages = rd_object(&c->rd, receipts, use, OPTIONAL), *text;
    size_t mark;

    if (!languages)
        return;
    mark = rd_in(&c->rd, use);
    cJSON_ArrayForEach(text, languages)
    {
        struct bundle_template *template = &templates[c->bundle->template_count];

        if (strlen(text->string) == 0 || strlen(text->string) > LANGUAGE_MAX)
            rd_fault(&c->rd, text->string, "wants a language such as \"en\" as its name");
        else if (c->bundle->template_count == TEMPLATES_MAX)
            rd_fault(&c->rd, text->string, "more than %d templates", TEMPLATES_MAX);
        else if (rd_text(&c->rd, languages, text->string, REQUIRED, TEMPLATE_TEXT_MAX, &template->text)) {
            template->use = use;
            template->language = share_bytes(c->rd.sharing, text->string, strlen(text->string) + 1, true);
            c->bundle->template_count += template->language != NULL;
        }
    }
    rd_out(&c->rd, mark);
}

void compile_receipts(struct compiler *c, const cJSON *root)
{
    const cJSON *receipts = rd_object(&c->rd, root, "receipts", OPTIONAL);
    struct bundle_template *templates;
    size_t mark;

    if (!receipts || !receipts->child)
        return;
    templates = arena_array(&c->bundle->arena, TEMPLATES_MAX + 1, sizeof *templates);
    if (!templates)
        return;
    c->bundle->templates = templates;
    mark = rd_in(&c->rd, "receipts");
    (void)rd_names(&c->rd, receipts, "sale return");
    compile_use(c, receipts, "sale", templates);
    compile_use(c, receipts, "return", templates);
    rd_out(&c->rd, mark);
}

const char *bundle_receipt(const struct bundle *bundle, const char *use, const char *language)
{
    for (uint32_t i = 0; i < bundle->template_count; i++) {
        if (strcmp(bundle->templates[i].use, use) == 0 && strcmp(bundle->templates[i].language, language) == 0)
            return bundle->templates[i].text;
    }
    return NULL;
}

const char *bundle_receipt_at(const struct bundle *bundle, size_t i, const char **out_use, const char **out_language)
{
    if (i >= bundle->template_count)
        return NULL;
    *out_use = bundle->templates[i].use;
    *out_language = bundle->templates[i].language;
    return bundle->templates[i].text;
}
