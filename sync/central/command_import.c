/* SPDX-License-Identifier: Apache-2.0 */
/* The office's files, and what a till could not send: cut into pieces of whole rows and sent to the running server.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/base/plural.h"
#include "sync/central/admin_client.h"
#include "sync/central/command_ask.h"
#include "sync/central/csv.h"
#include "sync/central/import.h"
#include "sync/central/journal.h"
#include "sync/protocol/export.h"
#include "sync/protocol/record.h"

#define IMPORT_FILE_MAX ((size_t)1024 * 1024 * 1024)

/* A piece is one request, and the server does nothing else meanwhile: tills wait for it, and so does its end. So the
 * pieces are as long as it takes in PIECE_MS or less. */
enum { PIECE_FIRST_BYTES = 16 * 1024, PIECE_LEAST_BYTES = 2 * 1024, PIECE_MS = 200 };
enum { PROGRESS_MS = 1000, PROGRESS_LOG_MS = 10000, REFUSED_BYTES_MAX = 8 * 1024 * 1024 };
static const size_t PIECE_BYTES_MAX = IMPORT_CHUNK_MAX / 2;

/* The sums over the pieces a file is sent in, and who watches. */
struct import_sums {
    int64_t rows, imported, attached, errors, listed;
    struct strbuf refused; /* with --json: the rows that were, as JSON */
    int64_t told_ms;       /* how far it is was said last */
};

static void tell_refused(const struct cJSON *one, bool as_json, struct import_sums *sums)
{
    const char *message = "";
    int64_t line = command_number(one, "line");

    (void)json_text(one, "message", ERRMSG_BYTES_MAX, &message, NULL);
    sums->listed++;
    if (as_json) {
        struct json_writer w = JSON_WRITER_INIT(&sums->refused);

        if (sums->refused.len > 0)
            strbuf_putc(&sums->refused, ',');
        jw_object_begin(&w);
        jw_field_int(&w, "line", line);
        jw_field_text(&w, "message", message);
        jw_object_end(&w);
    } else {
        fprintf(stderr, "line %lld: %s\n", (long long)line, message);
    }
}

static void add_sums(struct import_sums *sums, const struct cJSON *root, bool as_json)
{
    const struct cJSON *one;

    sums->rows += command_number(root, "rows");
    sums->imported += command_number(root, "imported");
    sums->attached += command_number(root, "attached_sales");
    sums->errors += command_number(root, "error_count");
    cJSON_ArrayForEach(one,
                       cJSON_GetObjectItemCaseSensitive(root, "errors")) if (strbuf_status(&sums->refused) == ST_OK)
        tell_refused(one, as_json, sums);
}

/* How far it is, while it lasts: on a terminal each second in one line, into a log now and then. */
static void tell_progress(struct import_sums *sums, size_t done, size_t all)
{
    bool terminal = isatty(STDERR_FILENO) == 1;
    int64_t now_ms = clock_mono_ms(clock_system());

    if (sums->told_ms == 0)
        sums->told_ms = now_ms;
    if (now_ms - sums->told_ms < (terminal ? PROGRESS_MS : PROGRESS_LOG_MS))
        return;
    sums->told_ms = now_ms;
    fprintf(stderr, terminal ? "\r%d %%, %lld rows, %lld refused \r" : "%d %%, %lld rows, %lld refused\n",
            (int)(done * 100 / all), (long long)sums->rows, (long long)sums->errors);
}

static enum status send_piece(const struct command_call *call, const char *what, const char *header,
                              size_t header_len, const char *rows, size_t rows_len, int64_t line,
                              struct import_sums *sums, struct errmsg *err)
{
    struct strbuf body = STRBUF_INIT(IMPORT_CHUNK_MAX);
    struct admin_reply reply;
    char path[COMMAND_PATH_BYTES];
    enum status st;

