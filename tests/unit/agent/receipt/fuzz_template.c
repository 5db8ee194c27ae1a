/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a template. Whatever it is, it is refused with places within it, or it runs and fits the paper. */
#include "agent/receipt/page.h"
#include "agent/receipt/template.h"
#include "tests/unit/agent/receipt/sample_facts.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(const struct receipt_template *compiled, int columns)
{
    struct receipt_facts facts = sample_facts_ru();
    struct page page = PAGE_INIT;
    struct page_lines lines = PAGE_LINES_INIT;
    struct page_layout_options options = {.columns = columns};

    if (template_run(compiled, &facts, &page, NULL) == ST_OK && page_layout(&page, &options, &lines, NULL) == ST_OK) {
        for (size_t i = 0; i < lines.count; i++) {
            uint32_t text = 0;

            for (uint32_t k = 0; k < lines.items[i].run_count; k++)
                text += lines.runs[lines.items[i].run_at + k].text_len;
            if (lines.items[i].kind == PAGE_TEXT && text != lines.items[i].text_len)
                abort();
        }
    }
    page_lines_free(&lines);
    page_free(&page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct receipt_template *compiled = NULL;
    struct template_report report;

    if (template_compile((const char *)data, size, &compiled, &report, NULL) == ST_OK) {
        run(compiled, 32);
        run(compiled, 48);
    } else {
        for (size_t i = 0; i < report.fault_count && i < TEMPLATE_FAULTS_MAX; i++) {
            if (report.faults[i].line < 1 || report.faults[i].column < 1 || report.faults[i].message.text[0] == '\0')
                abort();
        }
    }
    template_destroy(compiled);
    return 0;
}
