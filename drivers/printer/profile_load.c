/* SPDX-License-Identifier: Apache-2.0 */
/* profile_load - profiles from a store's own file. */
#include "drivers/printer/profile.h"

#include "agent/base/config.h"
#include "agent/base/file.h"
#include "drivers/charset/code_pages.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES_MAX = 512 };

/* A profile and what it points to. */
struct own {
    struct profile profile;
    char name[PROFILE_NAME_BYTES_MAX], title[PROFILE_TITLE_BYTES_MAX];
    struct profile_page pages[PROFILE_PAGES_MAX + 1];
};

struct profiles {
    size_t count;
    struct own items[PROFILES_MAX];
};

struct reader {
    struct profiles *profiles;
    struct own *own; /* the section's; NULL before the first */
    bool has_keys;   /* of the section */
    int line;
    struct errmsg *err;
};

/* ---- values ---- */

static bool take_number(const char *text, int min, int max, int *out_value)
{
    char *end = NULL;
    long value = strtol(text, &end, 10);

    if (end == text || *end || value < min || value > max)
        return false;
    *out_value = (int)value;
    return true;
}

static bool take_bool(const char *text, bool *out_value)
{
    bool yes = strcmp(text, "yes") == 0;

    if (!yes && strcmp(text, "no") != 0)
        return false;
    *out_value = yes;
    return true;
}

/* "866:17 1251:46" */
static bool take_pages(struct own *own, const char *text)
{
    struct profile_page pages[PROFILE_PAGES_MAX + 1];
    size_t count = 0;

    memset(pages, 0, sizeof pages);
    while (*text) {
        char *end = NULL;
        unsigned long number = strtoul(text, &end, 10), n;

        if (end == text || *end != ':' || number > 0xFFFF || !code_page_find((uint16_t)number) ||
            count == PROFILE_PAGES_MAX)
            return false;
        text = end + 1;
        n = strtoul(text, &end, 10);
        if (end == text || n > 255 || (*end && *end != ' '))
            return false;
        pages[count++] = (struct profile_page){(uint16_t)number, (uint8_t)n};
        text = end + strspn(end, " ");
    }
    if (count == 0)
        return false;
    memcpy(own->pages, pages, sizeof pages);
    return true;
}

static void copy(struct own *own, const struct profile *from)
{
    size_t count = 0;

    own->profile = *from;
    while (from->pages[count].number && count < PROFILE_PAGES_MAX) {
        own->pages[count] = from->pages[count];
        count++;
    }
    memset(&own->pages[count], 0, (PROFILE_PAGES_MAX + 1 - count) * sizeof own->pages[0]);
    own->profile.name = own->name;
    own->profile.title = own->title;
    own->profile.pages = own->pages;
}

/* Only as the first key: what stands before it would be lost. */
static bool take_like(struct reader *reader, const char *text)
{
    const struct profile *from = NULL;

    for (size_t i = reader->profiles->count - 1; i > 0 && !from; i--) {
        if (strcmp(reader->profiles->items[i - 1].name, text) == 0)
            from = &reader->profiles->items[i - 1].profile;
    }
    if (!from)
        from = profile_find(text);
    if (!from || reader->has_keys)
        return false;
    copy(reader->own, from);
    return true;
}

/* ---- keys ---- */

static const struct {
    const char *key;
    enum { BOOL, COLUMNS, DOTS, BUFFER, LANGUAGE, CUT, MARKER, FLOW, TITLE, PAGES, LIKE } kind;
    size_t offset; /* BOOL */
    const char *wants;
} keys[] = {
    {"like", LIKE, 0, "a profile, as loyalctl devices profiles lists them, or one further up, and before other keys"},
    {"title", TITLE, 0, "1 to 63 bytes"},
    {"language", LANGUAGE, 0, PROFILE_LANGUAGE_CHOICES},
    {"columns", COLUMNS, 0, "between 24 and 96"},
    {"dots", DOTS, 0, "between 200 and 1024"},
    {"cut", CUT, 0, PROFILE_CUT_CHOICES},
    {"barcode", BOOL, offsetof(struct profile, barcode), "yes or no"},
    {"qr", BOOL, offsetof(struct profile, qr), "yes or no"},
    {"pdf417", BOOL, offsetof(struct profile, pdf417), "yes or no"},
    {"raster", BOOL, offsetof(struct profile, raster), "yes or no"},
    {"drawer", BOOL, offsetof(struct profile, drawer), "yes or no"},
    {"asb", BOOL, offsetof(struct profile, asb), "yes or no"},
    {"marker", MARKER, 0, PROFILE_MARKER_CHOICES},
    {"flow", FLOW, 0, PROFILE_FLOW_CHOICES},
    {"buffer", BUFFER, 0, "between 0 and 65536"},
    {"pages", PAGES, 0, "code pages and their numbers, such as 866:17 1251:46; ours are those of docs/drivers.md"},
};

