/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/charset/code_pages.h"

#include <stddef.h>

const struct code_page *code_page_find(uint16_t number)
{
    for (const struct code_page *page = code_pages; page->number; page++) {
        if (page->number == number)
            return page;
    }
    return NULL;
}

uint8_t code_page_byte(const struct code_page *page, uint32_t code)
{
    if (code >= 0x20 && code < 0x7F)
        return (uint8_t)code;
    for (size_t i = 0; code >= 0x80 && i < 128; i++) {
        if (page->codes[i] == code)
            return (uint8_t)(0x80 + i);
    }
    return 0;
}
