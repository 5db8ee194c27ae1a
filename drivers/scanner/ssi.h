/* SPDX-License-Identifier: Apache-2.0 */
/* ssi - the bytes of Zebra's Simple Serial Interface. Inside drivers/scanner, and for what plays a decoder. */
#ifndef LOYALD_SCANNER_SSI_H
#define LOYALD_SCANNER_SSI_H

#include "drivers/scanner/family.h"

enum {
    SSI_HEAD = 4,
    SSI_SUM = 2,
    SSI_BODY_MAX = 255,
    SSI_PACKET_MAX = SSI_BODY_MAX + SSI_SUM,
    SSI_FROM_DECODER = 0,
    SSI_FROM_HOST = 4,
    SSI_RESENT = 1,    /* bits of the status */
    SSI_CONTINUED = 2, /* more packets of this code follow */

    SSI_REQUEST_REVISION = 0xa3,
    SSI_REPLY_REVISION = 0xa4,
    SSI_PARAM_SEND = 0xc6,
    SSI_CMD_ACK = 0xd0,
    SSI_CMD_NAK = 0xd1,
    SSI_SCAN_ENABLE = 0xe9,
    SSI_BEEP = 0xe6,
    SSI_DECODE_DATA = 0xf3,
    SSI_NAK_RESEND = 1,
    SSI_NAK_CONTEXT = 2,
    SSI_NAK_DENIED = 6,
};

/* Two's complement of the sum of all bytes. */
uint16_t ssi_sum(const uint8_t *bytes, size_t len);
/* Answers the length; len is at most SSI_BODY_MAX - SSI_HEAD. */
size_t ssi_make(uint8_t opcode, uint8_t source, uint8_t status, const uint8_t *data, size_t len,
                uint8_t out_packet[SSI_PACKET_MAX]);

#endif
