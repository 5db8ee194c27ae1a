/* SPDX-License-Identifier: Apache-2.0 */
/*
 * captures_daemon - every capture of a scanner or card reader through loyald itself: its bytes on a pty, what it
 * tells on its API. Each is played whole, byte by byte (the next one when the last was read), in random pieces, and
 * with garbage between its codes; four at a time, as many as a till has.
 *
 *   captures_daemon BIN_DIR FOLDER [SEED]
 *
 * Scans must be those of the capture, in their order: the same code twice at once is one scan to a till. Faults, of
 * which the log tells by code and rarely, must be of those kinds, but where there was garbage.
 */
#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "drivers/sim/sim_pty.h"
#include "tests/devices/daemon_run.h"
#include "tests/devices/capture_file.h"

#include <dirent.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { AT_ONCE = 4, TRIES = 5, SILENCE_MS = 300, WAIT_MS = 20 * 1000, NAMES_MAX = 256 };
enum mode { WHOLE, BYTES, PIECES, GARBAGE, MODES };
static const char *const mode_names[] = {"whole", "byte by byte", "in pieces", "between garbage"};

struct device {
    const char *name; /* of the capture */
    char link[128], section[16];
    struct capture capture;
    struct sim_pty pty;
    struct strbuf scans, faults, wanted_scans, wanted_faults;
    /* Where garbage may go: the driver's own parts, fed alongside. */
    struct framing framing;
    struct reader reader;
};

static struct daemon_run run;
static struct device devices[AT_ONCE];
static int device_count, failed;
static int64_t typed_ms; /* when loyald had read the last bytes; 0: there may be a silence */
static bool disturbed;   /* this machine made a silence in the middle of a code, which is the end of some */
static unsigned seed;

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

/* ---- what is to come, and what came ---- */

static void add_line(struct strbuf *out, const char *line, size_t len)
{
    const char *all = strbuf_text(out), *end = all + out->len, *last = end;

    /* The till takes the same code again for a scanner that repeats itself. */
    while (last > all && (last == end || last[-1] != '\n'))
        last--;
    if (strncmp(line, "scan ", 5) == 0 && out->len > 0 && (size_t)(end - last) == len + 1 &&
        memcmp(last, line, len) == 0)
        return;
    strbuf_add(out, line, len);
    strbuf_putc(out, '\n');
}

/* A kind of fault, once. */
static void add_fault(struct strbuf *out, const char *code, size_t len)
{
    for (const char *line = strbuf_text(out); *line; line += strcspn(line, "\n") + 1)
        if (strcspn(line, "\n") == len && memcmp(line, code, len) == 0)
            return;
    strbuf_add(out, code, len);
    strbuf_putc(out, '\n');
}

static void read_wanted(struct device *device)
{
    for (const char *line = device->capture.expected; *line;) {
        size_t len = strcspn(line, "\n");

        if (strncmp(line, "scan ", 5) == 0)
            add_line(&device->wanted_scans, line, len);
        else if (strncmp(line, "fault ", 6) == 0)
            add_fault(&device->wanted_faults, line + 6, len - 6);
        line += len + (line[len] == '\n');
    }
}

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
    static struct scan scan;
    struct strbuf text = STRBUF_INIT(CAPTURE_TEXT_MAX);
    struct cJSON *tree = NULL;
    const char *symbology, *code, *name;
    struct device *device = NULL;

    (void)context;
    if (strncmp(line, "scan {", 6) != 0 ||
        json_parse(line + 5, strlen(line + 5), CAPTURE_TEXT_MAX, &tree, NULL) != ST_OK)
        return;
    if (json_text(tree, "symbology", 3, &symbology, NULL) == ST_OK &&
        json_text(tree, "text", SCAN_TEXT_BYTES_MAX, &code, NULL) == ST_OK &&
        json_text(tree, "device", 16, &name, NULL) == ST_OK)
        device = device_of(name);
    if (device) {
        (void)snprintf(scan.symbology, sizeof scan.symbology, "%s", symbology);
        scan.len = strlen(code);
        memcpy(scan.text, code, scan.len + 1);
        capture_write_result(SYMBOLOGY_SCAN, &scan, &text);
        add_line(&device->scans, strbuf_text(&text), text.len - 1);
    }
    strbuf_free(&text);
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
        add_fault(&device->faults, code + 13, strcspn(code + 13, " \n"));
}

