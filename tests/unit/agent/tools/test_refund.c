/* SPDX-License-Identifier: Apache-2.0 */
/* loyalctl refund, as a user calls it: returns in, refunds out, words and exit statuses. */
#include "run.h"

#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#define SALE                                                                                                         \
    "\"sale\":{\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":3000,\"amount_minor\":1000}]},"                    \
    "\"result\":{\"lines\":[{\"line\":1,\"gross_minor\":1000,\"discount_minor\":0,\"redeemed_minor\":0,"             \
    "\"net_minor\":1000}]}"

static void refund(struct run *run, const char *bundle, const char *in)
{
    run_program(run, (const char *[]){"loyalctl", "refund", bundle ? "--bundle" : NULL, bundle, NULL}, in,
                strlen(in));
}

Test(tools_refund, answers_each_line_and_goes_on_after_a_bad_one)
{
    struct run run;

    refund(&run, NULL,
           "{\"return_id\":\"a\"," SALE ",\"lines\":[{\"line\":1,\"qty_milli\":1000}]}\n"
           "{\"return_id\":\"b\",\"lines\":[{\"line\":1,\"qty_milli\":1000}]}\n"
           "{\"return_id\":\"c\"," SALE ",\"lines\":[{\"line\":1,\"qty_milli\":3000}]}");
    cr_expect_eq(run.exit_status, 1);
    cr_expect_str_eq(strbuf_text(&run.out),
                     "{\"coupons_released\":[],\"lines\":[{\"line\":1,\"qty_milli\":1000,\"refund_minor\":333}],"
                     "\"points\":[],\"refund_minor\":333,\"return_id\":\"a\"}\n"
                     "{\"error\":{\"code\":\"unreferenced\",\"message\":\"is missing: without its sale nothing is "
                     "refunded under this policy\",\"at\":\"/sale\"}}\n"
                     "{\"coupons_released\":[],\"lines\":[{\"line\":1,\"qty_milli\":3000,\"refund_minor\":1000}],"
                     "\"points\":[],\"refund_minor\":1000,\"return_id\":\"c\"}\n");
    run_free(&run);
}

Test(tools_refund, recompute_wants_the_bundle)
{
    struct run run;

    refund(&run, NULL, "{\"policy\":\"recompute\"," SALE ",\"lines\":[{\"line\":1,\"qty_milli\":1000}]}\n");
    cr_expect_eq(run.exit_status, 1);
    cr_expect(strstr(strbuf_text(&run.out), "\"code\":\"bundle\""));
    run_free(&run);
}

Test(tools_refund, a_bundle_that_is_not_there_is_wrong_usage)
{
    struct run run;

    refund(&run, "/nonexistent/bundle.json", "");
    cr_expect_eq(run.exit_status, 2);
    cr_expect_eq(run.out.len, 0);
    cr_expect(run.err.len > 0);
    run_free(&run);
}
