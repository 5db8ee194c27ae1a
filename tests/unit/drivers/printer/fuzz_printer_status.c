/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes a printer, or noise, may send: packets of the lengths their kinds have, and no byte is lost count of. */
#include "drivers/printer/escpos_status.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct escpos_reader reader = {0};
    struct escpos_condition condition = {0};
    struct escpos_packet packet;
    size_t accounted = 0;

    for (size_t i = 0; i < size; i++) {
        enum escpos_packet_kind kind = escpos_reader_push(&reader, data[i], &packet);

        if (kind == ESCPOS_NOTHING)
            continue;
        if (kind != packet.kind || packet.len > ESCPOS_BLOCK_BYTES_MAX || (kind == ESCPOS_ASB && packet.len != 4))
            abort();
        accounted += packet.len + (kind == ESCPOS_BLOCK);
        if (kind == ESCPOS_ASB)
            escpos_condition_asb(&condition, packet.bytes);
        if (kind == ESCPOS_REALTIME)
            escpos_condition_realtime(&condition, 1 + (int)(i % 4), packet.bytes[0]);
        (void)escpos_condition_trouble(&condition);
    }
    if (accounted + reader.ignored_bytes + reader.partial.len != size)
        abort();
    return 0;
}
