/* SPDX-License-Identifier: Apache-2.0 */
/* What the table of options says in writing: the sample file, and the lists of the man pages. */
#include "agent/base/config.h"

#include <ctype.h>
#include <string.h>

#include "agent/base/config_internal.h"

/* ---- the sample ---- */

static void put_range(const struct option_spec *option, struct strbuf *out)
{
    const char *word = option->choices;

    switch (option->type) {
    case OPTION_TEXT:
        if (option->min > 0 || option->max > 0)
            strbuf_printf(out, "# %lld to %zu bytes.\n", (long long)option->min, config_text_len_max(option));
        return;
    case OPTION_INT:
        strbuf_printf(out, "# A whole number from %lld to %lld.\n", (long long)option->min, (long long)option->max);
        return;
    case OPTION_BOOL:
        strbuf_puts(out, "# yes or no.\n");
        return;
    case OPTION_ENUM:
        strbuf_puts(out, "# One of: ");
        for (; *word; word++)
            strbuf_puts(out, *word == '|' ? ", " : (char[]){*word, '\0'});
        strbuf_puts(out, ".\n");
        return;
    }
}

static void put_section(const struct option_spec *options, const char *section, struct strbuf *out)
{
    strbuf_printf(out, "\n[%s]\n", section);
    for (; options->section; options++) {
        if (strcmp(options->section, section) != 0)
            continue;
        strbuf_printf(out, "# %s\n", options->help);
        put_range(options, out);
        strbuf_printf(out, "#%s = %s\n", options->key, options->default_value ? options->default_value : "");
    }
}

/* A section whose options are scattered over the table still stands once in what is written. */
static void each_section(const struct option_spec *options,
                         void (*put)(const struct option_spec *options, const char *section, struct strbuf *out),
                         struct strbuf *out)
{
    size_t i, first;

    for (i = 0; options[i].section; i++) {
        for (first = 0; strcmp(options[first].section, options[i].section) != 0; first++)
            ;
        if (first == i)
            put(options, options[i].section, out);
    }
}

void config_sample(const struct option_spec *options, const char *program, struct strbuf *out)
{
    strbuf_printf(out,
                  "# Configuration of %s. Every option stands here with its default, commented out.\n"
                  "# A line that begins with # or ; is a comment, and so is what follows \" ;\" in a line.\n"
                  "# Files *.conf in the folder named like this file with .d after it are read after it in name "
                  "order; a later value\n"
                  "# wins.\n",
                  program);
    each_section(options, put_section, out);
}

/* ---- the man page ---- */

/* Text as mdoc takes it: a backslash is written \\e, and each sentence begins a line, as mdoc wants it. */
static void put_prose(const char *text, struct strbuf *out)
{
    bool is_line_start = true;

    for (; *text; text++) {
        if (is_line_start && (*text == '.' || *text == '\''))
            strbuf_puts(out, "\\&");
        is_line_start = text[0] == '.' && text[1] == ' ';
        if (*text == '\\')
            strbuf_puts(out, "\\e");
        else
            strbuf_putc(out, *text);
        if (is_line_start) {
            strbuf_putc(out, '\n');
            text++;
        }
    }
    strbuf_putc(out, '\n');
}

/* One word behind a macro: a capital may be a macro's name, and a lone mark would be taken for punctuation. */
static void put_word(const char *word, size_t len, struct strbuf *out)
{
    if (!islower((unsigned char)word[0]) && !isdigit((unsigned char)word[0]))
        strbuf_puts(out, "\\&");
    for (size_t i = 0; i < len; i++) {
        if (word[i] == '\\')
            strbuf_puts(out, "\\e");
        else
            strbuf_putc(out, word[i]);
    }
}

static void put_choices(const char *choices, struct strbuf *out)
{
    for (;;) {
        size_t len = strcspn(choices, "|");

        strbuf_puts(out, " Cm ");
        put_word(choices, len, out);
        if (!choices[len])
            return;
        strbuf_puts(out, " |");
        choices += len + 1;
    }
}

static void put_man_item(const struct option_spec *option, struct strbuf *out)
{
    const char *value = option->default_value ? option->default_value : "";

    strbuf_puts(out, ".It Ic ");
    put_word(option->key, strlen(option->key), out);
    strbuf_puts(out, " No =");
    switch (option->type) {
    case OPTION_TEXT:
        strbuf_puts(out, " Ar text\n");
        break;
    case OPTION_INT:
        strbuf_puts(out, " Ar number\n");
        break;
    case OPTION_BOOL:
        put_choices("yes|no", out);
        strbuf_putc(out, '\n');
        break;
    case OPTION_ENUM:
        put_choices(option->choices, out);
        strbuf_putc(out, '\n');
        break;
    }
    put_prose(option->help, out);
    if (option->type == OPTION_TEXT && (option->min > 0 || option->max > 0))
        strbuf_printf(out, "It has %lld to %zu bytes.\n", (long long)option->min, config_text_len_max(option));
    if (option->type == OPTION_INT)
        strbuf_printf(out, "A whole number from %lld to %lld.\n", (long long)option->min, (long long)option->max);
    if (!*value) {
        strbuf_puts(out, "Not set by default.\n");
        return;
    }
    strbuf_puts(out, "The default is\n.Cm ");
    put_word(value, strlen(value), out);
    strbuf_puts(out, " .\n");
}

static void put_man_section(const struct option_spec *options, const char *section, struct strbuf *out)
{
    strbuf_printf(out, ".Ss Section [%s]\n.Bl -tag -width Ds\n", section);
    for (; options->section; options++) {
        if (strcmp(options->section, section) == 0)
            put_man_item(options, out);
    }
    strbuf_puts(out, ".El\n");
}

void config_man(const struct option_spec *options, struct strbuf *out)
{
    each_section(options, put_man_section, out);
}
