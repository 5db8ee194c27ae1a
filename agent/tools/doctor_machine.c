/* SPDX-License-Identifier: Apache-2.0 */
/* The machine: how long its disk takes, users, udev, what else runs on it. */
#include "agent/tools/doctor.h"

#include "agent/base/clock.h"
#include "agent/checkup/machine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PROBES = 33, /* odd: the middle one is the median */
    PROBE_BYTES = 4096,
    SYNC_SLOW_US = 50000, /* every sale waits for one */
    SYNC_LIES_US = 30     /* no disk with a cache that survives a power cut answers sooner, but for the best SSDs */
};

void doctor_disk(struct doctor *doctor)
{
    checkup_disk(&doctor->findings, doctor->call->config->places.state_dir);
}

/* A wrong clock is seen against the central's (doctor_central.c). */
void doctor_clock(struct doctor *doctor)
{
    checkup_clock(&doctor->findings);
}

/* ---- what a commit waits for ---- */

static int ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static bool time_writes(int fd, int64_t out_ns[PROBES])
{
    static const char page[PROBE_BYTES];

    for (int i = 0; i < PROBES; i++) {
        int64_t began_ns = clock_measure_ns();

        if (pwrite(fd, page, sizeof page, 0) != (ssize_t)sizeof page || fdatasync(fd) != 0)
            return false;
        out_ns[i] = clock_measure_ns() - began_ns;
    }
    qsort(out_ns, PROBES, sizeof out_ns[0], ascending);
    return true;
}

void doctor_sync_time(struct doctor *doctor)
{
    const char *dir = doctor->call->config->places.state_dir;
    char path[CONFIG_TEXT_MAX + 32], fix[FINDING_TEXT_MAX];
    int64_t ns[PROBES], median_us, worst_us;
    bool timed;
    int fd;

    (void)snprintf(path, sizeof path, "%.500s/.doctor-XXXXXX", dir);
    fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0) {
        findings_add(&doctor->findings, LEVEL_UNKNOWN, "sudo loyalctl doctor", "the disk cannot be timed: %s: %s", dir,
                    strerror(errno));
        return;
    }
    timed = time_writes(fd, ns);
    if (!timed)
        findings_add(&doctor->findings, LEVEL_CRITICAL, "dmesg | tail   (the disk is full or failing)", "writing to %s: %s", dir,
                    strerror(errno));
    (void)close(fd);
    (void)unlink(path); /* a leftover of 4 KB harms nobody */
    if (!timed)
        return;
    median_us = ns[PROBES / 2] / 1000;
    worst_us = ns[PROBES - 1] / 1000;
    (void)snprintf(fix, sizeof fix, "findmnt -T %.200s   (a RAM disk? else its cache lies about flushing: hdparm -W 0)", dir);
    if (median_us < SYNC_LIES_US)
        findings_add(&doctor->findings, LEVEL_WARNING, fix,
                    "writing through to the disk takes %" PRId64 " us: sales may not survive a power cut", median_us);
    else if (worst_us > SYNC_SLOW_US)
        findings_add(&doctor->findings, LEVEL_WARNING, 
                    "grep -s ^write_bytes /proc/[0-9]*/io | sort -n -k 2 | tail   (what else writes? a worn SD card is exchanged)",
                    "writing through to the disk takes %" PRId64 " us, at worst %" PRId64
                    " us: each sale waits for that",
                    median_us, worst_us);
    else
        findings_add(&doctor->findings, LEVEL_OK, NULL,
                    "writing through to the disk takes %" PRId64 " us, at worst %" PRId64 " us", median_us, worst_us);
}

/* ---- users ---- */

static bool is_in_group(const char *user, gid_t primary, gid_t group)
{
    gid_t groups[64];
    int count = 64;

    if (getgrouplist(user, primary, groups, &count) < 0)
        return false;
    for (int i = 0; i < count; i++)
        if (groups[i] == group)
            return true;
    return false;
}

void doctor_users(struct doctor *doctor)
{
    const struct command_places *places = &doctor->call->config->places;
    const struct passwd *user = getpwnam(places->user);
    const struct group *lines = getgrnam("dialout");
    gid_t primary;

    if (!user) {
        findings_add(&doctor->findings, LEVEL_WARNING, "systemd-sysusers", "there is no user %s: loyald runs as somebody else",
                    places->user);
        return;
    }
    primary = user->pw_gid;
    if (user->pw_uid != 0 && lines && !is_in_group(places->user, primary, lines->gr_gid))
        findings_add(&doctor->findings, LEVEL_WARNING, "systemd-sysusers; systemctl restart loyald",
                    "%s is not in the group dialout: serial lines are closed to it", places->user);
    else
        findings_add(&doctor->findings, LEVEL_OK, NULL, "user %s is there", places->user);
    if (strcmp(places->courier_user, places->user) != 0 && !getpwnam(places->courier_user))
        findings_add(&doctor->findings, LEVEL_WARNING, "systemd-sysusers",
                    "there is no user %s: loyald-sync runs as somebody else", places->courier_user);
}

/* ---- udev, and who grabs serial lines ---- */

static bool have_rules(const struct command_places *places)
{
    return access(places->udev_rules, F_OK) == 0 || access("/etc/udev/rules.d/60-loyald.rules", F_OK) == 0;
}

void doctor_udev(struct doctor *doctor)
{
    const struct command_places *places = &doctor->call->config->places;

    if (have_rules(places))
        findings_add(&doctor->findings, LEVEL_OK, NULL, "stable names are made: /dev/loyald/");
    else
        findings_add(&doctor->findings, LEVEL_WARNING,
                    "apt-get install --reinstall loyald; udevadm control --reload; udevadm trigger",
                    "%s is missing: devices have no names under /dev/loyald", places->udev_rules);
}

/* The pid of a process of that name; 0 when there is none to be seen. */
static long find_process(const char *wanted)
{
    DIR *processes = opendir("/proc");
    const struct dirent *entry;
    long found = 0;

    while (processes && !found && (entry = readdir(processes))) {
        long pid = strtol(entry->d_name, NULL, 10);
        char path[64], name[32] = "";
        FILE *file;

        (void)snprintf(path, sizeof path, "/proc/%ld/comm", pid);
        file = pid > 0 ? fopen(path, "re") : NULL;
        if (!file)
            continue;
        if (fgets(name, sizeof name, file) && strncmp(name, wanted, strlen(wanted)) == 0)
            found = pid;
        (void)fclose(file);
    }
    if (processes)
        (void)closedir(processes);
    return found;
}

void doctor_modem_manager(struct doctor *doctor)
{
    long pid = find_process("ModemManager");

    if (pid == 0)
        findings_add(&doctor->findings, LEVEL_OK, NULL, "ModemManager does not run");
    else if (have_rules(&doctor->call->config->places))
        findings_add(&doctor->findings, LEVEL_OK, NULL,
                    "ModemManager runs (pid %ld) and is kept off scanners and printers by udev", pid);
    else
        findings_add(&doctor->findings, LEVEL_CRITICAL, "systemctl mask --now ModemManager",
                    "ModemManager runs (pid %ld) and sends modem commands to serial devices", pid);
}
