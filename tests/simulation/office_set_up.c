/* SPDX-License-Identifier: Apache-2.0 */
/* The office: what it sets up (rules, members, coupons, codes for its tills), and what its people do later. */
#include "agent/base/json_writer.h"
#include "agent/base/pk.h"
#include "sync/central/coupon.h"
#include "sync/central/import.h"
#include "sync/central/lease.h"
#include "sync/central/merge.h"
#include "sync/central/office.h"
#include "sync/central/publish.h"
#include "sync/central/upkeep.h"
#include "tests/powercut/must.h"
#include "tests/simulation/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void office_publish(struct sim_world *world, int version)
{
    const struct office *offers = world->offers;
    struct strbuf text = STRBUF_INIT(65536);
    struct json_writer w = JSON_WRITER_INIT(&text);
    struct errmsg err = ERRMSG_INIT;
    int64_t published;
    enum status st;

    jw_object_begin(&w);
    jw_field_text(&w, "text", offers->manifests[version]);
    jw_field_raw(&w, "signatures", offers->signatures[version], strlen(offers->signatures[version]));
    jw_object_end(&w);
    st = publish_bundle(world->central, strbuf_text(&text), text.len, offers->bundles[version],
                        strlen(offers->bundles[version]), &published, &err);
    if (st != ST_OK && !disk_is_off(world->central_disk))
        sim_wrong(world, "publishing rules: %s", err.text);
    if (st == ST_OK)
        world->deeds.version = version;
    world->deeds.publishing = st != ST_OK;
    strbuf_free(&text);
}

/* A file of members or coupons, as the office's people have them. */
typedef enum status import_fn(struct central *central, const char *chain, char *text, size_t len, int first_line,
                              struct json_writer *w, struct errmsg *err);

static enum status take_file(struct sim_world *world, import_fn *import, struct strbuf *text)
{
    struct strbuf out = STRBUF_INIT(4096);
    struct json_writer w = JSON_WRITER_INIT(&out);
    struct errmsg err = ERRMSG_INIT;
    enum status st;
    size_t len;
    char *csv = strbuf_detach(text, &len);

    st = import(world->central, "demo", csv, len, 1, &w, &err);
    if (st != ST_OK && !disk_is_off(world->central_disk))
        sim_wrong(world, "an import: %s", err.text);
    free(csv);
    strbuf_free(&out);
    return st;
}

static void import_all(struct sim_world *world)
{
    struct strbuf members = STRBUF_INIT(4096), coupons = STRBUF_INIT(4096);

    strbuf_printf(&members, "member,card," SHOP_CURRENCY "\n");
    for (int i = 0; i < MEMBERS; i++)
        strbuf_printf(&members, "M%d,%s,%d\n", i, sim_card(i), BALANCE_BEGUN);
    strbuf_printf(&coupons, "code,uses_max\n");
    for (int i = 0; i < COUPONS; i++)
        strbuf_printf(&coupons, "C%d,1\n", i);
    must(take_file(world, import_members, &members) == ST_OK && take_file(world, coupon_import, &coupons) == ST_OK,
         "members and coupons");
}

/* ---- deeds of later ---- */

void office_merge(struct sim_world *world)
{
    struct errmsg err = ERRMSG_INIT;
    enum status st = merge_members(world->central, "demo", "M2", "M1", &err);

    if (st != ST_OK && !disk_is_off(world->central_disk))
        sim_wrong(world, "the merge: %s", err.text);
    world->deeds.merged = st == ST_OK;
    world->deeds.merging = st != ST_OK;
}

static void learn_published(struct sim_world *world)
{
    int64_t version = 0;

    if (!world->deeds.publishing)
        return;
    must(STORE_NUMBER(world->central->store, STATEMENT_MANIFEST_VERSION, &version, NULL, V_TEXT("demo")) == ST_OK,
         "which rules were published");
    world->deeds.version = (int)version;
    world->deeds.publishing = false;
}

void office_learn(struct sim_world *world)
{
    struct rows *rows;

    learn_published(world);
    if (!world->deeds.merging)
        return;
    must(STORE_SELECT(world->central->store, STATEMENT_MEMBER_MERGED, &rows, NULL, V_TEXT("demo"), V_TEXT("M2")) ==
             ST_OK,
         "whether they are one");
    world->deeds.merged = rows_next(rows) && rows_text(rows, 0)[0] != '\0';
    world->deeds.merging = false;
    (void)rows_end(rows, NULL);
}

void office_move_card(struct sim_world *world)
{
    struct strbuf text = STRBUF_INIT(4096);

    strbuf_printf(&text, "member,card\nM1,%s\n", sim_card(0));
    world->deeds.moved = take_file(world, import_members, &text) == ST_OK;
}

static enum status put_point_rule(struct sim_world *world, struct errmsg *err)
{
    return STORE_RUN(world->central->store, STATEMENT_POINT_RULE_PUT, err, V_TEXT("demo"), V_TEXT(SHOP_CURRENCY),
                     V_INT(world->activation_days), V_INT(world->life_days), V_INT(LEASE_CAP), V_INT(LEASE_DAYS),
                     V_INT(LOST_DAYS));
}

void office_points(struct sim_world *world)
{
    struct errmsg err = ERRMSG_INIT;

    if (put_point_rule(world, &err) != ST_OK && !disk_is_off(world->central_disk))
        sim_wrong(world, "the rule of points: %s", err.text);
}

void office_upkeep(struct sim_world *world)
{
    struct errmsg err = ERRMSG_INIT;
    int64_t count = 0;

    if (upkeep_run(world->central, &count, &err) != ST_OK && !disk_is_off(world->central_disk))
        sim_wrong(world, "upkeep: %s", err.text);
    if (count > 0)
        sim_note(world, "written off %lld", (long long)count);
}

void office_init(struct sim_world *world, char codes[TILLS][16])
{
    const struct office_chain chain = {"demo", "Demo", "RUB", "en"};
    struct errmsg err = ERRMSG_INIT;
    char pem[PK_PEM_BYTES_MAX], id[17], name[8];

    office_make(world);
    must(world->central != NULL, world->wrong);
    must(office_chain_create(world->central, &chain, &err) == ST_OK, err.text);
    must(pk_public_pem(world->offers->key, pem, &err) == ST_OK, err.text);
    must(office_key_add(world->central, "demo", pem, id, &err) == ST_OK, err.text);
    must(office_store_create(world->central, "demo", "S12", "Store", "{}", &err) == ST_OK, err.text);
    must(put_point_rule(world, &err) == ST_OK, err.text);
    office_publish(world, 1);
    import_all(world);
    must(world->wrong[0] == '\0', world->wrong);
    for (int i = 0; i < TILLS; i++) {
        (void)snprintf(name, sizeof name, "%d", i + 1);
        must(office_till_code(world->central, "demo", "S12", name, codes[i], &err) == ST_OK, err.text);
    }
}
