/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_central - what the central takes in from four tills whose bodies were packed beforehand, on disk, beside the
 * least a disk and the database can do with the same bytes, all in one run, so that only ratios speak:
 *
 *   disk     each body appended to a file, fdatasync
 *   rows     each record a row with its hash, through the store layer, a transaction a body: no chain, no ledger
 *   accepted journal_accept_all: envelope, chain, row, cursor; what a till waits for; several tills' bodies at once
 *   booked   counting_step: what follows: interpretation, ledger, the cursor of what is counted
 *
 *   bench_central [--database URL] [--batches N] [--tills N] [--sales N] [--members N] [--group N] [--mixed yes]
 *                 [--spread yes] [--folder DIR] [--csv yes]
 *       N bodies of each till (20), tills (4), records a body (250), members who buy by turns (20,000, imported before),
 *       tills whose bodies come at the same time (4); --mixed: of 50 records 1 is a return, 5 are sales that spend points of a hold, 10 are sales of nobody's, else
 *       all are sales that earn; --spread: a transaction for each record, as with spread = yes (docs/scaling.md); --csv: records, and CPU in ns that one costs to be taken in and to be booked
 */
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/crypto.h"
#include "agent/base/log.h"
#include "sync/central/central.h"
#include "sync/central/counting.h"
#include "sync/central/device.h"
#include "sync/central/import.h"
#include "sync/central/journal.h"
#include "sync/central/office.h"
#include "sync/central/store.h"
#include "sync/protocol/record.h"

enum { TILLS_MAX = 10000, MEMBERS_MAX = 10000000, BATCHES_MAX = 20000, BODY_MAX = 1024 * 1024 };

struct till {
    uint64_t dev;
    char dev_hex[HEX64_TEXT];
    int64_t seq;
    uint8_t head[SHA256_BYTES];
    struct strbuf *bodies;
};

struct bench {
    char dir[256];
    const char *database;
    long batches, till_count, sales, members, group;
    bool csv, mixed, spread;
    struct central *central;
    struct till *tills; /* owned */
    char epoch[HEX64_TEXT];
};

static void must(enum status st, const char *what, const struct errmsg *err)
{
    if (st == ST_OK)
        return;
    fprintf(stderr, "bench_central: %s: %s\n", what, err->text[0] ? err->text : status_text(st));
    exit(1);
}

#define MUST(call) must((call), #call, &err)

/* ---- what is measured ---- */

enum { POINTS_EARNED = 90, POINTS_SPENT = 20, RETURN_BEHIND = 7, MIX = 50 };

/* What a record is of, by its place: the same in every run. */
enum kind { EARNS, SPENDS, NOBODYS, RETURNS };

static enum kind kind_of(const struct bench *bench, int64_t seq)
{
    int64_t place = seq % MIX;

    if (!bench->mixed)
        return EARNS;
    return place == RETURN_BEHIND ? RETURNS : place % 10 == 1 ? SPENDS : place % 5 == 2 ? NOBODYS : EARNS;
}

static int64_t member_of(const struct bench *bench, const struct till *till, int64_t seq)
{
    return (seq * 7919 + (int64_t)till->dev * 4999) % bench->members;
}