static bool take_value(struct reader *reader, size_t key, const char *text)
{
    struct profile *profile = &reader->own->profile;
    int value = -1;

    switch (keys[key].kind) {
    case BOOL:
        return take_bool(text, (bool *)((char *)profile + keys[key].offset));
    case COLUMNS:
        return take_number(text, PROFILE_COLUMNS_MIN, PROFILE_COLUMNS_MAX, &profile->columns);
    case DOTS:
        return take_number(text, PROFILE_DOTS_MIN, PROFILE_DOTS_MAX, &profile->dots);
    case BUFFER:
        return take_number(text, 0, 65536, &profile->buffer_bytes);
    case LANGUAGE:
        value = config_choice(PROFILE_LANGUAGE_CHOICES, text);
        profile->language = value < 0 ? profile->language : (enum profile_language)value;
        return value >= 0;
    case CUT:
        value = config_choice(PROFILE_CUT_CHOICES, text);
        profile->cut = value < 0 ? profile->cut : (enum profile_cut)value;
        return value >= 0;
    case MARKER:
        value = config_choice(PROFILE_MARKER_CHOICES, text);
        profile->marker = value < 0 ? profile->marker : (enum profile_marker)value;
        return value >= 0;
    case FLOW:
        value = config_choice(PROFILE_FLOW_CHOICES, text);
        profile->flow = value < 0 ? profile->flow : (enum profile_flow)value;
        return value >= 0;
    case TITLE:
        if (text[0] == '\0' || strlen(text) >= PROFILE_TITLE_BYTES_MAX)
            return false;
        memcpy(reader->own->title, text, strlen(text) + 1);
        return true;
    case PAGES:
        return take_pages(reader->own, text);
    case LIKE:
        return take_like(reader, text);
    }
    return false;
}

static enum status refuse(struct reader *reader, const char *key, const char *value, const char *wants)
{
    errmsg_set(reader->err, "line %d: %.40s%s%.60s: must be %s", reader->line, key, value[0] ? " = " : "", value,
               wants);
    return ST_INVALID;
}

static enum status take_key(struct reader *reader, char *line)
{
    size_t key_len = strcspn(line, "=");
    char *value = line + key_len;
    enum status st = ST_INVALID;

    if (!*value || !reader->own)
        return refuse(reader, line, "", "a section [name], then keys and values: columns = 42");
    *value++ = '\0';
    value += strspn(value, " \t");
    while (key_len > 0 && (line[key_len - 1] == ' ' || line[key_len - 1] == '\t'))
        line[--key_len] = '\0';
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strcmp(keys[i].key, line) != 0)
            continue;
        st = take_value(reader, i, value) ? ST_OK : refuse(reader, line, value, keys[i].wants);
        reader->has_keys = true;
        return st;
    }
    return refuse(reader, line, "",
                  "like, title, language, columns, dots, cut, barcode, qr, pdf417, raster, drawer, asb, "
                  "marker, flow, buffer or pages");
}

static enum status take_section(struct reader *reader, char *line)
{
    size_t len = strlen(line);
    struct profiles *profiles = reader->profiles;

    if (len < 3 || line[len - 1] != ']' || len - 2 >= PROFILE_NAME_BYTES_MAX ||
        strspn(line + 1, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != len - 2)
        return refuse(reader, line, "", "[name], 1 to 31 of a-z 0-9 - _ .");
    line[len - 1] = '\0';
    for (size_t i = 0; i < profiles->count; i++) {
        if (strcmp(profiles->items[i].name, line + 1) == 0)
            return refuse(reader, line + 1, "", "a name once");
    }
    if (profiles->count == PROFILES_MAX) {
        errmsg_set(reader->err, "line %d: more than %d profiles", reader->line, PROFILES_MAX);
        return ST_FULL;
    }
    reader->own = &profiles->items[profiles->count++];
    reader->has_keys = false;
    memcpy(reader->own->name, line + 1, len - 1);
    memcpy(reader->own->title, line + 1, len - 1);
    copy(reader->own, profile_find("generic-simple"));
    return ST_OK;
}

static enum status take_line(struct reader *reader, const char *text, size_t len)
{
    char line[LINE_BYTES_MAX];

    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t' || text[len - 1] == '\r'))
        len--;
    while (len > 0 && (text[0] == ' ' || text[0] == '\t')) {
        text++;
        len--;
    }
    if (len >= sizeof line || memchr(text, '\0', len))
        return refuse(reader, "the line", "", "shorter than 512 bytes, and text");
    memcpy(line, text, len);
    line[len] = '\0';
    if (len == 0 || line[0] == '#' || line[0] == ';')
        return ST_OK;
    return line[0] == '[' ? take_section(reader, line) : take_key(reader, line);
}

enum status profiles_load(const char *text, size_t len, struct profiles **out_profiles, struct errmsg *err)
{
    struct reader reader = {.profiles = calloc(1, sizeof *reader.profiles), .err = err};
    enum status st = ST_OK;

    if (!reader.profiles) {
        errmsg_set(err, "out of memory");
        return ST_NOMEM;
    }
    for (size_t at = 0; at < len && st == ST_OK;) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t line_len = end ? (size_t)(end - text) - at : len - at;

        reader.line++;
        st = take_line(&reader, text + at, line_len);
        at += line_len + 1;
    }
    if (st != ST_OK) {
        profiles_destroy(reader.profiles);
        return st;
    }
    *out_profiles = reader.profiles;
    return ST_OK;
}

enum status profiles_load_file(const char *path, struct profiles **out_profiles, struct errmsg *err)
{
    char *text = NULL;
    size_t len = 0;
    enum status st = file_read(path, PROFILES_FILE_BYTES_MAX, &text, &len, err);

    if (st == ST_OK) {
        st = profiles_load(text, len, out_profiles, err);
        if (st != ST_OK)
            errmsg_wrap(err, "%s", path);
    }
    free(text);
    return st;
}

void profiles_destroy(struct profiles *profiles)
{
    free(profiles);
}

const struct profile *profiles_at(const struct profiles *profiles, size_t index)
{
    return profiles && index < profiles->count ? &profiles->items[index].profile : NULL;
}

const struct profile *profiles_find(const struct profiles *profiles, const char *name)
{
    for (size_t i = 0; profiles && i < profiles->count; i++) {
        if (strcmp(profiles->items[i].name, name) == 0)
            return &profiles->items[i].profile;
    }
    return profile_find(name);
}
