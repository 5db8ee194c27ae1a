/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/codes/digital_link.h"
#include "agent/codes/gs1.h"
#include "agent/codes/gs1_table.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "(01)09506000134352(10)AB", or what is wrong. */
static void show(bool good, const struct gs1_message *message, const char *why, char out_text[512])
{
    size_t at = 0;

    out_text[0] = '\0';
    if (!good) {
        (void)snprintf(out_text, 512, "%s", why);
        return;
    }
    for (size_t i = 0; i < message->count; i++)
        at += (size_t)snprintf(out_text + at, 512 - at, "(%s)%.*s", message->elements[i].ai,
                               (int)message->elements[i].len, message->elements[i].value);
}

struct message_case {
    char text[120], shown[120];
};

ParameterizedTestParameters(gs1, reads_element_strings)
{
    static struct message_case cases[] = {
        {"0109506000134352", "(01)09506000134352"},
        {"010950600013435210AB\x1d"
         "2177",
         "(01)09506000134352(10)AB(21)77"},
        {"\x1d"
         "010950600013435217261231",
         "(01)09506000134352(17)261231"},
        {"0109506000134352\x1d"
         "17261231\x1d",
         "(01)09506000134352(17)261231"},
        {"801840063813339312345"
         "4",
         "(8018)400638133393123454"},
        {"8018400638133393123454"
         "8019"
         "12",
         "(8018)400638133393123454(8019)12"},
        {"3103001750", "(3103)001750"},
        {"4236437", "a value is too short"},
        {"423643724", "(423)643724"},
        {"2539506000134352ABC", "(253)9506000134352ABC"},
        {"7003260230"
         "1200",
         "a date or a flag is out of range"},
        {"17260229", "a date or a flag is out of range"},
        {"17280229", "(17)280229"},
        {"17281200", "(17)281200"},
        {"0109506000134353", "a check digit is wrong"},
        {"010950600013435", "a value is too short"},
        {"10123456789012345678901", "a value is too long"},
        {"10A\xc3\xa9", "a character that this AI may not hold"},
        {"0599", "there is no such AI"},
        {"", "no elements"},
        {"\x1d", "no elements"},
        {"10", "a value is too short"},
        {"4321"
         "2",
         "a date or a flag is out of range"},
    };

    return cr_make_param_array(struct message_case, cases, sizeof cases / sizeof cases[0]);
}

ParameterizedTest(struct message_case *c, gs1, reads_element_strings)
{
    struct gs1_message message;
    const char *why = "";
    char shown[512];
    size_t at = 0;
    bool good = gs1_parse(c->text, strlen(c->text), &message, &why, &at);

    show(good, &message, why, shown);
    cr_expect_str_eq(shown, c->shown, "%s: %s", c->text, shown);
    cr_expect_leq(at, strlen(c->text));
}

Test(gs1, stops_at_its_bound)
{
    char text[4 * (GS1_ELEMENTS_MAX + 1) + 1] = "";
    struct gs1_message message;
    const char *why = "";
    size_t at = 0;

    for (int i = 0; i < GS1_ELEMENTS_MAX + 1; i++)
        (void)strcat(text, "2011");
    cr_expect_not(gs1_parse(text, strlen(text), &message, &why, &at));
    cr_expect_str_eq(why, "more than 32 elements");
    cr_expect_eq(message.count, GS1_ELEMENTS_MAX);
}