static void write_sale(const struct bench *bench, const struct till *till, int64_t seq, char *out, size_t out_bytes)
{
    enum kind kind = kind_of(bench, seq);
    int redeemed = kind == SPENDS ? POINTS_SPENT * 100 : 0;
    char member[48] = "", points[200] = "", holds[64] = "";

    if (kind != NOBODYS) {
        (void)snprintf(member, sizeof(member), ",\"member\":{\"id\":\"M%" PRId64 "\"}", member_of(bench, till, seq));
        (void)snprintf(points, sizeof(points),
                       "{\"currency\":\"bonus\",\"earned\":%d,\"redeemed\":%d,\"by\":[{\"promotion\":\"points\","
                       "\"points\":%d}]}",
                       POINTS_EARNED, redeemed / 100, POINTS_EARNED);
    }
    if (kind == SPENDS)
        (void)snprintf(holds, sizeof(holds), "\"holds\":[\"H-%s-%" PRId64 "\"],", till->dev_hex, seq);
    /* No bundle, so nothing is worked out again: that follows the ack and is measured by bench_engine. */
    (void)snprintf(out, out_bytes,
                   "{\"sale\":{\"sale_id\":\"%s-%" PRId64 "\",\"store\":{\"id\":\"S12\"},\"till\":\"3\","
                   "\"at\":\"2026-11-22T18:05:00+03:00\",\"business_date\":\"2026-11-22\",\"lines\":[{\"line\":1,"
                   "\"sku\":\"A\",\"qty_milli\":1000,\"unit_price_minor\":10000}]%s},\"result\":{\"digest\":\"00\","
                   "\"gross_minor\":10000,\"discount_minor\":0,\"redeemed_minor\":%d,\"total_minor\":%d,"
                   "\"points\":[%s]},\"bundle\":\"\",\"identifier\":\"\",\"entry\":\"scan\",%s\"tenders\":"
                   "[{\"kind\":\"cash\",\"amount_minor\":%d}],\"shown_minor\":%d}",
                   till->dev_hex, seq, member, redeemed, 10000 - redeemed, points, holds, 10000 - redeemed,
                   10000 - redeemed);
}

/* All of a sale that earned, some records before. */
static void write_return(const struct bench *bench, const struct till *till, int64_t seq, char *out, size_t out_bytes)
{
    int64_t sale = seq - RETURN_BEHIND + 5;

    (void)snprintf(out, out_bytes,
                   "{\"return_id\":\"R-%s-%" PRId64 "\",\"sale_id\":\"%s-%" PRId64 "\",\"policy\":\"as_paid\","
                   "\"business_date\":\"2026-11-22\",\"member\":\"M%" PRId64 "\",\"result\":{\"coupons_released\":[],"
                   "\"lines\":[{\"line\":1,\"qty_milli\":1000,\"refund_minor\":10000}],\"points\":[{\"currency\":"
                   "\"bonus\",\"given_back\":0,\"taken_back\":%d}],\"refund_minor\":10000,\"return_id\":\"R-%s-%" PRId64
                   "\"},\"earlier\":[]}",
                   till->dev_hex, seq, till->dev_hex, sale, member_of(bench, till, sale), POINTS_EARNED, till->dev_hex,
                   seq);
}

static void add_record(const struct bench *bench, struct till *till, struct strbuf *out)
{
    char body[1200];
    struct record_head head = {.type = "sale", .type_version = 1, .dev = till->dev, .epoch = 1, .seq = ++till->seq};
    struct errmsg err = ERRMSG_INIT;
    size_t before = out->len;

    head.hlc = UINT64_C(0x01a2000000000000) + (uint64_t)till->seq;
    memcpy(head.prev, till->head, SHA256_BYTES);
    if (kind_of(bench, till->seq) == RETURNS) {
        (void)snprintf(head.type, sizeof(head.type), "return");
        write_return(bench, till, till->seq, body, sizeof(body));
    } else {
        write_sale(bench, till, till->seq, body, sizeof(body));
    }
    MUST(record_encode(&head, body, strlen(body), out, &err));
    record_hash(head.prev, out->data + before, out->len - before, till->head);
    strbuf_putc(out, '\n');
}

static void pack(struct bench *bench)
{
    for (int t = 0; t < bench->till_count; t++) {
        struct till *till = &bench->tills[t];

        till->bodies = calloc((size_t)bench->batches, sizeof(*till->bodies));
        if (!till->bodies)
            exit(1);
        for (int b = 0; b < bench->batches; b++) {
            till->bodies[b] = (struct strbuf)STRBUF_INIT(BODY_MAX);
            for (int i = 0; i < bench->sales; i++)
                add_record(bench, till, &till->bodies[b]);
        }
    }
}

