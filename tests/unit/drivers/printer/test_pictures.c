/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/file.h"
#include "agent/receipt/bitmap.h"
#include "agent/receipt/page.h"
#include "drivers/printer/font.h"
#include "drivers/printer/pictures.h"
#include "drivers/printer/profile.h"
#include "drivers/printer/render.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDER LOYALD_SOURCE_DIR "/tests/unit/drivers/printer/corpus/picture"

static enum status load(const char *file, struct bitmap *bitmap, struct errmsg *err)
{
    char path[256], *bytes = NULL;
    size_t len = 0;
    enum status st;

    (void)snprintf(path, sizeof path, "%s/%s", FOLDER, file);
    cr_assert_eq(file_read(path, PICTURE_FILE_BYTES_MAX, &bytes, &len, NULL), ST_OK, "%s", path);
    st = picture_load((const uint8_t *)bytes, len, bitmap, err);
    free(bytes);
    return st;
}

/* Ten dots by three: five at the upper left, one at the lower right. */
Test(pictures, are_the_same_in_every_form)
{
    static const char *const files[] = {"grey1.png",      "grey8_up.png", "palette1.png",
                                        "rgba_paeth.png", "plain.pbm",    "raw.pbm"};
    static const uint8_t bits[] = {0xF8, 0x00, 0x00, 0x00, 0x00, 0x40};

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct errmsg err = ERRMSG_INIT;
        struct bitmap bitmap;

        cr_assert_eq(load(files[i], &bitmap, &err), ST_OK, "%s: %s", files[i], err.text);
        cr_expect(bitmap.width == 10 && bitmap.height == 3 && bitmap.row_bytes == 2, "%s", files[i]);
        cr_expect_arr_eq(bitmap.bits, bits, sizeof bits, "%s", files[i]);
        bitmap_clear(&bitmap);
    }
}

static void expect_refused(const char *file, enum status wanted, const char *words)
{
    struct errmsg err = ERRMSG_INIT;
    struct bitmap bitmap;

    cr_expect_eq(load(file, &bitmap, &err), wanted, "%s", file);
    cr_expect(strstr(err.text, words) != NULL, "%s: %s does not say %s", file, err.text, words);
}

Test(pictures, are_refused_in_words)
{
    struct errmsg err = ERRMSG_INIT;
    struct bitmap bitmap;

    expect_refused("interlaced.png", ST_UNSUPPORTED, "interlaced");
    expect_refused("sixteen.png", ST_UNSUPPORTED, "8 bits");
    expect_refused("short.png", ST_INVALID, "ends");
    cr_expect_eq(picture_load((const uint8_t *)"GIF89a...", 9, &bitmap, &err), ST_UNSUPPORTED);
    cr_expect_eq(picture_load((const uint8_t *)"P4 2000 1\n", 10, &bitmap, &err), ST_INVALID);
    cr_expect_str_eq(err.text, "a picture has 1 to 1024 dots each way");
    cr_expect_eq(picture_load((const uint8_t *)"P1 2 2 101", 10, &bitmap, &err), ST_INVALID);
}

/* What inflates to more than the picture has is not read on. */
Test(pictures, that_inflate_without_end_are_cut_off)
{
    struct bitmap bitmap;

    cr_assert_eq(load("bomb.png", &bitmap, NULL), ST_OK);
    cr_expect(bitmap.width == 1 && bitmap.height == 1);
    bitmap_clear(&bitmap);
}

static void make_file(const char *dir, const char *name, const char *text)
{
    char path[256];

    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    cr_assert_eq(file_write(path, text, strlen(text), 0600, NULL), ST_OK);
}

