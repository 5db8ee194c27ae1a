/* SPDX-License-Identifier: Apache-2.0 */
/* The simulator against other judges: recorded streams of another project, readers of bar codes off its drawing. */
#include "tests/unit/drivers/printer/printer_rig.h"

#include "agent/base/file.h"
#include "drivers/sim/sim_escpos.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct bench {
    struct sim_escpos printer;
    uint8_t replies[256];
    size_t reply_len;
    unsigned cuts;
    uint32_t unknown;
    uint32_t pictures;
    struct strbuf text;
};

static void on_reply(void *context, const uint8_t *bytes, size_t len)
{
    struct bench *bench = context;

    cr_assert_leq(bench->reply_len + len, sizeof bench->replies);
    memcpy(bench->replies + bench->reply_len, bytes, len);
    bench->reply_len += len;
}

static void on_cut(void *context)
{
    struct bench *bench = context;

    bench->cuts++;
    bench->unknown += bench->printer.slip.unknown_commands;
    bench->pictures += bench->printer.slip.pictures;
    slip_to_text(&bench->printer.slip, &bench->text);
}

static struct bench *bench_begin(const char *profile)
{
    struct bench *bench = calloc(1, sizeof *bench);

    cr_assert_not_null(bench);
    bench->text = (struct strbuf)STRBUF_INIT(1 << 22);
    sim_escpos_init(&bench->printer, sim_profile_find(profile));
    bench->printer.reply = on_reply;
    bench->printer.cut = on_cut;
    bench->printer.context = bench;
    return bench;
}

static void bench_end(struct bench *bench)
{
    sim_escpos_free(&bench->printer);
    strbuf_free(&bench->text);
    free(bench);
}

#define FEED(bench, bytes) sim_escpos_feed(&(bench)->printer, (const uint8_t *)(bytes), sizeof(bytes) - 1)
#define REPLIES(bench, bytes)                                                                                        \
    do {                                                                                                             \
        cr_expect_eq((bench)->reply_len, sizeof(bytes) - 1);                                                         \
        cr_expect_arr_eq((bench)->replies, (bytes), sizeof(bytes) - 1);                                              \
        (bench)->reply_len = 0;                                                                                      \
    } while (0)

Test(sim_printer, answers_status_as_a_real_one)
{
    struct bench *bench = bench_begin("epson-tm-t20iii");

    FEED(bench, "\x10\x04\x01\x10\x04\x02\x10\x04\x03\x10\x04\x04");
    REPLIES(bench, "\x12\x12\x12\x12");
    FEED(bench, "\x1Dr\x01\x1DI\x43\x1D(H\6\0\x30\x30"
                "abcd");
    REPLIES(bench, "\0_TM-T20III\0\x37\x22"
                   "abcd\0");
    FEED(bench, "\x1D"
                "a\xFF");
    REPLIES(bench, "\x10\0\0\x0F");
    sim_escpos_paper(&bench->printer, SIM_PAPER_OUT, 0);
    REPLIES(bench, "\x18\0\x0F\x0F");
    FEED(bench, "\x1Dr\x01\x10\x04\x01\x10\x04\x02\x10\x04\x04");
    REPLIES(bench, "\x1A\x32\x7E"); /* GS r waits for the paper */
    sim_escpos_paper(&bench->printer, SIM_PAPER_LOW, -1);
    REPLIES(bench, "\x10\0\x03\x0F\x03");
    bench_end(bench);
}

Test(sim_printer, obeys_real_time_commands_inside_data_too)
{
    struct bench *bench = bench_begin("epson-tm-t20iii");

    FEED(bench, "\x1D(k\x08\0\x31\x50\x30"
                "ab\x10\x04\x01");
    REPLIES(bench, "\x12");
    cr_expect_eq(bench->printer.slip.unknown_commands, 0);
    bench_end(bench);
}

Test(sim_printer, prints_chinese_until_told_not_to)
{
    struct bench *bench = bench_begin("rongta-rp326");

    FEED(bench, "\xB0\xA1\n\x1C.\x1Bt\x07\x8F\xE0\n\x1DVA\0");
    cr_expect_str_eq(strbuf_text(&bench->text), "啊\nПр\n");
    bench_end(bench);
}

Test(sim_printer, leaves_to_a_display_what_is_not_for_it)
{
    struct bench *bench = bench_begin("epson-tm-t20iii");

    FEED(bench, "a\n\x1B=\2"
                "b\n\x1B@\x1DV\1\x1B=\1"
                "c\n\x1DV\1");
    cr_expect_eq(bench->cuts, 1);
    cr_expect_str_eq(strbuf_text(&bench->text), "a\nc\n");
    bench_end(bench);
}

Test(sim_printer, counts_what_it_does_not_know)
{
    struct bench *bench = bench_begin("epson-tm-t20iii");

    FEED(bench, "\x1B~\x1D\x01\x02"
                "a\n\x1DV\x01");
    cr_expect_eq(bench->unknown, 3);
    cr_expect_str_eq(strbuf_text(&bench->text), "a\n");
    bench_end(bench);
}

Test(sim_printer, wraps_enlarges_and_aligns)
{
    struct bench *bench = bench_begin("generic-58mm");

    FEED(bench, "\x1C.\x1D!\x11\x1B"
                "a\1"
                "0123456789012345"
                "67\x1B"
                "E\1\n\x1B@0123456789012345678901234567890123\n"
                "\x1B"
                "a\2right\n\x1DV\0");
    cr_expect_str_eq(strbuf_text(&bench->text),
                     "0123456789012345\n              67\n01234567890123456789012345678901\n23\n"
                     "                           right\n");
    bench_end(bench);
}