static void enrol(struct bench *bench, struct till *till)
{
    static const uint8_t zeros[SHA256_BYTES];
    struct errmsg err = ERRMSG_INIT;

    MUST(STORE_RUN(bench->central->store, STATEMENT_DEVICE_PUT, &err, V_TEXT(till->dev_hex), V_TEXT("demo"),
                   V_TEXT("S12"), V_TEXT("3"), V_BLOB(zeros, CRYPTO_KEY_BYTES), V_INT(0), V_TEXT(bench->epoch),
                   V_INT(0), V_BLOB(zeros, SHA256_BYTES), V_TEXT("bench"), V_INT(0), V_TEXT(""), V_TEXT("")));
}

/* As the office would: with 1,000 points each. */
static void import_all(struct bench *bench)
{
    struct strbuf text = STRBUF_INIT(IMPORT_CHUNK_MAX), answer = STRBUF_INIT(IMPORT_CHUNK_MAX);
    struct json_writer w = JSON_WRITER_INIT(&answer);
    struct errmsg err = ERRMSG_INIT;

    for (long i = 0; i < bench->members;) {
        strbuf_clear(&text);
        strbuf_clear(&answer);
        strbuf_puts(&text, "member,bonus\n");
        for (long n = 0; n < 5000 && i < bench->members; n++)
            strbuf_printf(&text, "M%ld,1000\n", i++);
        w = (struct json_writer)JSON_WRITER_INIT(&answer);
        MUST(import_members(bench->central, "demo", text.data, text.len, 1, &w, &err));
    }
    strbuf_free(&answer);
    strbuf_free(&text);
}

static void set_up(struct bench *bench)
{
    struct central_place place = {bench->dir, bench->database};
    struct office_chain chain = {.id = "demo", .name = "Demo", .currency = "RUB", .language = "en"};
    struct errmsg err = ERRMSG_INIT;

    MUST(central_init(&place, "", clock_system(), &err));
    MUST(central_open(&place, clock_system(), &bench->central, &err));
    MUST(office_chain_create(bench->central, &chain, &err));
    MUST(office_store_create(bench->central, "demo", "S12", "Store", "{}", &err));
    MUST(store_upkeep(bench->central->store, central_now_us(bench->central), &err));
    hex_from_u64(1, bench->epoch);
    bench->tills = calloc((size_t)bench->till_count, sizeof(*bench->tills));
    if (!bench->tills)
        exit(1);
    for (int t = 0; t < bench->till_count; t++) {
        bench->tills[t].dev = 0xb0 + (uint64_t)t;
        hex_from_u64(bench->tills[t].dev, bench->tills[t].dev_hex);
        enrol(bench, &bench->tills[t]);
    }
    import_all(bench);
    bench->central->together_max = bench->spread ? 1 : 0;
    pack(bench);
}

/* ---- the three ways ---- */

static void write_plain(const struct bench *bench, int fd, const struct strbuf *body)
{
    (void)bench;
    if (write(fd, body->data, body->len) != (ssize_t)body->len || fdatasync(fd) != 0) {
        perror("bench_central: the plain file");
        exit(1);
    }
}

struct plain_rows {
    struct bench *bench;
    const struct till *till;
    const struct strbuf *body;
    int64_t first;
};

/* Under an epoch that no till has: beside what is taken in. */
static enum status write_rows(void *context, struct errmsg *err)
{
    struct plain_rows *rows = context;
    const char *at = rows->body->data, *end;
    uint8_t hash[SHA256_BYTES] = {0};
    int64_t seq = rows->first;
    enum status st = ST_OK;

    for (; st == ST_OK && (end = strchr(at, '\n')); at = end + 1)
        st = STORE_RUN(rows->bench->central->store, STATEMENT_JOURNAL_INSERT, err, V_TEXT(rows->till->dev_hex),
                       V_TEXT("00000000000000ff"), V_INT(seq++), V_TEXT("sale"), V_BLOB(at, (size_t)(end - at)),
                       V_BLOB(hash, sizeof(hash)), V_INT(central_now_us(rows->bench->central)));
    return st;
}

