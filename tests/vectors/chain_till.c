/* SPDX-License-Identifier: Apache-2.0 */
#include "chain.h"

#include "agent/api/api.h"
#include "agent/api/events.h"
#include "agent/db/cache.h"
#include "agent/db/journal.h"
#include "agent/net/loop.h"
#include "tests/unit/agent/api/shop.h"
#include "tests/unit/agent/till/world.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TEXT_MAX = 1024 * 1024 };

struct chain_till {
    struct world world;
    struct hub *hub;
    struct api *api;
    struct shop client; /* only what a call of the API wants: the loop and the socket */
};

struct chain_till *chain_till_begin(void)
{
    struct chain_till *till = calloc(1, sizeof *till);
    struct errmsg err = ERRMSG_INIT;
    struct api_options api;

    cr_assert(till);
    world_begin(&till->world, NULL);
    till->client.loop = till->world.loop;
    (void)snprintf(till->client.dir, sizeof till->client.dir, "/tmp/loyald-chain-XXXXXX");
    cr_assert(mkdtemp(till->client.dir));
    (void)snprintf(till->client.socket_path, sizeof till->client.socket_path, "%s/api.sock", till->client.dir);
    cr_assert_eq(hub_create(till->world.loop, &till->hub, &err), ST_OK, "%s", err.text);
    api = (struct api_options){.loop = till->world.loop,
                               .till = till->world.till,
                               .hub = till->hub,
                               .unix_path = till->client.socket_path,
                               .unix_mode = 0600};
    cr_assert_eq(api_create(&api, &till->api, &err), ST_OK, "%s", err.text);
    return till;
}

void chain_till_end(struct chain_till *till)
{
    api_destroy(till->api);
    hub_destroy(till->hub);
    world_end(&till->world);
    (void)rmdir(till->client.dir);
    free(till);
}

const struct pk *chain_till_office(const struct chain_till *till)
{
    return till->world.office;
}

void chain_till_rules(struct chain_till *till, const char *bundle, int version, char **out_manifest,
                      char **out_signatures)
{
    world_sign(&till->world, "demo", bundle, version, till->world.office, out_manifest, out_signatures);
    till->world.file = bundle;
    till->world.file_len = strlen(bundle);
    world_offer(&till->world, *out_manifest, *out_signatures);
    cr_assert_eq(till->world.active_version, version, "the till refused rules: %s", till->world.refused);
}

/* ---- time and place ---- */

void chain_till_time(struct chain_till *till, const char *at)
{
    struct civil_time time;
    char zone[32];
    int minutes;

    cr_assert_eq(civil_parse_time(at, &time), ST_OK, "%s", at);
    minutes = time.offset_s / 60;
    /* POSIX counts westward. */
    (void)snprintf(zone, sizeof zone, "XXX%c%02d:%02d", minutes < 0 ? '+' : '-', abs(minutes) / 60,
                   abs(minutes) % 60);
    (void)setenv("TZ", zone, 1);
    tzset();
    till->world.time.wall_ms = ((int64_t)time.day * 86400 + time.second - time.offset_s) * 1000;
}

void chain_till_now(const struct chain_till *till, char out_at[26])
{
    struct civil_time time;

    clock_local(till->world.time.wall_ms, &time);
    civil_format_time(&time, out_at);
}

void chain_till_store(struct chain_till *till, const cJSON *store)
{
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(store, "id");
    const cJSON *attrs = cJSON_GetObjectItemCaseSensitive(store, "attrs");
    struct identity *identity = &till->world.identity;

    (void)snprintf(identity->store, sizeof identity->store, "%s", cJSON_IsString(id) ? id->valuestring : "");
    free(identity->store_attrs);
    identity->store_attrs = attrs ? cJSON_PrintUnformatted(attrs) : strdup("{}");
}

/* ---- what the central told ---- */

static int64_t sold_so_far(const struct chain_till *till)
{
    struct journal_head head;

    journal_head(till->world.journal, &head);
    return head.seq;
}

void chain_till_usage(struct chain_till *till, const char *name, int64_t uses)
{
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(cache_put_usage(till->world.cache, name, uses, 0xe1, sold_so_far(till), &err), ST_OK, "%s",
                 err.text);
}

void chain_till_member(struct chain_till *till, const char *id, const char *card, const cJSON *member)
{
    struct strbuf extra = STRBUF_INIT(TEXT_MAX);
    const cJSON *part;

    cJSON_ArrayForEach(part, member)
    {
        char *text = cJSON_PrintUnformatted(part);

        if (strcmp(part->string, "id") != 0)
            strbuf_printf(&extra, "\"%s\":%s,", part->string, text);
        free(text);
    }
    world_member(&till->world, id, card, strbuf_text(&extra), sold_so_far(till));
    strbuf_free(&extra);
}

/* ---- acting ---- */

int chain_till_call(struct chain_till *till, const char *method, const char *path, const char *body, size_t len,
                    cJSON **out_answer)
{
    return shop_call_bytes(&till->client, method, path, body, len, out_answer);
}

struct records {
    struct strbuf *out;
    int64_t last;
};

static bool take_record(void *context, const struct journal_entry *entry)
{
    struct records *records = context;

    strbuf_add(records->out, entry->bytes, entry->len);
    strbuf_putc(records->out, '\n');
    records->last = entry->position;
    return true;
}

void chain_till_records(struct chain_till *till, int64_t *position, struct strbuf *out)
{
    struct records records = {.out = out, .last = *position};
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(journal_each(till->world.journal, *position + 1, take_record, &records, &err), ST_OK, "%s",
                 err.text);
    *position = records.last;
}
