/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/drivers/printer/rig_expect.h"

#include "agent/net/loop.h"

#include <criterion/criterion.h>
#include <string.h>

void rig_expect_job(const struct rig *rig, size_t index, const char *id, enum print_state state, const char *words)
{
    const struct rig_job *job = &rig->done[index];

    cr_expect_str_eq(job->id, id);
    cr_expect_eq(job->state, state, "%s is %s (%s), not %s", id, print_state_text(job->state), job->reason,
                 print_state_text(state));
    cr_expect(strstr(job->reason, words) != NULL, "%s: \"%s\" does not say \"%s\"", id, job->reason, words);
}

void rig_print_sample(struct rig *rig, const char *id)
{
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(rig_print(rig, id, &err), ST_OK, "%s", err.text);
}

void rig_expect_paper(struct rig *rig, unsigned number, int columns)
{
    struct strbuf expected = STRBUF_INIT(1 << 20), seen = STRBUF_INIT(1 << 20);
    struct page page = PAGE_INIT;
    struct errmsg err = ERRMSG_INIT;
    char *minus;

    rig_sample_page(&page);
    page.row_count--; /* the cut is an edge on the paper, no text */
    cr_assert_eq(page_to_text(&page, columns, &expected, &err), ST_OK, "%s", err.text);
    while ((minus = strstr(expected.data, "\xE2\x88\x92")) != NULL) {
        *minus = '-';
        memmove(minus + 1, minus + 3, strlen(minus + 3) + 1);
    }
    rig_read_slip(rig, number, "txt", &seen);
    cr_expect_str_eq(seen.data, expected.data, "on paper:\n%s", seen.data);
    page_free(&page);
    strbuf_free(&expected);
    strbuf_free(&seen);
}

void rig_expect_facts(struct rig *rig, unsigned number, const char *words)
{
    struct strbuf json = STRBUF_INIT(1 << 20);

    rig_read_slip(rig, number, "json", &json);
    cr_expect(strstr(json.data, words) != NULL, "%s is not in %s", words, json.data);
    strbuf_free(&json);
}

void rig_expect_state(const struct rig *rig, enum device_state state, const char *words)
{
    struct printer_status status;

    printer_status(rig->printer, &status);
    cr_expect_eq(status.state, state, "%s, not %s", device_state_text(status.state), device_state_text(state));
    cr_expect(strstr(status.reason, words) != NULL, "\"%s\" does not say \"%s\"", status.reason, words);
    cr_expect_eq(status.reason[0] == '\0', state == DEVICE_READY);
    cr_expect_leq(status.since_mono_ms, loop_now_ms(rig->loop));
}
