/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/checkup/certificate.h"

#include <inttypes.h>

#include "agent/base/plural.h"

/* It is renewed by itself from its thirtieth day on, so one that ends this soon was not, for weeks. */
enum { CERTIFICATE_WARN_DAYS = 14, DAY_MS = 86400000 };

void checkup_certificate(struct findings *findings, const char *whose, int64_t until_unix_ms, int64_t now_unix_ms)
{
    int64_t days = (until_unix_ms - now_unix_ms) / DAY_MS;
    bool soon = days < CERTIFICATE_WARN_DAYS;

    if (until_unix_ms <= now_unix_ms)
        findings_add(findings, LEVEL_CRITICAL, "loyalctl enrol CODE", "%s has ended", whose);
    else
        findings_add(findings, soon ? LEVEL_WARNING : LEVEL_OK,
                     soon ? "journalctl -u loyald-sync -n 30   (why it is not renewed)   loyalctl enrol CODE" : NULL,
                     "%s is good for %" PRId64 " %s", whose, days, plural(days, "day", "days"));
}
