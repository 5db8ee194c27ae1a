/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the central reads, behind certificate and MAC: bodies of tills, records of their journals, files of the
 * office. The first byte says which; for a record ('r') the first line is its type. It must be answered, with an
 * error in words where it is one, and the ledger must balance all the same; a record that cannot be booked goes to
 * the dead letters.
 */
#include "agent/base/crypto.h"
#include "sync/central/coupon.h"
#include "sync/central/device.h"
#include "sync/central/enrol.h"
#include "sync/central/hold.h"
#include "sync/central/import.h"
#include "sync/central/interpret_return.h"
#include "sync/central/journal.h"
#include "sync/central/publish.h"
#include "sync/central/renew.h"
#include "sync/central/trust.h"
#include "sync/central/updates.h"
#include "sync/protocol/record.h"
#include "tests/fuzz/central_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_BYTES_MAX = 32 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct central *central;

/* ---- what comes ---- */

static void look_at(const struct answer *answer)
{
    must(answer->status == 200 || answer->status == 206 || (answer->status >= 400 && answer->body.len > 0));
    must(strbuf_status(&answer->body) == ST_OK);
}

/* In an envelope as the till's own would be. */
static void take_record(const struct device *device, const char *text, size_t len, struct answer *answer)
{
    const char *end = memchr(text, '\n', len);
    struct record_head head = {.dev = 0xd1, .epoch = 0xe1, .seq = device->acked + 1, .type_version = 1};
    struct strbuf batch = STRBUF_INIT(RECORD_BYTES_MAX + 1);
    size_t type_len = end ? (size_t)(end - text) : len;

    if (type_len == 0 || type_len > RECORD_TYPE_MAX)
        return;
    memcpy(head.type, text, type_len);
    head.type[type_len] = '\0';
    memcpy(head.prev, device->head_hash, SHA256_BYTES);
    if (record_encode(&head, end ? end + 1 : "", end ? len - type_len - 1 : 0, &batch, NULL) == ST_OK) {
        strbuf_putc(&batch, '\n');
        journal_accept(central, device, strbuf_text(&batch), batch.len, answer);
    }
    strbuf_free(&batch);
}

static void ask_updates(const struct device *device, const char *text, size_t len, struct answer *answer)
{
    char cursor[160] = "";
    struct errmsg err = ERRMSG_INIT;
    struct updates_cursor at;

    memcpy(cursor, text, len < sizeof cursor - 1 ? len : sizeof cursor - 1);
    if (updates_read_cursor(central, cursor, &at, &err) == ST_OK)
        updates_answer(central, device, &at, answer);
    else
        answer_status(answer, ST_INVALID, &err);
}

/* Terminated, for what takes a name. */
static const char *name_of(const char *text, size_t len, char out[160])
{
    (void)snprintf(out, 160, "%.*s", (int)(len < 159 ? len : 159), text);
    return out;
}

static void take(char what, const struct device *device, const char *text, size_t len, struct answer *answer)
{
    uint8_t key[CRYPTO_KEY_BYTES];
    char name[160];
    struct errmsg err = ERRMSG_INIT;
    int64_t version;

    switch (what) {
    case 'r':
        take_record(device, text, len, answer);
        break;
    case 'j':
        journal_accept(central, device, text, len, answer);
        break;
    case 'h':
        hold_answer(central, device, text, len, answer);
        break;
    case 'v':
        hold_void_answer(central, device, text, len, answer);
        break;
    case 'c':
        coupon_claim_answer(central, device, text, len, answer);
        break;
    case 's':
        device_status(central, device, text, len, answer);
        break;
    case 'e':
        (void)enrol_till(central, CENTRAL_WORLD_DEV, CENTRAL_WORLD_EPOCH, text, len, key, answer);
        break;
    case 'n':
        renew_certificate(central, text, len, answer);
        break;
    case 'u':
        ask_updates(device, text, len, answer);
        break;
    case 'm':
        updates_member(central, device, name_of(text, len, name), answer);
        break;
    case 'g':
        return_sale_answer(central, device, name_of(text, len, name), answer);
        break;
    case 'M':
        (void)central_world_take(import_members, text, len);
        break;
    case 'C':
        (void)central_world_take(coupon_import, text, len);
        break;
    case 'p':
        must(publish_bundle(central, text, len, "{}", 2, &version, &err) == ST_OK || err.text[0]);
        break;
    default:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct answer answer = ANSWER_INIT;
    struct device device;

    if (size < 1 || size > INPUT_BYTES_MAX)
        return 0;
    central = central_world();
    central_world_time()->mono_ms += 1000; /* wrong codes are counted by the minute */
    must(device_load(central, CENTRAL_WORLD_DEV, &device, NULL) == ST_OK);
    take((char)data[0], &device, (const char *)data + 1, size - 1, &answer);
    look_at(&answer);
    strbuf_free(&answer.body);
    central_world_check();
    return 0;
}