/* What a connection of each till brought, so many at once. */
static void take(struct bench *bench, int first, int count, int batch)
{
    struct errmsg err = ERRMSG_INIT;
    struct journal_post posts[JOURNAL_GROUP_MAX] = {0};
    struct answer answers[JOURNAL_GROUP_MAX];
    struct device devices[JOURNAL_GROUP_MAX];

    for (int i = 0; i < count; i++) {
        const struct strbuf *body = &bench->tills[first + i].bodies[batch];

        answers[i] = (struct answer)ANSWER_INIT;
        MUST(device_load(bench->central, bench->tills[first + i].dev_hex, &devices[i], &err));
        posts[i] = (struct journal_post){&devices[i], body->data, body->len, &answers[i]};
    }
    journal_accept_all(bench->central, posts, (size_t)count);
    for (int i = 0; i < count; i++) {
        if (answers[i].status != 200) {
            fprintf(stderr, "bench_central: refused: %s\n", strbuf_text(&answers[i].body));
            exit(1);
        }
        strbuf_free(&answers[i].body);
    }
}

/* ---- by turns ---- */

struct sums {
    int64_t disk_ns, rows_ns, accepted_ns, booked_ns, accepted_cpu_us, booked_cpu_us;
};

static int64_t cpu_us(void)
{
    struct rusage usage;

    (void)getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * INT64_C(1000000) + usage.ru_utime.tv_usec +
           usage.ru_stime.tv_usec;
}

static void one_round(struct bench *bench, int fd, int batch, struct sums *sums)
{
    struct errmsg err = ERRMSG_INIT;

    for (int t = 0; t < bench->till_count; t++) {
        const struct till *till = &bench->tills[t];
        const struct strbuf *body = &till->bodies[batch];
        struct plain_rows rows = {bench, till, body, (int64_t)batch * bench->sales + 1};
        int64_t began = clock_measure_ns();

        write_plain(bench, fd, body);
        sums->disk_ns += clock_measure_ns() - began;
        began = clock_measure_ns();
        MUST(store_transact(bench->central->store, write_rows, &rows, &err));
        sums->rows_ns += clock_measure_ns() - began;
    }
    for (int t = 0; t < bench->till_count; t += (int)bench->group) {
        int count = bench->till_count - t < bench->group ? (int)(bench->till_count - t) : (int)bench->group;
        int64_t began = clock_measure_ns(), used = cpu_us();

        take(bench, t, count, batch);
        sums->accepted_cpu_us += cpu_us() - used;
        sums->accepted_ns += clock_measure_ns() - began;
    }
}

static void book(struct bench *bench, struct sums *sums)
{
    struct errmsg err = ERRMSG_INIT;
    int64_t began = clock_measure_ns(), used = cpu_us();

    MUST(counting_run(bench->central, &err));
    sums->booked_cpu_us += cpu_us() - used;
    sums->booked_ns += clock_measure_ns() - began;
}

static void print_one(const char *name, int64_t records, int64_t ns, int64_t floor_ns)
{
    printf("  %-8s %9" PRId64 " records/s   %6" PRId64 ".%02" PRId64 " times the disk's time\n", name,
           records * INT64_C(1000000000) / (ns > 0 ? ns : 1), ns / (floor_ns > 0 ? floor_ns : 1),
           ns * 100 / (floor_ns > 0 ? floor_ns : 1) % 100);
}

static void print_all(const struct bench *bench, int64_t records, const struct sums *sums)
{
    if (bench->csv) {
        printf("%" PRId64 ",%" PRId64 ",%" PRId64 "\n", records, sums->accepted_cpu_us * 1000 / records,
               sums->booked_cpu_us * 1000 / records);
        return;
    }
    printf("%s: %" PRId64 " records of %ld tills, %zu bytes each, %ld a body\n",
           store_is_shared(bench->central->store) ? "PostgreSQL" : "SQLite", records, bench->till_count,
           bench->tills[0].bodies[0].len / (size_t)bench->sales, bench->sales);
    print_one("disk", records, sums->disk_ns, sums->disk_ns);
    print_one("rows", records, sums->rows_ns, sums->disk_ns);
    print_one("accepted", records, sums->accepted_ns, sums->disk_ns);
    print_one("booked", records, sums->booked_ns, sums->disk_ns);
    printf("  this process's CPU a record: accepted %" PRId64 ".%" PRId64 " us, booked %" PRId64 " us\n",
           sums->accepted_cpu_us / records, sums->accepted_cpu_us * 10 / records % 10, sums->booked_cpu_us / records);
}

