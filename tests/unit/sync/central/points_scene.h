/* SPDX-License-Identifier: Apache-2.0 */
/* A central with two tills and one member, and what tests of points ask of them. */
#ifndef LOYALD_TEST_CENTRAL_POINTS_SCENE_H
#define LOYALD_TEST_CENTRAL_POINTS_SCENE_H

#include "fixture.h"
#include "sync/central/lot.h"

enum { SCENE_DAY_MS = 86400000 };

struct points_scene {
    struct fixture fixture;
    struct fake_till till, other;
    struct strbuf batch, answer;
};

void points_open(struct points_scene *s);
void points_close(struct points_scene *s);
/* Sets the chain's rule for "bonus". */
void points_rule(struct points_scene *s, int activation_days, int life_days, int lease_cap, int lease_days,
                 int lost_days);
struct lot_sums points_sums(struct points_scene *s, const char *member);
int64_t points_available(struct points_scene *s, const char *member);
/* Posts one record of the till; asserts that it is taken. */
void points_record(struct points_scene *s, struct fake_till *till, const char *type, const char *body);
/* A sale of member M that earned and redeemed; more is further members of the body, such as
 * ",\"spending\":\"floor\"". */
void points_sale(struct points_scene *s, struct fake_till *till, const char *sale_id, const char *member, int earned,
                 int redeemed, const char *more);
/* Whether the answer to op hold says that state. */
bool points_hold(struct points_scene *s, struct fake_till *till, const char *id, const char *member, int amount,
                 const char *state);
/* Whether the answer to op claim says wanted. */
bool points_claim(struct points_scene *s, struct fake_till *till, const char *sale_id, const char *code,
                  const char *wanted);
/* The till has a new epoch, and is enrolled with it at its place. */
void points_begin_epoch(struct points_scene *s, struct fake_till *till);
void points_expire(struct points_scene *s);
void points_load(struct points_scene *s, struct fake_till *till, struct device *out_device);
/* What the till is told next: the answer's body, as a tree (owned) and as text (cleared first; may be NULL). Its
 * place is kept in cursor. */
enum { POINTS_CURSOR_TEXT = 128 };
struct cJSON *points_updates(struct fixture *f, struct fake_till *till, char cursor[POINTS_CURSOR_TEXT],
                             struct strbuf *out);

#endif
