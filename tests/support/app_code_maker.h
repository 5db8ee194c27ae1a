/* SPDX-License-Identifier: Apache-2.0 */
/* app_code_maker - codes as a chain's cloud signs them for its app, written without what the till reads them by. */
#ifndef LOYALD_SUPPORT_APP_CODE_MAKER_H
#define LOYALD_SUPPORT_APP_CODE_MAKER_H

#include "agent/base/pk.h"
#include "agent/codes/app_code.h"

void app_code_make(struct pk *key, const char *id, int64_t expires_unix_s, char out_code[APP_CODE_BYTES_MAX + 1]);

#endif
