/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/powercut/shop.h"

#include "agent/base/json.h"
#include "agent/base/strbuf.h"
#include "agent/db/cache.h"
#include "agent/db/journal.h"
#include "agent/db/rules.h"
#include "tests/powercut/calls.h"
#include "tests/powercut/must.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_UNIX_MS_S = 1795000000, PATH_BYTES = 256 };

static const struct {
    const char *card;
} members[HISTORY_MEMBERS] = {{"2900000000018"}, {"2900000000025"}, {"2900000000032"}};

const char *shop_card(int member)
{
    return members[member].card;
}

void shop_begin(struct shop *shop, const struct office *office, const char *folder, struct disk *disk,
                struct history *history)
{
    *shop = (struct shop){.office = office, .folder = folder, .disk = disk, .history = history};
    shop->time.wall_ms = INT64_C(1000) * FIRST_UNIX_MS_S;
    shop->time.mono_ms = 1000;
}

bool shop_is_dead(const struct shop *shop)
{
    return shop->disk && disk_is_off(shop->disk);
}

/* ---- the tables of the till ---- */

static void print(void *device, const struct page *page, const char *job_id, till_printed_fn *printed, void *context)
{
    struct shop *shop = device;
    const char *mark = strrchr(job_id, '#');
    char id[32];
    int sale;

    (void)page;
    if (shop->job[0] != '\0')
        shop_answer_print(shop, TILL_PRINT_CONFIRMED);
    (void)snprintf(shop->job, sizeof shop->job, "%s", job_id);
    shop->printed = printed;
    shop->printed_context = context;
    if (shop_is_dead(shop) || !mark || strcmp(mark, "#0") != 0)
        return;
    (void)snprintf(id, sizeof id, "%.*s", (int)(mark - job_id), job_id);
    sale = history_find_sale(shop->history, id);
    if (sale < 0)
        history_wrong(shop->history, "a receipt of sale %s, which nobody made, is printed", id);
    else if (++shop->history->sales[sale].prints > 1 && calls_mutant() != MUTANT_PRINT_FIRST)
        history_wrong(shop->history, "sale %s is printed twice", id);
}

void shop_answer_print(struct shop *shop, enum till_print state)
{
    char job[64];

    if (shop->job[0] == '\0')
        return;
    memcpy(job, shop->job, sizeof job);
    shop->job[0] = '\0';
    shop->printed(shop->printed_context, job, state, state == TILL_PRINT_CONFIRMED ? "" : "no paper");
}

static bool is_up(void *link, int64_t *out_since)
{
    (void)link;
    *out_since = 0;
    return true;
}

static void fetch(void *context, const char *sha256_hex, int64_t from, int64_t to)
{
    struct shop *shop = context;
    const char *bundle = shop->office->bundles[shop->offered];
    int64_t len = (int64_t)strlen(bundle);

    if (to >= len)
        to = len - 1;
    rulebook_piece(shop->rulebook, sha256_hex, from, bundle + from, from <= to ? (size_t)(to - from + 1) : 0);
}

static void changed(void *context, int64_t version, const char *refused_reason)
{
    struct shop *shop = context;

    shop->refused = refused_reason != NULL;
    shop->active_version = version;
    if (!shop_is_dead(shop) && version > shop->history->rules_version)
        shop->history->rules_version = version;
    if (shop->till)
        till_rules_changed(shop->till, version, refused_reason);
}

static enum status journal_record(void *context, const char *type, const char *body, size_t len, struct errmsg *err)
{
    return till_record(((struct shop *)context)->till, type, body, len, err);
}

static bool may_switch(void *context)
{
    const struct shop *shop = context;

    return !shop->till || till_is_idle(shop->till);
}

void shop_offer(struct shop *shop, int64_t version)
{
    shop->offered = version;
    shop->refused = false;
    rulebook_offer(shop->rulebook, shop->office->manifests[version], strlen(shop->office->manifests[version]),
                   shop->office->signatures[version], strlen(shop->office->signatures[version]));
    calls_run_work();
}

/* ---- starting and stopping ---- */

static const char *path(const struct shop *shop, const char *name, char out[PATH_BYTES])
{
    (void)snprintf(out, PATH_BYTES, "%s/%s", shop->folder, name);
    return out;
}

/* The till's identity is the same after each start; that of a real one lies in journal.db and was stored at
 * enrolment. */
