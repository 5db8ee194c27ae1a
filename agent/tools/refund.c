/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loyalctl refund: returns in, what goes back out, one a line, in order, in constant memory. The bundle is wanted
 * only by returns of the policy "recompute".
 */
#include "agent/tools/command.h"

#include "agent/base/pk_memo.h"
#include "agent/engine/engine.h"
#include "agent/tools/lines.h"

#include <stdlib.h>

struct refunds {
    struct bundle *bundle; /* NULL: not given */
    struct engine *engine;
    struct pk_memo coupons; /* verdicts on signed ones */
};

static enum status answer(void *context, const struct strbuf *line, struct strbuf *out,
                          struct engine_fault *out_fault, struct errmsg *err)
{
    const struct refunds *refunds = context;

    return engine_refund(refunds->engine, refunds->bundle, strbuf_text(line), line->len, out, out_fault, err);
}

int command_refund(const struct command_call *call)
{
    struct refunds refunds = {0};
    const struct line_job job = {.what = "return",
                                 .line_bytes_max = RETURN_BYTES_MAX,
                                 .answer_bytes_max = RETURN_BYTES_MAX,
                                 .answer = answer,
                                 .context = &refunds};
    struct errmsg err = ERRMSG_INIT;
    int exit_status = EXIT_USAGE;

    if ((call->bundle && command_compile_bundle(call->bundle, &refunds.bundle, &err) != ST_OK) ||
        engine_create(&refunds.engine, &err) != ST_OK) {
        command_say("%s", err.text);
    } else {
        engine_set_verify(refunds.engine, pk_memo_verify, &refunds.coupons);
        exit_status = lines_run(&job);
    }
    engine_destroy(refunds.engine);
    bundle_destroy(refunds.bundle);
    return exit_status;
}
