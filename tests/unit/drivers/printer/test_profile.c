/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/strbuf.h"
#include "drivers/charset/code_pages.h"
#include "drivers/printer/profile.h"
#include "drivers/sim/sim_charset.h"

#include <criterion/criterion.h>
#include <stdio.h>
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
