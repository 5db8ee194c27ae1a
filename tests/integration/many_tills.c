/* SPDX-License-Identifier: Apache-2.0 */
/*
 * many_tills - tills enough to keep a central busy, each with a poll that waits and a journal that it posts, over
 * real TLS with its own certificate; what they see of a central that goes away and comes back is told in figures.
 *
 *   many_tills make STATE_DIR DATABASE TILLS FOLDER    while the central is stopped: enrols them ("" for its own
 * file) many_tills run FOLDER FIRST TILLS PORT [PORT]      until SIGTERM; then each ends what it has begun
 *
 * run says "posts=N" a few times a second, and at its end one line of JSON. A request that fails is made again: at
 * the next port at once where there are two, as a balancer does, else after a moment. It ends with 1 when the central
 * answered what no till of its own should hear, or acknowledged what was not sent.
 */
#include <curl/curl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/base/clock.h"
#include "agent/base/crypto.h"
#include "agent/base/file.h"
#include "agent/base/json.h"
#include "sync/central/central.h"
#include "sync/protocol/message_mac.h"
#include "sync/protocol/record.h"
#include "tests/support/load_till.h"

enum {
    TILLS_MAX = 200,
    PATH_BYTES = 400,
    BATCH_RECORDS = 10,
    BODY_BYTES_MAX = 64 * 1024,
    ANSWER_BYTES_MAX_HERE = 8 * 1024 * 1024,
    POLL_WAIT_S = 20,
    PAUSE_MS = 40, /* between two batches of a till, and before a request is made again */
    TRIES_MAX = 2000,
    PORTS_MAX = 2,
};
static const uint64_t FIRST_DEV = 0xc000, EPOCH = 1;

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "many_tills: %s\n", what);
    exit(1);
}

#define OK(call) must((call) == ST_OK, err.text[0] ? err.text : #call)

/* ---- make ---- */

static void enrol(struct central *central, const struct pk *key, uint64_t dev, const char *folder)
{
    struct errmsg err = ERRMSG_INIT;
    char dev_hex[HEX64_TEXT], epoch_hex[HEX64_TEXT], till[16], path[PATH_BYTES], certificate[X509_PEM_BYTES_MAX];

    hex_from_u64(dev, dev_hex);
    hex_from_u64(EPOCH, epoch_hex);
    (void)snprintf(till, sizeof(till), "L%" PRIu64, dev - FIRST_DEV);
    (void)snprintf(path, sizeof(path), "%s/%s.pem", folder, dev_hex);
    OK(load_till_enrol(central, &(struct load_till){dev_hex, epoch_hex, till}, key, certificate, &err));
    OK(file_write(path, certificate, strlen(certificate), 0600, &err));
}

static int make(const char *state_dir, const char *database, int tills, const char *folder)
{
    struct central_place place = {state_dir, database};
    struct central *central = NULL;
    struct errmsg err = ERRMSG_INIT;
    struct pk *key = NULL;
    char pem[PK_PEM_BYTES_MAX], path[PATH_BYTES];

    OK(central_open(&place, clock_system(), &central, &err));
    OK(pk_generate(&key, &err));
    OK(pk_private_pem(key, pem, &err));
    (void)snprintf(path, sizeof(path), "%s/key.pem", folder);
    OK(file_write(path, pem, strlen(pem), 0600, &err));
    (void)snprintf(path, sizeof(path), "%s/ca.pem", folder);
    OK(file_write(path, central->ca_bundle, strlen(central->ca_bundle), 0600, &err));
    for (int i = 0; i < tills; i++)
        enrol(central, key, FIRST_DEV + (uint64_t)i, folder);
    pk_destroy(key);
    central_close(central);
    return 0;
}

/* ---- run ---- */

static atomic_bool over;
static const char *folder;
static int ports[PORTS_MAX], port_count;
static struct {
    atomic_long posts, polls, records;
    atomic_long refused, cut, stopping, busy; /* no listener; ended within; told so; 5xx else */
    atomic_long retried, tries_max, absent_ms;
} seen;

static void note_max(atomic_long *of, long value)
{
    long now = atomic_load(of);

    while (value > now && !atomic_compare_exchange_weak(of, &now, value))
        continue;
}

