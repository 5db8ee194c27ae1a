/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/port/port_list.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { USB_PARENTS_MAX = 6, PROCESSES_MAX = 65536, FILES_MAX = 4096 };
/* Linux, Documentation/admin-guide/devices.txt: Unix98 ptys, the ends that have names. */
enum { PTY_MAJOR_FIRST = 136, PTY_MAJOR_LAST = 143 };

/* The first line of a file of /sys; false when it is not there. */
static bool read_line(const char *folder, const char *name, char *out_text, size_t size)
{
    char path[PATH_MAX];
    FILE *file;
    bool good;

    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return false;
    file = fopen(path, "re");
    if (!file)
        return false;
    good = fgets(out_text, (int)size, file) != NULL;
    (void)fclose(file);
    if (good)
        out_text[strcspn(out_text, "\n")] = '\0';
    return good;
}

static uint16_t read_hex(const char *folder, const char *name)
{
    char text[16];

    return read_line(folder, name, text, sizeof text) ? (uint16_t)strtoul(text, NULL, 16) : 0;
}

/* The device's folder and those above it, until one is a USB device. */
static void read_usb(const char *device, struct port_found *found)
{
    char folder[PATH_MAX], text[16];

    (void)snprintf(folder, sizeof folder, "%s", device);
    for (int i = 0; i < USB_PARENTS_MAX; i++) {
        char *slash;

        if (read_line(folder, "idVendor", text, sizeof text)) {
            found->is_usb = true;
            found->vendor = read_hex(folder, "idVendor");
            found->product = read_hex(folder, "idProduct");
            (void)read_line(folder, "serial", found->serial, sizeof found->serial);
            (void)read_line(folder, "manufacturer", found->maker, sizeof found->maker);
            (void)read_line(folder, "product", found->title, sizeof found->title);
            return;
        }
        slash = strrchr(folder, '/');
        if (!slash || slash == folder)
            return;
        *slash = '\0';
    }
}

/* The link in /dev/serial/KIND that leads to the path. */
static void find_link(const char *dev, const char *kind, const char *path, char out_link[PORT_PATH_BYTES_MAX])
{
    char folder[PORT_PATH_BYTES_MAX], wanted[PATH_MAX];
    struct dirent *entry;
    DIR *links;

    (void)snprintf(folder, sizeof folder, "%s/serial/%s", dev, kind);
    links = opendir(folder);
    if (!links)
        return;
    if (!realpath(path, wanted))
        wanted[0] = '\0';
    while ((entry = readdir(links)) != NULL) {
        char link[PORT_PATH_BYTES_MAX + NAME_MAX + 2], target[PATH_MAX];

        (void)snprintf(link, sizeof link, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.' && strlen(link) < PORT_PATH_BYTES_MAX && realpath(link, target) &&
            strcmp(target, wanted) == 0)
            memcpy(out_link, link, strlen(link) + 1);
    }
    (void)closedir(links);
}

/* Whether something is behind the name: a driver has it, and it is not an 8250 port that found no chip (type 0). */
static bool read_found(const struct port_list_roots *roots, const char *name, struct port_found *out_found)
{
    char folder[PATH_MAX], device[PATH_MAX], driver[PATH_MAX], text[16];

    (void)snprintf(folder, sizeof folder, "%s/class/tty/%s", roots->sys, name);
    (void)snprintf(text, sizeof text, "/device");
    if (strlen(folder) + sizeof "/device/driver" > sizeof folder)
        return false;
    memset(out_found, 0, sizeof *out_found);
    (void)strcat(folder, text);
    if (!realpath(folder, device))
        return false;
    (void)strcat(folder, "/driver");
    if (realpath(folder, driver))
        (void)snprintf(out_found->driver, sizeof out_found->driver, "%.90s", strrchr(driver, '/') + 1);
    folder[strlen(folder) - strlen("/device/driver")] = '\0';
    if (read_line(folder, "type", text, sizeof text) && strcmp(text, "0") == 0)
        return false;
    if (snprintf(out_found->path, sizeof out_found->path, "%s/%s", roots->dev, name) >= PORT_PATH_BYTES_MAX)
        return false;
    read_usb(device, out_found);
    find_link(roots->dev, "by-id", out_found->path, out_found->by_id);
    find_link(roots->dev, "by-path", out_found->path, out_found->by_path);
    return true;
}

