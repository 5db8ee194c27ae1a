/* SPDX-License-Identifier: Apache-2.0 */
/* config_internal - what reading a configuration (config.c) and writing about it (config_text.c) must say alike. */
#ifndef LOYALD_BASE_CONFIG_INTERNAL_H
#define LOYALD_BASE_CONFIG_INTERNAL_H

#include "agent/base/config.h"

/* In bytes; of an OPTION_TEXT. */
static inline size_t config_text_len_max(const struct option_spec *option)
{
    return option->max > 0 && option->max < CONFIG_TEXT_MAX ? (size_t)option->max : CONFIG_TEXT_MAX - 1;
}

#endif
