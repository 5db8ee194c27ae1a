/* SPDX-License-Identifier: Apache-2.0 */
/* star_status - what a Star printer says, taken apart: packets of 2 to 33 bytes that say their length themselves. */
#ifndef LOYALD_PRINTER_STAR_STATUS_H
#define LOYALD_PRINTER_STAR_STATUS_H

#include "drivers/printer/escpos_status.h"

enum { STAR_COUNTERS = 32 }; /* of its counter of ETB */

enum escpos_packet_kind star_reader_push(struct escpos_reader *reader, uint8_t byte,
                                         struct escpos_packet *out_packet);
void star_condition(struct escpos_condition *condition, const struct escpos_packet *packet);
/* How many ETB it has come to, modulo STAR_COUNTERS; -1: it does not count them. */
int star_counter(const struct escpos_packet *packet);

#endif