/* ---- playing ---- */

/* Until loyald has read what is in the line. */
static void until_read(const struct device *device)
{
    int64_t end_ms = clock_mono_ms(clock_system()) + WAIT_MS;
    int unread = 1;

    while (ioctl(device->pty.other_fd, FIONREAD, &unread) == 0 && unread > 0) {
        if (clock_mono_ms(clock_system()) > end_ms)
            give_up("%s: loyald does not read its line", device->name);
        (void)daemon_run_turn(&run, 1);
    }
}

static void type(struct device *device, const uint8_t *bytes, size_t len)
{
    char heard[512];

    while (len > 0) {
        ssize_t written = write(device->pty.fd, bytes, len < 512 ? len : 512);

        if (written > 0) {
            bytes += written;
            len -= (size_t)written;
        }
        until_read(device);
        disturbed = disturbed || (typed_ms > 0 && clock_mono_ms(clock_system()) - typed_ms > SCANNER_GAP_MS / 2);
        typed_ms = clock_mono_ms(clock_system());
        while (read(device->pty.fd, heard, sizeof heard) > 0) /* what it is sent is its own affair */
            ;
    }
}

static void be_silent(void)
{
    int64_t end_ms = clock_mono_ms(clock_system()) + SILENCE_MS, now;

    while ((now = clock_mono_ms(clock_system())) < end_ms)
        (void)daemon_run_turn(&run, (int)(end_ms - now));
    typed_ms = 0;
}

static void ignore_bytes(void *context, const uint8_t *bytes, size_t len)
{
    (void)context;
    (void)bytes;
    (void)len;
}

static void on_frame(void *context, const struct frame *frame)
{
    static struct scan scan;
    struct device *device = context;
    const char *why = "";

    if (frame->kind == FRAME_WHOLE || device->framing.find)
        (void)reader_read(&device->reader, 1, frame, &scan, &why);
}

static void type_garbage(struct device *device)
{
    const char *end = capture_file_noise_end(&device->capture, device->framing.find != NULL);
    uint8_t noise[100];

    type(device, noise, capture_file_noise(&seed, noise, sizeof noise));
    if (end[0])
        type(device, (const uint8_t *)end, strlen(end));
    else if (device->capture.settings.family != SCANNER_PN532)
        be_silent(); /* there a frame begins with a mark that noise lacks, and a silence would begin the dialogue anew
                      */
}

static void play_with_garbage(struct device *device)
{
    const struct capture *capture = &device->capture;
    size_t gap = 0;

    reader_init(&device->reader, &capture->settings, ignore_bytes, NULL);
    reader_begin(&device->reader, 1);
    framing_init(&device->framing, capture->framing, on_frame, device);
    framing_speak(&device->framing, device->reader.family->find, device->reader.family->reply);
    for (size_t at = 0; at < capture->len; at++) {
        type(device, capture->bytes + at, 1);
        framing_feed(&device->framing, capture->bytes + at, 1, 1);
        for (; gap < capture->gap_count && capture->gaps[gap] == at + 1; gap++) {
            be_silent();
            framing_gap(&device->framing);
        }
        if (!framing_waits(&device->framing) && !(at + 1 < capture->len && capture->bytes[at + 1] == '\n'))
            type_garbage(device);
    }
}

static void play(struct device *device, enum mode mode)
{
    const struct capture *capture = &device->capture;
    size_t at = 0, gap = 0;

    if (mode == GARBAGE) {
        play_with_garbage(device);
        return;
    }
    while (at < capture->len || gap < capture->gap_count) {
        size_t end = gap < capture->gap_count ? capture->gaps[gap] : capture->len;
        size_t len = mode == WHOLE ? end - at : mode == BYTES ? 1 : 1 + (size_t)rand_r(&seed) % 70;

        if (at == end) {
            be_silent();
            gap++;
            continue;
        }
        if (len > end - at)
            len = end - at;
        type(device, capture->bytes + at, len);
        at += len;
    }
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
    device->scans = device->faults = (struct strbuf)STRBUF_INIT(CAPTURE_TEXT_MAX);
    device->wanted_scans = device->wanted_faults = (struct strbuf)STRBUF_INIT(CAPTURE_TEXT_MAX);
    read_wanted(device);
    device->pty = (struct sim_pty)SIM_PTY_INIT;
    if (sim_pty_plug(&device->pty, device->link, NULL) != ST_OK)
        give_up("no pty to be had");
}

