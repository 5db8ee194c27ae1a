/* SPDX-License-Identifier: Apache-2.0 */
/* ssi_packets - packets of Zebra's Simple Serial Interface: length, opcode, source, status, data, 16 bits of
 * checksum. */
#include "drivers/scanner/ssi.h"

int ssi_find(const uint8_t *bytes, size_t len)
{
    size_t body = bytes[0];

    if (body < SSI_HEAD || (len > 2 && bytes[2] != SSI_FROM_DECODER))
        return FRAMING_NOT;
    if (len < body + SSI_SUM)
        return 0;
    return ssi_sum(bytes, body) == (uint16_t)(bytes[body] << 8 | bytes[body + 1]) ? (int)(body + SSI_SUM)
                                                                                  : FRAMING_NOT;
}

uint16_t ssi_sum(const uint8_t *bytes, size_t len)
{
    uint16_t sum = 0;

    for (size_t i = 0; i < len; i++)
        sum = (uint16_t)(sum + bytes[i]);
    return (uint16_t)-sum;
}

size_t ssi_make(uint8_t opcode, uint8_t source, uint8_t status, const uint8_t *data, size_t len,
                uint8_t out_packet[SSI_PACKET_MAX])
{
    size_t body = SSI_HEAD + len;
    uint16_t sum;

    out_packet[0] = (uint8_t)body;
    out_packet[1] = opcode;
    out_packet[2] = source;
    out_packet[3] = status;
    for (size_t i = 0; i < len; i++)
        out_packet[SSI_HEAD + i] = data[i];
    sum = ssi_sum(out_packet, body);
    out_packet[body] = (uint8_t)(sum >> 8);
    out_packet[body + 1] = (uint8_t)sum;
    return body + SSI_SUM;
}