ParameterizedTestParameters(digital_link, reads_web_addresses)
{
    static struct message_case cases[] = {
        {"https://id.example/01/09506000134352", "(01)09506000134352"},
        {"HTTPS://ID.EXAMPLE/01/09506000134352/", "(01)09506000134352"},
        {"http://id.example/a/b/01/9506000134352/22/cpv/10/lot/21/ser?17=261231&x=y&3103=001750#part",
         "(01)09506000134352(22)cpv(10)lot(21)ser(17)261231(3103)001750"},
        {"https://id.example/01/09506000134352/10/lot/22/cpv", "a web address without a GS1 key"},
        {"https://id.example/01/09506000134352/235/tpx", "(01)09506000134352(235)tpx"},
        {"https://id.example/01/09506000134352/10/a/235/tpx", "a web address without a GS1 key"},
        {"https://card.example/8018/400638133393123454", "(8018)400638133393123454"},
        {"https://card.example/8018/400638133393123454/8019/7?99=a%2Fb", "(8018)400638133393123454(8019)7(99)a/b"},
        {"https://card.example/8018/400638133393123455", "a check digit is wrong"},
        {"https://id.example/01/96385074", "(01)00000096385074"},
        {"https://id.example/01/036000291452;x", "a character that this AI may not hold"},
        {"https://id.example/01/09506000134352?10=a%2", "an escape is broken, or it is too long"},
        {"https://id.example/01/09506000134352?21=1;10=b", "(01)09506000134352(10)b"},
        {"https://shop.example/p/4711", "a web address without a GS1 key"},
        {"https://shop.example", "a web address without a path"},
        {"ftp://id.example/01/09506000134352", "no web address"},
        {"4006381333931", "no web address"},
        {"https://id.example/414/9506000134376/254/1A", "(414)9506000134376(254)1A"},
    };

    return cr_make_param_array(struct message_case, cases, sizeof cases / sizeof cases[0]);
}

ParameterizedTest(struct message_case *c, digital_link, reads_web_addresses)
{
    struct gs1_message message;
    const char *why = "";
    char shown[512];
    bool good = digital_link_parse(c->text, strlen(c->text), &message, &why);

    show(good, &message, why, shown);
    cr_expect_str_eq(shown, c->shown, "%s: %s", c->text, shown);
}

/* No AI begins another, or a text could be read in two ways. */
Test(gs1_table, has_no_ai_that_begins_another)
{
    for (size_t i = 0; i < gs1_table_count; i++) {
        for (size_t j = 0; j < gs1_table_count; j++) {
            size_t len = strlen(gs1_table[i].first);

            if (i == j || strlen(gs1_table[j].first) < len)
                continue;
            cr_expect(memcmp(gs1_table[j].last, gs1_table[i].first, len) < 0 ||
                          memcmp(gs1_table[j].first, gs1_table[i].last, len) > 0,
                      "%s and %s", gs1_table[i].first, gs1_table[j].first);
        }
    }
}

/* Against the dictionary itself where it is at hand: every AI of it, with flags, parts and qualifiers. */
Test(gs1_table, is_the_dictionary)
{
    const char *folder = getenv("LOYALD_SHARED");
    char path[512], line[512];
    FILE *file;
    size_t seen = 0;

    (void)snprintf(path, sizeof path, "%s/devices/gs1/gs1-syntax-dictionary.txt", folder ? folder : "/nowhere");
    file = fopen(path, "r");
    if (!file) {
        fprintf(stderr, "skipped: LOYALD_SHARED names no folder with devices/gs1 in it\n");
        return;
    }
    while (fgets(line, sizeof line, file)) {
        char first[8], last[8], *dash;
        size_t ai_len = 0;
        const struct gs1_ai *entry;

        if (line[0] < '0' || line[0] > '9')
            continue;
        cr_assert_eq(sscanf(line, "%7[0-9]", first), 1);
        dash = line[strlen(first)] == '-' ? line + strlen(first) + 1 : line;
        cr_assert_eq(sscanf(dash, "%7[0-9]", last), 1);
        entry = gs1_table_find(first, strlen(first), &ai_len);
        cr_assert_not_null(entry, "%s", first);
        cr_expect_str_eq(entry->first, first);
        cr_expect_str_eq(entry->last, last);
        line[strcspn(line, "#")] = '\0';
        cr_expect_eq((entry->flags & GS1_KEY) != 0, strstr(line, "dlpkey") != NULL, "%s", first);
        cr_expect_eq((entry->flags & GS1_FIXED) != 0, strchr(line, '*') != NULL, "%s", first);
        cr_expect_eq(strchr(entry->parts, 'c') != NULL, strstr(line, "csum ") || strstr(line, "csum,"), "%s", first);
        seen++;
    }
    (void)fclose(file);
    cr_expect_eq(seen, gs1_table_count);
}