static void on_term(int number)
{
    (void)number;
    atomic_store(&over, true);
}

static void wait_ms(int ms)
{
    struct timespec time = {.tv_nsec = ms * 1000000L};

    (void)nanosleep(&time, NULL);
}

/* One of a till's two lines to the central. */
struct line {
    CURL *curl;
    uint64_t dev, n;
    char dev_hex[HEX64_TEXT];
    int turn; /* of the ports */
    struct strbuf answer;
    struct curl_slist *headers;
};

static size_t take(char *bytes, size_t size, size_t count, void *context)
{
    strbuf_add(context, bytes, size * count);
    return size * count;
}

static void open_line(struct line *line, uint64_t dev, uint64_t n)
{
    char path[PATH_BYTES];

    *line = (struct line){.curl = curl_easy_init(), .dev = dev, .n = n, .answer = STRBUF_INIT(ANSWER_BYTES_MAX_HERE)};
    must(line->curl != NULL, "no memory");
    hex_from_u64(dev, line->dev_hex);
    line->turn = (int)(dev % (uint64_t)port_count);
    (void)snprintf(path, sizeof(path), "%s/%s.pem", folder, line->dev_hex);
    (void)curl_easy_setopt(line->curl, CURLOPT_SSLCERT, path);
    (void)snprintf(path, sizeof(path), "%s/key.pem", folder);
    (void)curl_easy_setopt(line->curl, CURLOPT_SSLKEY, path);
    (void)snprintf(path, sizeof(path), "%s/ca.pem", folder);
    (void)curl_easy_setopt(line->curl, CURLOPT_CAINFO, path);
    (void)curl_easy_setopt(line->curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(line->curl, CURLOPT_TIMEOUT, 60L);
    (void)curl_easy_setopt(line->curl, CURLOPT_WRITEFUNCTION, take);
    (void)curl_easy_setopt(line->curl, CURLOPT_WRITEDATA, &line->answer);
}

static void close_line(struct line *line)
{
    curl_easy_cleanup(line->curl);
    curl_slist_free_all(line->headers);
    strbuf_free(&line->answer);
}

static void add_header(struct line *line, const char *name, const char *value)
{
    char text[200];
    struct curl_slist *more;

    (void)snprintf(text, sizeof(text), "%s: %s", name, value);
    more = curl_slist_append(line->headers, text);
    must(more != NULL, "no memory");
    line->headers = more;
}

static void sign(struct line *line, enum operation op, const struct operation_args *args, const void *body,
                 size_t len)
{
    static const uint8_t key[CRYPTO_KEY_BYTES];
    struct strbuf prefix = STRBUF_INIT(MESSAGE_MAC_PREFIX_MAX);
    uint8_t mac[CRYPTO_MAC_BYTES];
    char mac_hex[2 * CRYPTO_MAC_BYTES + 1], hex[HEX64_TEXT];

    message_mac_request(line->dev, EPOCH, ++line->n, op, args, &prefix);
    crypto_hmac(key, (const struct crypto_part[]){{prefix.data, prefix.len}, {body, len}}, 2, mac);
    hex_encode(mac, sizeof(mac), mac_hex);
    strbuf_free(&prefix);
    curl_slist_free_all(line->headers);
    line->headers = NULL;
    add_header(line, "Loyald-Protocol", "1");
    add_header(line, "Loyald-Dev", line->dev_hex);
    hex_from_u64(EPOCH, hex);
    add_header(line, "Loyald-Epoch", hex);
    hex_from_u64(line->n, hex);
    add_header(line, "Loyald-N", hex);
    add_header(line, "Loyald-Mac", mac_hex);
    add_header(line, "Expect", "");
    (void)curl_easy_setopt(line->curl, CURLOPT_HTTPHEADER, line->headers);
}

/* What became of one try; true when it was answered as it should. */
static bool judge(struct line *line, CURLcode rc)
{
    long status = 0;

    (void)curl_easy_getinfo(line->curl, CURLINFO_RESPONSE_CODE, &status);
    if (rc == CURLE_OK && status == 200)
        return true;
    if (rc == CURLE_COULDNT_CONNECT)
        atomic_fetch_add(&seen.refused, 1);
    else if (rc != CURLE_OK)
        atomic_fetch_add(&seen.cut, 1);
    else if (status == 503 && strstr(strbuf_text(&line->answer), "\"stopping\""))
        atomic_fetch_add(&seen.stopping, 1);
    else if (status >= 500 || status == 429)
        atomic_fetch_add(&seen.busy, 1);
    else
        must(false, strbuf_text(&line->answer));
    if (rc != CURLE_OK && rc != CURLE_COULDNT_CONNECT && rc != CURLE_SSL_CONNECT_ERROR && rc != CURLE_RECV_ERROR &&
        rc != CURLE_SEND_ERROR && rc != CURLE_GOT_NOTHING && rc != CURLE_PARTIAL_FILE)
        must(false, curl_easy_strerror(rc));
    return false;
}

/* Asks until it is answered. */
static void ask(struct line *line, enum operation op, const struct operation_args *args, const char *path,
                const struct strbuf *body)
{
    int64_t failed_ms = 0;
    char url[PATH_BYTES];

    (void)curl_easy_setopt(line->curl, CURLOPT_HTTPGET, 1L);
    if (body) {
        (void)curl_easy_setopt(line->curl, CURLOPT_POST, 1L);
        (void)curl_easy_setopt(line->curl, CURLOPT_POSTFIELDS, body->data);
        (void)curl_easy_setopt(line->curl, CURLOPT_POSTFIELDSIZE, (long)body->len);
    }
    for (long tries = 0;; tries++) {
        must(tries < TRIES_MAX, "a request was never answered");
        sign(line, op, args, body ? body->data : "", body ? body->len : 0);
        (void)snprintf(url, sizeof(url), "https://localhost:%d%s", ports[line->turn], path);
        (void)curl_easy_setopt(line->curl, CURLOPT_URL, url);
        strbuf_clear(&line->answer);
        if (judge(line, curl_easy_perform(line->curl))) {
            if (tries > 0)
                note_max(&seen.absent_ms, (long)(clock_mono_ms(clock_system()) - failed_ms));
            note_max(&seen.tries_max, tries);
            return;
        }
        atomic_fetch_add(&seen.retried, 1);
        if (failed_ms == 0)
            failed_ms = clock_mono_ms(clock_system());
        line->turn = (line->turn + 1) % port_count;
        if (port_count == 1 || tries > 0)
            wait_ms(PAUSE_MS);
    }
}

static int64_t number(const struct strbuf *answer, const char *name)
{
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *root = NULL;
    int64_t value = -1;

    OK(json_parse(answer->data, answer->len, answer->len, &root, &err));
    OK(json_int(root, name, 0, JSON_INT_MAX, &value, &err));
    json_free(root);
    return value;
}

/* The next sales of the till's chain of records. */
static void write_batch(uint64_t dev, int64_t *seq, uint8_t hash[SHA256_BYTES], struct strbuf *out)
{
    struct errmsg err = ERRMSG_INIT;
    char body[600];

    strbuf_clear(out);
    for (int i = 0; i < BATCH_RECORDS; i++) {
        struct record_head head = {.dev = dev, .epoch = EPOCH, .seq = ++*seq, .type = "sale", .type_version = 1};
        size_t before = out->len;

        head.hlc = ((uint64_t)clock_wall_ms(clock_system()) << 16) + (uint64_t)(*seq & 0xffff);
        memcpy(head.prev, hash, SHA256_BYTES);
        (void)snprintf(body, sizeof(body),
                       "{\"sale\":{\"sale_id\":\"L%" PRIx64 "-%" PRId64 "\",\"business_date\":\"2026-11-22\","
                       "\"lines\":[],\"member\":{\"id\":\"W%" PRId64
                       "\"}},\"result\":{\"digest\":\"00\",\"gross_minor\":"
                       "100,\"discount_minor\":0,\"redeemed_minor\":0,\"total_minor\":100,\"points\":[{\"currency\":"
                       "\"bonus\",\"earned\":1,\"redeemed\":0,\"cost\":0,\"by\":[]}]},\"bundle\":\"\"}",
                       dev, *seq, *seq % 50);
        OK(record_encode(&head, body, strlen(body), out, &err));
        record_hash(head.prev, out->data + before, out->len - before, hash);
        strbuf_putc(out, '\n');
    }
    OK(strbuf_status(out));
}

static void *post(void *context)
{
    const struct operation_args none = {0};
    struct strbuf batch = STRBUF_INIT(BODY_BYTES_MAX);
    uint8_t hash[SHA256_BYTES] = {0};
    struct line line;
    int64_t seq = 0;

    open_line(&line, *(uint64_t *)context, 0);
    while (!atomic_load(&over)) {
        write_batch(line.dev, &seq, hash, &batch);
        ask(&line, OP_JOURNAL, &none, "/v1/journal", &batch);
        must(number(&line.answer, "acked") == seq, "another record is acknowledged than was sent last");
        atomic_fetch_add(&seen.posts, 1);
        atomic_fetch_add(&seen.records, BATCH_RECORDS);
        wait_ms(PAUSE_MS);
    }
    strbuf_free(&batch);
    close_line(&line);
    return NULL;
}

static void read_cursor(const struct strbuf *answer, char *out_cursor, size_t cursor_max)
{
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *root = NULL;
    const char *cursor;

    OK(json_parse(answer->data, answer->len, answer->len, &root, &err));
    OK(json_text(root, "cursor", cursor_max - 1, &cursor, &err));
    (void)snprintf(out_cursor, cursor_max, "%s", cursor);
    json_free(root);
}

static void *poll(void *context)
{
    struct operation_args args = {0};
    struct line line;
    char path[PATH_BYTES];

    open_line(&line, *(uint64_t *)context, UINT64_C(1) << 32);
    (void)snprintf(args.values[1], sizeof(args.values[1]), "%d", POLL_WAIT_S);
    while (!atomic_load(&over)) {
        (void)snprintf(path, sizeof(path), "/v1/updates?cursor=%s&wait=%s", args.values[0], args.values[1]);
        ask(&line, OP_UPDATES, &args, path, NULL);
        read_cursor(&line.answer, args.values[0], sizeof(args.values[0]));
        atomic_fetch_add(&seen.polls, 1);
    }
    close_line(&line);
    return NULL;
}

static int run(int first, int tills)
{
    static pthread_t threads[2 * TILLS_MAX];
    static uint64_t devs[TILLS_MAX];

    (void)signal(SIGTERM, on_term);
    (void)signal(SIGPIPE, SIG_IGN);
    must(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK, "libcurl does not start");
    for (int i = 0; i < tills; i++) {
        devs[i] = FIRST_DEV + (uint64_t)(first + i);
        must(pthread_create(&threads[2 * i], NULL, post, &devs[i]) == 0 &&
                 pthread_create(&threads[2 * i + 1], NULL, poll, &devs[i]) == 0,
             "no thread");
    }
    while (!atomic_load(&over)) {
        wait_ms(200);
        printf("posts=%ld\n", atomic_load(&seen.posts));
        (void)fflush(stdout);
    }
    for (int i = 0; i < 2 * tills; i++)
        (void)pthread_join(threads[i], NULL);
    printf(
        "{\"tills\":%d,\"posts\":%ld,\"records\":%ld,\"polls\":%ld,\"retried\":%ld,\"tries_max\":%ld,\"refused\":%ld,"
        "\"cut\":%ld,\"told_stopping\":%ld,\"told_busy\":%ld,\"absent_ms\":%ld}\n",
        tills, seen.posts, seen.records, seen.polls, seen.retried, seen.tries_max, seen.refused, seen.cut,
        seen.stopping, seen.busy, seen.absent_ms);
    return 0;
}

int main(int argc, char **argv)
{
    bool making = argc == 6 && strcmp(argv[1], "make") == 0;
    int tills = argc > 5 ? (int)strtol(argv[4], NULL, 10) : 0;

    must(tills > 0 && tills <= TILLS_MAX,
         "make STATE_DIR DATABASE TILLS FOLDER | run FOLDER FIRST TILLS PORT [PORT]");
    if (making)
        return make(argv[2], argv[3], tills, argv[5]);
    folder = argv[2];
    for (int i = 5; i < argc && port_count < PORTS_MAX; i++)
        ports[port_count++] = (int)strtol(argv[i], NULL, 10);
    return run((int)strtol(argv[3], NULL, 10), tills);
}
