/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/drivers/printer/printer_rig.h"

#include "agent/base/file.h"
#include "agent/base/log.h"
#include "agent/net/loop.h"
#include "tests/devices/virtual_loop.h"
#include "tests/unit/agent/receipt/sample_facts.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WAIT_MS = 60 * 1000 };

static void on_answer(void *context, const char *answer)
{
    struct rig *rig = context;

    snprintf(rig->answer, sizeof rig->answer, "%s", answer);
}

static void on_slip(void *context, unsigned number)
{
    struct rig *rig = context;

    (void)number;
    rig->slip_count++;
}

static enum status on_sending(void *context, const char *job_id, struct errmsg *err)
{
    struct rig *rig = context;

    (void)job_id;
    rig->sending_count++;
    if (rig->on_sending)
        sim_printer_command(rig->sim, rig->on_sending);
    rig->on_sending = NULL;
    if (rig->sending_answer != ST_OK)
        errmsg_set(err, "the journal is full");
    return rig->sending_answer;
}

static void on_done(void *context, const char *job_id, enum print_state state, const char *reason)
{
    struct rig *rig = context;
    struct rig_job *job = &rig->done[rig->done_count];

    cr_assert_lt(rig->done_count, RIG_JOBS_MAX);
    for (size_t i = 0; i < rig->done_count; i++)
        cr_expect_str_neq(rig->done[i].id, job_id, "told twice of %s", job_id);
    snprintf(job->id, sizeof job->id, "%s", job_id);
    snprintf(job->reason, sizeof job->reason, "%s", reason);
    job->state = state;
    rig->done_count++;
}

/* The clock stands still for bytes that will be read. */
static bool on_its_way(void *context)
{
    struct rig *rig = context;
    struct printer_status status;
    struct sim_traffic far_end;
    const struct port_status *line = &status.port;

    if (!rig->printer)
        return false;
    printer_status(rig->printer, &status);
    sim_printer_traffic(rig->sim, &far_end);
    if (line->state != PORT_READY || !far_end.plugged) {
        rig->base_out = line->bytes_out;
        return line->state == PORT_READY; /* it will hear that the line is gone */
    }
    if (rig->opened_count != line->open_count) { /* what had come before was thrown away */
        rig->opened_count = line->open_count;
        rig->base_in = line->bytes_in;
        rig->base_given = far_end.given;
    }
    return line->bytes_in - rig->base_in < far_end.given - rig->base_given ||
           (far_end.reads && line->bytes_out - rig->base_out > far_end.taken);
}

static void make_picture(const char *dir)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/large.pbm", dir);
    file = fopen(path, "w");
    cr_assert_not_null(file);
    fprintf(file, "P4 384 1024\n");
    for (int i = 0; i < 384 / 8 * 1024; i++)
        fputc(i % 251, file);
    cr_assert_eq(fclose(file), 0);
}

static void begin(struct rig *rig, const char *profile, bool pictured)
{
    struct errmsg err = ERRMSG_INIT;
    struct sim_printer_options sim = {.link_path = rig->link,
                                      .out_dir = rig->dir,
                                      .profile = profile,
                                      .on_answer = on_answer,
                                      .on_slip = on_slip,
                                      .context = rig};
    char uri[128];
    struct printer_options printer = {
        .name = "printer", .uri = uri, .profile = profile, .confirm_ms = 500, .attention_ms = 1500, .absent_ms = 300};

    log_set_level(LOG_LEVEL_ERROR);
    memset(rig, 0, sizeof *rig);
    snprintf(rig->dir, sizeof rig->dir, "/tmp/loyald-printer-XXXXXX");
    cr_assert_not_null(mkdtemp(rig->dir));
    snprintf(rig->link, sizeof rig->link, "%s/tty", rig->dir);
    snprintf(uri, sizeof uri, "tty:%s", rig->link);
    cr_assert_eq(loop_create(&rig->loop, &err), ST_OK, "%s", err.text);
    sim.loop = printer.loop = rig->loop;
    if (pictured) {
        make_picture(rig->dir);
        printer.pictures_path = rig->dir;
    }
    cr_assert_eq(sim_printer_create(&sim, &rig->sim, &err), ST_OK, "%s", err.text);
    cr_assert_eq(printer_create(&printer, &rig->printer, &err), ST_OK, "%s", err.text);
    virtual_loop_settle(rig->loop, on_its_way, rig);
}

void rig_begin(struct rig *rig, const char *profile)
{
    begin(rig, profile, false);
}

void rig_begin_pictured(struct rig *rig, const char *profile)
{
    begin(rig, profile, true);
}

void rig_end(struct rig *rig)
{
    DIR *dir;
    struct dirent *entry;
    char path[512];

    printer_destroy(rig->printer);
    sim_printer_destroy(rig->sim);
    loop_destroy(rig->loop);
    dir = opendir(rig->dir);
    while (dir && (entry = readdir(dir))) {
        snprintf(path, sizeof path, "%s/%s", rig->dir, entry->d_name);
        (void)unlink(path);
    }
    if (dir)
        closedir(dir);
    (void)rmdir(rig->dir);
}

void rig_command(struct rig *rig, const char *line)
{
    sim_printer_command(rig->sim, line);
    cr_assert_eq(strncmp(rig->answer, "ok", 2), 0, "%s: %s", line, rig->answer);
}

void rig_sample_page(struct page *page)
{
    struct receipt_facts facts = sample_facts_ru();
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(receipt_build(&facts, page, &err), ST_OK, "%s", err.text);
}

enum status rig_print_page(struct rig *rig, const struct page *page, const char *id, struct errmsg *err)
{
    struct print_callbacks callbacks = {.sending = on_sending, .done = on_done, .context = rig};

    return printer_print(rig->printer, page, id, &callbacks, err);
}

enum status rig_print(struct rig *rig, const char *id, struct errmsg *err)
{
    struct page page = PAGE_INIT;
    enum status st;

    rig_sample_page(&page);
    st = rig_print_page(rig, &page, id, err);
    page_free(&page);
    return st;
}

void rig_wait_done(struct rig *rig, size_t count)
{
    int64_t until = loop_now_ms(rig->loop) + WAIT_MS;

    while (rig->done_count < count && loop_now_ms(rig->loop) < until)
        loop_step(rig->loop, 100);
    cr_assert_eq(rig->done_count, count, "%zu of %zu jobs came to an end", rig->done_count, count);
}

void rig_wait_state(struct rig *rig, enum device_state state)
{
    int64_t until = loop_now_ms(rig->loop) + WAIT_MS;
    struct printer_status status;

    do {
        loop_step(rig->loop, 100);
        printer_status(rig->printer, &status);
    } while (status.state != state && loop_now_ms(rig->loop) < until);
    cr_assert_eq(status.state, state, "the printer is %s (%s), not %s", device_state_text(status.state),
                 status.reason, device_state_text(state));
}

void rig_read_slip(struct rig *rig, unsigned number, const char *suffix, struct strbuf *out)
{
    struct errmsg err = ERRMSG_INIT;
    char path[128], *text;
    size_t len;

    snprintf(path, sizeof path, "%s/slip-%04u.%s", rig->dir, number, suffix);
    cr_assert_eq(file_read(path, 1 << 22, &text, &len, &err), ST_OK, "%s", err.text);
    strbuf_add(out, text, len);
    free(text);
}
