/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes a host may send the simulated printer: it stays in its bounds, and always goes on. The first byte says
 * how the rest is cut into pieces, and which printer it is (F0 and above: one of Star's). */
#include "drivers/sim/sim_escpos.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_reply(void *context, const uint8_t *bytes, size_t len)
{
    (void)context;
    if (len == 0 || !bytes)
        abort();
}

static void on_cut(void *context)
{
    struct sim_escpos *printer = context;
    struct strbuf out = STRBUF_INIT(1 << 22);

    slip_to_text(&printer->slip, &out);
    slip_to_json(&printer->slip, 1, &out);
    slip_to_svg(&printer->slip, &out);
    strbuf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sim_escpos printer; /* too large for a stack */
    size_t piece = size > 0 ? 1 + (size_t)data[0] * 2 : 1;

    sim_escpos_init(&printer, sim_profile_at(size > 0 && data[0] >= 0xF0 ? 4 : size > 0 ? data[0] % 4 : 0));
    printer.reply = on_reply;
    printer.cut = on_cut;
    printer.context = &printer;
    for (size_t at = 1; at < size; at += piece) {
        size_t len = size - at < piece ? size - at : piece, room = sim_escpos_room(&printer);

        if (room == 0)
            abort(); /* a command larger than the buffer would wait for ever */
        sim_escpos_feed(&printer, data + at, len < room ? len : room);
    }
    sim_escpos_tear(&printer);
    sim_escpos_free(&printer);
    return 0;
}
