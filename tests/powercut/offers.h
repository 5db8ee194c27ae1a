/* SPDX-License-Identifier: Apache-2.0 */
/* offers - the rules of these tests' office: made and signed as a real one's. */
#ifndef LOYALD_TESTS_POWERCUT_OFFERS_H
#define LOYALD_TESTS_POWERCUT_OFFERS_H

struct pk;

enum { SHOP_OFFERS = 3 };
#define SHOP_CURRENCY "bonus"

/* The office's rules, signed once a program: version i gives i points for each 100 minor units. */
struct office {
    struct pk *key;
    char *bundles[SHOP_OFFERS];
    char *manifests[SHOP_OFFERS];
    char *signatures[SHOP_OFFERS];
};
/* Parts of a bundle's JSON, put in where they belong; of the point currency and the top level with their commas. */
struct office_rules {
    const char *currency;   /* ",\"value_minor\":100" */
    const char *top;        /* "\"redemption\":[...]," */
    const char *promotions; /* ",{...}" */
};
void office_begin(struct office *office, const struct office_rules *more); /* NULL: only that */
void office_end(struct office *office);

#endif
