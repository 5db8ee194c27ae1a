/* SPDX-License-Identifier: Apache-2.0 */
#include "journal_scene.h"

void journal_scene_open(struct journal_scene *s)
{
    fixture_open(&s->fixture);
    fixture_publish(&s->fixture, 1);
    fixture_import(&s->fixture, "member,card,bonus\nM1,2900000012345,1000\n");
    till_enrol_fresh(&s->fixture, &s->till, 0xd1);
    s->batch = (struct strbuf)STRBUF_INIT(SCENE_TEXT_MAX);
    s->answer = (struct strbuf)STRBUF_INIT(SCENE_TEXT_MAX);
}

void journal_scene_close(struct journal_scene *s)
{
    strbuf_free(&s->batch);
    strbuf_free(&s->answer);
    till_clear(&s->till);
    fixture_close(&s->fixture);
}

int journal_scene_post(struct journal_scene *s)
{
    return till_post(&s->fixture, &s->till, &s->batch, &s->answer);
}
