/* SPDX-License-Identifier: Apache-2.0 */
/* Power cuts, answers that come late, lines that break: nothing is printed twice, nothing is confirmed that may not
 * be there. */
#include "tests/unit/drivers/printer/rig_expect.h"

#include "agent/net/loop.h"

#include <criterion/criterion.h>
#include <string.h>

static void does_not_print_again_what_a_power_cut_took(const char *profile)
{
    struct rig rig;
    unsigned before;

    rig_begin(&rig, profile);
    rig_command(&rig, "paper 10");
    rig_print_sample(&rig, "a");
    rig_wait_state(&rig, DEVICE_DEGRADED);
    rig_command(&rig, "power-cycle");
    rig_command(&rig, "paper ok");
    rig_wait_done(&rig, 1);
    rig_expect_job(&rig, 0, "a", PRINT_UNKNOWN, "ook at the paper");
    /* How much of it was still on its way decides whether a rest comes out; the whole cannot. */
    before = rig.slip_count;
    cr_expect_leq(before, 1);
    rig_wait_state(&rig, DEVICE_READY);
    rig_print_sample(&rig, "b");
    rig_wait_done(&rig, 2);
    rig_expect_job(&rig, 1, "b", PRINT_CONFIRMED, "");
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
    rig_print_sample(&rig, "a");
    rig_wait_done(&rig, 1);
    rig_expect_job(&rig, 0, "a", PRINT_UNKNOWN, "fell silent");
    rig_print_sample(&rig, "b"); /* still hung: nothing of it may go out */
    rig_wait_done(&rig, 2);
    rig_expect_job(&rig, 1, "b", PRINT_FAILED, "does not answer");
    cr_expect_eq(rig.slip_count, 0);
    cr_expect_eq(rig.sending_count, 1);
    /* Now it prints what it had of a, which is cut off; c must wait for its own marker, which is kept from coming. */
    rig_command(&rig, "resume");
    rig.on_sending = "paper out";
    rig_print_sample(&rig, "c");
    rig_wait_done(&rig, 3);
    rig_expect_job(&rig, 2, "c", PRINT_UNKNOWN, "nobody helped");
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
    rig_print_sample(&rig, "a");
    rig_wait_done(&rig, 1);
    rig_expect_job(&rig, 0, "a", PRINT_UNKNOWN, "did not say");
    rig_wait_state(&rig, DEVICE_READY);
    rig_print_sample(&rig, "b");
    until = loop_now_ms(rig.loop) + 200; /* long enough for b to go out, were it not for what is owed */
    while (loop_now_ms(rig.loop) < until)
        loop_step(rig.loop, 20);
    rig_command(&rig, "paper 60"); /* all of a, part of b */
    rig_command(&rig, "busy off");
    rig_wait_done(&rig, 2);
    cr_expect_eq(rig.slip_count, 1);
    rig_expect_job(&rig, 1, "b", PRINT_UNKNOWN, "nobody helped");
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
    rig_print_sample(&rig, "a");
    rig_wait_state(&rig, DEVICE_DEGRADED);
    rig_command(&rig, "unplug");
    rig_wait_done(&rig, 1);
    rig_expect_job(&rig, 0, "a", PRINT_UNKNOWN, "unplugged");
    rig_wait_state(&rig, DEVICE_LOST);
    rig_command(&rig, "paper ok"); /* it goes on from its buffer, to where the line broke off */
    before = rig.slip_count;
    cr_expect_leq(before, 1);
    rig_print_sample(&rig, "b");
    rig_wait_done(&rig, 2);
    rig_expect_job(&rig, 1, "b", PRINT_FAILED, "not there");
    rig_command(&rig, "plug");
    rig_wait_state(&rig, DEVICE_READY);
    rig_print_sample(&rig, "c");
    rig_wait_done(&rig, 3);
    rig_expect_job(&rig, 2, "c", PRINT_CONFIRMED, "");
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
    rig_expect_job(&rig, 0, "a", PRINT_UNKNOWN, "fell silent");
    rig_command(&rig, "resume");
    rig_wait_state(&rig, DEVICE_READY);
    rig_print_sample(&rig, "b");
    rig_wait_done(&rig, 2);
    rig_expect_job(&rig, 1, "b", PRINT_CONFIRMED, "");
    cr_expect_eq(rig.slip_count, 2, "%u slips", rig.slip_count);
    rig_expect_paper(&rig, 2, profile[0] == 'e' ? 48 : 42);
    rig_expect_facts(&rig, 1, "\"unknown_commands\":0");
    rig_expect_facts(&rig, 2, "\"unknown_commands\":0");
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
