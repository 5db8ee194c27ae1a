/* SPDX-License-Identifier: Apache-2.0 */
/* The lines that the settings name: there, held by nobody else, and open to loyald. */
#include "agent/tools/doctor.h"

#include "drivers/port/port_list.h"
#include "drivers/port/port_uri.h"

#include <cjson/cJSON.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct line {
    const char *name;  /* "scanner" */
    const char *port;  /* as set */
    const cJSON *seen; /* what loyald itself says of it; NULL when it cannot be asked */
};

static const char *word(const cJSON *device, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(device, name);

    return cJSON_IsString(item) ? item->valuestring : "";
}

static const cJSON *as_loyald_sees(const struct doctor *doctor, const char *port)
{
    const cJSON *device;

    cJSON_ArrayForEach(device, doctor_health(doctor, "devices", NULL))
    {
        if (strcmp(word(device, "port"), port) == 0)
            return device;
    }
    return NULL;
}

/* loyald has tried and says why it cannot: the last word, when nothing plainer was found. */
static void repeat_loyald(struct doctor *doctor, const struct line *line)
{
    if (!line->seen)
        findings_add(&doctor->findings, LEVEL_UNKNOWN, NULL, "%s: %.160s is there; loyald does not answer for it", line->name,
                    line->port);
    else
        findings_add(&doctor->findings, LEVEL_CRITICAL, "is it switched on? speed, cable: man loyald.conf",
                    "%s: %.160s is %s: %.100s", line->name, line->port, word(line->seen, "state"),
                    word(line->seen, "reason"));
}

/* loyald could open it: what it says is wrong lies behind the line. */
static bool is_open(const struct line *line)
{
    return line->seen &&
           (strcmp(word(line->seen, "state"), "degraded") == 0 || strcmp(word(line->seen, "state"), "probing") == 0);
}

/* A device file: there, somebody else's, closed to groups? */
static void look_at_file(struct doctor *doctor, const struct line *line, const char *path)
{
    char resolved[PATH_MAX], fix[FINDING_TEXT_MAX], holder_name[PORT_LIST_TEXT_MAX];
    const cJSON *pid = doctor_health(doctor, "pid", NULL);
    struct stat st;
    pid_t holder;

    if (!realpath(path, resolved) || stat(resolved, &st) != 0) {
        findings_add(&doctor->findings, LEVEL_CRITICAL, "plug it in; what is there: loyalctl devices scan", "%s: %.200s: %s",
                    line->name, path, strerror(errno));
        return;
    }
    if (port_holder(resolved, &holder, holder_name) && (!cJSON_IsNumber(pid) || holder != (pid_t)pid->valuedouble) &&
        strcmp(holder_name, "loyal-sim") != 0) {
        (void)snprintf(fix, sizeof fix, "systemctl stop its service, or: kill %ld", (long)holder);
        findings_add(&doctor->findings, LEVEL_CRITICAL, fix, "%s: %.160s is held by %s (pid %ld)", line->name, resolved,
                    holder_name, (long)holder);
        return;
    }
    if (S_ISCHR(st.st_mode) && (st.st_mode & 0066) == 0 && !is_open(line)) {
        (void)snprintf(fix, sizeof fix, "chmod g+rw %.200s", resolved);
        findings_add(&doctor->findings, LEVEL_CRITICAL, fix, "%s: %.200s is open to its owner alone", line->name, resolved);
        return;
    }
    repeat_loyald(doctor, line);
}

static void look_at_usb(struct doctor *doctor, const struct line *line, const struct port_uri *uri)
{
    const struct port_list_roots roots = {"/sys", "/dev"};
    char path[PORT_PATH_BYTES_MAX];
    struct errmsg err = ERRMSG_INIT;

    if (port_list_usb(&roots, uri->vendor, uri->product, uri->serial, path, &err) == ST_OK)
        look_at_file(doctor, line, path);
    else
        findings_add(&doctor->findings, LEVEL_CRITICAL, "plug it in; what is there: loyalctl devices scan", "%s: %s", line->name,
                    err.text);
}

static void look_at_line(struct doctor *doctor, const char *name, const char *port)
{
    struct line line = {name, port, as_loyald_sees(doctor, port)};
    struct errmsg err = ERRMSG_INIT;
    struct port_uri uri;

    if (port_uri_parse(port, &uri, &err) != ST_OK)
        findings_add(&doctor->findings, LEVEL_CRITICAL, "edit loyald.conf; examples: man loyald.conf", "%s: %s", name, err.text);
    else if (line.seen && strcmp(word(line.seen, "state"), "ready") == 0)
        findings_add(&doctor->findings, LEVEL_OK, NULL, "%s: %.200s is ready", name, port);
    else if (strcmp(uri.scheme, "usb") == 0)
        look_at_usb(doctor, &line, &uri);
    else if (strcmp(uri.scheme, "tcp") == 0)
        repeat_loyald(doctor, &line);
    else
        look_at_file(doctor, &line, uri.path);
}

void doctor_devices(struct doctor *doctor)
{
    static const char *const scanners[OPTIONS_SCANNERS] = {"scanner", "scanner 2", "scanner 3", "scanner 4"};
    int count = 0;

    for (int i = 0; i < OPTIONS_SCANNERS; i++) {
        if (doctor->settings.scanners[i].port[0] != '\0') {
            look_at_line(doctor, scanners[i], doctor->settings.scanners[i].port);
            count++;
        }
    }
    if (doctor->settings.printer_port[0] != '\0')
        look_at_line(doctor, "printer", doctor->settings.printer_port);
    else
        findings_add(&doctor->findings, LEVEL_OK, NULL, "printer: none is set");
    if (doctor->settings.display_port[0] != '\0') /* most tills have none, so none is nothing to tell */
        look_at_line(doctor, "display", doctor->settings.display_port);
    if (count == 0)
        findings_add(&doctor->findings, LEVEL_OK, NULL, "scanner: none is set");
}
