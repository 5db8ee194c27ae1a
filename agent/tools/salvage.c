/* SPDX-License-Identifier: Apache-2.0 */
/* loyalctl salvage: what is intact in a damaged journal, as a new journal and an export. Never of a till that runs.
 */
#include "agent/base/plural.h"
#include "agent/tools/command.h"

#include "agent/base/clock.h"
#include "agent/base/crypto.h"
#include "agent/base/file.h"
#include "agent/base/json_writer.h"
#include "agent/db/journal.h"
#include "agent/db/salvage.h"
#include "agent/till/unsynced.h"
#include "sync/protocol/export.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

/* Holds the folder's lock while the files are read, where a loyald has left one. -1 in *out_fd: there is none. */
static enum status lock_folder(const char *path, int *out_fd, struct errmsg *err)
{
    const char *slash = strrchr(path, '/');
    char folder[PATH_BYTES], lock[PATH_BYTES + 8];

    *out_fd = -1;
    if (strlen(path) >= PATH_BYTES) {
        errmsg_set(err, "the path is longer than %d bytes", PATH_BYTES);
        return ST_INVALID;
    }
    (void)snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
    (void)snprintf(lock, sizeof lock, "%s/lock", folder);
    if (access(lock, F_OK) != 0)
        return ST_OK;
    return file_lock_dir(folder, "loyalctl salvage", out_fd, err);
}

static void write_json(const struct salvage_report *r, struct strbuf *out)
{
    struct json_writer w = JSON_WRITER_INIT(out);
    char epoch[17];

    jw_object_begin(&w);
    jw_field_int(&w, "pages", r->pages);
    jw_field_int(&w, "log_frames", r->frames);
    jw_field_int(&w, "records", r->records);
    jw_field_int(&w, "first_position", r->first_position);
    jw_field_int(&w, "last_position", r->last_position);
    jw_field_int(&w, "acked", r->acked);
    jw_field_int(&w, "unsynced", r->unsynced);
    jw_field_int(&w, "kept_from", r->kept_from);
    jw_field_int(&w, "records_missing", r->records_missing);
    jw_name(&w, "missing");
    jw_array_begin(&w);
    for (int i = 0; i < r->gap_count; i++) {
        (void)snprintf(epoch, sizeof epoch, "%016" PRIx64, r->gaps[i].epoch);
        jw_object_begin(&w);
        jw_field_text(&w, "epoch", epoch);
        jw_field_int(&w, "from", r->gaps[i].seq_from);
        jw_field_int(&w, "to", r->gaps[i].seq_to);
        jw_object_end(&w);
    }
    jw_array_end(&w);
    jw_field_int(&w, "broken_at", r->broken_at);
    jw_field_int(&w, "states", (int64_t)r->states);
    jw_field_bool(&w, "name_lost", r->dev_lost);
    jw_object_end(&w);
    strbuf_putc(out, '\n');
}

static void write_text(const struct salvage_report *r, const char *folder, struct strbuf *out)
{
    strbuf_printf(out, "saved      %" PRId64 " %s of %" PRId64 " %s and %" PRId64 " %s of the log\n",
                  r->records, plural(r->records, "record", "records"), r->pages, plural(r->pages, "page", "pages"),
                  r->frames, plural(r->frames, "frame", "frames"));
    if (r->records_missing == 0)
        strbuf_puts(out, "missing    none between the first and the last\n");
    for (int i = 0; i < r->gap_count; i++)
        strbuf_printf(out, "missing    epoch %016" PRIx64 " seq %" PRId64 " to %" PRId64 "\n", r->gaps[i].epoch,
                      r->gaps[i].seq_from, r->gaps[i].seq_to);
    if (r->gap_count == SALVAGE_GAPS_MAX)
        strbuf_printf(out, "missing    %" PRId64 " records in all\n", r->records_missing);
    if (r->broken_at > 0)
        strbuf_printf(out, "chain      broken at record %" PRId64 ": two histories are mixed here\n", r->broken_at);
    if (r->acked > 0)
        strbuf_printf(out,
                      "unsynced   %" PRId64 " %s after %" PRId64 ", the last the central was known to have\n",
                      r->unsynced, plural(r->unsynced, "record", "records"), r->acked);
    else
        strbuf_puts(out, "unsynced   what the central has is not known: all saved records are exported\n");
    strbuf_printf(out, "state      %zu %s%s\n", r->states, plural((int64_t)r->states, "value", "values"),
                  r->dev_lost ? "; the till's own name is lost, it has a new one" : "");
    strbuf_printf(
        out,
        "\nwritten    %s/journal.db, a new journal that holds the records from %" PRId64 " on\n"
        "           %s/unsynced.jsonl, the exact bytes of what the central may lack\n"
        "\nNow: stop loyald, put the new journal.db in the place of the damaged one (keep that and its -wal),\n"
        "start loyald, enrol the till anew, and send unsynced.jsonl to the office.\n",
        folder, r->kept_from, folder);
}

