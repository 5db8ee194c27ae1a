/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part `receipts`: templates by use and language, pictures by name. Kept as they are; what a template may say and
 * what a picture is the receipt module knows, and who takes a bundle in asks it (agent/receipt/bundle_receipts.h).
 */
#include "agent/engine/compile.h"

#include <string.h>

enum {
    TEMPLATES_MAX = 32,
    TEMPLATE_TEXT_MAX = 32 * 1024,
    LANGUAGE_MAX = 16,
    PICTURES_MAX = 8,
    PICTURE_TEXT_MAX = 64 * 1024, /* of base64: files of 48 KiB */
};

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

static bool is_picture_name(const char *name)
{
    size_t len = strlen(name);

    return len >= 1 && len <= BUNDLE_PICTURE_NAME_MAX &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

static void compile_pictures(struct compiler *c, const cJSON *receipts)
{
    const cJSON *pictures = rd_object(&c->rd, receipts, "pictures", OPTIONAL), *one;
    struct bundle_picture *made;
    size_t mark;

    made = pictures && pictures->child ? arena_array(&c->bundle->arena, PICTURES_MAX + 1, sizeof *made) : NULL;
    if (!made)
        return;
    c->bundle->pictures = made;
    mark = rd_in(&c->rd, "pictures");
    cJSON_ArrayForEach(one, pictures)
    {
        struct bundle_picture *picture = &made[c->bundle->picture_count];

        if (!is_picture_name(one->string))
            rd_fault(&c->rd, one->string, "wants 1 to %d of a-z 0-9 _ - as its name", BUNDLE_PICTURE_NAME_MAX);
        else if (c->bundle->picture_count == PICTURES_MAX)
            rd_fault(&c->rd, one->string, "more than %d pictures", PICTURES_MAX);
        else if (rd_text(&c->rd, pictures, one->string, REQUIRED, PICTURE_TEXT_MAX, &picture->base64)) {
            picture->name = share_bytes(c->rd.sharing, one->string, strlen(one->string) + 1, true);
            c->bundle->picture_count += picture->name != NULL;
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
    (void)rd_names(&c->rd, receipts, "sale return pictures");
    compile_use(c, receipts, "sale", templates);
    compile_use(c, receipts, "return", templates);
    compile_pictures(c, receipts);
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

const char *bundle_picture(const struct bundle *bundle, const char *name)
{
    for (uint32_t i = 0; i < bundle->picture_count; i++) {
        if (strcmp(bundle->pictures[i].name, name) == 0)
            return bundle->pictures[i].base64;
    }
    return NULL;
}

const char *bundle_picture_at(const struct bundle *bundle, size_t i)
{
    return i < bundle->picture_count ? bundle->pictures[i].name : NULL;
}
