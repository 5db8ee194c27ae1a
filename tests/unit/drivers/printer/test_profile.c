/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/file.h"
#include "agent/base/json.h"
#include "agent/base/strbuf.h"
#include "drivers/charset/code_pages.h"
#include "drivers/printer/profile.h"
#include "drivers/sim/sim_charset.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the models that the simulator plays, their numbers as it knows them. */
Test(profile, pages_are_those_of_the_simulator)
{
    for (size_t i = 0; sim_profile_at(i); i++) {
        const struct sim_profile *sim = sim_profile_at(i);
        const struct profile *profile = profile_find(sim->name);

        cr_assert_not_null(profile, "%s", sim->name);
        cr_expect_eq(sim->columns, profile->columns);
        for (int k = 0; profile->pages[k].number; k++) {
            const char *seen = sim->pages[profile->pages[k].n];
            char name[16];

            cr_expect(seen && strcmp(seen, code_page_name(profile->pages[k].number, name)) == 0, "%s: n=%d is %s",
                      profile->name, profile->pages[k].n, seen ? seen : "nothing");
        }
    }
}

Test(profile, table_is_sound)
{
    size_t count = 0;

    for (; profile_at(count); count++) {
        const struct profile *profile = profile_at(count);

        cr_expect_eq(profile_find(profile->name), profile, "%s is there twice", profile->name);
        cr_expect(strlen(profile->name) < PROFILE_NAME_BYTES_MAX && strlen(profile->title) < PROFILE_TITLE_BYTES_MAX);
        cr_expect(profile->columns >= PROFILE_COLUMNS_MIN && profile->columns <= PROFILE_COLUMNS_MAX, "%s",
                  profile->name);
        cr_expect(profile->dots >= PROFILE_DOTS_MIN && profile->dots <= PROFILE_DOTS_MAX, "%s", profile->name);
        cr_expect_neq(profile->pages[0].number, 0, "%s", profile->name);
        for (int k = 0; profile->pages[k].number; k++) {
            cr_assert_lt(k, PROFILE_PAGES_MAX);
            cr_expect_not_null(code_page_find(profile->pages[k].number), "%s: %d", profile->name,
                               profile->pages[k].number);
            for (int m = 0; m < k; m++)
                cr_expect(profile->pages[m].number != profile->pages[k].number &&
                              profile->pages[m].n != profile->pages[k].n,
                          "%s: %d twice", profile->name, profile->pages[k].number);
        }
    }
    cr_expect_eq(count, 49);
    cr_expect_str_eq(profile_at(0)->name, "epson-tm-t20iii");
}