    (void)snprintf(path, sizeof(path), "/admin/chains/%s/%s?line=%lld", call->words[0], what, (long long)line);
    strbuf_add(&body, header, header_len);
    strbuf_add(&body, rows, rows_len);
    st = strbuf_status(&body);
    if (st == ST_OK)
        st = admin_ask(call->state_dir, "POST", path, body.data, body.len, &reply, err);
    strbuf_free(&body);
    if (st != ST_OK)
        return st;
    add_sums(sums, reply.root, call->json);
    admin_reply_clear(&reply);
    return ST_OK;
}

static size_t next_room(size_t room, int64_t took_ms)
{
    if (took_ms > PIECE_MS)
        return room / 2 > PIECE_LEAST_BYTES ? room / 2 : PIECE_LEAST_BYTES;
    if (took_ms < PIECE_MS / 2)
        return 2 * room < PIECE_BYTES_MAX ? 2 * room : PIECE_BYTES_MAX;
    return room;
}

/* Cuts the file into pieces of whole rows, each with the header again, so that the server never holds more than one.
 */
static enum status send_file(const struct command_call *call, const char *what, const char *text, size_t len,
                             struct import_sums *sums, struct errmsg *err)
{
    size_t header_len = csv_row_len(text, len), at = header_len, room = PIECE_FIRST_BYTES;
    int64_t line = 2;
    enum status st = ST_OK;

    do {
        size_t piece = 0;
        int64_t lines = 0, began_ms = clock_mono_ms(clock_system());

        while (at + piece < len) {
            size_t row = csv_row_len(text + at + piece, len - at - piece);

            if (piece > 0 && piece + row + header_len > room)
                break;
            if (row + header_len > PIECE_BYTES_MAX) {
                errmsg_set(err, "line %lld: a row of %zu bytes: is a quote not closed?", (long long)(line + lines),
                           row);
                return ST_INVALID;
            }
            for (size_t i = 0; i < row; i++)
                lines += text[at + piece + i] == '\n';
            piece += row;
        }
        st = send_piece(call, what, text, header_len, text + at, piece, line, sums, err);
        room = next_room(room, clock_mono_ms(clock_system()) - began_ms);
        at += piece;
        line += lines;
        tell_progress(sums, at, len);
    } while (st == ST_OK && at < len);
    if (st != ST_OK && sums->imported > 0)
        errmsg_wrap(err, "%lld %s imported, up to line %lld; then", (long long)sums->imported,
                    plural(sums->imported, "row was", "rows were"), (long long)line);
    return st;
}

static void print_sums(const struct command_call *call, const struct import_sums *sums)
{
    if (call->json)
        printf("{\"rows\":%lld,\"imported\":%lld,\"attached_sales\":%lld,\"error_count\":%lld,\"errors\":[%s]}\n",
               (long long)sums->rows, (long long)sums->imported, (long long)sums->attached, (long long)sums->errors,
               strbuf_text(&sums->refused));
    else
        printf("%lld %s, %lld imported, %lld earlier %s attached, %lld refused\n", (long long)sums->rows,
               plural(sums->rows, "row", "rows"), (long long)sums->imported, (long long)sums->attached,
               plural(sums->attached, "sale", "sales"), (long long)sums->errors);
}

static enum status send_whole(const struct command_call *call, const char *what, struct errmsg *err)
{
    struct import_sums sums = {.refused = STRBUF_INIT(REFUSED_BYTES_MAX)};
    char *text = NULL;
    size_t len;
    enum status st = command_check_name("chain", call->words[0], err);

    if (st == ST_OK)
        st = file_read(call->words[1], IMPORT_FILE_MAX, &text, &len, err);
    if (st == ST_OK)
        st = send_file(call, what, text, len, &sums, err);
    free(text);
    if (st != ST_OK) {
        strbuf_free(&sums.refused);
        return st;
    }
    print_sums(call, &sums);
    strbuf_free(&sums.refused);
    if (sums.errors == 0)
        return ST_OK;
    errmsg_set(err, "%lld %s refused%s: import %s again, mended, in a file of their own", (long long)sums.errors,
               plural(sums.errors, "row was", "rows were"),
               sums.errors > sums.listed ? " (the first of each part are listed above)" : "",
               plural(sums.errors, "it", "those"));
    return ST_INVALID;
}

