/* SPDX-License-Identifier: Apache-2.0 */
/* sim_bars - bar codes as modules, drawn from what the printer was sent (ISO/IEC 15420 and 15417). */
#ifndef LOYALD_SIM_SIM_BARS_H
#define LOYALD_SIM_SIM_BARS_H

#include "drivers/sim/sim_slip.h"

enum {
    SIM_BARS_MODULES_MAX = 4096,
    SIM_BARS_SYMBOLS_MAX = 256,
    SIM_BARS_TEXT_MAX = 2 * SIM_BARS_SYMBOLS_MAX + 8,
};

/* The modules, '1' a bar and '0' a gap; 0 when the data is no such code. Returns how many. */
size_t sim_bars_modules(enum slip_bars bars, const char *data, size_t len, char out_modules[SIM_BARS_MODULES_MAX]);
/* What a scanner would read. */
void sim_bars_text(enum slip_bars bars, const char *data, size_t len, char out_text[SIM_BARS_TEXT_MAX]);
/* Returns a view: "EAN-13". */
const char *sim_bars_name(enum slip_bars bars);
/* The data of GS k 73, "{B..." and so on, as symbol values from the start symbol on, without the check symbol;
 * 0 when it is none. */
size_t sim_bars_code128(const uint8_t *data, size_t len, char out_values[SIM_BARS_SYMBOLS_MAX]);
/* Twelve digits get their check digit; false when these are no digits or it is wrong. */
bool sim_bars_ean13(const uint8_t *data, size_t len, char out_digits[13]);

#endif
