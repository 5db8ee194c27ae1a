/* SPDX-License-Identifier: Apache-2.0 */
/* What is ours: settings, daemons, versions, databases, rules. */
#include "agent/base/plural.h"
#include "agent/tools/doctor.h"

#include "agent/base/cli.h"
#include "agent/base/clock.h"
#include "agent/base/json.h"

#include <cjson/cJSON.h>
#include <sqlite3.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SQLITE_LEAST = 3040000, RULES_OLD_DAYS = 30, DAY_MS = 86400000 };

/* What an upgrade leaves that did not go through (packaging/deb/upgrade.sh). */
static const char PREVIOUS_DROP_IN[] = "/etc/systemd/system/loyald.service.d/50-previous.conf";
static const char UPGRADE_UNDER_WAY[] = "/usr/lib/loyald/previous/under-way";

/* Whose the programs are: dpkg's, or rpm's. */
static const char *either(const char *of_dpkg, const char *of_rpm)
{
    return access("/usr/bin/dpkg", X_OK) == 0 ? of_dpkg : of_rpm;
}

static const char *text_of(const cJSON *item)
{
    return cJSON_IsString(item) ? item->valuestring : "";
}

/* ---- settings ---- */

static void load(struct doctor *doctor, const char *path, const struct option_spec *options, void *out, size_t bytes)
{
    struct errmsg err = ERRMSG_INIT;
    bool there = access(path, F_OK) == 0;
    char fix[FINDING_TEXT_MAX];

    if (config_load(options, there ? path : NULL, out, bytes, &err) == ST_OK) {
        findings_add(&doctor->findings, LEVEL_OK, NULL, "%s: %s", path,
                    there ? "understood" : "not there, all values are the defaults");
        return;
    }
    (void)snprintf(fix, sizeof fix, "edit %s, then: loyald --check-config", path);
    findings_add(&doctor->findings, LEVEL_CRITICAL, fix, "%s", err.text);
    (void)config_load(options, NULL, out, bytes, NULL); /* the other checks go by the defaults */
}

void doctor_settings(struct doctor *doctor)
{
    const struct command_places *places = &doctor->call->config->places;

    load(doctor, places->loyald_config, loyald_options, &doctor->settings, sizeof doctor->settings);
    load(doctor, places->courier_config, client_config_options, &doctor->courier, sizeof doctor->courier);
}

/* ---- the daemons ---- */

void doctor_daemon(struct doctor *doctor)
{
    const cJSON *pid = doctor_health(doctor, "pid", NULL), *till = doctor_health(doctor, "till", NULL);
    const cJSON *text;

    if (!doctor->health) {
        findings_add(&doctor->findings, LEVEL_CRITICAL, "systemctl restart loyald; journalctl -u loyald -n 30",
                    "loyald does not answer on %s", doctor->call->ask.socket_path);
        return;
    }
    findings_add(&doctor->findings, LEVEL_OK, NULL, "loyald answers, pid %" PRId64,
                cJSON_IsNumber(pid) ? (int64_t)pid->valuedouble : 0);
    text = cJSON_GetObjectItemCaseSensitive(till, "enrolled");
    if (cJSON_IsTrue(text))
        findings_add(&doctor->findings, LEVEL_OK, NULL, "till %s of store %s, chain %s",
                    text_of(cJSON_GetObjectItemCaseSensitive(till, "till")),
                    text_of(cJSON_GetObjectItemCaseSensitive(till, "store")),
                    text_of(cJSON_GetObjectItemCaseSensitive(till, "chain")));
    else
        findings_add(&doctor->findings, LEVEL_WARNING, "loyalctl enrol CODE   (the office gives the code out)",
                    "this till is not enrolled: it sells at shelf price and keeps its sales");
}

static void compare_version(struct doctor *doctor, const char *program, const char *version, const char *fix)
{
    if (version[0] == '\0')
        return; /* it is not there to be asked: said by its own check */
    if (strcmp(version, cli_version()) == 0)
        findings_add(&doctor->findings, LEVEL_OK, NULL, "%s %s", program, version);
    else
        findings_add(&doctor->findings, LEVEL_WARNING, fix, "%s that runs is %s, loyalctl is %s", program, version,
                    cli_version());
}

void doctor_versions(struct doctor *doctor)
{
    if (access(UPGRADE_UNDER_WAY, F_OK) == 0)
        findings_add(&doctor->findings, LEVEL_WARNING,
                    either("dpkg --configure -a && apt-get install -y loyald", "dnf reinstall -y loyald"),
                    "an upgrade to %s is under way, or was cut short", cli_version());
    else if (access(PREVIOUS_DROP_IN, F_OK) == 0)
        findings_add(&doctor->findings, LEVEL_WARNING,
                    either("journalctl -u loyald; mend what it says, then: dpkg --configure -a",
                           "journalctl -u loyald; mend what it says, then: dnf reinstall -y loyald"),
                    "the upgrade to %s failed: the version before it sells", cli_version());
    else
        compare_version(doctor, "loyald", text_of(doctor_health(doctor, "version", NULL)), "systemctl restart loyald");
    compare_version(doctor, "loyald-sync", text_of(doctor_health(doctor, "courier", "courier", NULL)),
                    "systemctl restart loyald-sync");
    if (sqlite3_libversion_number() < SQLITE_LEAST)
        findings_add(&doctor->findings, LEVEL_CRITICAL, "apt-get install --only-upgrade libsqlite3-0",
                    "SQLite %s is older than 3.40", sqlite3_libversion());
    else
        findings_add(&doctor->findings, LEVEL_OK, NULL, "SQLite %s", sqlite3_libversion());
}