static int count_lines(const struct strbuf *text)
{
    int count = 0;

    for (size_t i = 0; i < text->len; i++)
        count += text->data[i] == '\n';
    return count;
}

static bool all_came(void *context)
{
    (void)context;
    for (int i = 0; i < device_count; i++)
        if (count_lines(&devices[i].scans) < count_lines(&devices[i].wanted_scans) ||
            count_lines(&devices[i].faults) < count_lines(&devices[i].wanted_faults))
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

/* The same but for the number of a member, which is told by its end alone: "***3454". */
static bool are_same(const char *told, const char *wanted)
{
    while (*told && *wanted) {
        size_t told_len = strcspn(told, "\n"), len = strcspn(wanted, "\n");
        const char *stars = memmem(told, told_len, " ***", 4);
        size_t end_len = stars ? (size_t)(told + told_len - (stars + 4)) : told_len;

        if (len < end_len || memcmp(told + told_len - end_len, wanted + len - end_len, end_len) != 0 ||
            (!stars && told_len != len))
            return false;
        told += told_len + 1;
        wanted += len + 1;
    }
    return *told == *wanted;
}

/* How much of it is wrong. */
static int compare(const struct device *device, enum mode mode)
{
    bool shown_mark =
        mode == GARBAGE && device->capture.framing == SCANNER_FRAMING_AUTO && device->capture.gap_count > 0;
    const char *scans = strbuf_text(&device->scans), *faults = strbuf_text(&device->faults);
    int wrong = 0;

    if (!shown_mark && !are_same(scans, strbuf_text(&device->wanted_scans))) {
        (void)printf("%s: %s %s: scans\n%swanted\n%s", disturbed ? "disturbed" : "FAILED", device->name,
                     mode_names[mode], scans, strbuf_text(&device->wanted_scans));
        wrong++;
    }
    if (mode != GARBAGE && strcmp(faults, strbuf_text(&device->wanted_faults)) != 0) {
        (void)printf("%s: %s %s: faults\n%swanted\n%s", disturbed ? "disturbed" : "FAILED", device->name,
                     mode_names[mode], faults, strbuf_text(&device->wanted_faults));
        wrong++;
    }
    return wrong;
}

static int round_of(const char *bin, const char *folder, char **names, int count, enum mode mode)
{
    int wrong = 0;
    FILE *config;

    disturbed = false;
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
        typed_ms = 0;
        play(&devices[i], mode);
    }
    (void)daemon_run_until(&run, all_came, NULL, WAIT_MS);
    daemon_run_end(&run);
    for (int i = 0; i < count; i++) {
        wrong += compare(&devices[i], mode);
        sim_pty_unplug(&devices[i].pty);
        strbuf_free(&devices[i].scans);
        strbuf_free(&devices[i].faults);
        strbuf_free(&devices[i].wanted_scans);
        strbuf_free(&devices[i].wanted_faults);
    }
    return wrong;
}

/* Again, when it was the machine that was too slow. */
static void rounds_of(const char *bin, const char *folder, char **names, int count, enum mode mode)
{
    int wrong = round_of(bin, folder, names, count, mode);

    for (int tries = 1; wrong > 0 && disturbed && tries < TRIES; tries++)
        wrong = round_of(bin, folder, names, count, mode);
    if (wrong > 0 && disturbed)
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
    for (int mode = 0; mode < MODES; mode++)
        for (int i = 0; i < count; i += AT_ONCE)
            rounds_of(argv[1], argv[2], names + i, count - i < AT_ONCE ? count - i : AT_ONCE, (enum mode)mode);
    (void)printf("%d captures, each %d ways through loyald: %d wrong\n", count, MODES, failed);
    for (int i = 0; i < found; i++)
        free(entries[i]);
    free(entries);
    return failed || count == 0 ? 1 : 0;
}
