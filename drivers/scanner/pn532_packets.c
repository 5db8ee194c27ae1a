/* SPDX-License-Identifier: Apache-2.0 */
/* pn532_packets - frames of the PN532's high speed UART (NXP UM0701-02, 6.2): FF, length and its complement, data,
 * check; zeros before and behind, of which one ends the start code.
 */
#include "drivers/scanner/pn532.h"

int pn532_find(const uint8_t *bytes, size_t len)
{
    size_t data;
    uint8_t sum = 0;

    if (bytes[0] == 0)
        return FRAMING_FILL;
    if (bytes[0] != 0xff)
        return FRAMING_NOT;
    if (len < PN532_HEAD)
        return 0;
    data = bytes[1];
    if ((bytes[1] == 0x00 && bytes[2] == 0xff) || (bytes[1] == 0xff && bytes[2] == 0x00))
        return PN532_HEAD; /* ACK, NAK */
    if (data == 0 || (uint8_t)(bytes[1] + bytes[2]) != 0)
        return FRAMING_NOT;
    if (len < PN532_HEAD + data + 1)
        return 0;
    for (size_t i = 0; i <= data; i++)
        sum = (uint8_t)(sum + bytes[PN532_HEAD + i]);
    return sum == 0 ? (int)(PN532_HEAD + data + 1) : FRAMING_NOT;
}

size_t pn532_make(const uint8_t *data, size_t len, uint8_t out_packet[PN532_PACKET_MAX])
{
    uint8_t sum = 0;
    size_t at = 0;

    out_packet[at++] = 0x00;
    out_packet[at++] = 0x00;
    out_packet[at++] = 0xff;
    out_packet[at++] = (uint8_t)len;
    out_packet[at++] = (uint8_t)-len;
    for (size_t i = 0; i < len; i++) {
        out_packet[at++] = data[i];
        sum = (uint8_t)(sum + data[i]);
    }
    out_packet[at++] = (uint8_t)-sum;
    out_packet[at++] = 0x00;
    return at;
}
