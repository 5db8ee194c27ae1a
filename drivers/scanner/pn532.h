/* SPDX-License-Identifier: Apache-2.0 */
/* pn532 - the bytes of the PN532. Inside drivers/scanner, and for what plays one. */
#ifndef LOYALD_SCANNER_PN532_H
#define LOYALD_SCANNER_PN532_H

#include "drivers/scanner/family.h"

enum {
    PN532_HEAD = 3, /* FF LEN LCS, the zeros before left out */
    PN532_DATA_MAX = 64,
    PN532_PACKET_MAX = PN532_DATA_MAX + 7,
    PN532_FROM_HOST = 0xd4,
    PN532_FROM_CHIP = 0xd5,
    PN532_GET_FIRMWARE = 0x02,
    PN532_SAM_CONFIGURATION = 0x14,
    PN532_RF_CONFIGURATION = 0x32,
    PN532_LIST_TARGET = 0x4a,
    PN532_POLL_MS = 200,
};

/* A whole frame with its filling; len at most PN532_DATA_MAX. Answers its length. */
size_t pn532_make(const uint8_t *data, size_t len, uint8_t out_packet[PN532_PACKET_MAX]);

#endif
