/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/drivers/printer/printer_rig.h"

#include "agent/net/loop.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static void expect_job(const struct rig *rig, size_t index, const char *id, enum print_state state, const char *words)
{
    const struct rig_job *job = &rig->done[index];

    cr_expect_str_eq(job->id, id);
    cr_expect_eq(job->state, state, "%s is %s (%s), not %s", id, print_state_text(job->state), job->reason,
                 print_state_text(state));
    cr_expect(strstr(job->reason, words) != NULL, "%s: \"%s\" does not say \"%s\"", id, job->reason, words);
}

static void print(struct rig *rig, const char *id)
{
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(rig_print(rig, id, &err), ST_OK, "%s", err.text);
}

/* What is on the paper is what the page says, but for the character (U+2212) no code page has. */
static void expect_paper(struct rig *rig, unsigned number, int columns)
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

static void expect_facts(struct rig *rig, unsigned number, const char *words)
{
    struct strbuf json = STRBUF_INIT(1 << 20);

    rig_read_slip(rig, number, "json", &json);
    cr_expect(strstr(json.data, words) != NULL, "%s is not in %s", words, json.data);
    strbuf_free(&json);
}

Test(printer, prints_once_and_confirms)
{
    struct rig rig;
    struct printer_status status;

    rig_begin(&rig, "epson-tm-t20iii");
    print(&rig, "a");
    rig_wait_done(&rig, 1);
    expect_job(&rig, 0, "a", PRINT_CONFIRMED, "");
    cr_expect_eq(rig.slip_count, 1);
    cr_expect_eq(rig.sending_count, 1);
    expect_paper(&rig, 1, 48);
    expect_facts(&rig, 1, "\"cut\":\"partial\",\"code_pages\":[17,46]");
    expect_facts(&rig, 1, "\"unknown_commands\":0,\"undecodable_characters\":0,\"truncated\":false");
    expect_facts(&rig, 1, "\"barcodes\":[{\"symbology\":\"EAN-13\",\"data\":\"2900000012349\"}]");
    expect_facts(&rig, 1, "\"qr\":[\"https://loyald.example/s/018f6c2e-7b1a-7c3d-9e2f-0a1b2c3d4e5f\"]");
    printer_status(rig.printer, &status);
    cr_expect_eq(status.state, DEVICE_READY);
    cr_expect_eq(status.confirmed_count, 1);
    cr_expect_eq(status.substituted_count, 3);
    rig_end(&rig);
}

/* In Star's language, with its numbers, its codes and its count. */
Test(printer, prints_once_and_confirms_on_a_star)
{
    struct rig rig;

    rig_begin(&rig, "star-tsp600");
    for (int i = 0; i < 3; i++) {
        char id[2] = {(char)('a' + i), '\0'};

        print(&rig, id);
        rig_wait_done(&rig, (size_t)i + 1);
        expect_job(&rig, (size_t)i, id, PRINT_CONFIRMED, "");
    }
    cr_expect_eq(rig.slip_count, 3);
    expect_paper(&rig, 1, 42);
    expect_facts(&rig, 1, "\"cut\":\"partial\",\"code_pages\":[10,34]");
    expect_facts(&rig, 3, "\"unknown_commands\":0,\"undecodable_characters\":0,\"truncated\":false");
    expect_facts(&rig, 3, "\"barcodes\":[{\"symbology\":\"EAN-13\",\"data\":\"2900000012349\"}]");
    expect_facts(&rig, 3, "\"qr\":[\"https://loyald.example/s/018f6c2e-7b1a-7c3d-9e2f-0a1b2c3d4e5f\"]");
    rig_end(&rig);
}

/* Other numbers for the same pages, and Chinese mode at power-on. */
Test(printer, speaks_the_numbers_of_a_clone)
{
    struct rig rig;

    rig_begin(&rig, "rongta-rp326");
    print(&rig, "a");
    rig_wait_done(&rig, 1);
    expect_job(&rig, 0, "a", PRINT_CONFIRMED, "");
    expect_paper(&rig, 1, 42);
    expect_facts(&rig, 1, "\"code_pages\":[7,6]");
    rig_end(&rig);
}

