/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config - INI files read by a table of options.
 *
 * One table per program says section, key, type, range, default and help; the reader, the sample file and the man
 * page come from it. The file is read, then FILE.d/\*.conf in name order (each program has a folder of its own:
 * loyald.conf.d); a later value wins. An unknown section or key, a value out of range or a key given twice in one
 * file is an error that names file, line and key:
 * "/etc/loyald/loyald.conf:12: [api] port: 99999 is not between 0 and 65535".
 */
#ifndef LOYALD_BASE_CONFIG_H
#define LOYALD_BASE_CONFIG_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "agent/base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CONFIG_TEXT_MAX = 512, CONFIG_FILE_BYTES_MAX = 1024 * 1024 };

enum option_type {
    OPTION_TEXT, /* char[CONFIG_TEXT_MAX]; min and max are lengths in bytes */
    OPTION_INT,  /* int64_t; min and max are the range */
    OPTION_BOOL, /* bool; yes no true false on off 1 0 */
    OPTION_ENUM, /* int64_t: the position in choices, words parted by | */
};

struct option_spec {
    const char *section; /* NULL ends the table */
    const char *key;
    enum option_type type;
    size_t offset; /* of the field in the program's struct */
    int64_t min, max;
    const char *choices;       /* OPTION_ENUM */
    const char *default_value; /* as written in a file */
    const char *help;          /* one sentence */
};

/* Sets every field to its default, then reads the file and the folder path.d. A path of NULL reads nothing.
 * out_config is untouched on failure. config_bytes is the size of the program's struct. */
enum status config_load(const struct option_spec *options, const char *path, void *out_config, size_t config_bytes,
                        struct errmsg *err);
/* The position of word among choices, words parted by |; -1 when it is none of them. */
int config_choice(const char *choices, const char *word);
/* The sample file: every option commented out with its default, range and help. */
void config_sample(const struct option_spec *options, const char *program, struct strbuf *out);
/* The same as mdoc(7), for the man page: a subsection for each section, an item for each option. */
void config_man(const struct option_spec *options, struct strbuf *out);

#endif
