/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the central reads, behind certificate and MAC: bodies of tills, records of their journals, files of the
 * office. The first byte says which; for a record ('r') the first line is its type. It must be answered, with an
 * error in words where it is one, and the ledger must balance all the same; a record that cannot be booked goes to
 * the dead letters.
 */
#include "agent/base/crypto.h"
#include "agent/base/hex.h"
#include "agent/base/json_writer.h"
#include "agent/base/log.h"
#include "sync/central/counting.h"
#include "sync/central/coupon.h"
#include "sync/central/device.h"
#include "sync/central/enrol.h"
#include "sync/central/hold.h"
#include "sync/central/import.h"
#include "sync/central/interpret_return.h"
#include "sync/central/journal.h"
#include "sync/central/office.h"
#include "sync/central/publish.h"
#include "sync/central/renew.h"
#include "sync/central/trust.h"
#include "sync/central/updates.h"
#include "sync/protocol/record.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INPUT_BYTES_MAX = 32 * 1024 };

#define DEV   "00000000000000d1"
#define EPOCH "00000000000000e1"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct central *central;
static struct virtual_clock now;
static struct clock_source source;
static char folder[64];

static void must(int holds)
{
    if (!holds)
        abort();
}

/* ---- a central with a chain, a store, a till and a member ---- */

static void remove_files(void)
{
    char path[400];
    DIR *dir;
    struct dirent *one;

    central_close(central);
    dir = opendir(folder);
    while (dir && (one = readdir(dir)) != NULL) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, one->d_name);
        (void)unlink(path);
    }
    if (dir)
        (void)closedir(dir);
    (void)rmdir(folder);
}

static enum status import(enum status (*import_fn)(struct central *, const char *, char *, size_t, int,
                                                   struct json_writer *, struct errmsg *),
                          const void *bytes, size_t len)
{
    struct strbuf out = STRBUF_INIT(1024 * 1024);
    struct json_writer w = JSON_WRITER_INIT(&out);
    struct errmsg err = ERRMSG_INIT;
    char *text = malloc(len + 1);
    enum status st;

    must(text != NULL);
    if (len > 0)
        memcpy(text, bytes, len);
    text[len] = '\0';
    st = import_fn(central, "demo", text, len, 1, &w, &err);
    must(st == ST_OK || err.text[0]);
    free(text);
    strbuf_free(&out);
    return st;
}

static void set_up(void)
{
    static const char members[] = "member,card,bonus\nM1,2900000000001,1000\n", coupons[] = "code,uses_max\nABC1,1\n";
    static const struct office_chain chain = {"demo", "Demo", "RUB", "en"};
    struct central_place place = {folder, NULL};
    uint8_t zeros[SHA256_BYTES] = {0};

    log_set_level(LOG_LEVEL_ERROR);
    source = clock_virtual(&now);
    now.wall_ms = INT64_C(1795000000000);
    (void)snprintf(folder, sizeof folder, "%s/loyald-fuzz-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    must(mkdtemp(folder) != NULL && atexit(remove_files) == 0);
    must(central_init(&place, "", &source, NULL) == ST_OK && central_open(&place, &source, &central, NULL) == ST_OK);
    must(office_chain_create(central, &chain, NULL) == ST_OK);
    must(office_store_create(central, "demo", "S12", "Store", "{}", NULL) == ST_OK);
    must(STORE_RUN(central->store, STATEMENT_POINT_RULE_PUT, NULL, V_TEXT("demo"), V_TEXT("bonus"), V_INT(0),
                   V_INT(0), V_INT(40), V_INT(7), V_INT(30)) == ST_OK);
    must(STORE_RUN(central->store, STATEMENT_DEVICE_PUT, NULL, V_TEXT(DEV), V_TEXT("demo"), V_TEXT("S12"),
                   V_TEXT("3"), V_BLOB(zeros, CRYPTO_KEY_BYTES), V_INT(0), V_TEXT(EPOCH), V_INT(0),
                   V_BLOB(zeros, SHA256_BYTES), V_TEXT("0"), V_INT(0), V_TEXT(""), V_TEXT("")) == ST_OK);
    must(import(import_members, members, sizeof members - 1) == ST_OK);
    must(import(coupon_import, coupons, sizeof coupons - 1) == ST_OK);
}

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
        (void)enrol_till(central, DEV, EPOCH, text, len, key, answer);
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
        (void)import(import_members, text, len);
        break;
    case 'C':
        (void)import(coupon_import, text, len);
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
    int64_t wrong = 0;

    if (!central)
        set_up();
    if (size < 1 || size > INPUT_BYTES_MAX)
        return 0;
    now.mono_ms += 1000; /* wrong codes are counted by the minute */
    must(device_load(central, DEV, &device, NULL) == ST_OK);
    take((char)data[0], &device, (const char *)data + 1, size - 1, &answer);
    look_at(&answer);
    strbuf_free(&answer.body);
    must(counting_run(central, NULL) == ST_OK);
    must(STORE_NUMBER(central->store, STATEMENT_LOT_WRONG, &wrong, NULL) == ST_OK && wrong == 0);
    return 0;
}