Test(pictures, of_a_folder_go_by_name_and_must_fit_the_paper)
{
    char dir[] = "/tmp/loyald-pictures-XXXXXX", command[64];
    struct pictures *pictures = NULL;
    struct errmsg err = ERRMSG_INIT;

    cr_assert_not_null(mkdtemp(dir));
    make_file(dir, "logo.pbm", "P1 2 1 10");
    make_file(dir, "readme.txt", "no picture");
    cr_assert_eq(pictures_load(dir, 576, &pictures, &err), ST_OK, "%s", err.text);
    cr_expect_not_null(pictures_find(pictures, "logo"));
    cr_expect_null(pictures_find(pictures, "readme"));
    cr_expect_null(pictures_find(NULL, "logo"));
    pictures_destroy(pictures);
    pictures = NULL;
    cr_expect_eq(pictures_load(dir, 1, &pictures, &err), ST_INVALID);
    cr_expect(strstr(err.text, "logo.pbm: it is 2 dots wide, the paper has 1"), "%s", err.text);
    make_file(dir, "broken.png", "x");
    cr_expect_eq(pictures_load(dir, 576, &pictures, &err), ST_UNSUPPORTED);
    cr_expect(strstr(err.text, "broken.png: it is neither a PNG nor a PBM"), "%s", err.text);
    cr_expect_neq(pictures_load("/nowhere/at/all", 576, &pictures, &err), ST_OK);
    cr_expect_null(pictures);
    (void)snprintf(command, sizeof command, "rm -r %s", dir);
    cr_expect_eq(system(command), 0);
}

/* ---- the font ---- */

static struct font *load_font(const char *text)
{
    struct font *font = NULL;
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(font_load(text, strlen(text), &font, &err), ST_OK, "%s", err.text);
    return font;
}

#define HEX_NARROW "FF000000000000000000000000000081"
#define HEX_WIDE   "FFFF00000000000000000000000000000000000000000000000000000000800F"

Test(font, is_read_and_stretched)
{
    struct font *font = load_font("0041:" HEX_NARROW "\n9762:" HEX_WIDE "\n1F600:" HEX_WIDE "\n");
    struct bitmap bitmap;
    const struct font_cell cell = {4, 0, 12, 24, false};

    cr_expect(font_has(font, 'A') && font_has(font, 0x9762) && !font_has(font, 'B') && !font_has(font, 0x1F600));
    cr_assert_eq(bitmap_init(&bitmap, 24, 24), ST_OK);
    font_draw(font, 'A', &cell, &bitmap);
    font_draw(font, 'B', &cell, &bitmap);
    cr_expect(bitmap_at(&bitmap, 4, 0) && bitmap_at(&bitmap, 15, 1) && !bitmap_at(&bitmap, 3, 0) &&
              !bitmap_at(&bitmap, 16, 0) && !bitmap_at(&bitmap, 4, 2));
    cr_expect(bitmap_at(&bitmap, 4, 23) && bitmap_at(&bitmap, 15, 23) && !bitmap_at(&bitmap, 9, 23));
    bitmap_clear(&bitmap);
    font_destroy(font);
}

Test(font, that_is_none_is_refused_by_its_line)
{
    struct font *font = NULL;
    struct errmsg err = ERRMSG_INIT;

    cr_expect_eq(font_load("0041:" HEX_NARROW "\n0042:00\n", 46, &font, &err), ST_INVALID);
    cr_expect(strstr(err.text, "line 2 is no glyph"), "%s", err.text);
    cr_expect_eq(font_load("00zz:" HEX_NARROW, 37, &font, &err), ST_INVALID);
    cr_expect_eq(font_load_file("/nowhere/unifont.hex", &font, &err), ST_NOT_FOUND);
    cr_expect_null(font);
}

/* ---- on paper ---- */

/* Only the line that needs it is drawn, on the grid of the printer; the others stay text. */
Test(font, draws_a_line_that_no_code_page_has)
{
    struct page page = PAGE_INIT;
    struct strbuf out = STRBUF_INIT(1 << 20);
    struct render_options options = {.profile = profile_find("epson-tm-t20iii"),
                                     .font = load_font("0041:" HEX_NARROW "\n9762:" HEX_WIDE "\n")};
    struct render_counts counts;
    struct errmsg err = ERRMSG_INIT;

    page_add_text(&page, (struct page_style){.align = PAGE_CENTRE}, "A\xE9\x9D\xA2");
    page_add_text(&page, (struct page_style){.align = PAGE_LEFT}, "plain \xE5\xA4\xA9");
    cr_assert_eq(render_page(&options, &page, &out, NULL, &counts, &err), ST_OK, "%s", err.text);
    /* Three columns of twelve dots, five bytes, 24 rows; a character that the font lacks too is a question mark. */
    cr_expect_not_null(memmem(out.data, out.len,
                              "\x1B"
                              "a\1\x1Dv0\0\5\0\x18\0\xFF\xFF\xFF\xFF\xF0",
                              16));
    cr_expect_not_null(memmem(out.data, out.len,
                              "\x1B"
                              "a\0plain ?\n",
                              11));
    cr_expect_eq(counts.drawn, 1);
    cr_expect_eq(counts.substituted, 1);
    strbuf_clear(&out);
    options.profile = profile_find("generic-text"); /* takes no pictures */
    cr_assert_eq(render_page(&options, &page, &out, NULL, &counts, &err), ST_OK, "%s", err.text);
    cr_expect_eq(counts.drawn, 0);
    cr_expect_not_null(memmem(out.data, out.len, "A?\r\n", 4));
    font_destroy((struct font *)(uintptr_t)options.font);
    strbuf_free(&out);
    page_free(&page);
}