Test(printer, says_unknown_of_a_model_that_cannot_confirm)
{
    struct rig rig;
    struct strbuf text = STRBUF_INIT(1 << 20);
    char before[256];

    rig_begin(&rig, "generic-58mm");
    print(&rig, "a");
    rig_wait_done(&rig, 1);
    expect_job(&rig, 0, "a", PRINT_UNKNOWN, "cannot confirm");
    for (int quiet = 0; quiet < 5; quiet++) { /* nothing tells when such a printer is done but that nothing moves */
        rig_command(&rig, "state");
        snprintf(before, sizeof before, "%s", rig.answer);
        loop_step(rig.loop, 20);
        rig_command(&rig, "state");
        if (strcmp(before, rig.answer) != 0)
            quiet = 0;
    }
    rig_command(&rig, "tear");
    rig_read_slip(&rig, 1, "txt", &text);
    cr_expect(strstr(text.data, "64,90\nржаной нарезка 400 г\n"), "%s", text.data);
    cr_expect(strstr(text.data, "2900000012349\n") && strstr(text.data, "[picture "), "%s", text.data);
    expect_facts(&rig, 1, "\"unknown_commands\":0");
    strbuf_free(&text);
    rig_end(&rig);
}

static void sends_nothing_without_paper(const char *profile)
{
    struct rig rig;

    rig_begin(&rig, profile);
    rig_command(&rig, "paper out");
    print(&rig, "a");
    rig_wait_done(&rig, 1);
    expect_job(&rig, 0, "a", PRINT_FAILED, "out of paper");
    cr_expect_eq(rig.sending_count, 0);
    rig_command(&rig, "state");
    cr_expect(strstr(rig.answer, "slips=0"), "%s", rig.answer);
    rig_command(&rig, "paper ok");
    print(&rig, "b");
    rig_wait_done(&rig, 2);
    expect_job(&rig, 1, "b", PRINT_CONFIRMED, "");
    cr_expect_eq(rig.slip_count, 1);
    rig_end(&rig);
}

Test(printer, sends_nothing_without_paper_by_name)
{
    sends_nothing_without_paper("epson-tm-t20iii");
}

Test(printer, sends_nothing_without_paper_by_count)
{
    sends_nothing_without_paper("star-tsp600");
}

Test(printer, sends_nothing_with_the_cover_open)
{
    struct rig rig;

    rig_begin(&rig, "rongta-rp326");
    rig_command(&rig, "cover open");
    print(&rig, "a");
    rig_wait_done(&rig, 1);
    expect_job(&rig, 0, "a", PRINT_FAILED, "cover is open");
    cr_expect_eq(rig.sending_count, 0);
    rig_end(&rig);
}

static void waits_for_paper(const char *profile)
{
    struct rig rig;

    rig_begin(&rig, profile);
    rig_command(&rig, "paper 10");
    print(&rig, "a");
    rig_wait_state(&rig, DEVICE_DEGRADED);
    cr_expect_eq(rig.done_count, 0);
    cr_expect_eq(rig.slip_count, 0);
    rig_command(&rig, "paper ok");
    rig_wait_done(&rig, 1);
    expect_job(&rig, 0, "a", PRINT_CONFIRMED, "");
    cr_expect_eq(rig.slip_count, 1);
    expect_paper(&rig, 1, profile[0] == 'e' ? 48 : 42);
    rig_end(&rig);
}

Test(printer, waits_for_paper_in_the_middle)
{
    waits_for_paper("epson-tm-t20iii");
}

Test(printer, waits_for_paper_in_the_middle_on_a_star)
{
    waits_for_paper("star-tsp600");
}

/* The same without automatic status. */
Test(printer, waits_for_paper_in_the_middle_on_a_clone)
{
    waits_for_paper("rongta-rp326");
}

Test(printer, does_not_wait_for_paper_for_ever)
{
    struct rig rig;

    rig_begin(&rig, "epson-tm-t20iii");
    rig_command(&rig, "paper 10");
    print(&rig, "a");
    rig_wait_done(&rig, 1);
    expect_job(&rig, 0, "a", PRINT_UNKNOWN, "nobody helped");
    /* The paper comes later: the printer prints the rest by itself, and the next job is its own. */
    rig_command(&rig, "paper ok");
    print(&rig, "b");
    rig_wait_done(&rig, 2);
    expect_job(&rig, 1, "b", PRINT_CONFIRMED, "");
    cr_expect_eq(rig.slip_count, 2, "%zu slips", (size_t)rig.slip_count);
    rig_end(&rig);
}

