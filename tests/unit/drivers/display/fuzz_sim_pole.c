/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes that a host may send the simulated display: it stays in its bounds, and what is seen is the same however
 * they were cut. The first byte chooses the command set and the columns. */
#include "drivers/sim/sim_pole.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(const uint8_t *data, size_t size, size_t piece, struct sim_pole *pole)
{
    sim_pole_init(pole, (enum sim_pole_set)(data[0] & 1), 16 + (data[0] >> 1) % 25);
    for (size_t at = 1; at < size; at += piece)
        sim_pole_feed(pole, data + at, size - at < piece ? size - at : piece);
    if (pole->column < 0 || pole->column > pole->columns || pole->row < 0 || pole->row >= SIM_POLE_ROWS)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sim_pole whole, cut;
    struct strbuf out = STRBUF_INIT(4 * SIM_POLE_COLUMNS_MAX);

    if (size == 0)
        return 0;
    run(data, size, size, &whole);
    run(data, size, 1, &cut);
    if (memcmp(whole.cells, cut.cells, sizeof whole.cells) != 0 || whole.unknown != cut.unknown)
        abort();
    sim_pole_row(&whole, 0, &out);
    if (strbuf_status(&out) != ST_OK || out.len < (size_t)whole.columns)
        abort();
    strbuf_free(&out);
    return 0;
}
