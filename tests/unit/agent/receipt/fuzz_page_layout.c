/* SPDX-License-Identifier: Apache-2.0 */
/* Input: columns, then rows of {kind and style, length, text}; every line must fit the paper and be valid UTF-8. */
#include "agent/base/utf8.h"
#include "agent/receipt/page.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t take_text(const uint8_t *data, size_t size, char out[300])
{
    size_t len = size > 0 ? data[0] : 0;

    if (len > (size > 0 ? size - 1 : 0))
        len = size > 0 ? size - 1 : 0;
    memcpy(out, data + 1, len);
    out[len] = '\0';
    return len + 1 < size ? len + 1 : size;
}

static size_t add_row(struct page *page, const uint8_t *data, size_t size)
{
    struct page_style style = {.align = data[0] >> 3 & 1 ? PAGE_CENTRE : PAGE_LEFT,
                               .double_width = data[0] >> 4 & 1,
                               .indent = data[0] >> 5};
    char left[300], right[300];
    size_t used = 1;

    if (size == 1)
        return 1;
    used += take_text(data + used, size - used, left);
    switch (data[0] & 7) {
    case 0:
    case 1:
        right[0] = '\0';
        if (used < size)
            used += take_text(data + used, size - used, right);
        page_add_columns(page, style, data[0] & 1 ? PAGE_WRAP : PAGE_CLIP, left, right);
        break;
    case 2:
        (void)page_add_barcode(page, PAGE_EAN13, left, NULL);
        break;
    case 3:
        (void)page_add_barcode(page, PAGE_CODE128, left, NULL);
        break;
    case 4:
        (void)page_add_qr(page, left, NULL);
        break;
    default:
        page_add_text(page, style, left);
        break;
    }
    return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct page page = PAGE_INIT;
    struct page_lines lines = PAGE_LINES_INIT;
    struct page_layout_options options = {.columns = size > 0 ? PAGE_COLUMNS_MIN + data[0] % 81 : 32};

    for (size_t at = 1; at < size;)
        at += add_row(&page, data + at, size - at);
    if (page_layout(&page, &options, &lines, NULL) == ST_OK) {
        for (size_t i = 0; i < lines.count; i++) {
            const struct page_line *line = &lines.items[i];
            const char *text = page_line_text(&lines, line);

            if (!utf8_is_valid(text, line->text_len) ||
                (line->kind == PAGE_TEXT && line->width > options.columns / 1))
                abort();
            for (size_t k = 0; k < line->text_len; k++) {
                if (text[k] >= 0 && text[k] < 0x20 && text[k] != 0x1D)
                    abort();
            }
        }
    }
    page_lines_free(&lines);
    page_free(&page);
    return 0;
}
