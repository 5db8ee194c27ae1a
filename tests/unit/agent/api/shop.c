/* SPDX-License-Identifier: Apache-2.0 */
#include "shop.h"

#include "agent/base/sha256.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <curl/curl.h>

enum { PATIENCE_MS = 20 * 1000 };

static const char bundle_json[] =
    "{\"format\":\"loyald-bundle/1\",\"id\":\"main\",\"version\":7,\"currency\":\"RUB\",\"minor_digits\":2,"
    "\"layers\":[{\"id\":\"promo\",\"mode\":\"best\"},{\"id\":\"points\",\"mode\":\"stack\"}],"
    "\"point_currencies\":[{\"id\":\"bonus\",\"digits\":2,\"value_minor\":100}],"
    "\"promotions\":["
    "{\"id\":\"gold-10\",\"title\":{\"en\":\"Gold 10 %\"},\"layer\":\"promo\",\"order\":1,"
    "\"when\":{\"member\":{\"tiers\":[\"gold\"]}},"
    "\"reward\":{\"kind\":\"percent_off\",\"items\":{\"any\":true},\"percent_bp\":1000}},"
    "{\"id\":\"earn\",\"title\":{\"en\":\"Points\"},\"layer\":\"points\",\"order\":1,\"when\":{},"
    "\"reward\":{\"kind\":\"points\",\"currency\":\"bonus\",\"items\":{\"any\":true},\"per_minor\":1000,\"give\":10}}"
    "]}";

