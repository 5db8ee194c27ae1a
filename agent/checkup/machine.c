/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/checkup/machine.h"

#include "agent/base/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/timex.h>

enum {
    DISK_WARN_PERCENT = 70, /* members are no longer cached from 90 on */
    DISK_FULL_PERCENT = 90,
    DISK_LEAST_MB = 64,
    DISK_ROOMY_MB = 8192
};

/* A share alone says little: a tenth of a large disk holds the sales of years. */
static enum level level_of_disk(int64_t percent, int64_t free_mb)
{
    if (free_mb >= DISK_ROOMY_MB)
        return LEVEL_OK;
    if (percent >= DISK_FULL_PERCENT || free_mb < DISK_LEAST_MB)
        return LEVEL_CRITICAL;
    return percent >= DISK_WARN_PERCENT ? LEVEL_WARNING : LEVEL_OK;
}

void checkup_disk(struct findings *findings, const char *folder)
{
    struct statvfs fs;
    int64_t free_mb, percent;
    enum level level;
    uint64_t ours; /* blocks in use or to be had; what is kept for root is neither */

    if (statvfs(folder, &fs) != 0) {
        findings_add(findings, LEVEL_UNKNOWN, "sudo loyalctl doctor", "%s: %s", folder, strerror(errno));
        return;
    }
    free_mb = (int64_t)(fs.f_bavail * fs.f_frsize / (1024 * 1024));
    ours = fs.f_blocks - fs.f_bfree + fs.f_bavail;
    percent = ours > 0 ? 100 - (int64_t)(fs.f_bavail * 100 / ours) : 0; /* as df(1) reckons */
    level = level_of_disk(percent, free_mb);
    findings_add(findings, level, level == LEVEL_OK ? NULL : "journalctl --vacuum-size=100M; apt-get clean",
                 "the disk of %s is full to %" PRId64 " %%, %" PRId64 " MB left", folder, percent, free_mb);
}

void checkup_clock(struct findings *findings)
{
    struct timex now = {0};
    char stamp[26];
    struct civil_time at;
    int state = ntp_adjtime(&now);

    clock_local(clock_wall_ms(clock_system()), &at);
    civil_format_time(&at, stamp);
    if (state < 0) /* a service that may not set clocks may not ask either */
        findings_add(findings, LEVEL_OK, NULL, "%.16s", stamp);
    else if (state == TIME_ERROR || (now.status & STA_UNSYNC) != 0)
        findings_add(findings, LEVEL_OK, NULL, "%.16s; nothing keeps it right (timedatectl set-ntp true)", stamp);
    else
        findings_add(findings, LEVEL_OK, NULL, "%.16s, kept right by the network", stamp);
}
