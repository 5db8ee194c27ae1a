/* SPDX-License-Identifier: Apache-2.0 */
/* support - what the tests of the databases share: a folder that goes away, records, and a disk that fails when told
 * to. */
#ifndef LOYALD_TEST_DB_SUPPORT_H
#define LOYALD_TEST_DB_SUPPORT_H

#include "agent/base/strbuf.h"
#include "agent/db/journal.h"

#include <stdbool.h>
#include <stddef.h>

/* A folder of the test's own; path_in answers the path of a name in it (a view, for ever good). */
void scratch_begin(void);
void scratch_end(void);
const char *scratch_folder(void);
const char *path_in(const char *name);
bool file_exists(const char *path);
long long file_size(const char *path);
/* Overwrites len bytes at offset (from the end when negative). */
void file_damage(const char *path, long long offset, const void *bytes, size_t len);
/* How many names in the folder begin so. */
int count_files(const char *prefix);
/* The whole file's bytes as a SHA-256, for "was not touched". */
void file_digest(const char *path, uint8_t out_digest[SHA256_BYTES]);

/* Runs statements on a database of the folder that nobody has open. */
void run_sql(const char *name, const char *sql);
/* The record that follows the journal's head, as docs/protocol.md 2 says. */
void make_record(const struct journal_head *head, uint64_t hlc, const char *type, const char *body,
                 struct strbuf *out);
/* Makes and appends a sale whose body holds n. */
enum status append_sale(struct journal *journal, int n, struct errmsg *err);
void append_sales(struct journal *journal, int count); /* asserts that it works */
/* Carries a record over, origin and all. */
journal_carry_fn carry_record;
/* Acks all there is and begins a new life. */
enum status begin_epoch(struct journal *journal, uint64_t epoch);
struct journal *open_journal(const char *path); /* asserts that it works */
void make_sales(int records);                   /* journal.db with so many sales, closed */

/* The disk. From disk_fail on, the nth write or sync (from 1; 0 never) on a file whose name ends in suffix fails,
 * and those after it too when it stays so. */
enum disk_fault { DISK_FULL, DISK_WRITE_ERROR, DISK_SYNC_ERROR };
void disk_install(void);
void disk_fail(enum disk_fault fault, const char *suffix, int nth, bool stays);
void disk_heal(void);
/* From now on each write and each sync takes so long, by the clock of disk_now_ns, which nothing else moves. */
void disk_slow(int64_t write_ns, int64_t sync_ns);
int64_t disk_now_ns(void *context);
int disk_fault_count(void); /* since disk_fail */
int disk_sync_count(void);  /* since disk_install or disk_heal */

#endif