/* Every stream at once and byte by byte must come to the same, with no unknown command. */
static void play(const char *path, const char *name)
{
    struct bench *whole = bench_begin("epson-tm-t20iii"), *slow = bench_begin("epson-tm-t20iii");
    struct errmsg err = ERRMSG_INIT;
    char *bytes;
    size_t len;

    cr_assert_eq(file_read(path, 1 << 22, &bytes, &len, &err), ST_OK, "%s", err.text);
    for (size_t i = 0; i < len; i += 512)
        sim_escpos_feed(&whole->printer, (const uint8_t *)bytes + i, len - i < 512 ? len - i : 512);
    for (size_t i = 0; i < len; i++)
        sim_escpos_feed(&slow->printer, (const uint8_t *)bytes + i, 1);
    sim_escpos_tear(&whole->printer);
    sim_escpos_tear(&slow->printer);
    cr_expect_eq(whole->unknown, 0, "%s: %u unknown commands", name, whole->unknown);
    cr_expect_eq(whole->printer.buffered, 0, "%s ends inside a command", name);
    cr_expect_gt(whole->cuts, 0, "%s", name);
    cr_expect_str_eq(strbuf_text(&whole->text), strbuf_text(&slow->text), "%s", name);
    cr_log_info("%s: %zu bytes, %u slips, %u pictures", name, len, whole->cuts, whole->pictures);
    free(bytes);
    bench_end(whole);
    bench_end(slow);
}

Test(sim_printer, knows_every_command_of_the_recorded_streams)
{
    const char *folder = getenv("LOYALD_SHARED");
    char path[1024];
    struct dirent **names = NULL;
    int count = -1;

    if (folder) {
        snprintf(path, sizeof path, "%s/devices/escpos-php-streams", folder);
        count = scandir(path, &names, NULL, alphasort);
    }
    if (count < 0)
        cr_skip_test("LOYALD_SHARED names no folder with devices/escpos-php-streams in it");
    for (int i = 0; i < count; i++) {
        if (strstr(names[i]->d_name, ".bin")) {
            snprintf(path, sizeof path, "%s/devices/escpos-php-streams/%s", folder, names[i]->d_name);
            play(path, names[i]->d_name);
        }
        free(names[i]);
    }
    free(names);
}

/* Runs a shell line with DIR replaced by the environment; returns its output. */
static void run(const struct rig *rig, const char *line, struct strbuf *out)
{
    char bytes[512];
    size_t len;
    FILE *pipe;

    cr_assert_eq(setenv("DIR", rig->dir, 1), 0);
    pipe = popen(line, "r");
    cr_assert_not_null(pipe);
    while ((len = fread(bytes, 1, sizeof bytes, pipe)) > 0)
        strbuf_add(out, bytes, len);
    (void)pclose(pipe);
}

Test(sim_printer, draws_codes_that_a_reader_reads)
{
    struct rig rig;
    struct errmsg err = ERRMSG_INIT;
    struct strbuf seen = STRBUF_INIT(1 << 20);

    if (system("command -v zbarimg rsvg-convert >/dev/null 2>&1") != 0)
        cr_skip_test("zbarimg and rsvg-convert are not installed");
    rig_begin(&rig, "epson-tm-t20iii");
    cr_assert_eq(rig_print(&rig, "a", &err), ST_OK);
    rig_wait_done(&rig, 1);
    run(&rig,
        "rsvg-convert -z 2 --background-color white $DIR/slip-0001.svg -o $DIR/slip.png && "
        "zbarimg -q $DIR/slip.png | sort",
        &seen);
    cr_expect_str_eq(strbuf_text(&seen), "EAN-13:2900000012349\n"
                                         "QR-Code:https://loyald.example/s/018f6c2e-7b1a-7c3d-9e2f-0a1b2c3d4e5f\n");
    strbuf_free(&seen);
    rig_end(&rig);
}

/* The picture of a QR code, which a printer without its own is sent; and Code 128 in two code sets. */
Test(sim_printer, draws_pictures_and_code_128_that_a_reader_reads)
{
    static const struct print_callbacks nobody = {.done = NULL};
    struct rig rig;
    struct page page = PAGE_INIT;
    struct bench *bench;
    struct strbuf svg = STRBUF_INIT(1 << 22), seen = STRBUF_INIT(1 << 20);
    struct errmsg err = ERRMSG_INIT;
    char path[128];

    (void)nobody;
    (void)page;
    if (system("command -v zbarimg rsvg-convert >/dev/null 2>&1") != 0)
        cr_skip_test("zbarimg and rsvg-convert are not installed");
    rig_begin(&rig, "epson-tm-t20iii");
    bench = bench_begin("epson-tm-t20iii");
    FEED(bench, "\x1D"
                "a\0\x1B"
                "a\1\x1DH\2\x1Dw\2\x1Dk\x49\x0B{BLoyald{{1\n\x1Dk\x49\x08{C\x01\x17\x2D\x43\x59\x0C\n");
    slip_to_svg(&bench->printer.slip, &svg);
    snprintf(path, sizeof path, "%s/codes.svg", rig.dir);
    cr_assert_eq(file_write(path, svg.data, svg.len, 0644, &err), ST_OK, "%s", err.text);
    run(&rig,
        "rsvg-convert -z 2 --background-color white $DIR/codes.svg -o $DIR/codes.png && "
        "zbarimg -q $DIR/codes.png | sort",
        &seen);
    cr_expect_str_eq(strbuf_text(&seen), "CODE-128:012345678912\nCODE-128:Loyald{1\n");
    bench_end(bench);
    strbuf_free(&svg);
    strbuf_free(&seen);
    rig_end(&rig);
}
