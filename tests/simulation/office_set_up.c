/* SPDX-License-Identifier: Apache-2.0 */
/* The office that sets the chain up: rules, members, codes for its tills. */
#include "agent/base/json_writer.h"
#include "agent/base/pk.h"
#include "sync/central/import.h"
#include "sync/central/office.h"
#include "sync/central/publish.h"
#include "tests/powercut/must.h"
#include "tests/simulation/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void publish(struct sim_world *world, const struct office *offers)
{
    struct strbuf text = STRBUF_INIT(65536);
    struct json_writer w = JSON_WRITER_INIT(&text);
    struct errmsg err = ERRMSG_INIT;
    int64_t version;

    jw_object_begin(&w);
    jw_field_text(&w, "text", offers->manifests[1]);
    jw_field_raw(&w, "signatures", offers->signatures[1], strlen(offers->signatures[1]));
    jw_object_end(&w);
    must(publish_bundle(world->central, strbuf_text(&text), text.len, offers->bundles[1], strlen(offers->bundles[1]),
                        &version, &err) == ST_OK,
         err.text);
    strbuf_free(&text);
}

static void import(struct sim_world *world)
{
    struct strbuf text = STRBUF_INIT(4096), out = STRBUF_INIT(4096);
    struct json_writer w = JSON_WRITER_INIT(&out);
    struct errmsg err = ERRMSG_INIT;
    size_t len;
    char *csv;

    strbuf_printf(&text, "member,card," SHOP_CURRENCY "\n");
    for (int i = 0; i < MEMBERS; i++)
        strbuf_printf(&text, "M%d,%s,50\n", i, sim_card(i));
    csv = strbuf_detach(&text, &len);
    must(import_members(world->central, "demo", csv, len, 1, &w, &err) == ST_OK, err.text);
    free(csv);
    strbuf_free(&out);
}

void office_init(struct sim_world *world, const struct office *offers, char codes[TILLS][16])
{
    const struct office_chain chain = {"demo", "Demo", "RUB", "en"};
    struct errmsg err = ERRMSG_INIT;
    char pem[PK_PEM_BYTES_MAX], id[17], name[8];

    office_make(world);
    must(world->central != NULL, world->wrong);
    must(office_chain_create(world->central, &chain, &err) == ST_OK, err.text);
    must(pk_public_pem(offers->key, pem, &err) == ST_OK, err.text);
    must(office_key_add(world->central, "demo", pem, id, &err) == ST_OK, err.text);
    must(office_store_create(world->central, "demo", "S12", "Store", "{}", &err) == ST_OK, err.text);
    publish(world, offers);
    import(world);
    for (int i = 0; i < TILLS; i++) {
        (void)snprintf(name, sizeof name, "%d", i + 1);
        must(office_till_code(world->central, "demo", "S12", name, codes[i], &err) == ST_OK, err.text);
    }
}
