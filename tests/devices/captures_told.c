/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/devices/captures_told.h"

#include "agent/base/json.h"
#include "drivers/scanner/capture.h"

#include <stdio.h>
#include <string.h>

static void add_line(struct strbuf *out, const char *line, size_t len)
{
    const char *all = strbuf_text(out), *end = all + out->len, *last = end;

    /* The till takes the same code again for a scanner that repeats itself. */
    while (last > all && (last == end || last[-1] != '\n'))
        last--;
    if (strncmp(line, "scan ", 5) == 0 && out->len > 0 && (size_t)(end - last) == len + 1 &&
        memcmp(last, line, len) == 0)
        return;
    strbuf_add(out, line, len);
    strbuf_putc(out, '\n');
}

/* A kind of fault, once. */
static void add_fault(struct strbuf *out, const char *code, size_t len)
{
    for (const char *line = strbuf_text(out); *line; line += strcspn(line, "\n") + 1)
        if (strcspn(line, "\n") == len && memcmp(line, code, len) == 0)
            return;
    strbuf_add(out, code, len);
    strbuf_putc(out, '\n');
}

void told_begin(struct told *told, const char *expected)
{
    told->scans = told->faults = (struct strbuf)STRBUF_INIT(CAPTURE_TEXT_MAX);
    told->wanted_scans = told->wanted_faults = (struct strbuf)STRBUF_INIT(CAPTURE_TEXT_MAX);
    for (const char *line = expected; *line;) {
        size_t len = strcspn(line, "\n");

        if (strncmp(line, "scan ", 5) == 0)
            add_line(&told->wanted_scans, line, len);
        else if (strncmp(line, "fault ", 6) == 0)
            add_fault(&told->wanted_faults, line + 6, len - 6);
        line += len + (line[len] == '\n');
    }
}

void told_end(struct told *told)
{
    strbuf_free(&told->scans);
    strbuf_free(&told->faults);
    strbuf_free(&told->wanted_scans);
    strbuf_free(&told->wanted_faults);
}

void told_add_scan(struct told *told, const struct cJSON *event)
{
    static struct scan scan;
    struct strbuf text = STRBUF_INIT(CAPTURE_TEXT_MAX);
    const char *symbology, *code;

    if (json_text(event, "symbology", 3, &symbology, NULL) == ST_OK &&
        json_text(event, "text", SCAN_TEXT_BYTES_MAX, &code, NULL) == ST_OK) {
        (void)snprintf(scan.symbology, sizeof scan.symbology, "%s", symbology);
        scan.len = strlen(code);
        memcpy(scan.text, code, scan.len + 1);
        capture_write_result(SYMBOLOGY_SCAN, &scan, &text);
        add_line(&told->scans, strbuf_text(&text), text.len - 1);
    }
    strbuf_free(&text);
}

void told_add_fault(struct told *told, const char *code, size_t len)
{
    add_fault(&told->faults, code, len);
}

static int count_lines(const struct strbuf *text)
{
    int count = 0;

    for (size_t i = 0; i < text->len; i++)
        count += text->data[i] == '\n';
    return count;
}

bool told_is_full(const struct told *told)
{
    return count_lines(&told->scans) >= count_lines(&told->wanted_scans) &&
           count_lines(&told->faults) >= count_lines(&told->wanted_faults);
}

bool told_scans_are_right(const struct told *told)
{
    const char *seen = strbuf_text(&told->scans), *wanted = strbuf_text(&told->wanted_scans);

    while (*seen && *wanted) {
        size_t seen_len = strcspn(seen, "\n"), len = strcspn(wanted, "\n");
        const char *stars = memmem(seen, seen_len, " ***", 4);
        size_t end_len = stars ? (size_t)(seen + seen_len - (stars + 4)) : seen_len;

        if (len < end_len || memcmp(seen + seen_len - end_len, wanted + len - end_len, end_len) != 0 ||
            (!stars && seen_len != len))
            return false;
        seen += seen_len + 1;
        wanted += len + 1;
    }
    return *seen == *wanted;
}

bool told_faults_are_right(const struct told *told)
{
    return strcmp(strbuf_text(&told->faults), strbuf_text(&told->wanted_faults)) == 0;
}
