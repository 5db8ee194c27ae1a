/* SPDX-License-Identifier: Apache-2.0 */
/*
 * captures_daemon - every capture of a scanner or card reader through loyald itself: its bytes on a pty, what it
 * tells on its API; each is played four ways (captures_play.h), four at a time, as many as a till has.
 *
 *   captures_daemon BIN_DIR FOLDER [SEED]
 *
 * What must come of each is in captures_told.h; of faults nothing is said where there was garbage.
 */
#include "agent/base/json.h"
#include "tests/devices/capture_file.h"
#include "tests/devices/captures_play.h"
#include "tests/devices/captures_told.h"
#include "tests/devices/daemon_run.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AT_ONCE = 4, TRIES = 5, WAIT_MS = 20 * 1000, NAMES_MAX = 256 };

struct device {
    const char *name; /* of the capture */
    char link[128], section[16];
    struct capture capture;
    struct sim_pty pty;
    struct told told;
};

static struct daemon_run run;
static struct device devices[AT_ONCE];
static int device_count, failed;
static unsigned seed;
static struct player player = {.run = &run, .seed = &seed};

__attribute__((noreturn, format(printf, 1, 2))) static void give_up(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)printf("FAILED: ");
    (void)vprintf(format, args);
    (void)printf("\n");
    va_end(args);
    daemon_run_end(&run);
    exit(1);
}

/* ---- what came ---- */

static struct device *device_of(const char *section)
{
    for (int i = 0; i < device_count; i++)
        if (strcmp(devices[i].section, section) == 0)
            return &devices[i];
    return NULL;
}

/* scan {"kind","symbology","text","device",...} */
static void on_event(void *context, const char *line)
{
    struct cJSON *tree = NULL;
    const char *name;
    struct device *device = NULL;

    (void)context;
    if (strncmp(line, "scan {", 6) != 0 ||
        json_parse(line + 5, strlen(line + 5), CAPTURE_TEXT_MAX, &tree, NULL) != ST_OK)
        return;
    if (json_text(tree, "device", 16, &name, NULL) == ST_OK)
        device = device_of(name);
    if (device)
        told_add_scan(&device->told, tree);
    json_free(tree);
}

/* "scanner2: fault code=scan_check_digit" */
static void on_log(void *context, const char *line)
{
    const char *colon = strchr(line, ':'), *code = strstr(line, ": fault code=");
    char section[16];
    struct device *device;

    (void)context;
    if (!code || colon != code || (size_t)(colon - line) >= sizeof section)
        return;
    (void)snprintf(section, sizeof section, "%.*s", (int)(colon - line), line);
    device = device_of(section);
    if (device)
        told_add_fault(&device->told, code + 13, strcspn(code + 13, " \n"));
}

/* ---- a round ---- */

/* The words of "! family=ssi code_ids=none", one a line. */
static void write_section(const char *folder, struct device *device, FILE *config)
{
    char path[512], line[CAPTURE_LINE_MAX];
    FILE *file;

    (void)fprintf(config, "[%s]\nport = tty:%s\n", device->section, device->link);
    (void)snprintf(path, sizeof path, "%s/%s.cap", folder, device->name);
    file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        if (line[0] != '!')
            continue;
        for (char *rest = line + 1, *word; (word = strsep(&rest, " \n")) != NULL;)
            if (strchr(word, '='))
                (void)fprintf(config, "%.*s = %s\n", (int)strcspn(word, "="), word, strchr(word, '=') + 1);
    }
    if (file)
        (void)fclose(file);
}

static void begin_device(struct device *device, const char *folder, const char *name, int number)
{
    char path[512];

    device->name = name;
    (void)snprintf(device->section, sizeof device->section, number ? "scanner%d" : "scanner", number + 1);
    (void)snprintf(device->link, sizeof device->link, "%s/line%d", run.dir, number);
    (void)snprintf(path, sizeof path, "%s/%.200s", folder, name);
    capture_file_read(path, &device->capture);
    told_begin(&device->told, device->capture.expected);
    device->pty = (struct sim_pty)SIM_PTY_INIT;
    if (sim_pty_plug(&device->pty, device->link, NULL) != ST_OK)
        give_up("no pty to be had");
}

static bool all_came(void *context)
{
    (void)context;
    for (int i = 0; i < device_count; i++)
        if (!told_is_full(&devices[i].told))
            return false;
    return true;
}

