/* SPDX-License-Identifier: Apache-2.0 */
/* How many jobs it takes, what it says of itself, what becomes of jobs at its end. */
#include "tests/unit/drivers/printer/rig_expect.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

Test(printer, takes_eight_jobs_and_no_more)
{
    struct rig rig;
    struct errmsg err = ERRMSG_INIT;
    char id[16];

    rig_begin(&rig, "epson-tm-t20iii");
    for (int i = 0; i < PRINTER_QUEUE_MAX; i++) {
        snprintf(id, sizeof id, "job%d", i);
        rig_print_sample(&rig, id);
    }
    cr_expect_eq(rig_print(&rig, "one more", &err), ST_FULL);
    cr_expect_str_eq(err.text, "printer: 8 receipts are waiting already");
    rig_wait_done(&rig, PRINTER_QUEUE_MAX);
    for (int i = 0; i < PRINTER_QUEUE_MAX; i++) {
        snprintf(id, sizeof id, "job%d", i);
        rig_expect_job(&rig, (size_t)i, id, PRINT_CONFIRMED, "");
    }
    cr_expect_eq(rig.slip_count, PRINTER_QUEUE_MAX);
    rig_end(&rig);
}

/* In the words that all devices share, each with its reason, and when the printer was heard last. */
Test(printer, says_how_it_is)
{
    struct rig rig;
    struct printer_status status;

    rig_begin(&rig, "epson-tm-t20iii");
    rig_command(&rig, "stall");
    rig_expect_state(&rig, DEVICE_ABSENT, "");
    rig_wait_state(&rig, DEVICE_PROBING);
    rig_expect_state(&rig, DEVICE_PROBING, "asked");
    rig_wait_state(&rig, DEVICE_DEGRADED);
    rig_expect_state(&rig, DEVICE_DEGRADED, "does not answer");
    printer_status(rig.printer, &status);
    cr_expect_eq(status.port.heard_mono_ms, 0);
    rig_command(&rig, "resume");
    rig_wait_state(&rig, DEVICE_READY);
    rig_expect_state(&rig, DEVICE_READY, "");
    printer_status(rig.printer, &status);
    cr_expect_gt(status.port.heard_mono_ms, 0);
    rig_command(&rig, "cover open");
    rig_wait_state(&rig, DEVICE_DEGRADED);
    rig_expect_state(&rig, DEVICE_DEGRADED, "cover");
    rig_command(&rig, "unplug");
    rig_wait_state(&rig, DEVICE_LOST);
    rig_expect_state(&rig, DEVICE_LOST, "");
    rig_end(&rig);
}

Test(printer, sends_nothing_that_could_not_be_written_down)
{
    struct rig rig;

    rig_begin(&rig, "epson-tm-t20iii");
    rig.sending_answer = ST_FULL;
    rig_print_sample(&rig, "a");
    rig_wait_done(&rig, 1);
    rig_expect_job(&rig, 0, "a", PRINT_FAILED, "the journal is full");
    rig_command(&rig, "state");
    cr_expect(strstr(rig.answer, "buffered=0 lines=0 slips=0"), "%s", rig.answer);
    rig_end(&rig);
}

Test(printer, tells_of_every_job_when_it_is_destroyed)
{
    struct rig rig;

    rig_begin(&rig, "epson-tm-t20iii");
    rig_command(&rig, "paper 10");
    rig_print_sample(&rig, "a");
    rig_print_sample(&rig, "b");
    rig_wait_state(&rig, DEVICE_DEGRADED);
    printer_destroy(rig.printer);
    rig.printer = NULL;
    cr_assert_eq(rig.done_count, 2);
    rig_expect_job(&rig, 0, "a", PRINT_UNKNOWN, "stopped");
    rig_expect_job(&rig, 1, "b", PRINT_FAILED, "stopping");
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