static void measure(struct bench *bench)
{
    char path[300];
    struct sums sums = {0};
    struct errmsg err = ERRMSG_INIT;
    int64_t records = (int64_t)bench->batches * bench->till_count * bench->sales, dead = 0;
    int fd;

    (void)snprintf(path, sizeof(path), "%s/plain", bench->dir);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    for (int b = 0; b < bench->batches; b++)
        one_round(bench, fd, b, &sums);
    book(bench, &sums);
    (void)close(fd);
    MUST(STORE_NUMBER(bench->central->store, STATEMENT_TOTAL_DEAD, &dead, &err, V_TEXT("demo")));
    if (dead > 0) {
        fprintf(stderr, "bench_central: %" PRId64 " records were not booked\n", dead);
        exit(1);
    }
    print_all(bench, records, &sums);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"database", required_argument, NULL, 'd'},
                                            {"batches", required_argument, NULL, 'b'},
                                            {"folder", required_argument, NULL, 'f'},
                                            {"tills", required_argument, NULL, 't'},
                                            {"sales", required_argument, NULL, 's'},
                                            {"members", required_argument, NULL, 'm'},
                                            {"group", required_argument, NULL, 'g'},
                                            {"mixed", required_argument, NULL, 'x'},
                                            {"spread", required_argument, NULL, 'o'},
                                            {"csv", required_argument, NULL, 'c'},
                                            {0}};
    struct bench bench = {.batches = 20, .till_count = 4, .sales = 250, .members = 20000, .group = 4};
    const char *folder = "/var/tmp";
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'd')
            bench.database = optarg;
        else if (option == 'f')
            folder = optarg;
        else if (option == 'b')
            bench.batches = strtol(optarg, NULL, 10);
        else if (option == 't')
            bench.till_count = strtol(optarg, NULL, 10);
        else if (option == 's')
            bench.sales = strtol(optarg, NULL, 10);
        else if (option == 'm')
            bench.members = strtol(optarg, NULL, 10);
        else if (option == 'g')
            bench.group = strtol(optarg, NULL, 10);
        else if (option == 'x')
            bench.mixed = true;
        else if (option == 'o')
            bench.spread = true;
        else if (option == 'c')
            bench.csv = true;
        if (option == '?' || bench.batches < 1 || bench.batches > BATCHES_MAX || bench.till_count < 1 ||
            bench.till_count > TILLS_MAX || bench.sales < 1 || bench.sales > RECORD_BATCH_MAX || bench.members < 1 ||
            bench.members > MEMBERS_MAX || bench.group < 1 || bench.group > JOURNAL_GROUP_MAX) {
            fprintf(stderr,
                    "usage: bench_central [--database URL] [--batches 1..%d] [--tills 1..%d] [--sales 1..%d] "
                    "[--members 1..%d] [--group 1..%d] [--mixed yes] [--spread yes] [--folder DIR] [--csv yes]\n",
                    BATCHES_MAX, TILLS_MAX, RECORD_BATCH_MAX, MEMBERS_MAX, JOURNAL_GROUP_MAX);
            return 2;
        }
    }
    log_set_level(LOG_LEVEL_ERROR);
    (void)snprintf(bench.dir, sizeof(bench.dir), "%s/loyald-bench-XXXXXX", folder);
    if (!mkdtemp(bench.dir)) {
        perror(bench.dir);
        return 1;
    }
    set_up(&bench);
    measure(&bench);
    central_close(bench.central);
    for (int t = 0; t < bench.till_count; t++) {
        for (int b = 0; b < bench.batches; b++)
            strbuf_free(&bench.tills[t].bodies[b]);
        free(bench.tills[t].bodies);
    }
    free(bench.tills);
    if (!bench.csv)
        printf("written to %s\n", bench.dir);
    return 0;
}
