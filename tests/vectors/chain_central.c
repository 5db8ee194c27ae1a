/* SPDX-License-Identifier: Apache-2.0 */
/* The fixture of the central's tests has a till of its own, whose name for a record is the real till's too. */
#define till_record fixture_till_record
#include "tests/unit/sync/central/fixture.h"
#undef till_record

#include "chain.h"

#include "agent/base/json_writer.h"
#include "sync/central/office.h"
#include "sync/central/publish.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 4 * 1024 * 1024 };
static const uint64_t till_dev = 0xd1, till_epoch = 0xe1; /* of tests/unit/agent/till/world.c */

struct chain_central {
    struct fixture fixture;
    struct fake_till device;
};

struct chain_central *chain_central_begin(const struct pk *office)
{
    struct chain_central *central = calloc(1, sizeof *central);
    struct errmsg err = ERRMSG_INIT;
    char pem[PK_PEM_BYTES_MAX], key_id[17], code[16];

    cr_assert(central);
    fixture_open(&central->fixture);
    cr_assert_eq(pk_public_pem(office, pem, &err), ST_OK, "%s", err.text);
    cr_assert_eq(office_key_add(central->fixture.central, "demo", pem, key_id, &err), ST_OK, "%s", err.text);
    till_init(&central->device, till_dev, till_epoch);
    fixture_code(&central->fixture, "3", code);
    cr_assert_eq(till_enrol(&central->fixture, &central->device, code), 200);
    return central;
}

void chain_central_end(struct chain_central *central)
{
    till_clear(&central->device);
    fixture_close(&central->fixture);
    free(central);
}

void chain_central_publish(struct chain_central *central, const char *manifest, const char *signatures,
                           const char *bundle)
{
    struct strbuf signed_json = STRBUF_INIT(TEXT_MAX);
    struct json_writer w = JSON_WRITER_INIT(&signed_json);
    struct errmsg err = ERRMSG_INIT;
    int64_t version;

    jw_object_begin(&w);
    jw_field_text(&w, "text", manifest);
    jw_field_raw(&w, "signatures", signatures, strlen(signatures));
    jw_object_end(&w);
    cr_assert_eq(publish_bundle(central->fixture.central, signed_json.data, signed_json.len, bundle, strlen(bundle),
                                &version, &err),
                 ST_OK, "%s", err.text);
    strbuf_free(&signed_json);
}

void chain_central_post(struct chain_central *central, const struct strbuf *records)
{
    struct strbuf answer = STRBUF_INIT(TEXT_MAX);
    int status = till_post(&central->fixture, &central->device, records, &answer);

    cr_assert_eq(status, 200, "the central: %d %s", status, strbuf_text(&answer));
    strbuf_free(&answer);
}

void chain_central_counts(struct chain_central *central, int64_t *out_same, int64_t *out_different, int64_t *out_dead)
{
    *out_same = total(&central->fixture, "compared_same");
    *out_different = total(&central->fixture, "differences");
    *out_dead = total(&central->fixture, "dead_letters");
}
