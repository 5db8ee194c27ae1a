/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_devices - what devices cost: a slip of 40 lines from facts to bytes, scans while a printer hangs in the
 * middle of a slip and while there is none, and the time eight idle devices take.
 *
 *   bench_devices [SECONDS]     idle for so many, default 5
 *
 * A figure says little about another machine, so each stands beside one of the same run: the slip beside a copy of
 * its bytes and a durable write of them, the scans of both kinds by turns.
 */
#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/net/loop.h"
#include "agent/receipt/page.h"
#include "agent/receipt/receipt.h"
#include "agent/receipt/template.h"
#include "drivers/printer/printer.h"
#include "drivers/printer/profile.h"
#include "drivers/printer/render.h"
#include "drivers/scanner/scanner.h"
#include "drivers/sim/sim_pty.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { LINES = 40, TURNS = 10, SCANS = 200, SCANNERS = 7, RUNS = 2000, DISK_RUNS = 20 };

static char folder[] = "/tmp/loyald-bench-XXXXXX";
static int scans;
static int64_t scan_ns;

__attribute__((noreturn)) static void give_up(const char *what)
{
    (void)fprintf(stderr, "bench_devices: %s\n", what);
    exit(2);
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* ---- a slip ---- */

static struct receipt_facts facts_of_forty(void)
{
    static struct receipt_line lines[LINES];
    static const struct receipt_adjustment less[] = {{"Скидка по карте", {500}}};
    static const struct receipt_tender tenders[] = {{RECEIPT_CASH, NULL, {1000000}}};
    static const struct receipt_points points[] = {{.earned = 28, .balance_known = true, .balance = 1264}};
    static const struct receipt_coupon coupons[] = {{"Скидка 15% на весь сыр", "30.11.2026", "2900000012349"}};

    for (int i = 0; i < LINES; i++)
        lines[i] = (struct receipt_line){.name = i % 2 ? "Молоко пастеризованное 3,2% 0,93 л" : "Хлеб ржаной",
                                         .qty_milli = i % 3 ? 1000 : 2000,
                                         .unit_price = {8990},
                                         .gross = {i % 3 ? 8990 : 17980},
                                         .adjustments = less,
                                         .adjustment_count = i % 4 == 0,
                                         .net = {i % 3 ? 8490 : 17480}};
    return (struct receipt_facts){.language = "ru",
                                  .store_name = "Лавка у дома",
                                  .till = "2",
                                  .local_time = "22.11.2026 18:05",
                                  .sale_number = "417",
                                  .lines = lines,
                                  .line_count = LINES,
                                  .minor_digits = 2,
                                  .currency = "руб.",
                                  .gross = {500000},
                                  .discount = {5000},
                                  .total = {495000},
                                  .saved = {5000},
                                  .tenders = tenders,
                                  .tender_count = 1,
                                  .member_card = "***2345",
                                  .points = points,
                                  .points_count = 1,
                                  .coupons = coupons,
                                  .coupon_count = 1};
}

/* The bytes of a job; the page is left for who wants it. */
static void make_slip(const struct receipt_template *compiled, struct page *page, struct strbuf *out)
{
    const struct render_options options = {.profile = profile_find("epson-tm-t20iii")};
    struct receipt_facts facts = facts_of_forty();
    struct errmsg err = ERRMSG_INIT;

    page_clear(page);
    strbuf_clear(out);
    if (template_run(compiled, &facts, page, &err) != ST_OK ||
        render_page(&options, page, out, NULL, NULL, &err) != ST_OK)
        give_up(err.text);
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t durable_ns(const struct strbuf *bytes)
{
    char path[64];
    int64_t best = INT64_MAX;
    int fd;

    (void)snprintf(path, sizeof path, "%s/slip", folder);
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    for (int i = 0; fd >= 0 && i < DISK_RUNS; i++) {
        int64_t began = clock_measure_ns();

        if (pwrite(fd, bytes->data, bytes->len, 0) != (ssize_t)bytes->len || fdatasync(fd) != 0)
            give_up("a durable write failed");
        best = least(best, clock_measure_ns() - began);
    }
    (void)close(fd);
    (void)unlink(path);
    return best;
}

static void measure_slip(void)
{
    const char *text = template_default("ru");
    struct receipt_template *compiled = NULL;
    struct page page = PAGE_INIT;
    struct strbuf bytes = STRBUF_INIT(RENDER_JOB_BYTES_MAX);
    static char copy[RENDER_JOB_BYTES_MAX];
    int64_t slip_ns = INT64_MAX, copy_ns = INT64_MAX, disk_ns;

    if (template_compile(text, strlen(text), &compiled, NULL, NULL) != ST_OK)
        give_up("our own template does not compile");
    for (int i = 0; i < RUNS; i++) {
        int64_t began = clock_measure_ns(), made;

        make_slip(compiled, &page, &bytes);
        made = clock_measure_ns();
        memcpy(copy, bytes.data, bytes.len);
        copy_ns = least(copy_ns, clock_measure_ns() - made + (copy[bytes.len / 2] == 7));
        slip_ns = least(slip_ns, made - began);
    }
    disk_ns = durable_ns(&bytes);
    (void)printf("slip of %d lines, %zu bytes:     least %" PRId64 " us; a copy of its bytes %" PRId64
                 " ns; a durable write of them %" PRId64 " us\n",
                 LINES, bytes.len, slip_ns / 1000, copy_ns, disk_ns / 1000);
    template_destroy(compiled);
    page_free(&page);
    strbuf_free(&bytes);
}

/* ---- devices ---- */

struct line {
    struct sim_pty pty;
    char link[64], uri[80];
};

static void plug(struct line *line, const char *name, int number)
{
    line->pty = (struct sim_pty)SIM_PTY_INIT;
    (void)snprintf(line->link, sizeof line->link, "%s/%s%d", folder, name, number);
    (void)snprintf(line->uri, sizeof line->uri, "tty:%s", line->link);
    if (sim_pty_plug(&line->pty, line->link, NULL) != ST_OK)
        give_up("no pty to be had");
}

static void on_scan(void *context, const struct scan *scan)
{
    (void)context;
    (void)scan;
    scan_ns = clock_measure_ns();
    scans++;
}

static struct scanner *start_scanner(struct loop *loop, const struct line *line)
{
    struct scanner_options options = {
        .name = "scanner", .uri = line->uri, .loop = loop, .repeat_ms = -1, .on_scan = on_scan};
    struct scanner *scanner = NULL;

    if (scanner_create(&options, &scanner, NULL) != ST_OK)
        give_up("no scanner");
    return scanner;
}

static struct printer *start_printer(struct loop *loop, const struct line *line, const char *profile)
{
    struct printer_options options = {.uri = line->uri, .loop = loop, .profile = profile};
    struct printer *printer = NULL;

    if (printer_create(&options, &printer, NULL) != ST_OK)
        give_up("no printer");
    return printer;
}

/* Says "well" to each question; returns how many bytes came. */
static size_t answer_printer(struct line *line)
{
    uint8_t bytes[256];
    ssize_t len = read(line->pty.fd, bytes, sizeof bytes);

    for (ssize_t i = 0; i + 2 < len; i++)
        if (bytes[i] == 0x10 && bytes[i + 1] == 0x04 && write(line->pty.fd, "\x12", 1) != 1)
            give_up("the printer cannot answer");
    return len > 0 ? (size_t)len : 0;
}

static void on_done(void *context, const char *job_id, enum print_state state, const char *reason)
{
    (void)job_id;
    (void)reason;
    *(enum print_state *)context = state;
}

/* A slip longer than the line takes is under way, and nobody reads it any more. Of a printer that is asked nothing: one
 * that is asked is given up after a second, and its line never fills. */
static struct printer *start_stalled(struct loop *loop, struct line *line, enum print_state *ended)
{
    struct printer *printer = start_printer(loop, line, "generic-text");
    const struct print_callbacks callbacks = {.done = on_done, .context = ended};
    const struct page_style plain = {.align = PAGE_LEFT};
    struct page page = PAGE_INIT;
    size_t came = 0;

    for (int i = 0; i < 2000; i++)
        page_add_text(&page, plain, "a row of a slip that is longer than the line");
    if (printer_print(printer, &page, "slip", &callbacks, NULL) != ST_OK)
        give_up("the slip is not taken");
    page_free(&page);
    for (int i = 0; i < 5000 && came < 4000; i++) {
        loop_step(loop, 1);
        came += answer_printer(line);
    }
    if (came < 4000)
        give_up("the printer was not sent the slip");
    for (int i = 0; i < 50; i++) /* fills the line */
        loop_step(loop, 2);
    return printer;
}

static void scan_some(struct loop *loop, const struct line *line, int64_t *out_ns)
{
    for (int i = 0; i < SCANS; i++) {
        int before = scans;
        int64_t written_ns;

        if (write(line->pty.fd, "]E0400638133393", 15) != 15)
            give_up("the scanner's line is full");
        loop_step(loop, 5);
        written_ns = clock_measure_ns();
        if (write(line->pty.fd, "1\r", 2) != 2)
            give_up("the scanner's line is full");
        for (int k = 0; k < 1000 && scans == before; k++)
            loop_step(loop, 100);
        out_ns[i] = scan_ns - written_ns;
    }
}

static void show(const char *what, int64_t *ns, int count)
{
    qsort(ns, (size_t)count, sizeof *ns, compare);
    (void)printf("%-34s least %" PRId64 " us, median %" PRId64 " us, p99 %" PRId64 " us\n", what, ns[0] / 1000,
                 ns[count / 2] / 1000, ns[count * 99 / 100] / 1000);
}

static void measure_scans(struct loop *loop)
{
    static int64_t alone[TURNS * SCANS], beside[TURNS * SCANS];
    struct line scanner_line, printer_line;
    struct scanner *scanner;

    plug(&scanner_line, "scanner", 0);
    scanner = start_scanner(loop, &scanner_line);
    for (int i = 0; i < 10; i++)
        loop_step(loop, 20);
    for (int turn = 0; turn < TURNS; turn++) {
        enum print_state ended = PRINT_PENDING;
        struct printer *printer;

        scan_some(loop, &scanner_line, alone + turn * SCANS);
        plug(&printer_line, "printer", turn);
        printer = start_stalled(loop, &printer_line, &ended);
        scan_some(loop, &scanner_line, beside + turn * SCANS);
        if (ended != PRINT_PENDING)
            give_up("the slip came to an end while it was to hang");
        printer_destroy(printer);
        sim_pty_unplug(&printer_line.pty);
    }
    show("last byte to scan, no printer:", alone, TURNS * SCANS);
    show("last byte to scan, one hangs:", beside, TURNS * SCANS);
    scanner_destroy(scanner);
    sim_pty_unplug(&scanner_line.pty);
}

static int64_t cpu_us(void)
{
    struct rusage usage;

    (void)getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * INT64_C(1000000) + usage.ru_utime.tv_usec +
           usage.ru_stime.tv_usec;
}

/* Seven scanners and a printer, which is asked how it is every five seconds. */
static void measure_idle(struct loop *loop, int seconds)
{
    struct line lines[SCANNERS + 1];
    struct scanner *scanners[SCANNERS];
    struct printer *printer;
    int64_t spent, end_ms;

    for (int i = 0; i <= SCANNERS; i++)
        plug(&lines[i], "idle", i);
    for (int i = 0; i < SCANNERS; i++)
        scanners[i] = start_scanner(loop, &lines[i]);
    printer = start_printer(loop, &lines[SCANNERS], NULL);
    for (int i = 0; i < 100; i++) {
        loop_step(loop, 10);
        (void)answer_printer(&lines[SCANNERS]);
    }
    spent = cpu_us();
    for (end_ms = loop_now_ms(loop) + seconds * 1000; loop_now_ms(loop) < end_ms;) {
        loop_step(loop, end_ms - loop_now_ms(loop) < 500 ? end_ms - loop_now_ms(loop) + 1 : 500);
        (void)answer_printer(&lines[SCANNERS]);
    }
    spent = cpu_us() - spent;
    (void)printf("eight devices idle for %d s:        %" PRId64 " us of CPU, %.3f %%\n", seconds, spent,
                 (double)spent / (seconds * 10000.0));
    for (int i = 0; i < SCANNERS; i++)
        scanner_destroy(scanners[i]);
    printer_destroy(printer);
    for (int i = 0; i <= SCANNERS; i++)
        sim_pty_unplug(&lines[i].pty);
}

int main(int argc, char **argv)
{
    int seconds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 5;
    struct loop *loop = NULL;

    log_set_level(LOG_LEVEL_ERROR);
    if (seconds < 1 || !mkdtemp(folder) || loop_create(&loop, NULL) != ST_OK)
        give_up("wants a number of seconds, a folder in /tmp and a loop");
    measure_slip();
    measure_scans(loop);
    measure_idle(loop, seconds);
    loop_destroy(loop);
    (void)rmdir(folder);
    return 0;
}
