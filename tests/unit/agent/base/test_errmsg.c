/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/errmsg.h"

#include "agent/base/utf8.h"

#include <string.h>

#include <criterion/criterion.h>

Test(errmsg, grows_outward)
{
    struct errmsg err = ERRMSG_INIT;

    errmsg_set(&err, "paper out");
    errmsg_wrap(&err, "printer");
    errmsg_wrap(&err, "receipt R-%d", 1042);
    cr_expect_str_eq(err.text, "receipt R-1042: printer: paper out");
    errmsg_set(&err, "again");
    cr_expect_str_eq(err.text, "again");
}

Test(errmsg, wraps_nothing_without_a_colon)
{
    struct errmsg err = ERRMSG_INIT;

    errmsg_wrap(&err, "printer");
    cr_expect_str_eq(err.text, "printer");
}

Test(errmsg, takes_null)
{
    errmsg_set(NULL, "lost");
    errmsg_wrap(NULL, "lost");
}

Test(errmsg, may_be_its_own_argument)
{
    struct errmsg err = ERRMSG_INIT;

    errmsg_set(&err, "door");
    errmsg_set(&err, "%s and %s", err.text, err.text);
    cr_expect_str_eq(err.text, "door and door");
    errmsg_wrap(&err, "%s", err.text);
    cr_expect_str_eq(err.text, "door and door: door and door");
}

/* A long text of two, three and four byte characters, begun at every phase. */
Test(errmsg, cuts_at_a_character_border)
{
    static const char *const letters[] = {"\xd0\x96", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};

    for (size_t kind = 0; kind < 3; kind++) {
        for (size_t phase = 0; phase < 5; phase++) {
            struct errmsg err = ERRMSG_INIT;
            char text[2048] = "";
            size_t len = phase, step = strlen(letters[kind]), kept;

            memset(text, 'a', phase);
            for (; len + step < sizeof text; len += step)
                memcpy(text + len, letters[kind], step);
            errmsg_set(&err, "%s", text);
            kept = strlen(err.text);
            cr_expect(utf8_is_valid(err.text, kept));
            cr_expect(kept < ERRMSG_BYTES_MAX && kept + step >= ERRMSG_BYTES_MAX, "kept %zu", kept);
            errmsg_wrap(&err, "%.*s", (int)phase + 1, "abcdef");
            kept = strlen(err.text);
            cr_expect(utf8_is_valid(err.text, kept));
            cr_expect(kept < ERRMSG_BYTES_MAX && kept + step >= ERRMSG_BYTES_MAX, "kept %zu", kept);
        }
    }
}

Test(errmsg, keeps_a_text_of_exactly_its_size)
{
    struct errmsg err = ERRMSG_INIT;
    char text[ERRMSG_BYTES_MAX];

    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    errmsg_set(&err, "%s", text);
    cr_expect_str_eq(err.text, text);
    errmsg_wrap(&err, "y");
    cr_expect_eq(strlen(err.text), sizeof text - 1);
    cr_expect_eq(strncmp(err.text, "y: xxx", 6), 0);
}
