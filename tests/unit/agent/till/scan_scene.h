/* SPDX-License-Identifier: Apache-2.0 */
/* scan_scene - a till with a sale "s1" of 100.00 under way and two members: what is scanned and typed there. */
#ifndef LOYALD_TESTS_TILL_SCAN_SCENE_H
#define LOYALD_TESTS_TILL_SCAN_SCENE_H

#include "tests/unit/agent/till/world.h"

#define CARD "2900000000018"
#define GSRN "400638133393123454"
/* Gold members have 11 % off, as in the world's own rules; codes of their own. */
#define RULES(codes)                                                                                                 \
    "{\"format\":\"loyald-bundle/1\",\"id\":\"main\",\"version\":2,\"currency\":\"RUB\",\"minor_digits\":2,"         \
    "\"layers\":[{\"id\":\"card\",\"mode\":\"best\"}],\"promotions\":[{\"id\":\"gold\",\"layer\":\"card\","          \
    "\"when\":{\"member\":{\"required\":true}},\"reward\":{\"kind\":\"percent_off\",\"items\":{\"any\":true},"       \
    "\"percent_bp\":1000}}]," codes "}"

extern struct world world;

void scan_begin(void);
void scan_end(void);
void scan_as(const char *symbology, const char *text);
/* These rules, version 2, come into force between two sales: "s1" is over, "s2" of 100.00 is under way. */
void scan_rules(const char *rules);
/* Types it; what the answer calls it ("kind"), or the code of its notice ("notice"). A view until the next call. */
const char *scan_typed(const char *text, const char *what);

#endif
