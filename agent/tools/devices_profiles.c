/* SPDX-License-Identifier: Apache-2.0 */
/* loyalctl devices profiles: the models of printers that are known, and a store's own; one in full is a section to
 * begin another from. */
#include "agent/tools/command.h"

#include "agent/base/json_writer.h"
#include "drivers/printer/profile.h"

#include <stdio.h>
#include <string.h>

enum { LIST_BYTES_MAX = 1024 * 1024 };

static void show_line(const struct profile *profile)
{
    char language[16], marker[16];

    printf("%-24s %3d columns %4d dots  %-6s  %-46s %s\n", profile->name, profile->columns, profile->dots,
           profile_word(PROFILE_LANGUAGE_CHOICES, (int)profile->language, language), profile->title,
           profile->marker == PROFILE_MARKER_NONE
               ? "cannot confirm a print"
               : profile_word(PROFILE_MARKER_CHOICES, (int)profile->marker, marker));
}

/* What a printer has or has not. */
struct flag {
    const char *key;
    bool value;
};
enum { FLAGS = 6 };

static void flags_of(const struct profile *profile, struct flag out_flags[FLAGS])
{
    const struct flag flags[FLAGS] = {{"barcode", profile->barcode}, {"qr", profile->qr},
                                      {"pdf417", profile->pdf417},   {"raster", profile->raster},
                                      {"drawer", profile->drawer},   {"asb", profile->asb}};

    memcpy(out_flags, flags, sizeof flags);
}

static void show_whole(const struct profile *profile)
{
    struct flag flags[FLAGS];
    char word[16];

    flags_of(profile, flags);
    printf("[%s]\ntitle = %s\nlanguage = %s\ncolumns = %d\ndots = %d\n", profile->name, profile->title,
           profile_word(PROFILE_LANGUAGE_CHOICES, (int)profile->language, word), profile->columns, profile->dots);
    printf("cut = %s\n", profile_word(PROFILE_CUT_CHOICES, (int)profile->cut, word));
    for (size_t i = 0; i < FLAGS; i++)
        printf("%s = %s\n", flags[i].key, flags[i].value ? "yes" : "no");
    printf("marker = %s\n", profile_word(PROFILE_MARKER_CHOICES, (int)profile->marker, word));
    printf("flow = %s\nbuffer = %d\npages =", profile_word(PROFILE_FLOW_CHOICES, (int)profile->flow, word),
           profile->buffer_bytes);
    for (const struct profile_page *page = profile->pages; page->number; page++)
        printf(" %d:%d", page->number, page->n);
    printf("\n");
}

static void write_profile(const struct profile *profile, struct json_writer *w)
{
    struct flag flags[FLAGS];
    char word[16];

    flags_of(profile, flags);
    jw_object_begin(w);
    jw_field_text(w, "name", profile->name);
    jw_field_text(w, "title", profile->title);
    jw_field_text(w, "language", profile_word(PROFILE_LANGUAGE_CHOICES, (int)profile->language, word));
    jw_field_int(w, "columns", profile->columns);
    jw_field_int(w, "dots", profile->dots);
    jw_field_text(w, "cut", profile_word(PROFILE_CUT_CHOICES, (int)profile->cut, word));
    for (size_t i = 0; i < FLAGS; i++)
        jw_field_bool(w, flags[i].key, flags[i].value);
    jw_field_text(w, "marker", profile_word(PROFILE_MARKER_CHOICES, (int)profile->marker, word));
    jw_field_text(w, "flow", profile_word(PROFILE_FLOW_CHOICES, (int)profile->flow, word));
    jw_field_int(w, "buffer", profile->buffer_bytes);
    jw_name(w, "pages");
    jw_object_begin(w);
    for (const struct profile_page *page = profile->pages; page->number; page++) {
        (void)snprintf(word, sizeof word, "%d", page->number);
        jw_field_int(w, word, page->n);
    }
    jw_object_end(w);
    jw_object_end(w);
}

/* One, or all of them in an array. */
static int show_json(const struct profiles *own, const struct profile *one)
{
    struct strbuf out = STRBUF_INIT(LIST_BYTES_MAX);
    struct json_writer w = JSON_WRITER_INIT(&out);
    const struct profile *profile;

    if (one) {
        write_profile(one, &w);
        return command_print_json(&out, 0);
    }
    jw_array_begin(&w);
    for (size_t i = 0; (profile = profiles_at(own, i)); i++)
        write_profile(profile, &w);
    for (size_t i = 0; (profile = profile_at(i)); i++)
        write_profile(profile, &w);
    jw_array_end(&w);
    return command_print_json(&out, 0);
}

static int show(const struct command_call *call, const struct profiles *own)
{
    const struct profile *profile;

    if (call->word_count == 1) {
        profile = profiles_find(own, call->words[0]);
        if (!profile) {
            command_say("no profile is called \"%s\"; loyalctl devices profiles lists them", call->words[0]);
            return EXIT_REFUSED;
        }
        if (call->json)
            return show_json(own, profile);
        show_whole(profile);
        return 0;
    }
    if (call->json)
        return show_json(own, NULL);
    for (size_t i = 0; (profile = profiles_at(own, i)); i++)
        show_line(profile);
    for (size_t i = 0; (profile = profile_at(i)); i++)
        show_line(profile);
    return 0;
}

int command_devices_profiles(const struct command_call *call)
{
    struct profiles *own = NULL;
    struct errmsg err = ERRMSG_INIT;
    int code;

    if (call->file && profiles_load_file(call->file, &own, &err) != ST_OK) {
        command_say("%s", err.text);
        return EXIT_REFUSED;
    }
    code = show(call, own);
    profiles_destroy(own);
    return command_finish(code);
}