void doctor_courier(struct doctor *doctor)
{
    const cJSON *courier = doctor_health(doctor, "courier", NULL);
    const cJSON *unsynced = doctor_health(doctor, "till", "unsynced", NULL);

    if (!doctor->health) {
        findings_add(&doctor->findings, LEVEL_UNKNOWN, NULL, "loyald does not answer, so nobody knows of loyald-sync");
        return;
    }
    if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(courier, "forked")))
        findings_add(&doctor->findings, LEVEL_CRITICAL, "less /usr/share/doc/loyald/operations.md   (A copied disk; package loyald-doc)",
                    "the central knows another history of this till: its disk was copied or put back");
    if (text_of(cJSON_GetObjectItemCaseSensitive(courier, "courier"))[0] == '\0')
        findings_add(&doctor->findings, LEVEL_CRITICAL,
                     "systemctl restart loyald-sync; journalctl -u loyald-sync -n 30   (what the check \"keys\" says goes first)",
                     "loyald-sync is not connected to loyald: sales stay on this till");
    else if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(courier, "up")))
        findings_add(&doctor->findings, LEVEL_WARNING, "see what the check \"central\" says below", "the link is down: %s",
                    text_of(cJSON_GetObjectItemCaseSensitive(courier, "reason")));
    else
        findings_add(&doctor->findings, LEVEL_OK, NULL, "the link is up, %" PRId64 " records wait",
                    cJSON_IsNumber(unsynced) ? (int64_t)unsynced->valuedouble : 0);
}

/* ---- rules and databases ---- */

void doctor_rules(struct doctor *doctor)
{
    const cJSON *version = doctor_health(doctor, "till", "rules", "version", NULL);
    const cJSON *since = doctor_health(doctor, "till", "rules", "since_unix_ms", NULL);
    int64_t days;

    if (!cJSON_IsNumber(version)) {
        findings_add(&doctor->findings, LEVEL_UNKNOWN, NULL, "loyald does not answer, so its rules are not known");
        return;
    }
    if (version->valuedouble <= 0) {
        findings_add(&doctor->findings, LEVEL_WARNING,
                    "loyal-central bundle list   (at the central; is one published for this chain?)",
                    "there are no rules: everything is sold at shelf price");
        return;
    }
    if (cJSON_IsTrue(doctor_health(doctor, "till", "rules", "trust", "stale", NULL))) {
        findings_add(&doctor->findings, LEVEL_CRITICAL,
                    "loyalctl status   (what was refused)   loyal-central root list   (at the central)",
                    "the central has not confirmed these rules for too long: no points are spent here");
        return;
    }
    days = cJSON_IsNumber(since) ? (clock_wall_ms(clock_system()) - (int64_t)since->valuedouble) / DAY_MS : 0;
    findings_add(&doctor->findings, days > RULES_OLD_DAYS ? LEVEL_WARNING : LEVEL_OK,
                days > RULES_OLD_DAYS ? "is that what the office means? loyal-central bundle list" : NULL,
                "rules version %" PRId64 ", %" PRId64 " %s here", (int64_t)version->valuedouble, days,
                plural(days, "day", "days"));
}

/* The databases are open to loyald alone; from outside their presence, owner and mode can be seen. */
static void look_at_database(struct doctor *doctor, const char *name, const char *lost)
{
    char path[CONFIG_TEXT_MAX + 32], fix[FINDING_TEXT_MAX];
    struct stat st;

    (void)snprintf(path, sizeof path, "%.500s/%s", doctor->call->config->places.state_dir, name);
    if (stat(path, &st) != 0) {
        if (errno == EACCES)
            findings_add(&doctor->findings, LEVEL_UNKNOWN, "sudo loyalctl doctor", "%s cannot be seen by this user", path);
        else
            findings_add(&doctor->findings, doctor->health ? LEVEL_CRITICAL : LEVEL_WARNING, lost, "%s: %s", path,
                        strerror(errno));
        return;
    }
    if ((st.st_mode & 0077) != 0 && (st.st_mode & 0007) != 0) {
        (void)snprintf(fix, sizeof fix, "chmod o= %.300s", path);
        findings_add(&doctor->findings, LEVEL_CRITICAL, fix, "%s can be read by everybody on this machine", path);
        return;
    }
    findings_add(&doctor->findings, LEVEL_OK, NULL, "%s, %" PRId64 " KB", path, (int64_t)st.st_size / 1024);
}

void doctor_databases(struct doctor *doctor)
{
    look_at_database(doctor, "journal.db", "less /usr/share/doc/loyald/operations.md   (Damaged or lost journal.db; package loyald-doc)");
    look_at_database(doctor, "rules.db", "systemctl restart loyald   (it is made anew and filled from the central)");
    look_at_database(doctor, "cache.db", "systemctl restart loyald   (it is made anew and filled from the central)");
}
