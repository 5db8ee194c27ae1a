/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/central_world.h"

#include "agent/base/crypto.h"
#include "agent/base/json_writer.h"
#include "agent/base/log.h"
#include "sync/central/counting.h"
#include "sync/central/coupon.h"
#include "sync/central/import.h"
#include "sync/central/office.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct central *central;
static struct virtual_clock now;
static struct clock_source source;
static char folder[64];

void must(bool holds)
{
    if (!holds)
        abort();
}

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

enum status central_world_take(central_world_import *import_fn, const void *bytes, size_t len)
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
    must(STORE_RUN(central->store, STATEMENT_DEVICE_PUT, NULL, V_TEXT(CENTRAL_WORLD_DEV), V_TEXT("demo"),
                   V_TEXT("S12"), V_TEXT("3"), V_BLOB(zeros, CRYPTO_KEY_BYTES), V_INT(0), V_TEXT(CENTRAL_WORLD_EPOCH),
                   V_INT(0), V_BLOB(zeros, SHA256_BYTES), V_TEXT("0"), V_INT(0), V_TEXT(""), V_TEXT("")) == ST_OK);
    must(central_world_take(import_members, members, sizeof members - 1) == ST_OK);
    must(central_world_take(coupon_import, coupons, sizeof coupons - 1) == ST_OK);
}

struct central *central_world(void)
{
    if (!central)
        set_up();
    return central;
}

struct virtual_clock *central_world_time(void)
{
    return &now;
}

const char *central_world_folder(void)
{
    return folder;
}

void central_world_check(void)
{
    int64_t wrong = 0;

    must(counting_run(central, NULL) == ST_OK);
    must(STORE_NUMBER(central->store, STATEMENT_LOT_WRONG, &wrong, NULL) == ST_OK && wrong == 0);
}
