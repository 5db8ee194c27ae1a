/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bare_drain - the least a drain over mutual TLS can be with the same libraries: an outbox in SQLite, libcurl, gzip,
 * the HTTP server, each record read as JSON and kept as a row, a cursor; both ends commit with every sync. No local
 * socket between two processes, no hash chain, no identity of records, no books: what Loyald adds is the difference.
 *
 *   bare_drain --journal FILE --certs DIR --work DIR [--batch N]     records of a till's journal; 500 a batch
 *
 * DIR holds ca.pem server.pem server.key client.pem client.key. Prints records,seconds,per_s,cpu_us_a_record.
 */
#include <curl/curl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <cjson/cJSON.h>

#include "agent/base/clock.h"
#include "agent/base/strbuf.h"
#include "agent/db/journal.h"
#include "agent/net/http_server.h"
#include "tests/bench/bare.h"

enum { PATH_BYTES = 512, GZIP_LEVEL = 3, GZIP = 15 + 16, BATCH_MAX = 1000 };

/* ---- SQLite, at either end ---- */

static void run(sqlite3 *db, const char *sql)
{
    bare_must(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, sql, sqlite3_errmsg(db));
}

static sqlite3 *open_rows(const char *dir, const char *name)
{
    char path[PATH_BYTES];
    sqlite3 *db;

    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    bare_must(sqlite3_open(path, &db) == SQLITE_OK, path, "cannot open");
    run(db, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
            "CREATE TABLE record (seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;"
            "CREATE TABLE cursor (one INTEGER PRIMARY KEY, acked INTEGER NOT NULL) STRICT;"
            "INSERT INTO cursor VALUES (1, 0)");
    return db;
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt;

    bare_must(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK, sql, sqlite3_errmsg(db));
    return stmt;
}

static void put(sqlite3_stmt *insert, int64_t seq, const void *bytes, size_t len)
{
    sqlite3_bind_int64(insert, 1, seq);
    sqlite3_bind_blob(insert, 2, bytes, (int)len, SQLITE_STATIC);
    bare_must(sqlite3_step(insert) == SQLITE_DONE, "a row", sqlite3_errmsg(sqlite3_db_handle(insert)));
    sqlite3_reset(insert);
}

static void set_cursor(sqlite3_stmt *cursor, int64_t acked)
{
    sqlite3_bind_int64(cursor, 1, acked);
    bare_must(sqlite3_step(cursor) == SQLITE_DONE, "the cursor", NULL);
    sqlite3_reset(cursor);
}

/* ---- the far end ---- */

struct far_end {
    sqlite3 *db;
    sqlite3_stmt *insert, *cursor;
    int64_t acked;
};

static void on_batch(void *context, struct http_request *request)
{
    struct far_end *far_end = context;
    char answer[64];
    size_t len;
    const char *at = http_body(request, &len), *end;

    run(far_end->db, "BEGIN IMMEDIATE");
    for (; (end = strchr(at, '\n')); at = end + 1) {
        cJSON *record = cJSON_ParseWithLength(at, (size_t)(end - at));

        bare_must(record && cJSON_GetObjectItemCaseSensitive(record, "seq"), "a record", "is no JSON");
        put(far_end->insert, ++far_end->acked, at, (size_t)(end - at));
        cJSON_Delete(record);
    }
    set_cursor(far_end->cursor, far_end->acked);
    run(far_end->db, "COMMIT");
    (void)snprintf(answer, sizeof answer, "{\"acked\":%" PRId64 "}", far_end->acked);
    http_answer(request, 200, "application/json", answer, strlen(answer));
}

static int serve(const char *certs, const char *work, int tell)
{
    struct far_end far_end = {.db = open_rows(work, "far.db")};

    far_end.insert = prepare(far_end.db, "INSERT INTO record VALUES (?1, ?2)");
    far_end.cursor = prepare(far_end.db, "UPDATE cursor SET acked = ?1");
    return bare_serve(certs, on_batch, &far_end, tell);
}

/* ---- the near end ---- */

struct near_end {
    sqlite3 *db;
    sqlite3_stmt *insert, *select, *cursor;
    CURL *curl;
    struct strbuf answer;
    int64_t count, acked;
    int batch;
};

static bool add_record(void *context, const struct journal_entry *entry)
{
    struct near_end *near_end = context;

    put(near_end->insert, ++near_end->count, entry->bytes, entry->len);
    return true;
}

static void fill(struct near_end *near_end, const char *path)
{
    struct journal_options options = {
        .path = path, .now_unix_ms = clock_wall_ms(clock_system()), .new_dev = 1, .new_epoch = 1};
    struct errmsg err = ERRMSG_INIT;
    struct journal *journal;

    bare_must(journal_open(&options, &journal, &err) == ST_OK, path, err.text);
    run(near_end->db, "BEGIN");
    bare_must(journal_each(journal, 1, add_record, near_end, &err) == ST_OK, path, err.text);
    run(near_end->db, "COMMIT");
    journal_close(journal);
}

