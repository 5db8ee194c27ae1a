/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/sealed_box.h"

#include <criterion/criterion.h>

#include <string.h>

#define INFO  "loyald test 1"
#define PLACE "here"
#define TEXT  "Anna Karenina, +79990000000"

enum { BOX_BYTES = sizeof TEXT + SEALED_BOX_OVERHEAD };

static struct pk *key;
static uint8_t point[PK_POINT_BYTES], box[BOX_BYTES];

static void make_box(void)
{
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(pk_generate(&key, &err), ST_OK);
    cr_assert_eq(pk_point(key, point), ST_OK);
    cr_assert_eq(sealed_box_close(point, INFO, PLACE, TEXT, sizeof TEXT, box, &err), ST_OK, "%s", err.text);
}

static void drop_key(void)
{
    pk_destroy(key);
}

TestSuite(sealed_box, .init = make_box, .fini = drop_key);

static enum status open_with(const struct pk *with, const char *info, const char *place, size_t len)
{
    uint8_t plain[sizeof TEXT];
    struct errmsg err = ERRMSG_INIT;
    enum status st = sealed_box_open(with, info, place, box, len, plain, &err);

    if (st == ST_OK)
        cr_expect_arr_eq(plain, TEXT, sizeof TEXT);
    else
        cr_expect_neq(err.text[0], '\0', "in words");
    return st;
}

Test(sealed_box, opens_for_its_key_alone)
{
    struct pk *other = NULL;
    struct errmsg err = ERRMSG_INIT;

    cr_expect_eq(open_with(key, INFO, PLACE, BOX_BYTES), ST_OK);
    cr_assert_eq(pk_generate(&other, &err), ST_OK);
    cr_expect_eq(open_with(other, INFO, PLACE, BOX_BYTES), ST_DENIED);
    pk_destroy(other);
    cr_expect_eq(open_with(key, "loyald test 2", PLACE, BOX_BYTES), ST_DENIED, "another purpose");
    cr_expect_eq(open_with(key, INFO, "there", BOX_BYTES), ST_DENIED, "another place");
}

Test(sealed_box, notices_a_change_of_any_byte)
{
    for (size_t i = 0; i < BOX_BYTES; i++) {
        box[i] ^= 1;
        cr_expect_neq(open_with(key, INFO, PLACE, BOX_BYTES), ST_OK, "byte %zu", i);
        box[i] ^= 1;
    }
    cr_expect_eq(open_with(key, INFO, PLACE, BOX_BYTES), ST_OK);
    for (size_t len = 0; len < BOX_BYTES; len++)
        cr_expect_neq(open_with(key, INFO, PLACE, len), ST_OK, "cut to %zu", len);
}

Test(sealed_box, is_another_each_time_and_shows_nothing)
{
    uint8_t again[BOX_BYTES];
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(sealed_box_close(point, INFO, PLACE, TEXT, sizeof TEXT, again, &err), ST_OK);
    cr_expect_neq(memcmp(box, again, PK_POINT_BYTES), 0, "a fresh key for each");
    cr_expect_neq(memcmp(box + PK_POINT_BYTES, again + PK_POINT_BYTES, BOX_BYTES - PK_POINT_BYTES), 0);
    cr_expect_null(memmem(box, sizeof box, "Karenina", 8));
}

Test(sealed_box, refuses_a_receiver_off_the_curve)
{
    struct errmsg err = ERRMSG_INIT;

    point[PK_POINT_BYTES - 1] ^= 1;
    cr_expect_neq(sealed_box_close(point, INFO, PLACE, TEXT, sizeof TEXT, box, &err), ST_OK);
}