static void does_not_print_again_what_a_power_cut_took(const char *profile)
{
    struct rig rig;
    unsigned before;

    rig_begin(&rig, profile);
    rig_command(&rig, "paper 10");
    print(&rig, "a");
    rig_wait_state(&rig, DEVICE_DEGRADED);
    rig_command(&rig, "power-cycle");
    rig_command(&rig, "paper ok");
    rig_wait_done(&rig, 1);
    expect_job(&rig, 0, "a", PRINT_UNKNOWN, "ook at the paper");
    /* How much of it was still on its way decides whether a rest comes out; the whole cannot. */
    before = rig.slip_count;
    cr_expect_leq(before, 1);
    rig_wait_state(&rig, DEVICE_READY);
    print(&rig, "b");
    rig_wait_done(&rig, 2);
    expect_job(&rig, 1, "b", PRINT_CONFIRMED, "");
    /* What came out of the first one is cut off, so that the second stands alone. */
    cr_expect(rig.slip_count > before && rig.slip_count <= before + 2);
    rig_end(&rig);
}

Test(printer, does_not_print_again_what_a_power_cut_took_by_name)
{
    does_not_print_again_what_a_power_cut_took("epson-tm-t20iii");
}

Test(printer, does_not_print_again_what_a_power_cut_took_by_count)
{
    does_not_print_again_what_a_power_cut_took("star-tsp600");
}

static void never_takes_an_old_answer_for_a_new_one(const char *profile)
{
    struct rig rig;
    struct strbuf part = STRBUF_INIT(1 << 20);

    rig_begin(&rig, profile);
    rig.on_sending = "stall";
    print(&rig, "a");
    rig_wait_done(&rig, 1);
    expect_job(&rig, 0, "a", PRINT_UNKNOWN, "fell silent");
    print(&rig, "b"); /* still hung: nothing of it may go out */
    rig_wait_done(&rig, 2);
    expect_job(&rig, 1, "b", PRINT_FAILED, "does not answer");
    cr_expect_eq(rig.slip_count, 0);
    cr_expect_eq(rig.sending_count, 1);
    /* Now it prints what it had of a, which is cut off; c must wait for its own marker, which is kept from coming. */
    rig_command(&rig, "resume");
    rig.on_sending = "paper out";
    print(&rig, "c");
    rig_wait_done(&rig, 3);
    expect_job(&rig, 2, "c", PRINT_UNKNOWN, "nobody helped");
    cr_expect_eq(rig.slip_count, 1);
    rig_read_slip(&rig, 1, "txt", &part);
    cr_expect_null(strstr(part.data, "018f6c2e"), "the foot of a slip that broke off:\n%s", part.data);
    strbuf_free(&part);
    rig_end(&rig);
}

Test(printer, never_takes_an_old_answer_for_a_new_one_by_name)
{
    never_takes_an_old_answer_for_a_new_one("epson-tm-t20iii");
}

Test(printer, never_takes_an_old_answer_for_a_new_one_by_status)
{
    never_takes_an_old_answer_for_a_new_one("rongta-rp326");
}

Test(printer, never_takes_an_old_answer_for_a_new_one_by_count)
{
    never_takes_an_old_answer_for_a_new_one("star-tsp600");
}

/* A slow printer answers the first job's marker when the second is in its buffer: that confirms nothing. */
static void never_takes_a_late_answer_for_its_own(const char *profile)
{
    struct rig rig;
    int64_t until;

    rig_begin(&rig, profile);
    rig.on_sending = "busy on";
    print(&rig, "a");
    rig_wait_done(&rig, 1);
    expect_job(&rig, 0, "a", PRINT_UNKNOWN, "did not say");
    rig_wait_state(&rig, DEVICE_READY);
    print(&rig, "b");
    until = loop_now_ms(rig.loop) + 200; /* long enough for b to go out, were it not for what is owed */
    while (loop_now_ms(rig.loop) < until)
        loop_step(rig.loop, 20);
    rig_command(&rig, "paper 60"); /* all of a, part of b */
    rig_command(&rig, "busy off");
    rig_wait_done(&rig, 2);
    cr_expect_eq(rig.slip_count, 1);
    expect_job(&rig, 1, "b", PRINT_UNKNOWN, "nobody helped");
    rig_end(&rig);
}

Test(printer, never_takes_a_late_answer_for_its_own_by_name)
{
    never_takes_a_late_answer_for_its_own("epson-tm-t20iii");
}