enum status command_member_import(const struct command_call *call, struct errmsg *err)
{
    return send_whole(call, "members", err);
}

enum status command_coupon_import(const struct command_call *call, struct errmsg *err)
{
    return send_whole(call, "coupons", err);
}

/* ---- records of a till ---- */

/* As many whole lines as one batch takes. */
static size_t batch_len(const char *text, size_t len)
{
    size_t taken = 0;

    for (int records = 0; records < RECORD_BATCH_MAX && taken < len; records++) {
        const char *end = memchr(text + taken, '\n', len - taken);
        size_t next = end ? (size_t)(end + 1 - text) : len;

        if (taken > 0 && next > JOURNAL_BODY_MAX)
            break;
        taken = next;
    }
    return taken;
}

/* Nothing is sent of a file that was cut or altered. What follows its records, the closing line, is none; *len is
 * theirs. */
static enum status prove(const struct command_call *call, const char *text, size_t *len, struct errmsg *err)
{
    struct admin_reply reply;
    struct export_end end;
    size_t records_len = *len;
    enum status st = export_check(text, *len, &end, &records_len, err);

    if (st == ST_OK) {
        st = admin_ask(call->state_dir, "POST", "/admin/records/end", text + records_len, *len - records_len, &reply,
                       err);
        if (st == ST_OK)
            admin_reply_clear(&reply);
    }
    if (st == ST_OK)
        *len = records_len;
    else if (st == ST_NOT_FOUND || st == ST_DENIED || st == ST_INVALID)
        errmsg_wrap(
            err,
            "%.100s: nothing was taken (where its sha256sum is what the till said, --unproven takes it by your word)",
            call->words[0]);
    return st;
}

/* By the office's word alone: a closing line is passed over. */
static size_t without_closing_line(const char *text, size_t len)
{
    size_t at = len;

    while (at > 1 && text[at - 2] != '\n')
        at--;
    at -= at > 0;
    return len > 0 && export_is_end(text + at, len - at) ? at : len;
}

enum status command_till_import(const struct command_call *call, struct errmsg *err)
{
    int64_t accepted = 0, known = 0, acked = 0;
    struct admin_reply reply;
    char *text = NULL, dev[64] = "";
    size_t len = 0, at = 0;
    enum status st = file_read(call->words[0], IMPORT_FILE_MAX, &text, &len, err);

    if (st == ST_OK && call->unproven)
        len = without_closing_line(text, len);
    else if (st == ST_OK)
        st = prove(call, text, &len, err);

    while (st == ST_OK && at < len) {
        size_t piece = batch_len(text + at, len - at);
        const char *name = "";

        st = admin_ask(call->state_dir, "POST", "/admin/records", text + at, piece, &reply, err);
        if (st != ST_OK)
            break;
        accepted += command_number(reply.root, "accepted");
        known += command_number(reply.root, "known");
        acked = command_number(reply.root, "acked");
        (void)json_text(reply.root, "dev", sizeof(dev) - 1, &name, NULL);
        (void)snprintf(dev, sizeof(dev), "%s", name);
        admin_reply_clear(&reply);
        at += piece;
    }
    free(text);
    if (st != ST_OK && accepted > 0)
        errmsg_wrap(err, "%lld %s taken; then", (long long)accepted, plural(accepted, "record was", "records were"));
    if (st == ST_OK)
        printf(call->json ? "{\"accepted\":%lld,\"known\":%lld,\"dev\":\"%s\",\"acked\":%lld}\n"
                          : "records taken: %lld, here before: %lld; of till %s all up to %lld are here\n",
               (long long)accepted, (long long)known, dev, (long long)acked);
    return st;
}
