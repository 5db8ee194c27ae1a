/* SPDX-License-Identifier: Apache-2.0 */
/* loyalctl new-epoch: a till whose disk was copied or put back begins a history of its own, and keeps what it has not
 * delivered. Never of a till that runs. */
#include "agent/base/plural.h"
#include "agent/tools/command.h"

#include "agent/base/clock.h"
#include "agent/base/crypto.h"
#include "agent/base/file.h"
#include "agent/base/hex.h"
#include "agent/base/json_writer.h"
#include "agent/db/journal.h"
#include "sync/protocol/origin.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

struct new_epoch {
    char journal[PATH_BYTES + 32], kept[PATH_BYTES + 80], cache[PATH_BYTES + 32];
    struct journal_options wanted;
    struct journal_head before, now;
    int64_t carried;
};

static enum status carry(void *context, const struct journal_head *after, const struct journal_entry *entry,
                         struct strbuf *out_bytes, struct errmsg *err)
{
    struct record_head to = {.dev = after->dev, .epoch = after->epoch, .seq = after->seq + 1};

    (void)context;
    memcpy(to.prev, after->hash, sizeof to.prev);
    return origin_carry(&to, entry->bytes, entry->len, out_bytes, err);
}

/* A database is never made here, nor left to its owner with files that he cannot write. */
static enum status check_owner(const char *path, struct errmsg *err)
{
    struct stat info;

    if (stat(path, &info) != 0) {
        errmsg_set(err, "%s: %s", path, strerror(errno));
        return ST_NOT_FOUND;
    }
    if (info.st_uid != geteuid()) {
        errmsg_set(err, "%s belongs to user %u: run this as that user, such as by sudo -u _loyald", path,
                   (unsigned)info.st_uid);
        return ST_DENIED;
    }
    return ST_OK;
}

/* What it says of leases is the old life's; all else comes again. */
static enum status drop_cache(const char *path, struct errmsg *err)
{
    static const char *const parts[] = {"", "-wal", "-shm"};
    char name[PATH_BYTES + 40];

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        (void)snprintf(name, sizeof name, "%s%s", path, parts[i]);
        if (unlink(name) != 0 && errno != ENOENT) {
            errmsg_set(err, "%s: %s", name, strerror(errno));
            return ST_IO;
        }
    }
    return file_sync_folder(path, err);
}

static enum status begin(struct new_epoch *new, bool new_name, struct errmsg *err)
{
    struct journal *journal = NULL;
    struct journal_life life = {
        .epoch = new->wanted.new_epoch, .now_unix_ms = new->wanted.now_unix_ms, .carry = carry};
    enum status st = journal_open(&new->wanted, &journal, err);

    if (st != ST_OK)
        return st;
    journal_head(journal, &new->before);
    new->carried = new->before.position - journal_acked_position(journal);
    life.dev = new_name ? new->wanted.new_dev : new->before.dev;
    st = journal_backup(journal, new->kept, err);
    if (st == ST_OK)
        st = drop_cache(new->cache, err);
    if (st == ST_OK)
        st = journal_begin_epoch(journal, &life, err);
    journal_close(journal);
    return st;
}

/* Opened once more: what the journal takes, the till takes. */
static enum status look(struct new_epoch *new, struct errmsg *err)
{
    struct journal *journal = NULL;
    enum status st = journal_open(&new->wanted, &journal, err);

    if (st == ST_OK)
        journal_head(journal, &new->now);
    journal_close(journal);
    return st;
}

static enum status run(struct new_epoch *new, const char *folder, bool new_name, struct errmsg *err)
{
    int lock = -1;
    enum status st;

    if (strlen(folder) >= PATH_BYTES) {
        errmsg_set(err, "the folder's name is longer than %d bytes", PATH_BYTES);
        return ST_INVALID;
    }
    new->wanted = (struct journal_options){.path = new->journal, .now_unix_ms = clock_wall_ms(clock_system())};
    (void)snprintf(new->journal, sizeof new->journal, "%s/journal.db", folder);
    (void)snprintf(new->cache, sizeof new->cache, "%s/cache.db", folder);
    (void)snprintf(new->kept, sizeof new->kept, "%s.before-%" PRId64, new->journal, new->wanted.now_unix_ms);
    crypto_random(&new->wanted.new_dev, sizeof new->wanted.new_dev);
    crypto_random(&new->wanted.new_epoch, sizeof new->wanted.new_epoch);
    st = check_owner(new->journal, err);
    if (st == ST_OK)
        st = file_lock_dir(folder, "loyalctl new-epoch", &lock, err);
    if (st == ST_CONFLICT)
        errmsg_wrap(err, "loyald runs on these files; stop it first");
    if (st == ST_OK)
        st = begin(new, new_name, err);
    if (st == ST_OK)
        st = look(new, err);
    if (lock >= 0)
        (void)close(lock);
    return st;
}

static void write_json(const struct new_epoch *new, struct strbuf *out)
{
    struct json_writer w = JSON_WRITER_INIT(out);
    char hex[17];

    jw_object_begin(&w);
    hex_from_u64(new->now.dev, hex);
    jw_field_text(&w, "dev", hex);
    hex_from_u64(new->before.epoch, hex);
    jw_field_text(&w, "old_epoch", hex);
    hex_from_u64(new->now.epoch, hex);
    jw_field_text(&w, "epoch", hex);
    jw_field_int(&w, "carried", new->carried);
    jw_field_text(&w, "kept", new->kept);
    jw_object_end(&w);
    strbuf_putc(out, '\n');
}

static void write_text(const struct new_epoch *new, struct strbuf *out)
{
    strbuf_printf(out, "name       %016" PRIx64 "%s\n", new->now.dev,
                  new->now.dev == new->before.dev ? "" : ", a new one");
    strbuf_printf(out, "epoch      %016" PRIx64 ", a new one\n", new->now.epoch);
    strbuf_printf(out, "carried    %" PRId64 " %s that the central was not known to have\n", new->carried,
                  plural(new->carried, "record", "records"));
    strbuf_printf(out, "kept       %s, the journal as it was\n", new->kept);
    strbuf_puts(out, "\nNow: start loyald and enrol it: loyalctl enrol CODE\n");
}

int command_new_epoch(const struct command_call *call)
{
    struct strbuf out = STRBUF_INIT(16 * 1024);
    struct new_epoch new = {.carried = 0};
    struct errmsg err = ERRMSG_INIT;
    enum status st = run(&new, call->words[0], call->new_name, &err);

    if (st == ST_OK && call->json)
        write_json(&new, &out);
    else if (st == ST_OK)
        write_text(&new, &out);
    if (st == ST_OK)
        (void)fputs(strbuf_text(&out), stdout);
    else
        command_say("new-epoch: %s", err.text[0] ? err.text : status_text(st));
    strbuf_free(&out);
    return command_finish(st == ST_OK ? 0 : EXIT_REFUSED);
}
