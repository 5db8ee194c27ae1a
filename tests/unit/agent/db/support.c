/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/agent/db/support.h"

#include "agent/base/file.h"
#include "sync/protocol/origin.h"

#include <criterion/criterion.h>

#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

void scratch_begin(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/loyald-db-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
}

void scratch_end(void)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            (void)unlink(path_in(entry->d_name));
    if (dir)
        closedir(dir);
    (void)rmdir(folder);
}

const char *scratch_folder(void)
{
    return folder;
}

const char *path_in(const char *name)
{
    static char paths[32][400];
    char path[400];
    int i = 0;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    for (; i < 31 && paths[i][0] && strcmp(paths[i], path) != 0; i++)
        ;
    memcpy(paths[i], path, sizeof path);
    return paths[i];
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

long long file_size(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 ? (long long)info.st_size : -1;
}

void file_damage(const char *path, long long offset, const void *bytes, size_t len)
{
    int fd = open(path, O_RDWR);

    cr_assert(fd >= 0, "%s", path);
    cr_assert(lseek(fd, offset, offset < 0 ? SEEK_END : SEEK_SET) >= 0);
    cr_assert_eq(write(fd, bytes, len), (ssize_t)len);
    close(fd);
}

int count_files(const char *prefix)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    int count = 0;

    while (dir && (entry = readdir(dir)))
        count += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
    if (dir)
        closedir(dir);
    return count;
}

void file_digest(const char *path, uint8_t out_digest[SHA256_BYTES])
{
    char *bytes = NULL;
    size_t len = 0;

    cr_assert_eq(file_read(path, 64 * 1024 * 1024, &bytes, &len, NULL), ST_OK, "%s", path);
    sha256_of(bytes, len, out_digest);
    free(bytes);
}

void make_record(const struct journal_head *head, uint64_t hlc, const char *type, const char *body,
                 struct strbuf *out)
{
    struct record_head record = {
        .dev = head->dev, .epoch = head->epoch, .seq = head->seq + 1, .hlc = hlc, .type_version = 1};
    struct errmsg err = ERRMSG_INIT;

    (void)snprintf(record.type, sizeof record.type, "%s", type);
    memcpy(record.prev, head->hash, SHA256_BYTES);
    cr_assert_eq(record_encode(&record, body, strlen(body), out, &err), ST_OK, "%s", err.text);
}

enum status append_sale(struct journal *journal, int n, struct errmsg *err)
{
    struct journal_head head;
    struct strbuf record = STRBUF_INIT(JOURNAL_RECORD_BYTES_MAX);
    char body[64];
    enum status st;

    journal_head(journal, &head);
    (void)snprintf(body, sizeof body, "{\"sale\":{\"n\":%d}}", n);
    make_record(&head, head.hlc + 1, "sale", body, &record);
    st = journal_append(journal, "sale", head.hlc + 1, record.data, record.len, err);
    strbuf_free(&record);
    return st;
}

void append_sales(struct journal *journal, int count)
{
    struct errmsg err = ERRMSG_INIT;

    for (int i = 0; i < count; i++)
        cr_assert_eq(append_sale(journal, i, &err), ST_OK, "%s", err.text);
}

enum status carry_record(void *context, const struct journal_head *after, const struct journal_entry *entry,
                         struct strbuf *out_bytes, struct errmsg *err)
{
    struct record_head to = {.dev = after->dev, .epoch = after->epoch, .seq = after->seq + 1};

    (void)context;
    memcpy(to.prev, after->hash, sizeof to.prev);
    return origin_carry(&to, entry->bytes, entry->len, out_bytes, err);
}

enum status begin_epoch(struct journal *journal, uint64_t epoch)
{
    struct journal_life life = {.epoch = epoch, .now_unix_ms = 1, .carry = carry_record};
    struct journal_head head;
    enum status st;

    journal_head(journal, &head);
    st = journal_set_acked(journal, head.epoch, head.seq, head.hash, NULL);
    life.dev = head.dev;
    return st == ST_OK ? journal_begin_epoch(journal, &life, NULL) : st;
}

struct journal *open_journal(const char *path)
{
    const struct journal_options options = {path, 1790000000000, 0x1111222233334444, 0xaaaabbbbccccdddd};
    struct journal *journal = NULL;
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(journal_open(&options, &journal, &err), ST_OK, "%s", err.text);
    return journal;
}

void make_sales(int records)
{
    struct journal *journal = open_journal(path_in("journal.db"));

    for (int i = 0; i < records; i++)
        cr_assert_eq(append_sale(journal, i, NULL), ST_OK);
    journal_close(journal);
}

void run_sql(const char *name, const char *sql)
{
    sqlite3 *db = NULL;
    char *text = NULL;

    cr_assert_eq(sqlite3_open(path_in(name), &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, &text), SQLITE_OK, "%s: %s", sql, text);
    sqlite3_close(db);
}
