/* SPDX-License-Identifier: Apache-2.0 */
/* certificate - how long the till's certificate is still good: judged here alone, for the status screen and for doctor. */
#ifndef LOYALD_CHECKUP_CERTIFICATE_H
#define LOYALD_CHECKUP_CERTIFICATE_H

#include "agent/checkup/finding.h"

/* Adds one finding. whose begins its text: "the certificate", "the certificate of till X". */
void checkup_certificate(struct findings *findings, const char *whose, int64_t until_unix_ms, int64_t now_unix_ms);

#endif
