/* SPDX-License-Identifier: Apache-2.0 */
/* printer_print - taking a job: a page, or the sample, as the bytes that will go out. */
#include "agent/net/loop.h"
#include "agent/receipt/page.h"
#include "drivers/printer/language.h"
#include "drivers/printer/printer_internal.h"
#include "drivers/printer/render.h"
#include "drivers/printer/sample.h"

#include <string.h>

static enum status render_receipt(struct printer *printer, const struct page *page, struct print_job *job,
                                  struct errmsg *err)
{
    struct render_counts counts = {0};
    const struct render_options wanted = {
        .profile = printer->profile,
        .font = printer->font,
        .pictures = printer->pictures,
        .open_drawer =
            printer->drawer == PRINTER_DRAWER_ALWAYS || (printer->drawer == PRINTER_DRAWER_CASH && page->in_cash),
    };
    enum status st = render_page(&wanted, page, &job->bytes, &job->ends, &counts, err);

    printer->status.substituted_count += counts.substituted;
    printer->status.drawn_count += counts.drawn;
    return st;
}

/* What follows every job: automatic status anew (the job's beginning may have ended it), the end marker. */
static enum status put_end(struct printer *printer, struct print_job *job, struct errmsg *err)
{
    if (printer_tells_by_itself(printer))
        strbuf_puts(&job->bytes, printer->language->automatic);
    marker_put(printer, &job->marker, &job->bytes);
    if (strbuf_status(&job->bytes) == ST_OK)
        return ST_OK;
    errmsg_set(err, "%s", status_text(strbuf_status(&job->bytes)));
    return strbuf_status(&job->bytes);
}

static enum status check_room(const struct printer *printer, const char *job_id, struct errmsg *err)
{
    if (strlen(job_id) >= PRINTER_JOB_ID_BYTES_MAX) {
        errmsg_set(err, "%s: job id longer than %d bytes", printer->name, PRINTER_JOB_ID_BYTES_MAX - 1);
        return ST_INVALID;
    }
    if (printer->ending) {
        errmsg_set(err, "%s: the agent is stopping", printer->name);
        return ST_OFFLINE;
    }
    if (printer->count == PRINTER_QUEUE_MAX) {
        errmsg_set(err, "%s: %d receipts are waiting already", printer->name, PRINTER_QUEUE_MAX);
        return ST_FULL;
    }
    return ST_OK;
}

/* page NULL: the sample. */
static enum status take(struct printer *printer, const struct page *page, bool every_number, const char *job_id,
                        const struct print_callbacks *callbacks, struct errmsg *err)
{
    struct print_job job = {.callbacks = *callbacks,
                            .bytes = STRBUF_INIT(RENDER_JOB_BYTES_MAX),
                            .ends = STRBUF_INIT(RENDER_JOB_BYTES_MAX)};
    enum status st = check_room(printer, job_id, err);

    if (st != ST_OK)
        return st;
    if (page)
        st = render_receipt(printer, page, &job, err);
    else
        st = sample_render(&(struct render_options){.profile = printer->profile}, every_number, &job.bytes, &job.ends,
                           err);
    if (st == ST_OK)
        st = put_end(printer, &job, err);
    if (st != ST_OK) {
        strbuf_free(&job.bytes);
        strbuf_free(&job.ends);
        errmsg_wrap(err, "%s", printer->name);
        return st;
    }
    memcpy(job.id, job_id, strlen(job_id) + 1);
    printer->jobs[(printer->head + printer->count++) % PRINTER_QUEUE_MAX] = job;
    printer->status.queued = printer->count;
    loop_timer_set(printer->start_timer, 0, 0);
    return ST_OK;
}

enum status printer_print(struct printer *printer, const struct page *page, const char *job_id,
                          const struct print_callbacks *callbacks, struct errmsg *err)
{
    return take(printer, page, false, job_id, callbacks, err);
}

enum status printer_print_sample(struct printer *printer, bool every_number, const char *job_id,
                                 const struct print_callbacks *callbacks, struct errmsg *err)
{
    return take(printer, NULL, every_number, job_id, callbacks, err);
}
