/* SPDX-License-Identifier: Apache-2.0 */
/* desk_packets - the packets of binary desk readers: 02, length of all, type, serial number, BCC, 03. */
#include "drivers/scanner/family.h"

enum { STX = 0x02, ETX = 0x03, PACKET_MIN = 6, PACKET_MAX = 5 + READER_UID_BYTES_MAX };

int desk_find(const uint8_t *bytes, size_t len)
{
    uint8_t bcc = 0;
    size_t total;

    if (bytes[0] != STX)
        return FRAMING_NOT;
    if (len < 2)
        return 0;
    total = bytes[1];
    if (total < PACKET_MIN || total > PACKET_MAX)
        return FRAMING_NOT;
    if (len < total)
        return 0;
    for (size_t i = 1; i + 2 < total; i++)
        bcc ^= bytes[i];
    return bcc == bytes[total - 2] && bytes[total - 1] == ETX ? (int)total : FRAMING_NOT;
}
