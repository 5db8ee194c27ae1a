/* SPDX-License-Identifier: Apache-2.0 */
/* Receipts that come out, and paper that is not there. When what came out is in doubt: test_printer_doubt.c. */
#include "tests/unit/drivers/printer/rig_expect.h"

#include "agent/net/loop.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

Test(printer, prints_once_and_confirms)
{
    struct rig rig;
    struct printer_status status;

    rig_begin(&rig, "epson-tm-t20iii");
    rig_print_sample(&rig, "a");
    rig_wait_done(&rig, 1);
    rig_expect_job(&rig, 0, "a", PRINT_CONFIRMED, "");
    cr_expect_eq(rig.slip_count, 1);
    cr_expect_eq(rig.sending_count, 1);
    rig_expect_paper(&rig, 1, 48);
    rig_expect_facts(&rig, 1, "\"cut\":\"partial\",\"code_pages\":[17,46]");
    rig_expect_facts(&rig, 1, "\"unknown_commands\":0,\"undecodable_characters\":0,\"truncated\":false");
    rig_expect_facts(&rig, 1, "\"barcodes\":[{\"symbology\":\"EAN-13\",\"data\":\"2900000012349\"}]");
    rig_expect_facts(&rig, 1, "\"qr\":[\"https://loyald.example/s/018f6c2e-7b1a-7c3d-9e2f-0a1b2c3d4e5f\"]");
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

        rig_print_sample(&rig, id);
        rig_wait_done(&rig, (size_t)i + 1);
        rig_expect_job(&rig, (size_t)i, id, PRINT_CONFIRMED, "");
    }
    cr_expect_eq(rig.slip_count, 3);
    rig_expect_paper(&rig, 1, 42);
    rig_expect_facts(&rig, 1, "\"cut\":\"partial\",\"code_pages\":[10,34]");
    rig_expect_facts(&rig, 3, "\"unknown_commands\":0,\"undecodable_characters\":0,\"truncated\":false");
    rig_expect_facts(&rig, 3, "\"barcodes\":[{\"symbology\":\"EAN-13\",\"data\":\"2900000012349\"}]");
    rig_expect_facts(&rig, 3, "\"qr\":[\"https://loyald.example/s/018f6c2e-7b1a-7c3d-9e2f-0a1b2c3d4e5f\"]");
    rig_end(&rig);
}

/* Other numbers for the same pages, and Chinese mode at power-on. */
Test(printer, speaks_the_numbers_of_a_clone)
{
    struct rig rig;

    rig_begin(&rig, "rongta-rp326");
    rig_print_sample(&rig, "a");
    rig_wait_done(&rig, 1);
    rig_expect_job(&rig, 0, "a", PRINT_CONFIRMED, "");
    rig_expect_paper(&rig, 1, 42);
    rig_expect_facts(&rig, 1, "\"code_pages\":[7,6]");
    rig_end(&rig);
}

Test(printer, says_unknown_of_a_model_that_cannot_confirm)
{
    struct rig rig;
    struct strbuf text = STRBUF_INIT(1 << 20);
    char before[256];

    rig_begin(&rig, "generic-58mm");
    rig_print_sample(&rig, "a");
    rig_wait_done(&rig, 1);
    rig_expect_job(&rig, 0, "a", PRINT_UNKNOWN, "cannot confirm");
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
    rig_expect_facts(&rig, 1, "\"unknown_commands\":0");
    strbuf_free(&text);
    rig_end(&rig);
}

static void sends_nothing_without_paper(const char *profile)
{
    struct rig rig;

    rig_begin(&rig, profile);
    rig_command(&rig, "paper out");
    rig_print_sample(&rig, "a");
    rig_wait_done(&rig, 1);
    rig_expect_job(&rig, 0, "a", PRINT_FAILED, "out of paper");
    cr_expect_eq(rig.sending_count, 0);
    rig_command(&rig, "state");
    cr_expect(strstr(rig.answer, "slips=0"), "%s", rig.answer);
    rig_command(&rig, "paper ok");
    rig_print_sample(&rig, "b");
    rig_wait_done(&rig, 2);
    rig_expect_job(&rig, 1, "b", PRINT_CONFIRMED, "");
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
    rig_print_sample(&rig, "a");
    rig_wait_done(&rig, 1);
    rig_expect_job(&rig, 0, "a", PRINT_FAILED, "cover is open");
    cr_expect_eq(rig.sending_count, 0);
    rig_end(&rig);
}

static void waits_for_paper(const char *profile)
{
    struct rig rig;

    rig_begin(&rig, profile);
    rig_command(&rig, "paper 10");
    rig_print_sample(&rig, "a");
    rig_wait_state(&rig, DEVICE_DEGRADED);
    cr_expect_eq(rig.done_count, 0);
    cr_expect_eq(rig.slip_count, 0);
    rig_command(&rig, "paper ok");
    rig_wait_done(&rig, 1);
    rig_expect_job(&rig, 0, "a", PRINT_CONFIRMED, "");
    cr_expect_eq(rig.slip_count, 1);
    rig_expect_paper(&rig, 1, profile[0] == 'e' ? 48 : 42);
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
    rig_print_sample(&rig, "a");
    rig_wait_done(&rig, 1);
    rig_expect_job(&rig, 0, "a", PRINT_UNKNOWN, "nobody helped");
    /* The paper comes later: the printer prints the rest by itself, and the next job is its own. */
    rig_command(&rig, "paper ok");
    rig_print_sample(&rig, "b");
    rig_wait_done(&rig, 2);
    rig_expect_job(&rig, 1, "b", PRINT_CONFIRMED, "");
    cr_expect_eq(rig.slip_count, 2, "%zu slips", (size_t)rig.slip_count);
    rig_end(&rig);
}