static size_t pack(const struct strbuf *plain, unsigned char *out, size_t max)
{
    z_stream stream = {0};

    bare_must(deflateInit2(&stream, GZIP_LEVEL, Z_DEFLATED, GZIP, 8, Z_DEFAULT_STRATEGY) == Z_OK, "gzip", NULL);
    stream.next_in = (unsigned char *)plain->data;
    stream.avail_in = (unsigned)plain->len;
    stream.next_out = out;
    stream.avail_out = (unsigned)max;
    bare_must(deflate(&stream, Z_FINISH) == Z_STREAM_END, "gzip", NULL);
    (void)deflateEnd(&stream);
    return stream.total_out;
}

static void send_batch(struct near_end *near_end, struct strbuf *plain, unsigned char *packed)
{
    cJSON *root;

    strbuf_clear(plain);
    sqlite3_bind_int64(near_end->select, 1, near_end->acked);
    sqlite3_bind_int(near_end->select, 2, near_end->batch);
    while (sqlite3_step(near_end->select) == SQLITE_ROW) {
        strbuf_add(plain, sqlite3_column_blob(near_end->select, 0),
                   (size_t)sqlite3_column_bytes(near_end->select, 0));
        strbuf_putc(plain, '\n');
    }
    sqlite3_reset(near_end->select);
    bare_post(near_end->curl, packed, pack(plain, packed, BARE_BODY_BYTES_MAX), &near_end->answer);
    root = cJSON_Parse(strbuf_text(&near_end->answer));
    bare_must(root, "the answer", strbuf_text(&near_end->answer));
    near_end->acked = (int64_t)cJSON_GetObjectItemCaseSensitive(root, "acked")->valuedouble;
    cJSON_Delete(root);
    set_cursor(near_end->cursor, near_end->acked);
}

static int64_t cpu_us(int who)
{
    struct rusage usage;

    (void)getrusage(who, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * INT64_C(1000000) + usage.ru_utime.tv_usec +
           usage.ru_stime.tv_usec;
}

static void drain(struct near_end *near_end, pid_t far_end)
{
    struct strbuf plain = STRBUF_INIT(BARE_BODY_BYTES_MAX);
    unsigned char *packed = malloc(BARE_BODY_BYTES_MAX);
    int64_t began = clock_measure_ns(), used = cpu_us(RUSAGE_SELF), took;

    while (near_end->acked < near_end->count)
        send_batch(near_end, &plain, packed);
    took = clock_measure_ns() - began;
    used = cpu_us(RUSAGE_SELF) - used;
    (void)kill(far_end, SIGTERM);
    (void)waitpid(far_end, NULL, 0);
    used += cpu_us(RUSAGE_CHILDREN);
    printf("%" PRId64 ",%.2f,%.0f,%.1f\n", near_end->count, (double)took / 1e9,
           (double)near_end->count * 1e9 / (double)took, (double)used / (double)near_end->count);
    free(packed);
    strbuf_free(&plain);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"journal", required_argument, NULL, 'j'},
                                            {"certs", required_argument, NULL, 'c'},
                                            {"work", required_argument, NULL, 'w'},
                                            {"batch", required_argument, NULL, 'b'},
                                            {0}};
    struct near_end near_end = {.answer = STRBUF_INIT(BARE_BODY_BYTES_MAX), .batch = 500};
    const char *journal = NULL, *certs = NULL, *work = NULL;
    int option, told[2];
    uint16_t port;
    pid_t far_end;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'j')
            journal = optarg;
        else if (option == 'c')
            certs = optarg;
        else if (option == 'w')
            work = optarg;
        else if (option == 'b')
            near_end.batch = (int)strtol(optarg, NULL, 10);
    }
    if (!journal || !certs || !work || near_end.batch < 1 || near_end.batch > BATCH_MAX) {
        fprintf(stderr, "usage: bare_drain --journal FILE --certs DIR --work DIR [--batch 1..%d]\n", BATCH_MAX);
        return 2;
    }
    bare_must(pipe(told) == 0, "a pipe", NULL);
    far_end = fork();
    if (far_end == 0)
        return serve(certs, work, told[1]);
    near_end.db = open_rows(work, "near.db");
    near_end.insert = prepare(near_end.db, "INSERT INTO record VALUES (?1, ?2)");
    near_end.select = prepare(near_end.db, "SELECT bytes FROM record WHERE seq > ?1 ORDER BY seq LIMIT ?2");
    near_end.cursor = prepare(near_end.db, "UPDATE cursor SET acked = ?1");
    fill(&near_end, journal);
    bare_must(read(told[0], &port, sizeof port) == sizeof port, "the far end", "does not start");
    near_end.curl = bare_connect(certs, port, true, &near_end.answer);
    drain(&near_end, far_end);
    return 0;
}