Test(printer, never_takes_a_late_answer_for_its_own_by_status)
{
    never_takes_a_late_answer_for_its_own("rongta-rp326");
}

Test(printer, never_takes_a_late_answer_for_its_own_by_count)
{
    never_takes_a_late_answer_for_its_own("star-tsp600");
}

static void is_unknown_when_unplugged_in_the_middle(const char *profile)
{
    struct rig rig;
    unsigned before;

    rig_begin(&rig, profile);
    rig_command(&rig, "paper 10");
    print(&rig, "a");
    rig_wait_state(&rig, DEVICE_DEGRADED);
    rig_command(&rig, "unplug");
    rig_wait_done(&rig, 1);
    expect_job(&rig, 0, "a", PRINT_UNKNOWN, "unplugged");
    rig_wait_state(&rig, DEVICE_LOST);
    rig_command(&rig, "paper ok"); /* it goes on from its buffer, to where the line broke off */
    before = rig.slip_count;
    cr_expect_leq(before, 1);
    print(&rig, "b");
    rig_wait_done(&rig, 2);
    expect_job(&rig, 1, "b", PRINT_FAILED, "not there");
    rig_command(&rig, "plug");
    rig_wait_state(&rig, DEVICE_READY);
    print(&rig, "c");
    rig_wait_done(&rig, 3);
    expect_job(&rig, 2, "c", PRINT_CONFIRMED, "");
    /* What came out of the first one is cut off, so that the second stands alone. */
    cr_expect(rig.slip_count > before && rig.slip_count <= before + 2);
    rig_end(&rig);
}

Test(printer, is_unknown_when_unplugged_in_the_middle_by_name)
{
    is_unknown_when_unplugged_in_the_middle("epson-tm-t20iii");
}

Test(printer, is_unknown_when_unplugged_in_the_middle_by_count)
{
    is_unknown_when_unplugged_in_the_middle("star-tsp600");
}

/* It hangs in the middle of a picture: what it still waits for is given, and the next receipt is whole. */
static void goes_on_after_a_picture_was_broken_off(const char *profile)
{
    struct rig rig;
    struct page page = PAGE_INIT;
    struct errmsg err = ERRMSG_INIT;

    rig_begin_pictured(&rig, profile);
    rig_wait_state(&rig, DEVICE_READY);
    cr_assert_eq(page_add_picture(&page, PAGE_LEFT, "large", &err), ST_OK, "%s", err.text);
    page_add_cut(&page);
    rig.on_sending = "stall";
    cr_assert_eq(rig_print_page(&rig, &page, "a", &err), ST_OK, "%s", err.text);
    rig_wait_done(&rig, 1);
    expect_job(&rig, 0, "a", PRINT_UNKNOWN, "fell silent");
    rig_command(&rig, "resume");
    rig_wait_state(&rig, DEVICE_READY);
    print(&rig, "b");
    rig_wait_done(&rig, 2);
    expect_job(&rig, 1, "b", PRINT_CONFIRMED, "");
    cr_expect_eq(rig.slip_count, 2, "%u slips", rig.slip_count);
    expect_paper(&rig, 2, profile[0] == 'e' ? 48 : 42);
    expect_facts(&rig, 1, "\"unknown_commands\":0");
    expect_facts(&rig, 2, "\"unknown_commands\":0");
    page_free(&page);
    rig_end(&rig);
}

Test(printer, goes_on_after_a_picture_was_broken_off)
{
    goes_on_after_a_picture_was_broken_off("epson-tm-t20iii");
}

Test(printer, goes_on_after_a_picture_was_broken_off_on_a_star)
{
    goes_on_after_a_picture_was_broken_off("star-tsp600");
}

Test(printer, takes_eight_jobs_and_no_more)
{
    struct rig rig;
    struct errmsg err = ERRMSG_INIT;
    char id[16];

    rig_begin(&rig, "epson-tm-t20iii");
    for (int i = 0; i < PRINTER_QUEUE_MAX; i++) {
        snprintf(id, sizeof id, "job%d", i);
        print(&rig, id);
    }
    cr_expect_eq(rig_print(&rig, "one more", &err), ST_FULL);
    cr_expect_str_eq(err.text, "printer: 8 receipts are waiting already");
    rig_wait_done(&rig, PRINTER_QUEUE_MAX);
    for (int i = 0; i < PRINTER_QUEUE_MAX; i++) {
        snprintf(id, sizeof id, "job%d", i);
        expect_job(&rig, (size_t)i, id, PRINT_CONFIRMED, "");
    }
    cr_expect_eq(rig.slip_count, PRINTER_QUEUE_MAX);
    rig_end(&rig);
}

