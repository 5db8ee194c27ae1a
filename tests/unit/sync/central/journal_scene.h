/* SPDX-License-Identifier: Apache-2.0 */
/* journal_scene - a central with rules, one member with 1,000 points, and one till that posts its records. */
#ifndef LOYALD_TEST_CENTRAL_JOURNAL_SCENE_H
#define LOYALD_TEST_CENTRAL_JOURNAL_SCENE_H

#include "fixture.h"

enum { SCENE_TEXT_MAX = 4 * 1024 * 1024 };
#define SCENE_MEMBER "{\"id\":\"M1\"}"

struct journal_scene {
    struct fixture fixture;
    struct fake_till till;
    struct strbuf batch, answer;
};

void journal_scene_open(struct journal_scene *s);
void journal_scene_close(struct journal_scene *s);
/* Posts the batch; returns the HTTP status. */
int journal_scene_post(struct journal_scene *s);

#endif