static int not_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

size_t port_list(const struct port_list_roots *roots, struct port_found *out_found, size_t max)
{
    char folder[PORT_PATH_BYTES_MAX];
    struct dirent **names = NULL;
    size_t count = 0;
    int name_count;

    (void)snprintf(folder, sizeof folder, "%s/class/tty", roots->sys);
    name_count = scandir(folder, &names, not_hidden, versionsort);
    for (int i = 0; i < name_count; i++) {
        struct port_found found;

        if (read_found(roots, names[i]->d_name, &found)) {
            if (count < max)
                out_found[count] = found;
            count++;
        }
        free(names[i]);
    }
    free(names);
    return count;
}

enum status port_list_usb(const struct port_list_roots *roots, uint16_t vendor, uint16_t product, const char *serial,
                          char out_path[PORT_PATH_BYTES_MAX], struct errmsg *err)
{
    struct port_found *found = calloc(PORT_LIST_MAX, sizeof *found);
    const struct port_found *match = NULL;
    size_t count, fitting = 0;

    if (!found)
        return ST_NOMEM;
    count = port_list(roots, found, PORT_LIST_MAX);
    for (size_t i = 0; i < count && i < PORT_LIST_MAX; i++) {
        if (!found[i].is_usb || found[i].vendor != vendor || found[i].product != product ||
            (serial[0] && strcmp(serial, found[i].serial) != 0))
            continue;
        match = &found[i];
        fitting++;
    }
    if (fitting == 1)
        memcpy(out_path, match->path, sizeof match->path);
    free(found);
    if (fitting == 1)
        return ST_OK;
    if (fitting == 0)
        errmsg_set(err, "usb:%04x:%04x%s%s: is not there; plugged in and switched on?", vendor, product,
                   serial[0] ? ":" : "", serial);
    else
        errmsg_set(err, "usb:%04x:%04x: %zu devices fit; add the serial number, or name one by its by-path link",
                   vendor, product, fitting);
    return fitting == 0 ? ST_NOT_FOUND : ST_CONFLICT;
}

/* The same device, by whatever name. But a pty's number is its own only within its file system: a container has
 * another with the same numbers. */
static bool is_same(const struct stat *open, const struct stat *device)
{
    bool pty = major(device->st_rdev) >= PTY_MAJOR_FIRST && major(device->st_rdev) <= PTY_MAJOR_LAST;

    return S_ISCHR(open->st_mode) && open->st_rdev == device->st_rdev &&
           (!pty || (open->st_dev == device->st_dev && open->st_ino == device->st_ino));
}

/* Whether one of the process's open files is the device. */
static bool has_open(const char *pid, const struct stat *device)
{
    char folder[64];
    struct dirent *entry;
    bool found = false;
    int seen = 0;
    DIR *files;

    (void)snprintf(folder, sizeof folder, "/proc/%.16s/fd", pid);
    files = opendir(folder);
    if (!files)
        return false; /* gone, or another user's */
    while (!found && seen++ < FILES_MAX && (entry = readdir(files)) != NULL) {
        struct stat info;

        found =
            entry->d_name[0] != '.' && fstatat(dirfd(files), entry->d_name, &info, 0) == 0 && is_same(&info, device);
    }
    (void)closedir(files);
    return found;
}

bool port_holder(const char *path, pid_t *out_pid, char out_name[PORT_LIST_TEXT_MAX])
{
    struct stat info;
    struct dirent *entry;
    bool found = false;
    int seen = 0;
    DIR *processes;

    if (stat(path, &info) < 0 || !S_ISCHR(info.st_mode))
        return false;
    processes = opendir("/proc");
    if (!processes)
        return false;
    while (!found && seen++ < PROCESSES_MAX && (entry = readdir(processes)) != NULL) {
        char folder[64];
        long pid = strtol(entry->d_name, NULL, 10);

        if (pid <= 0 || pid == (long)getpid() || !has_open(entry->d_name, &info))
            continue;
        found = true;
        *out_pid = (pid_t)pid;
        (void)snprintf(folder, sizeof folder, "/proc/%ld", pid);
        if (!read_line(folder, "comm", out_name, PORT_LIST_TEXT_MAX))
            out_name[0] = '\0';
    }
    (void)closedir(processes);
    return found;
}