static void expect_state(const struct rig *rig, enum device_state state, const char *words)
{
    struct printer_status status;

    printer_status(rig->printer, &status);
    cr_expect_eq(status.state, state, "%s, not %s", device_state_text(status.state), device_state_text(state));
    cr_expect(strstr(status.reason, words) != NULL, "\"%s\" does not say \"%s\"", status.reason, words);
    cr_expect_eq(status.reason[0] == '\0', state == DEVICE_READY);
    cr_expect_leq(status.since_mono_ms, loop_now_ms(rig->loop));
}

/* In the words that all devices share, each with its reason, and when the printer was heard last. */
Test(printer, says_how_it_is)
{
    struct rig rig;
    struct printer_status status;

    rig_begin(&rig, "epson-tm-t20iii");
    rig_command(&rig, "stall");
    expect_state(&rig, DEVICE_ABSENT, "");
    rig_wait_state(&rig, DEVICE_PROBING);
    expect_state(&rig, DEVICE_PROBING, "asked");
    rig_wait_state(&rig, DEVICE_DEGRADED);
    expect_state(&rig, DEVICE_DEGRADED, "does not answer");
    printer_status(rig.printer, &status);
    cr_expect_eq(status.port.heard_mono_ms, 0);
    rig_command(&rig, "resume");
    rig_wait_state(&rig, DEVICE_READY);
    expect_state(&rig, DEVICE_READY, "");
    printer_status(rig.printer, &status);
    cr_expect_gt(status.port.heard_mono_ms, 0);
    rig_command(&rig, "cover open");
    rig_wait_state(&rig, DEVICE_DEGRADED);
    expect_state(&rig, DEVICE_DEGRADED, "cover");
    rig_command(&rig, "unplug");
    rig_wait_state(&rig, DEVICE_LOST);
    expect_state(&rig, DEVICE_LOST, "");
    rig_end(&rig);
}

Test(printer, sends_nothing_that_could_not_be_written_down)
{
    struct rig rig;

    rig_begin(&rig, "epson-tm-t20iii");
    rig.sending_answer = ST_FULL;
    print(&rig, "a");
    rig_wait_done(&rig, 1);
    expect_job(&rig, 0, "a", PRINT_FAILED, "the journal is full");
    rig_command(&rig, "state");
    cr_expect(strstr(rig.answer, "buffered=0 lines=0 slips=0"), "%s", rig.answer);
    rig_end(&rig);
}

Test(printer, tells_of_every_job_when_it_is_destroyed)
{
    struct rig rig;

    rig_begin(&rig, "epson-tm-t20iii");
    rig_command(&rig, "paper 10");
    print(&rig, "a");
    print(&rig, "b");
    rig_wait_state(&rig, DEVICE_DEGRADED);
    printer_destroy(rig.printer);
    rig.printer = NULL;
    cr_assert_eq(rig.done_count, 2);
    expect_job(&rig, 0, "a", PRINT_UNKNOWN, "stopped");
    expect_job(&rig, 1, "b", PRINT_FAILED, "stopping");
    rig_end(&rig);
}

Test(printer, refuses_what_it_cannot_be)
{
    struct rig rig;
    struct errmsg err = ERRMSG_INIT;
    struct printer *printer = NULL;
    struct printer_options options = {.name = "p", .uri = "tty:/nowhere", .profile = "hp-laserjet"};
    char long_id[PRINTER_JOB_ID_BYTES_MAX + 1];

    rig_begin(&rig, NULL);
    options.loop = rig.loop;
    cr_expect_eq(printer_create(&options, &printer, &err), ST_INVALID);
    cr_expect_str_eq(err.text, "printer: no profile is called \"hp-laserjet\"; loyalctl devices profiles lists them");
    options.profile = NULL;
    options.uri = "lpt1";
    cr_expect_neq(printer_create(&options, &printer, &err), ST_OK);
    memset(long_id, 'x', sizeof long_id);
    long_id[sizeof long_id - 1] = '\0';
    cr_expect_eq(rig_print(&rig, long_id, &err), ST_INVALID);
    rig_end(&rig);
}
