/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "sync/central/authority.h"
#include "sync/central/central.h"
#include "sync/central/command.h"

static enum status open_both(const struct command_call *call, struct central **out_central, struct errmsg *err)
{
    enum status st =
        central_open(&(struct central_place){call->state_dir, call->database}, clock_system(), out_central, err);

    if (st == ST_CONFLICT)
        errmsg_wrap(err, "the authorities are changed with the server stopped; tills sell on meanwhile");
    return st;
}

enum status command_ca_rotate(const struct command_call *call, struct errmsg *err)
{
    struct central *central = NULL;
    enum status st = open_both(call, &central, err);

    if (st == ST_OK)
        st = authority_rotate(central, call->state_dir, err);
    if (st == ST_OK)
        printf(
            "authority %s made: start the server, tills take it up by themselves; then \"ca drop\" the older one\n",
            central->ca_key_id);
    central_close(central);
    return st;
}

enum status command_ca_drop(const struct command_call *call, struct errmsg *err)
{
    struct central *central = NULL;
    enum status st = open_both(call, &central, err);

    if (st == ST_OK)
        st = authority_drop(central, call->state_dir, call->force, err);
    if (st == ST_OK)
        printf("the older authority is dropped, %s is the only one\n", central->ca_key_id);
    central_close(central);
    return st;
}
