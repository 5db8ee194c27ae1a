/* SPDX-License-Identifier: Apache-2.0 */
/* config_internal - what reading a configuration (config.c), its values (config_value.c) and writing about it
 * (config_text.c) share. */
#ifndef LOYALD_BASE_CONFIG_INTERNAL_H
#define LOYALD_BASE_CONFIG_INTERNAL_H

#include "agent/base/config.h"

/* In bytes; of an OPTION_TEXT. */
static inline size_t config_text_len_max(const struct option_spec *option)
{
    return option->max > 0 && option->max < CONFIG_TEXT_MAX ? (size_t)option->max : CONFIG_TEXT_MAX - 1;
}

enum { SHOWN_BYTES_MAX = 64 /* of a text in a message */ };

size_t config_option_count(const struct option_spec *options);
/* Takes a value as a file has it into its field; what is wrong is said without the option's name. */
enum status config_set_field(const struct option_spec *option, const char *value, void *fields, struct errmsg *err);
void config_set_defaults(const struct option_spec *options, void *fields, size_t config_bytes);

#endif