static bool all_open(void *context)
{
    (void)context;
    for (int i = 0; i < device_count; i++)
        if (!daemon_run_holds(&run, devices[i].link))
            return false;
    return true;
}

static int say_wrong(const struct device *device, enum play_mode mode, const char *what, const struct strbuf *seen,
                     const struct strbuf *wanted)
{
    (void)printf("%s: %s %s: %s\n%swanted\n%s", player.disturbed ? "disturbed" : "FAILED", device->name,
                 play_mode_text(mode), what, strbuf_text(seen), strbuf_text(wanted));
    return 1;
}

/* How much of it is wrong. */
static int compare(const struct device *device, enum play_mode mode)
{
    const struct told *told = &device->told;
    bool shown_mark =
        mode == PLAY_GARBAGE && device->capture.framing == SCANNER_FRAMING_AUTO && device->capture.gap_count > 0;
    int wrong = 0;

    if (!shown_mark && !told_scans_are_right(told))
        wrong += say_wrong(device, mode, "scans", &told->scans, &told->wanted_scans);
    if (mode != PLAY_GARBAGE && !told_faults_are_right(told))
        wrong += say_wrong(device, mode, "faults", &told->faults, &told->wanted_faults);
    return wrong;
}

static int round_of(const char *bin, const char *folder, char **names, int count, enum play_mode mode)
{
    int wrong = 0;
    FILE *config;

    player.disturbed = player.is_stuck = false;
    daemon_run_prepare(&run, bin, on_event, on_log);
    config = fopen(run.config, "w");
    if (!config)
        give_up("%s cannot be written", run.config);
    (void)fprintf(config, "[api]\nport = 0\n[daemon]\nlog_level = debug\n[codes]\ncard_prefixes = 999999\n");
    device_count = count;
    for (int i = 0; i < count; i++) {
        begin_device(&devices[i], folder, names[i], i);
        write_section(folder, &devices[i], config);
    }
    (void)fclose(config);
    if (!daemon_run_start(&run) || !daemon_run_until(&run, all_open, NULL, WAIT_MS))
        give_up("loyald does not open its lines");
    for (int i = 0; i < count; i++) {
        play(&player, &devices[i].capture, &devices[i].pty, mode);
        if (player.is_stuck)
            give_up("%s: loyald does not read its line", devices[i].name);
    }
    (void)daemon_run_until(&run, all_came, NULL, WAIT_MS);
    daemon_run_end(&run);
    for (int i = 0; i < count; i++) {
        wrong += compare(&devices[i], mode);
        sim_pty_unplug(&devices[i].pty);
        told_end(&devices[i].told);
    }
    return wrong;
}

/* Again, when it was the machine that was too slow. */
static void rounds_of(const char *bin, const char *folder, char **names, int count, enum play_mode mode)
{
    int wrong = round_of(bin, folder, names, count, mode);

    for (int tries = 1; wrong > 0 && player.disturbed && tries < TRIES; tries++)
        wrong = round_of(bin, folder, names, count, mode);
    if (wrong > 0 && player.disturbed)
        (void)printf("FAILED: this machine is too slow to type\n");
    failed += wrong;
}

int main(int argc, char **argv)
{
    struct dirent **entries = NULL;
    char *names[NAMES_MAX];
    int found = argc > 2 ? scandir(argv[2], &entries, NULL, alphasort) : -1, count = 0;

    if (found < 0) {
        (void)fprintf(stderr, "usage: captures_daemon BIN_DIR FOLDER [SEED]\n");
        return 2;
    }
    seed = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 1;
    (void)setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    (void)printf("seed %u\n", seed);
    for (int i = 0; i < found; i++) {
        char *ending = strstr(entries[i]->d_name, ".cap");

        if (!ending || ending[4] != '\0' || strncmp(entries[i]->d_name, "printer", 7) == 0 || count == NAMES_MAX)
            continue;
        *ending = '\0';
        names[count++] = entries[i]->d_name;
    }
    for (int mode = 0; mode < PLAY_MODES; mode++)
        for (int i = 0; i < count; i += AT_ONCE)
            rounds_of(argv[1], argv[2], names + i, count - i < AT_ONCE ? count - i : AT_ONCE, (enum play_mode)mode);
    (void)printf("%d captures, each %d ways through loyald: %d wrong\n", count, PLAY_MODES, failed);
    for (int i = 0; i < found; i++)
        free(entries[i]);
    free(entries);
    return failed || count == 0 ? 1 : 0;
}
