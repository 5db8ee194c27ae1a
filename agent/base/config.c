/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/config.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ini.h>

#include "agent/base/config_internal.h"
#include "agent/base/file.h"

enum { DROP_INS_MAX = 256 };

/* One file on its way through inih. */
struct reader {
    const struct option_spec *options;
    const char *path;
    const char *text;
    size_t len, at;
    int line;       /* of the text handed out last, from 1 */
    int *seen_line; /* by option: where this file set it, 0 for nowhere */
    void *fields;
    enum status st; /* of the first mistake; nothing is read after it */
    struct errmsg *err;
};

/* ---- one file ---- */

static bool section_is_known(const struct option_spec *options, const char *name, size_t len)
{
    for (; options->section; options++) {
        if (strlen(options->section) == len && memcmp(options->section, name, len) == 0)
            return true;
    }
    return false;
}

static void refuse(struct reader *reader, enum status st)
{
    reader->st = st;
    errmsg_wrap(reader->err, "%s:%d", reader->path, reader->line);
}

/* inih says nothing of a section without keys, nor of what stands behind its bracket. */
static bool check_section(struct reader *reader, const char *line, size_t len)
{
    const char *end = memchr(line, ']', len);
    size_t name_len, rest;

    if (!end) {
        errmsg_set(reader->err, "a section begins here, but there is no ]");
        refuse(reader, ST_INVALID);
        return false;
    }
    name_len = (size_t)(end - line) - 1;
    if (!section_is_known(reader->options, line + 1, name_len)) {
        errmsg_set(reader->err, "[%.*s]: unknown section",
                   name_len < SHOWN_BYTES_MAX ? (int)name_len : SHOWN_BYTES_MAX, line + 1);
        refuse(reader, ST_INVALID);
        return false;
    }
    for (rest = name_len + 2; rest < len && strchr(" \t\r", line[rest]); rest++)
        ;
    if (rest < len && line[rest] != ';' && line[rest] != '#') {
        errmsg_set(reader->err, "[%.*s]: text behind the section's name; give it a line of its own", (int)name_len,
                   line + 1);
        refuse(reader, ST_INVALID);
        return false;
    }
    return true;
}

/* Gives inih the text line by line. Leading blanks go: to inih they would continue the value of the line before. */
static char *next_line(char *out_line, int size, void *stream)
{
    struct reader *reader = stream;
    const char *line = reader->text + reader->at;
    size_t left = reader->len - reader->at;
    const char *end;
    size_t len;

    if (reader->st != ST_OK || left == 0)
        return NULL;
    end = memchr(line, '\n', left);
    len = end ? (size_t)(end - line) : left;
    reader->at += end ? len + 1 : len;
    reader->line++;

    while (len > 0 && strchr(" \t\r", *line)) {
        line++;
        len--;
    }
    if (len > 0 && (*line == '#' || *line == ';'))
        len = 0; /* a comment may be as long as it likes */
    if (len > (size_t)size - 3) {
        errmsg_set(reader->err, "the line is longer than %d bytes", size - 3);
        refuse(reader, ST_FULL);
        return NULL;
    }
    if (len > 0 && *line == '[' && !check_section(reader, line, len))
        return NULL;
    memcpy(out_line, line, len);
    out_line[len] = '\n';
    out_line[len + 1] = '\0';
    return out_line;
}

static enum status take_value(struct reader *reader, const char *section, const char *key, const char *value)
{
    const struct option_spec *option = reader->options;
    size_t i;

    if (!*section) {
        errmsg_set(reader->err, "stands before the first section");
        return ST_INVALID;
    }
    while (option->section && (strcmp(option->section, section) != 0 || strcmp(option->key, key) != 0))
        option++;
    if (!option->section) {
        errmsg_set(reader->err, "unknown key");
        return ST_INVALID;
    }
    i = (size_t)(option - reader->options);
    if (reader->seen_line[i] > 0) {
        errmsg_set(reader->err, "given twice; the first is in line %d", reader->seen_line[i]);
        return ST_INVALID;
    }
    reader->seen_line[i] = reader->line;
    return config_set_field(option, value, reader->fields, reader->err);
}

static int handle_value(void *user, const char *section, const char *key, const char *value)
{
    struct reader *reader = user;
    enum status st;

    if (reader->st != ST_OK)
        return 0;
    st = take_value(reader, section, key, value);
    if (st == ST_OK)
        return 1;
    errmsg_wrap(reader->err, *section ? "[%s] %s" : "%s%s", section, key);
    refuse(reader, st);
    return 0;
}

