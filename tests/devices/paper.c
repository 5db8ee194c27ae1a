/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/devices/paper.h"

#include "agent/receipt/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_BYTES_MAX = 64 * 1024, ROW_BYTES_MAX = 48 };

bool paper_begin(struct paper *paper, int job_max)
{
    *paper = (struct paper){.jobs = calloc((size_t)job_max, sizeof *paper->jobs), .job_max = job_max};
    return paper->jobs != NULL;
}

void paper_end(struct paper *paper)
{
    free(paper->jobs);
}

struct paper_job *paper_job(struct paper *paper, int job)
{
    if (job < 0 || job >= paper->job_max)
        abort();
    return &paper->jobs[job];
}

void paper_make(struct paper *paper, struct page *page, int job, int lines)
{
    const struct page_style plain = {.align = PAGE_LEFT};
    char row[ROW_BYTES_MAX];

    paper_job(paper, job)->lines = lines;
    (void)snprintf(row, sizeof row, "HEAD %d", job);
    page_add_text(page, plain, row);
    for (int i = 0; i < lines; i++) {
        (void)snprintf(row, sizeof row, "ROW %d %d молоко", job, i);
        page_add_columns(page, plain, PAGE_CLIP, row, "1,23");
    }
    if (job % 3 == 0)
        (void)page_add_qr(page, "https://loyald.example/s/018f6c2e", NULL);
    if (job % 4 == 0)
        (void)page_add_barcode(page, PAGE_EAN13, "2900000012349", NULL);
    (void)snprintf(row, sizeof row, "FOOT %d", job);
    page_add_text(page, plain, row);
    page_add_cut(page);
}

/* What of the piece is read so far. */
struct reading {
    struct paper *paper;
    int job, next_row; /* of the slip under way; job -1: none */
    int others;        /* parts of other slips on the same piece, but for orphans */
    bool whole;
};

static void note_other(struct reading *reading, int job)
{
    reading->others += job < 0 || job >= reading->paper->job_max || !reading->paper->jobs[job].orphaned;
}

static void read_row(struct reading *reading, const char *row)
{
    int job, number;

    if (sscanf(row, "HEAD %d", &job) == 1 && job >= 0 && job < reading->paper->job_max) {
        if (reading->job >= 0)
            note_other(reading, reading->job);
        reading->paper->jobs[job].begun++;
        reading->job = job;
        reading->next_row = 0;
    } else if (sscanf(row, "ROW %d %d", &job, &number) == 2) {
        if (job == reading->job && number == reading->next_row)
            reading->next_row++;
        else
            note_other(reading, job);
    } else if (sscanf(row, "FOOT %d", &job) == 1) {
        if (job >= 0 && job == reading->job && reading->next_row == reading->paper->jobs[job].lines) {
            reading->paper->jobs[job].whole++;
            reading->whole = true;
        } else {
            note_other(reading, job);
        }
        reading->job = -1;
    }
}

const char *paper_add(struct paper *paper, const struct slip *slip)
{
    struct reading reading = {.paper = paper, .job = -1};
    struct strbuf text = STRBUF_INIT(TEXT_BYTES_MAX);
    char *next;

    slip_to_text(slip, &text);
    paper->bytes += text.len;
    for (char *row = text.data; row && *row; row = next) {
        next = strchr(row, '\n');
        if (next)
            *next++ = '\0';
        read_row(&reading, row);
    }
    strbuf_free(&text);
    if (reading.job >= 0)
        note_other(&reading, reading.job);
    return reading.whole && reading.others > 0 ? "a whole slip and part of another one hang together" : NULL;
}