static enum status fill_identity(struct shop *shop, struct errmsg *err)
{
    struct identity *identity = &shop->identity;
    char pem[PK_PEM_BYTES_MAX];
    enum status st = identity_load(shop->journal, identity, err);

    if (st != ST_OK)
        return st;
    identity->enrolled = true;
    (void)snprintf(identity->chain, sizeof identity->chain, "demo");
    (void)snprintf(identity->store, sizeof identity->store, "S12");
    (void)snprintf(identity->till, sizeof identity->till, "3");
    (void)snprintf(identity->currency, sizeof identity->currency, "RUB");
    (void)snprintf(identity->language, sizeof identity->language, "en");
    memset(identity->id_key, 7, sizeof identity->id_key);
    st = pk_public_pem(shop->office->key, pem, err);
    if (st == ST_OK)
        st = pk_from_public_pem(pem, &identity->rules_keys[0], err);
    if (st == ST_OK)
        st = pk_id(identity->rules_keys[0], identity->rules_key_ids[0]);
    identity->rules_key_count = st == ST_OK;
    return st;
}

static enum status open_databases(struct shop *shop, struct errmsg *err)
{
    struct journal_options journal = {.now_unix_ms = shop->time.wall_ms, .new_dev = 0xd1, .new_epoch = 0xe1};
    char text[PATH_BYTES];
    bool rebuilt = false;
    enum status st;

    journal.path = path(shop, "journal.db", text);
    st = journal_open(&journal, &shop->journal, err);
    if (st == ST_OK)
        st = rules_open(path(shop, "rules.db", text), shop->time.wall_ms, &shop->rules, &rebuilt, err);
    if (st == ST_OK && rebuilt && !shop->failing)
        history_wrong(shop->history, "rules.db was damaged");
    if (st == ST_OK && rebuilt) /* they are fetched again */
        shop->history->rules_version = 0;
    if (st == ST_OK)
        st = cache_open(path(shop, "cache.db", text), shop->time.wall_ms, &shop->cache, &shop->cache_rebuilt, err);
    if (st == ST_OK && shop->cache_rebuilt)
        shop->rebuilds++;
    return st == ST_OK ? fill_identity(shop, err) : st;
}

static enum status open_till(struct shop *shop, struct errmsg *err)
{
    const struct rulebook_options book = {NULL,  &shop->clock, shop->journal,  shop->rules, &shop->identity,
                                          fetch, changed,      journal_record, may_switch,  shop,
                                          NULL,  NULL};
    struct till_options till = {.clock = &shop->clock,
                                .journal = shop->journal,
                                .cache = shop->cache,
                                .identity = &shop->identity,
                                .ballast = &shop->ballast,
                                .language = "en",
                                .card_prefixes = "29",
                                .printer = {shop, print},
                                .central = {.link = shop, .is_up = is_up}};
    enum status st = rulebook_create(&book, &shop->rulebook, err);

    if (st != ST_OK)
        return st;
    till.rulebook = shop->rulebook;
    shop->active_version = rule_edition_version(rulebook_active(shop->rulebook));
    st = till_create(&till, &shop->till, err);
    if (st == ST_OK)
        rulebook_settle(shop->rulebook); /* as the daemon does when it is idle */
    return st;
}

enum status shop_open(struct shop *shop, struct errmsg *err)
{
    enum status st;

    shop->clock = clock_virtual(&shop->time);
    st = open_databases(shop, err);
    if (st == ST_OK)
        st = open_till(shop, err);
    shop->first_position = shop->history->last_position;
    if (st != ST_OK)
        shop_close(shop);
    return st;
}

void shop_close(struct shop *shop)
{
    shop->job[0] = '\0'; /* the printer's answer comes to nobody */
    calls_run_work();
    till_destroy(shop->till);
    rulebook_destroy(shop->rulebook);
    cache_close(shop->cache);
    rules_close(shop->rules);
    journal_close(shop->journal);
    identity_clear(&shop->identity);
    strbuf_free(&shop->answer);
    shop->till = NULL;
    shop->rulebook = NULL;
    shop->cache = NULL;
    shop->rules = NULL;
    shop->journal = NULL;
}

/* ---- the caller ---- */

/* A void that was cut off may have reached the disk all the same. */
static bool may_be_voided(const struct shop *shop, const char *sale)
{
    for (int i = 0; i < shop->history->sale_count; i++) {
        if (strcmp(shop->history->sales[i].id, sale) == 0)
            return shop->history->sales[i].void_asked;
    }
    return false;
}