static enum status parse_text(struct reader *reader)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    const char *nul = memchr(reader->text, '\0', reader->len);
    int code;

    if (nul) {
        errmsg_set(reader->err, "%s: a NUL byte at offset %zu: this is no text file", reader->path,
                   (size_t)(nul - reader->text));
        return ST_INVALID;
    }
    if (reader->len >= 3 && memcmp(reader->text, byte_order_mark, 3) == 0)
        reader->at = 3;
    code = ini_parse_stream(next_line, reader, handle_value, reader);
    /* inih goes on after a line it cannot read and answers with its number: report what comes first in the file. */
    if (code > 0 && (reader->st == ST_OK || code < reader->line)) {
        errmsg_set(reader->err, "%s:%d: neither [section] nor key = value", reader->path, code);
        return ST_INVALID;
    }
    if (code < 0 && reader->st == ST_OK) {
        errmsg_set(reader->err, "%s: out of memory", reader->path);
        return ST_NOMEM;
    }
    return reader->st;
}

static enum status read_one(const struct option_spec *options, const char *path, void *fields, struct errmsg *err)
{
    struct reader reader = {.options = options, .path = path, .fields = fields, .err = err};
    char *text = NULL;
    enum status st = file_read(path, CONFIG_FILE_BYTES_MAX, &text, &reader.len, err);

    if (st != ST_OK) {
        errmsg_wrap(err, "configuration");
        return st;
    }
    reader.text = text;
    reader.seen_line = calloc(config_option_count(options) + 1, sizeof *reader.seen_line);
    if (!reader.seen_line) {
        errmsg_set(err, "%s: out of memory", path);
        st = ST_NOMEM;
    } else {
        st = parse_text(&reader);
    }
    free(reader.seen_line);
    free(text);
    return st;
}

/* ---- the folder beside it ---- */

static int is_drop_in(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

/* Byte order: alphasort() asks the locale, and an order that differs between two shells decides which value wins. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static enum status read_folder(const struct option_spec *options, const char *folder, void *fields,
                               struct errmsg *err)
{
    struct dirent **entries = NULL;
    enum status st = ST_OK;
    int count = scandir(folder, &entries, is_drop_in, by_name);
    int i;

    if (count < 0 && errno == ENOENT)
        return ST_OK;
    if (count < 0) {
        errmsg_set(err, "configuration: reading the folder %s: %s", folder, strerror(errno));
        return errno == ENOMEM ? ST_NOMEM : ST_IO;
    }
    if (count > DROP_INS_MAX) {
        errmsg_set(err, "configuration: %d files in %s; at most %d are read", count, folder, DROP_INS_MAX);
        st = ST_FULL;
    }
    for (i = 0; i < count; i++) {
        char path[PATH_MAX];

        if (st == ST_OK && snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name) >= (int)sizeof path) {
            errmsg_set(err, "configuration: the path of %s is too long", entries[i]->d_name);
            st = ST_INVALID;
        }
        if (st == ST_OK)
            st = read_one(options, path, fields, err);
        free(entries[i]);
    }
    free(entries);
    return st;
}

static enum status read_files(const struct option_spec *options, const char *path, void *fields, struct errmsg *err)
{
    char folder[PATH_MAX];
    enum status st = read_one(options, path, fields, err);

    if (st != ST_OK)
        return st;
    if (snprintf(folder, sizeof folder, "%s.d", path) >= (int)sizeof folder) {
        errmsg_set(err, "configuration: the path %s.d is too long", path);
        return ST_INVALID;
    }
    return read_folder(options, folder, fields, err);
}

enum status config_load(const struct option_spec *options, const char *path, void *out_config, size_t config_bytes,
                        struct errmsg *err)
{
    void *fields = malloc(config_bytes);
    enum status st = ST_OK;

    if (!fields) {
        errmsg_set(err, "configuration: out of memory");
        return ST_NOMEM;
    }
    memcpy(fields, out_config, config_bytes); /* fields that are no options stay */
    config_set_defaults(options, fields, config_bytes);
    if (path)
        st = read_files(options, path, fields, err);
    if (st == ST_OK)
        memcpy(out_config, fields, config_bytes);
    free(fields);
    return st;
}
