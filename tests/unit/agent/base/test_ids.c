/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/ids.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(ids, new_id_is_a_uuid_of_version_7)
{
    char text[ID_TEXT_BYTES];
    size_t i;

    id_new(INT64_C(0x017f22e279b0), text); /* the time of RFC 9562 A.6 */
    cr_expect_eq(strlen(text), 36);
    cr_expect_eq(strncmp(text, "017f22e2-79b0-7", 15), 0, "%s", text);
    for (i = 0; i < 36; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23)
            cr_expect_eq(text[i], '-');
        else
            cr_expect_not_null(strchr("0123456789abcdef", text[i]));
    }
    cr_expect_not_null(strchr("89ab", text[19]), "variant: %s", text);
    cr_expect(id_is_valid(text));
}

Test(ids, new_ids_sort_by_time_and_differ_within_it)
{
    char early[ID_TEXT_BYTES], late[ID_TEXT_BYTES], again[ID_TEXT_BYTES];

    id_new(INT64_C(1795086400000), early);
    id_new(INT64_C(1795086400001), late);
    id_new(INT64_C(1795086400001), again);
    cr_expect_lt(strcmp(early, late), 0);
    cr_expect_neq(strcmp(late, again), 0);
}

Test(ids, a_time_outside_the_field_stays_at_its_end)
{
    char text[ID_TEXT_BYTES];

    id_new(-1, text);
    cr_expect_eq(strncmp(text, "00000000-0000-7", 15), 0, "%s", text);
    id_new(INT64_MIN, text);
    cr_expect_eq(strncmp(text, "00000000-0000-7", 15), 0, "%s", text);
    id_new(INT64_MAX, text);
    cr_expect_eq(strncmp(text, "ffffffff-ffff-7", 15), 0, "%s", text);
}

Test(ids, accepted_are_1_to_64_of_a_short_list)
{
    char text[ID_LEN_MAX + 2];
    int byte;

    memset(text, 'a', sizeof text);
    text[ID_LEN_MAX + 1] = '\0';
    cr_expect_not(id_is_valid(text));
    text[ID_LEN_MAX] = '\0';
    cr_expect(id_is_valid(text));
    cr_expect_not(id_is_valid(""));
    cr_expect(id_is_valid("R-1042:7_a.B"));
    for (byte = 1; byte < 256; byte++) {
        char one[] = {(char)byte, '\0'};
        bool wanted = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
                      byte == '.' || byte == '_' || byte == ':' || byte == '-';

        cr_expect_eq(id_is_valid(one), wanted, "byte %d", byte);
    }
}