/* One that came with the rules, made for paper of 80 mm, on paper of 58 mm: as wide as that is. */
Test(pictures, of_the_page_are_made_as_wide_as_the_paper)
{
    struct page page = PAGE_INIT;
    struct strbuf out = STRBUF_INIT(1 << 20);
    struct render_options options = {.profile = profile_find("zijiang-zj-5870")};
    struct bitmap bitmap;
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(bitmap_init(&bitmap, 576, 3), ST_OK);
    bitmap_fill(&bitmap, 0, 0, 576, 3);
    cr_assert_eq(page_add_bitmap(&page, PAGE_CENTRE, "logo", &bitmap, &err), ST_OK, "%s", err.text);
    cr_assert_eq(render_page(&options, &page, &out, NULL, NULL, &err), ST_OK, "%s", err.text);
    cr_expect_not_null(memmem(out.data, out.len, "\x1Dv0\0\x30\0\2\0\xFF\xFF", 10));
    strbuf_clear(&out);
    options.profile = profile_find("epson-tm-t20iii");
    cr_assert_eq(render_page(&options, &page, &out, NULL, NULL, &err), ST_OK, "%s", err.text);
    cr_expect_not_null(memmem(out.data, out.len, "\x1Dv0\0\x48\0\3\0\xFF\xFF", 10));
    strbuf_clear(&out);
    options.profile = profile_find("generic-text"); /* takes none, and says nothing of it */
    cr_assert_eq(render_page(&options, &page, &out, NULL, NULL, &err), ST_OK, "%s", err.text);
    cr_expect_null(memchr(out.data, 0xFF, out.len));
    bitmap_clear(&bitmap);
    strbuf_free(&out);
    page_free(&page);
}

Test(pictures, are_printed_by_name_and_the_drawer_opens_first)
{
    struct page page = PAGE_INIT;
    struct strbuf out = STRBUF_INIT(1 << 20);
    struct pictures *pictures = NULL;
    struct render_options options = {.profile = profile_find("epson-tm-t20iii"), .open_drawer = true};
    char dir[] = "/tmp/loyald-pictures-XXXXXX", command[64];
    struct errmsg err = ERRMSG_INIT;

    cr_assert_not_null(mkdtemp(dir));
    make_file(dir, "logo.pbm", "P1 2 1 10");
    cr_assert_eq(pictures_load(dir, 576, &pictures, &err), ST_OK, "%s", err.text);
    options.pictures = pictures;
    cr_assert_eq(page_add_picture(&page, PAGE_CENTRE, "logo", &err), ST_OK, "%s", err.text);
    cr_assert_eq(page_add_picture(&page, PAGE_CENTRE, "unknown", &err), ST_OK, "%s", err.text);
    cr_expect_eq(page_add_picture(&page, PAGE_CENTRE, "../logo", &err), ST_INVALID);
    cr_assert_eq(render_page(&options, &page, &out, NULL, NULL, &err), ST_OK, "%s", err.text);
    cr_expect_arr_eq(out.data,
                     "\x1B=\1\x1B@\x1C.\x1BR\0\x1Bp\0\x19\xFA\x1Bt\x11\x1B"
                     "a\1\x1Dv0\0\1\0\1\0\x80\x1B@",
                     32);
    cr_expect_eq(out.len, 32);
    pictures_destroy(pictures);
    strbuf_free(&out);
    page_free(&page);
    (void)snprintf(command, sizeof command, "rm -r %s", dir);
    cr_expect_eq(system(command), 0);
}