enum problem shop_do(struct shop *shop, const char *command, const char *sale, const char *body,
                     const char **out_answer)
{
    struct strbuf *out = &shop->answer;
    struct errmsg err = ERRMSG_INIT;
    size_t len = body ? strlen(body) : 0;
    enum problem problem;

    strbuf_free(out);
    *out = (struct strbuf)STRBUF_INIT(TILL_ANSWER_MAX); /* one that failed stays so */
    if (strcmp(command, "put") == 0)
        problem = till_put_sale(shop->till, sale, body, len, out, &err);
    else if (strcmp(command, "tender") == 0)
        problem = till_tender(shop->till, sale, body, len, out, &err);
    else if (strcmp(command, "commit") == 0)
        problem = till_commit(shop->till, sale, body, len, out, &err);
    else if (strcmp(command, "void") == 0)
        problem = till_void(shop->till, sale, body, len, out, &err);
    else if (strcmp(command, "copy") == 0)
        problem = till_copy(shop->till, sale, out, &err);
    else
        problem = till_get_sale(shop->till, sale, out, &err);
    if (out_answer)
        *out_answer = problem == PROBLEM_NONE ? strbuf_text(out) : "";
    if (problem == PROBLEM_JOURNAL_FAILED)
        shop->restart_asked = true;
    /* The disk is there and nothing fails on purpose: then nothing may be refused. */
    if (problem != PROBLEM_NONE && problem != PROBLEM_SALE_COMMITTED && !shop_is_dead(shop) && !shop->failing &&
        !(problem == PROBLEM_SALE_VOIDED && may_be_voided(shop, sale)))
        history_wrong(shop->history, "%s of %s was refused: %s: %s (log: %s)", command, sale,
                      problem_spec(problem)->name, err.text, calls_last_log());
    return problem;
}

/* Reads "total_minor" and, of a member, the balance. */
static void read_answer(const char *answer, int64_t *out_total, int64_t *out_balance)
{
    struct cJSON *root = NULL;
    const cJSON *member = NULL, *balances = NULL;

    *out_total = *out_balance = -1;
    if (json_parse(answer, strlen(answer), TILL_ANSWER_MAX, &root, NULL) != ST_OK)
        return;
    (void)json_int(root, "total_minor", 0, JSON_INT_MAX, out_total, NULL);
    if (json_object(root, "member", &member, NULL) == ST_OK &&
        json_object(member, "balances", &balances, NULL) == ST_OK)
        (void)json_int(balances, SHOP_CURRENCY, -JSON_INT_MAX, JSON_INT_MAX, out_balance, NULL);
    json_free(root);
}

enum problem shop_put(struct shop *shop, struct told_sale *sale, int64_t *out_balance)
{
    char body[512];
    const char *answer;
    int64_t total = -1;
    int len = snprintf(body, sizeof body,
                       "{\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1000,\"unit_price_minor\":100},"
                       "{\"line\":2,\"sku\":\"B\",\"qty_milli\":1000,\"unit_price_minor\":%lld}]",
                       (long long)(sale->total_minor - 100));
    enum problem problem;

    if (sale->member >= 0)
        (void)snprintf(body + len, sizeof body - (size_t)len, ",\"card\":\"%s\",\"entry\":\"scan\"}",
                       members[sale->member].card);
    else
        (void)snprintf(body + len, sizeof body - (size_t)len, "}");
    *out_balance = -1;
    problem = shop_do(shop, "put", sale->id, body, &answer);
    if (problem != PROBLEM_NONE)
        return problem;
    sale->points = sale->member >= 0 ? sale->total_minor / 100 * shop->active_version : 0;
    read_answer(answer, &total, out_balance);
    if (*out_balance < 0 && shop->failing)
        sale->points = 0; /* the member could not be looked up: the card is attached and earns at the central */
    if (total != sale->total_minor && !(shop->failing && total < 0)) /* the caller here reads with the same memory */
        history_wrong(shop->history, "sale %s of %lld comes to %lld", sale->id, (long long)sale->total_minor,
                      (long long)total);
    return PROBLEM_NONE;
}

enum problem shop_commit(struct shop *shop, struct told_sale *sale)
{
    enum problem problem;

    sale->tried = true;
    shop->history->committing = (int)(sale - shop->history->sales);
    problem = shop_do(shop, "commit", sale->id, NULL, NULL);
    shop->history->committing = -1;
    if (problem == PROBLEM_NONE && !shop_is_dead(shop))
        sale->answered = true;
    return problem;
}
