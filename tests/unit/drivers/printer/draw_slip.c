/* SPDX-License-Identifier: Apache-2.0 */
/*
 * draw_slip [LANGUAGE [PROFILE [PICTURE]]] - the picture in the README: the sample receipt through the driver's
 * renderer into the simulated printer, whose drawing goes to standard output. Made anew by `cmake --build build/dev
 * --target slip_picture`. With a profile's name the bytes that such a printer is sent go there instead, for other
 * people's programs to read (tests/oracles), with that picture (PNG or PBM) above the receipt.
 */
#include "agent/base/file.h"
#include "agent/receipt/page.h"
#include "agent/receipt/picture.h"
#include "drivers/printer/render.h"
#include "drivers/printer/profile.h"
#include "drivers/sim/sim_escpos.h"
#include "tests/unit/agent/receipt/sample_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SVG_BYTES_MAX = 4 * 1024 * 1024 };

static void on_reply(void *context, const uint8_t *bytes, size_t len)
{
    (void)context;
    (void)bytes;
    (void)len;
}

static void on_cut(void *context)
{
    const struct sim_escpos *printer = context;
    struct strbuf svg = STRBUF_INIT(SVG_BYTES_MAX);

    slip_to_svg(&printer->slip, &svg);
    (void)fwrite(strbuf_text(&svg), 1, svg.len, stdout);
    strbuf_free(&svg);
}

static void draw(const char *profile, const struct strbuf *bytes)
{
    static struct sim_escpos printer;

    sim_escpos_init(&printer, sim_profile_find(profile));
    printer.reply = on_reply;
    printer.cut = on_cut;
    printer.context = &printer;
    for (size_t at = 0; at < bytes->len; at += 512)
        sim_escpos_feed(&printer, (const uint8_t *)bytes->data + at, bytes->len - at < 512 ? bytes->len - at : 512);
    sim_escpos_free(&printer);
}

static enum status add_picture(const char *path, struct page *page, struct errmsg *err)
{
    struct bitmap bitmap = {0};
    char *bytes = NULL;
    size_t len = 0;
    enum status st = file_read(path, PICTURE_FILE_BYTES_MAX, &bytes, &len, err);

    if (st == ST_OK)
        st = picture_load((const uint8_t *)bytes, len, &bitmap, err);
    if (st == ST_OK)
        st = page_add_bitmap(page, PAGE_CENTRE, "logo", &bitmap, err);
    bitmap_clear(&bitmap);
    free(bytes);
    return st;
}

int main(int argc, char **argv)
{
    struct receipt_facts facts = argc > 1 && strcmp(argv[1], "en") == 0 ? sample_facts_en() : sample_facts_ru();
    struct page page = PAGE_INIT;
    struct strbuf bytes = STRBUF_INIT(RENDER_JOB_BYTES_MAX);
    struct errmsg err = ERRMSG_INIT;
    const char *profile = argc > 2 ? argv[2] : "epson-tm-t88v";
    enum status st = profile_find(profile) ? ST_OK : ST_NOT_FOUND;

    if (st != ST_OK)
        errmsg_set(&err, "no profile \"%s\"", profile);
    if (st == ST_OK && argc > 3)
        st = add_picture(argv[3], &page, &err);
    if (st == ST_OK)
        st = receipt_build(&facts, &page, &err);
    if (st == ST_OK)
        st = render_page(&(struct render_options){.profile = profile_find(profile)}, &page, &bytes, NULL, NULL, &err);
    if (st != ST_OK) {
        (void)fprintf(stderr, "draw_slip: %s\n", err.text);
        return 1;
    }
    if (argc > 2)
        (void)fwrite(bytes.data, 1, bytes.len, stdout);
    else
        draw(profile, &bytes);
    strbuf_free(&bytes);
    page_free(&page);
    return 0;
}