#define OK(call)                                                                                                     \
    do {                                                                                                             \
        struct errmsg err = ERRMSG_INIT;                                                                             \
        enum status st = (call);                                                                                     \
        cr_assert_eq(st, ST_OK, #call ": %s %s", status_text(st), err.text);                                         \
    } while (0)

/* ---- what is plugged in ---- */

static void print(void *device, const struct page *page, const char *job_id, till_printed_fn *printed, void *context)
{
    struct shop *shop = device;

    (void)page;
    shop->pages++;
    snprintf(shop->job_id, sizeof shop->job_id, "%s", job_id);
    shop->printed = printed;
    shop->printed_context = context;
}

static void ask_member(void *link, const uint8_t identifier[16], int64_t deadline_ms, till_member_fn *answer,
                       void *context)
{
    struct shop *shop = link;

    (void)identifier;
    (void)deadline_ms;
    shop->questions++;
    shop->answer = answer;
    shop->answer_context = context;
}

static bool is_up(void *link, int64_t *out_since)
{
    (void)link;
    *out_since = 0;
    return true;
}

static void write_health(void *context, struct json_writer *w)
{
    (void)context;
    jw_name(w, "devices");
    jw_array_begin(w);
    jw_object_begin(w);
    jw_field_text(w, "kind", "printer");
    jw_field_text(w, "state", "ready");
    jw_object_end(w);
    jw_array_end(w);
}

static void enrol(void *context, const char *code, api_enrolled_fn *answer, void *answer_context)
{
    struct shop *shop = context;

    shop->enrolments++;
    snprintf(shop->code, sizeof shop->code, "%s", code);
    shop->enrolled = answer;
    shop->enrolled_context = answer_context;
    if (strcmp(code, "AT-ONCE") == 0)
        answer(answer_context, PROBLEM_ENROL_REFUSED, "the code was used already");
}

static void journal_is_lost(void *context)
{
    struct shop *shop = context;

    shop->journal_failures++;
}

/* ---- the databases ---- */

static void put_rules(struct shop *shop)
{
    struct rules_entry entry = {
        .version = 7, .total_bytes = sizeof bundle_json - 1, .manifest = "{}", .signatures = "[]"};

    struct sha256 hash;

    sha256_init(&hash);
    sha256_add(&hash, bundle_json, sizeof bundle_json - 1);
    sha256_end(&hash, entry.sha256);
    OK(rules_begin(shop->rules, &entry, shop->time.wall_ms, &err));
    OK(rules_add_piece(shop->rules, 0, bundle_json, sizeof bundle_json - 1, &err));
    OK(rules_stage(shop->rules, &err));
    OK(rules_activate(shop->rules, &err));
}

static void put_member(struct shop *shop)
{
    static const char profile[] =
        "{\"id\":\"M1\",\"state\":\"active\",\"tier\":\"gold\",\"segments\":[],\"attrs\":{},"
        "\"balances\":{\"bonus\":54000},\"usage\":{},\"display\":\"Anna K.\"}";
    uint8_t hash[1][IDENTIFIER_HASH_BYTES];

    identity_hash(&shop->identity, "card", SHOP_CARD, hash[0]);
    OK(cache_put_member(shop->cache, "M1", profile, (const uint8_t(*)[IDENTIFIER_HASH_BYTES])hash, 1, 0, 0, &err));
}

static void open_databases(struct shop *shop)
{
    struct journal_options journal = {
        .path = ":memory:", .now_unix_ms = shop->time.wall_ms, .new_dev = 0x11, .new_epoch = 0x22};
    bool rebuilt;

    OK(journal_open(&journal, &shop->journal, &err));
    OK(cache_open(":memory:", shop->time.wall_ms, &shop->cache, &rebuilt, &err));
    OK(rules_open(":memory:", shop->time.wall_ms, &shop->rules, &rebuilt, &err));
    OK(identity_load(shop->journal, &shop->identity, &err));
    shop->identity.enrolled = true; /* as by an enrolment; the key of identifiers stays all zero */
    strcpy(shop->identity.chain, "demo");
    strcpy(shop->identity.store, "S12");
    strcpy(shop->identity.store_name, "Shop 12");
    strcpy(shop->identity.till, "3");
    strcpy(shop->identity.currency, "RUB");
    put_rules(shop);
    put_member(shop);
}

void shop_open(struct shop *shop)
{
    bool has_printer = shop->has_printer;
    struct rulebook_options rulebook;
    struct till_options till;
    struct api_options api;

    memset(shop, 0, sizeof *shop);
    shop->has_printer = has_printer;
    shop->time.wall_ms = INT64_C(1795359900000);
    shop->clock = clock_virtual(&shop->time);
    OK(loop_create(&shop->loop, &err));
    open_databases(shop);
    rulebook = (struct rulebook_options){.loop = shop->loop,
                                         .clock = &shop->clock,
                                         .journal = shop->journal,
                                         .rules = shop->rules,
                                         .identity = &shop->identity};
    OK(rulebook_create(&rulebook, &shop->rulebook, &err));
    OK(hub_create(shop->loop, &shop->hub, &err));
    till = (struct till_options){.loop = shop->loop,
                                 .clock = &shop->clock,
                                 .journal = shop->journal,
                                 .cache = shop->cache,
                                 .identity = &shop->identity,
                                 .rulebook = shop->rulebook,
                                 .language = "en",
                                 .card_prefixes = "29",
                                 .printer = {shop, has_printer ? print : NULL},
                                 .central = {.link = shop, .ask_member = ask_member, .is_up = is_up},
                                 .watcher = hub_watcher(shop->hub)};
    OK(till_create(&till, &shop->till, &err));
    snprintf(shop->dir, sizeof shop->dir, "/tmp/api-test-XXXXXX");
    cr_assert_not_null(mkdtemp(shop->dir));
    snprintf(shop->socket_path, sizeof shop->socket_path, "%s/api.sock", shop->dir);
    snprintf(shop->doctor_file, sizeof shop->doctor_file, "%s/doctor.json", shop->dir);
    api = (struct api_options){.loop = shop->loop,
                               .till = shop->till,
                               .hub = shop->hub,
                               .hooks = {shop, write_health, enrol, journal_is_lost},
                               .unix_path = shop->socket_path,
                               .unix_mode = 0600,
                               .tcp_host = "127.0.0.1",
                               .bearer_token = SHOP_TOKEN,
                               .state_dir = shop->dir,
                               .doctor_file = shop->doctor_file,
                               .limits = {1000, 100000, 15, 10080, 20}};
    OK(api_create(&api, &shop->api, &err));
}

void shop_close(struct shop *shop)
{
    api_destroy(shop->api);
    till_destroy(shop->till);
    hub_destroy(shop->hub);
    rulebook_destroy(shop->rulebook);
    identity_clear(&shop->identity);
    rules_close(shop->rules);
    cache_close(shop->cache);
    journal_close(shop->journal);
    loop_destroy(shop->loop);
    rmdir(shop->dir);
}

/* ---- calls ---- */

struct call {
    const char *unix_path;
    char url[256];
    const char *method, *body;
    size_t len;
    struct curl_slist *headers;
    struct strbuf answer;
    CURLcode rc;
    long status;
    bool done;
};

static size_t keep(char *bytes, size_t size, size_t count, void *context)
{
    strbuf_add(context, bytes, size * count);
    return size * count;
}

static void perform(void *context)
{
    struct call *call = context;
    CURL *curl = curl_easy_init();

    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)PATIENCE_MS);
    curl_easy_setopt(curl, CURLOPT_URL, call->url);
    if (call->unix_path)
        curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, call->unix_path);
    if (call->body) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)call->len);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, call->headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &call->answer);
    call->rc = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &call->status);
    curl_easy_cleanup(curl);
}