static enum status append(const char *path, const struct strbuf *line, struct errmsg *err)
{
    FILE *file = fopen(path, "ae");
    bool written = file && fwrite(line->data, line->len, 1, file) == 1 && fflush(file) == 0 && fsync(fileno(file)) == 0;

    if (!written)
        errmsg_set(err, "%s: %s", path, strerror(errno));
    if (file)
        (void)fclose(file); /* it is on disk already */
    return written ? ST_OK : ST_IO;
}

/* The line that closes unsynced.jsonl, by the journal that was saved and the key in it, where that was. */
static enum status close_export(const struct salvage_options *options, const struct salvage_report *report, struct errmsg *err)
{
    char path[PATH_BYTES];
    const struct journal_options wanted = {path, options->now_unix_ms, options->new_dev, options->new_epoch};
    struct strbuf line = STRBUF_INIT(EXPORT_END_BYTES_MAX);
    struct identity identity = {0};
    struct journal *journal = NULL;
    enum status st;

    (void)snprintf(path, sizeof path, "%s/journal.db", options->out_folder);
    st = journal_open(&wanted, &journal, err);
    if (st == ST_OK)
        st = identity_load(journal, &identity, err);
    if (st == ST_OK)
        st = unsynced_write_end(journal, &identity, report->unsynced, report->last_position, &line, err);
    (void)snprintf(path, sizeof path, "%s/unsynced.jsonl", options->out_folder);
    if (st == ST_OK)
        st = append(path, &line, err);
    identity_clear(&identity);
    journal_close(journal);
    strbuf_free(&line);
    return st;
}

int command_salvage(const struct command_call *call)
{
    struct salvage_options options = {
        .path = call->words[0], .out_folder = call->words[1], .now_unix_ms = clock_wall_ms(clock_system())};
    struct strbuf out = STRBUF_INIT(64 * 1024);
    struct salvage_report report;
    struct errmsg err = ERRMSG_INIT;
    int lock = -1;
    enum status st = lock_folder(options.path, &lock, &err);

    if (st == ST_CONFLICT)
        errmsg_wrap(&err, "loyald runs on these files; stop it first");
    crypto_random(&options.new_dev, sizeof options.new_dev);
    crypto_random(&options.new_epoch, sizeof options.new_epoch);
    if (st == ST_OK)
        st = salvage_run(&options, &report, &err);
    if (st == ST_OK)
        st = close_export(&options, &report, &err);
    if (st == ST_OK && call->json)
        write_json(&report, &out);
    else if (st == ST_OK)
        write_text(&report, options.out_folder, &out);
    if (st == ST_OK)
        (void)fputs(strbuf_text(&out), stdout);
    else
        command_say("salvage: %s", err.text[0] ? err.text : status_text(st));
    strbuf_free(&out);
    if (lock >= 0)
        (void)close(lock);
    return st == ST_OK ? 0 : EXIT_REFUSED;
}
