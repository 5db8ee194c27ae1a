/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes a printer, or noise, may send: packets of the lengths their kinds have, and no byte is lost count of. */
#include "drivers/printer/language.h"
#include "drivers/printer/star_status.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void learn(const struct language *language, const struct escpos_packet *packet, int n)
{
    struct escpos_condition condition = {0};

    if (packet->kind != ESCPOS_ASB && packet->kind != language->answer)
        return;
    language->learn(&condition, n, packet);
    (void)escpos_condition_trouble(&condition);
    if (packet->kind == ESCPOS_STAR && (star_counter(packet) < -1 || star_counter(packet) >= STAR_COUNTERS))
        abort();
}

static void run(const struct language *language, const uint8_t *data, size_t size)
{
    struct escpos_reader reader = {0};
    struct escpos_packet packet;
    size_t accounted = 0;

    for (size_t i = 0; i < size; i++) {
        enum escpos_packet_kind kind = language->push(&reader, data[i], &packet);

        if (kind == ESCPOS_NOTHING)
            continue;
        if (kind != packet.kind || packet.len > ESCPOS_BLOCK_BYTES_MAX || (kind == ESCPOS_ASB && packet.len != 4))
            abort();
        accounted += packet.len + (kind == ESCPOS_BLOCK);
        learn(language, &packet, 1 + (int)(i % 4));
    }
    if (accounted + reader.ignored_bytes + reader.partial.len != size)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    run(&escpos_language, data, size);
    run(&star_language, data, size);
    return 0;
}
