/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/charset/code_pages.h"

#include <stddef.h>
#include <string.h>

const struct code_page *code_page_find(uint16_t number)
{
    for (const struct code_page *page = code_pages; page->number; page++) {
        if (page->number == number)
            return page;
    }
    return NULL;
}

const char *code_page_name(uint16_t number, char out_name[16])
{
    unsigned left = number > 28590 ? number - 28590u : number;
    const char *prefix = number > 28590 ? "ISO-8859-" : number == 1048 ? "RK" : "CP";
    size_t len = strlen(prefix);
    char digits[6];
    int count = 0;

    memcpy(out_name, prefix, len);
    for (; left > 0; left /= 10)
        digits[count++] = (char)('0' + left % 10);
    while (count > 0)
        out_name[len++] = digits[--count];
    out_name[len] = '\0';
    return out_name;
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