static void performed(void *context)
{
    struct call *call = context;

    call->done = true;
}

static int run(struct shop *shop, struct call *call, cJSON **out_answer)
{
    call->answer.len_max = 16 * 1024 * 1024;
    cr_assert_eq(loop_work(shop->loop, perform, performed, call), ST_OK);
    while (!call->done)
        loop_step(shop->loop, 1000);
    cr_assert_eq(call->rc, CURLE_OK, "%s %s: %s", call->method, call->url, curl_easy_strerror(call->rc));
    if (out_answer) {
        *out_answer = cJSON_Parse(strbuf_text(&call->answer));
        cr_assert_not_null(*out_answer, "%s %s answered %s", call->method, call->url, strbuf_text(&call->answer));
    }
    strbuf_free(&call->answer);
    curl_slist_free_all(call->headers);
    return (int)call->status;
}

int shop_call_bytes(struct shop *shop, const char *method, const char *path, const char *body, size_t len,
                    cJSON **out_answer)
{
    struct call call = {.unix_path = shop->socket_path, .method = method, .body = body, .len = len};

    snprintf(call.url, sizeof call.url, "http://localhost%s", path);
    return run(shop, &call, out_answer);
}

int shop_call(struct shop *shop, const char *method, const char *path, const char *body, cJSON **out_answer)
{
    return shop_call_bytes(shop, method, path, body, body ? strlen(body) : 0, out_answer);
}

int shop_call_tcp(struct shop *shop, const char *path, const char *const *headers)
{
    struct call call = {.method = "GET"};

    for (int i = 0; headers[i]; i++)
        call.headers = curl_slist_append(call.headers, headers[i]);
    snprintf(call.url, sizeof call.url, "http://127.0.0.1:%u%s", api_tcp_port(shop->api), path);
    return run(shop, &call, NULL);
}

const char *shop_text(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    cr_assert(cJSON_IsString(item), "%s is no text", name);
    return item->valuestring;
}

int64_t shop_number(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    cr_assert(cJSON_IsNumber(item), "%s is no number", name);
    return (int64_t)item->valuedouble;
}

bool shop_has_notice(const cJSON *sale, const char *name)
{
    const cJSON *notice;

    cJSON_ArrayForEach(notice, cJSON_GetObjectItemCaseSensitive(sale, "notices"))
    {
        if (strcmp(shop_text(notice, "name"), name) == 0)
            return true;
    }
    return false;
}

/* ---- raw ---- */

void raw_open(struct raw *raw, const struct shop *shop, const char *request)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    *raw = (struct raw){.got = STRBUF_INIT(16 * 1024 * 1024)};
    raw->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", shop->socket_path);
    cr_assert_eq(connect(raw->fd, (struct sockaddr *)&address, sizeof address), 0, "%s", strerror(errno));
    cr_assert_eq(send(raw->fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
}

static void take(struct raw *raw)
{
    char piece[16384];
    ssize_t n;

    while ((n = recv(raw->fd, piece, sizeof piece, 0)) > 0)
        strbuf_add(&raw->got, piece, (size_t)n);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK))
        raw->ended = true;
}

bool raw_wait(struct raw *raw, struct shop *shop, const char *text)
{
    int64_t until_ns = clock_measure_ns() + PATIENCE_MS * INT64_C(1000000);

    for (;;) {
        take(raw);
        if (strstr(strbuf_text(&raw->got), text))
            return true;
        if (raw->ended)
            return false;
        cr_assert_lt(clock_measure_ns(), until_ns, "waited too long for %s, got %s", text, strbuf_text(&raw->got));
        loop_step(shop->loop, 20);
    }
}

void raw_close(struct raw *raw)
{
    close(raw->fd);
    strbuf_free(&raw->got);
}
