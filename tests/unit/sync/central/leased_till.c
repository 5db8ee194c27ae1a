/* SPDX-License-Identifier: Apache-2.0 */
#include "leased_till.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/json.h"
#include "sync/central/lease.h"

static void take_lease(struct leased_till *t, const cJSON *row)
{
    struct lease_view view = {0};
    const char *id = cJSON_GetObjectItem(row, "id")->valuestring;
    int at = 0;

    snprintf(view.id, sizeof(view.id), "%s", id);
    snprintf(view.member, sizeof(view.member), "%s", cJSON_GetObjectItem(row, "member")->valuestring);
    (void)json_int(row, "granted", 0, JSON_INT_MAX, &view.granted, NULL);
    (void)json_int(row, "used", 0, JSON_INT_MAX, &view.used, NULL);
    (void)json_int(row, "seq", 0, JSON_INT_MAX, &view.seq, NULL);
    (void)json_int(row, "expires_unix_ms", 0, JSON_INT_MAX, &view.expires_ms, NULL);
    while (at < t->lease_count && strcmp(t->leases[at].id, id) != 0)
        at++;
    cr_assert(at < LEASES_MAX);
    t->leases[at] = view;
    if (at == t->lease_count)
        t->lease_count++;
}

void leased_down(struct fixture *f, struct leased_till *t)
{
    struct errmsg err = ERRMSG_INIT;
    struct device device;
    struct cJSON *root;
    const cJSON *row;

    OK(device_load(f->central, t->till.dev_hex, &device, &err));
    OK(lease_prolong(f->central, &device, &err));
    root = points_updates(f, &t->till, t->cursor, NULL);
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(root, "leases"))
    {
        take_lease(t, row);
    }
    json_free(root);
}

int64_t leased_left(const struct leased_till *t, const struct lease_view *view)
{
    int64_t left = view->granted - view->used;

    for (int i = 0; i < t->use_count; i++)
        if (strcmp(t->uses[i].id, view->id) == 0 && t->uses[i].seq > view->seq)
            left -= t->uses[i].amount;
    return left;
}

void leased_up(struct fixture *f, struct leased_till *t)
{
    struct strbuf answer = STRBUF_INIT(BATCH_MAX);

    if (t->queue.len > 0)
        cr_assert_eq(till_post(f, &t->till, &t->queue, &answer), 200, "%s", strbuf_text(&answer));
    strbuf_clear(&t->queue);
    strbuf_free(&answer);
}

struct leased_till *leased_open(struct fixture *f, uint64_t dev)
{
    struct leased_till *t = calloc(1, sizeof(*t));

    cr_assert_not_null(t);
    till_enrol_fresh(f, &t->till, dev);
    t->queue = (struct strbuf)STRBUF_INIT(BATCH_MAX);
    return t;
}

void leased_close(struct leased_till *t)
{
    strbuf_free(&t->queue);
    till_clear(&t->till);
    free(t);
}