static const cJSON *of(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* Ours of the database's "TM-T88V": the one whose name ends so, in small letters. */
static const struct profile *of_database(const char *key)
{
    char end[PROFILE_NAME_BYTES_MAX];
    const struct profile *profile;

    (void)snprintf(end, sizeof end, "-%s", strcmp(key, "default") == 0 ? "all" : key);
    for (char *c = end; *c; c++)
        *c = (char)tolower(*c);
    for (size_t i = 0; (profile = profile_at(i)) != NULL; i++) {
        size_t len = strlen(profile->name);

        if (len > strlen(end) && strcmp(profile->name + len - strlen(end), end) == 0)
            return profile;
    }
    return NULL;
}

static void expect_page(const char *key, const cJSON *pages, const struct profile_page *page)
{
    char n[8], name[16], wanted[24];
    const cJSON *seen;

    (void)snprintf(n, sizeof n, "%d", page->n);
    seen = of(pages, n);
    code_page_name(page->number, name);
    if (page->number > 28590)
        (void)snprintf(wanted, sizeof wanted, "ISO_8859-%d", page->number - 28590);
    else
        (void)snprintf(wanted, sizeof wanted, "%s", page->number == 1048 ? "RK1048" : name);
    cr_expect(seen && strcmp(seen->valuestring, wanted) == 0, "%s: page %d is %s, not %s", key, page->n,
              seen ? seen->valuestring : "nothing", wanted);
}

static void expect_model(const cJSON *theirs, const struct profile *ours)
{
    const struct {
        const char *name;
        bool ours;
    } features[] = {{"barcodeB", ours->barcode},
                    {"qrCode", ours->qr},
                    {"pdf417Code", ours->pdf417},
                    {"bitImageRaster", ours->raster},
                    {"pulseStandard", ours->drawer},
                    {"starCommands", ours->language == PROFILE_STAR},
                    {"paperPartCut", ours->cut == PROFILE_CUT_PARTIAL}};
    const char *key = theirs->string;
    const cJSON *columns = of(of(of(theirs, "fonts"), "0"), "columns");
    const cJSON *dots = of(of(of(theirs, "media"), "width"), "pixels");

    /* Font A of the NT-80-V-UL is put down as 12 columns there: those are its dots. */
    if (strcmp(key, "NT-80-V-UL") != 0)
        cr_expect_eq(ours->columns, (int)columns->valuedouble, "%s", key);
    if (cJSON_IsNumber(dots))
        cr_expect_eq(ours->dots, (int)dots->valuedouble, "%s", key);
    for (size_t i = 0; i < sizeof features / sizeof features[0]; i++)
        cr_expect_eq(features[i].ours, cJSON_IsTrue(of(of(theirs, "features"), features[i].name)), "%s: %s", key,
                     features[i].name);
    for (size_t i = 0; ours->pages[i].number; i++)
        expect_page(key, of(theirs, "codePages"), &ours->pages[i]);
}

/* The database that the facts were taken from has 50: 47 printers, each with a row here, and three customer displays,
 * which docs/drivers.md lists. */
Test(profile, every_model_of_the_database_is_there)
{
    const char *folder = getenv("LOYALD_SHARED");
    struct errmsg err = ERRMSG_INIT;
    char path[1024], *text = NULL;
    size_t len, printers = 0, displays = 0;
    struct cJSON *root = NULL;
    const cJSON *model;

    (void)snprintf(path, sizeof path, "%s/devices/escpos-printer-db/capabilities.json", folder ? folder : "/nowhere");
    if (file_read(path, 1 << 20, &text, &len, &err) != ST_OK)
        cr_skip_test("LOYALD_SHARED names no folder with devices/escpos-printer-db in it");
    cr_assert_eq(json_parse(text, len, 1 << 20, &root, &err), ST_OK, "%s", err.text);
    cJSON_ArrayForEach(model, of(root, "profiles"))
    {
        const struct profile *profile = of_database(model->string);

        if (profile) {
            expect_model(model, profile);
            printers++;
        } else {
            cr_expect_not_null(strstr(of(model, "name")->valuestring, "Customer Display"), "%s", model->string);
            displays++;
        }
    }
    cr_expect(printers == 47 && displays == 3, "%zu printers, %zu displays", printers, displays);
    json_free(root);
    free(text);
}

static struct profiles *load(const char *text)
{
    struct profiles *profiles = NULL;
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(profiles_load(text, strlen(text), &profiles, &err), ST_OK, "%s", err.text);
    return profiles;
}

Test(profile, of_a_store_is_like_another_with_a_difference)
{
    struct profiles *own = load("# ours\r\n"
                                "[till-printer]\r\n"
                                "like = epson-tm-t88v\r\n"
                                "  columns = 48\n\n"
                                "pages = 1251:46  866:17\n"
                                "[other]\n"
                                "like=till-printer\n"
                                "marker = none\n"
                                "cut = full\n"
                                "qr = no\n"
                                "title = The one at the bakery\n");
    const struct profile *first = profiles_find(own, "till-printer"), *second = profiles_at(own, 1);

    cr_assert(first && second && !profiles_at(own, 2));
    cr_expect_eq(first->columns, 48);
    cr_expect_eq(first->dots, 512);
    cr_expect_eq(first->pages[0].number, 1251);
    cr_expect_eq(first->pages[1].n, 17);
    cr_expect_eq(first->pages[2].number, 0);
    cr_expect(first->qr && first->marker == PROFILE_MARKER_GS_H);
    cr_expect(!second->qr && second->marker == PROFILE_MARKER_NONE && second->cut == PROFILE_CUT_FULL);
    cr_expect_eq(second->columns, 48);
    cr_expect_str_eq(second->title, "The one at the bakery");
    cr_expect_eq(profiles_find(own, "epson-tm-t88v"), profile_find("epson-tm-t88v"));
    cr_expect_null(profiles_find(own, "nobody"));
    profiles_destroy(own);
}

static void expect_refused(const char *text, const char *words)
{
    struct profiles *profiles = NULL;
    struct errmsg err = ERRMSG_INIT;

    cr_expect_neq(profiles_load(text, strlen(text), &profiles, &err), ST_OK, "%s", text);
    cr_expect_null(profiles);
    cr_expect(strstr(err.text, words) != NULL, "%s does not say %s", err.text, words);
}

Test(profile, refuses_in_words)
{
    expect_refused("columns = 42\n", "line 1: columns = 42: must be a section");
    expect_refused("[a]\ncolumns = 200\n", "line 2: columns = 200: must be between 24 and 96");
    expect_refused("[a]\n\nqr = perhaps\n", "line 3: qr = perhaps: must be yes or no");
    expect_refused("[a]\ncolour = red\n", "line 2: colour: must be like, title");
    expect_refused("[a]\n[a]\n", "line 2: a: must be a name once");
    expect_refused("[A b]\n", "line 1: [A b]: must be [name]");
    expect_refused("[a]\nlike = nobody\n", "line 2: like = nobody: must be a profile");
    expect_refused("[a]\ndots = 576\nlike = epson-tm-t88v\n", "line 3: like = epson-tm-t88v: must be a profile");
    expect_refused("[a]\npages = 866:17 932:1\n", "line 2: pages");
    expect_refused("[a]\npages = 866:300\n", "line 2: pages");
    expect_refused("[a]\npages =\n", "line 2: pages");
    expect_refused("[a]\nlanguage = pcl\n", "must be escpos|star|text");
}

Test(profile, file_is_bounded)
{
    struct strbuf text = STRBUF_INIT(1 << 16);
    struct profiles *profiles = NULL;
    struct errmsg err = ERRMSG_INIT;

    for (int i = 0; i <= PROFILES_MAX; i++)
        strbuf_printf(&text, "[p%d]\n", i);
    cr_expect_eq(profiles_load(text.data, text.len, &profiles, &err), ST_FULL);
    cr_expect(strstr(err.text, "more than 64 profiles"), "%s", err.text);
    strbuf_clear(&text);
    for (int i = 0; i < 100; i++)
        strbuf_puts(&text, "123456");
    cr_expect_eq(profiles_load(text.data, text.len, &profiles, &err), ST_INVALID);
    strbuf_free(&text);
}
