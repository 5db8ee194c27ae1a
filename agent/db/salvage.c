/* SPDX-License-Identifier: Apache-2.0 */
/* Finding records: every page that may hold some is read, and each is held against its own hash. */
#include "agent/db/salvage_internal.h"

#include "agent/base/bytes.h"
#include "agent/base/hex.h"
#include "agent/db/journal_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAYLOAD_MAX = JOURNAL_RECORD_BYTES_MAX + 256, RECORD_COLUMNS = 4, ENVELOPE_FIXED = 59 };

struct salvage {
    struct image image;
    struct salvage_record *records;
    size_t record_count, record_room;
    struct salvage_state states[SALVAGE_STATES_MAX];
    size_t state_count;
    uint64_t dev;
    uint8_t *payload; /* owned: PAYLOAD_MAX */
    uint8_t *page;    /* owned: PAGE_MAX */
};

/* ---- one record ---- */

static bool hex_at(const char *at, void *out_bytes, size_t bytes)
{
    char digits[SHA256_TEXT];

    memcpy(digits, at, 2 * bytes);
    digits[2 * bytes] = '\0';
    return hex_decode(digits, bytes, out_bytes) == ST_OK;
}

/* The envelope says of itself what the row's hash can prove. */
static bool read_envelope(const char *bytes, size_t len, struct salvage_record *out, uint64_t *out_dev)
{
    static const char mark[] = ",\"prev\":\"";
    uint8_t dev[8], epoch[8];
    const char *prev;
    char *end;

    if (len < 200 || len > JOURNAL_RECORD_BYTES_MAX || memcmp(bytes, "{\"dev\":\"", 8) != 0 ||
        memcmp(bytes + 24, "\",\"epoch\":\"", 11) != 0 || !hex_at(bytes + 8, dev, 8) ||
        !hex_at(bytes + 35, epoch, 8) || memcmp(bytes + 51, "\",\"seq\":", 8) != 0)
        return false;
    out->seq = strtoll(bytes + ENVELOPE_FIXED, &end, 10);
    prev = memmem(bytes, len < 320 ? len : 320, mark, sizeof mark - 1);
    if (*end != ',' || out->seq < 1 || !prev || (size_t)(prev - bytes) + sizeof mark - 1 + 64 > len ||
        !hex_at(prev + sizeof mark - 1, out->prev, SHA256_BYTES) || journal_read_hlc(bytes, len, &out->hlc) != ST_OK)
        return false;
    out->epoch = bytes_get_u64(epoch);
    *out_dev = bytes_get_u64(dev);
    return true;
}

/* True when the payload is a row of the table of records whose bytes have its hash. */
static bool read_row(const uint8_t *payload, const struct cell *cell, struct salvage_record *out, uint64_t *out_dev,
                     struct column columns[RECORD_COLUMNS])
{
    uint8_t hash[SHA256_BYTES];

    if (!columns_read(payload, cell->payload_bytes, RECORD_COLUMNS, columns) || columns[0].serial != 0 ||
        !column_is_text(&columns[1]) || columns[1].len > JOURNAL_TYPE_MAX || !column_is_blob(&columns[2]) ||
        !column_is_blob(&columns[3]) || columns[3].len != SHA256_BYTES ||
        !read_envelope((const char *)columns[2].bytes, columns[2].len, out, out_dev))
        return false;
    journal_hash(out->prev, columns[2].bytes, columns[2].len, hash);
    if (memcmp(hash, columns[3].bytes, SHA256_BYTES) != 0 || cell->rowid < out->seq)
        return false;
    memcpy(out->hash, hash, SHA256_BYTES);
    out->position = cell->rowid;
    out->len = (uint32_t)columns[2].len;
    return true;
}

/* Tries each copy of the pages that a long record goes on in. */
static bool read_cell(struct salvage *salvage, const struct cell *cell, struct salvage_record *out, uint64_t *out_dev,
                      struct column columns[RECORD_COLUMNS], int64_t *out_pages, int *out_page_count)
{
    if (cell->payload_bytes < 200 || cell->payload_bytes > PAYLOAD_MAX)
        return false;
    for (int copy = COPY_CURRENT; copy < COPIES; copy++) {
        if (out_page_count)
            *out_page_count = 0;
        if (cell_payload(&salvage->image, salvage->page, cell, (enum copy)copy, salvage->payload, out_pages,
                         out_page_count) &&
            read_row(salvage->payload, cell, out, out_dev, columns))
            return true;
    }
    return false;
}

static enum status keep_record(struct salvage *salvage, const struct salvage_record *record, struct errmsg *err)
{
    if (salvage->record_count == salvage->record_room) {
        size_t room = salvage->record_room ? 2 * salvage->record_room : 4096;
        struct salvage_record *more =
            room <= SALVAGE_RECORDS_MAX ? realloc(salvage->records, room * sizeof *more) : NULL;

        if (!more) {
            errmsg_set(err, "no memory for more than %zu records", salvage->record_count);
            return ST_NOMEM;
        }
        salvage->records = more;
        salvage->record_room = room;
    }
    salvage->records[salvage->record_count++] = *record;
    return ST_OK;
}

/* Where a row is found again: its place and its cell. */
static int64_t pack_at(int64_t place, int n)
{
    return place * 65536 + n;
}

static enum status take_records(struct salvage *salvage, int64_t place, struct errmsg *err)
{
    int count = cell_count(&salvage->image, salvage->page, LEAF_OF_TABLE);
    enum status st = ST_OK;

    for (int n = 0; st == ST_OK && n < count; n++) {
        struct salvage_record record = {.at = pack_at(place, n)};
        struct column columns[RECORD_COLUMNS];
        struct cell cell;
        uint64_t dev = 0;

        if (!cell_read(&salvage->image, salvage->page, place, LEAF_OF_TABLE, n, &cell) ||
            !read_cell(salvage, &cell, &record, &dev, columns, NULL, NULL))
            continue;
        salvage->dev = salvage->dev ? salvage->dev : dev;
        st = keep_record(salvage, &record, err);
    }
    return st;
}

/* ---- the state beside the records ---- */

static bool name_is_plain(const struct column *column)
{
    if (column->len == 0 || column->len > JOURNAL_STATE_NAME_MAX)
        return false;
    for (size_t i = 0; i < column->len; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789_.-", column->bytes[i]) || column->bytes[i] == '\0')
            return false;
    return true;
}

const struct salvage_state *salvage_find_state(const struct salvage *salvage, const char *name)
{
    for (size_t i = 0; i < salvage->state_count; i++)
        if (strcmp(salvage->states[i].name, name) == 0)
            return &salvage->states[i];
    return NULL;
}

/* Values have no hash of their own. Pages come in the order of what is most likely true, so the first stays. */
static void take_states(struct salvage *salvage, int64_t place)
{
    int count = cell_count(&salvage->image, salvage->page, LEAF_OF_INDEX);

    for (int n = 0; n < count && salvage->state_count < SALVAGE_STATES_MAX; n++) {
        struct salvage_state *state = &salvage->states[salvage->state_count];
        struct column columns[2];
        struct cell cell;

        if (!cell_read(&salvage->image, salvage->page, place, LEAF_OF_INDEX, n, &cell) ||
            cell.payload_bytes > JOURNAL_STATE_BYTES_MAX + 128 ||
            !cell_payload(&salvage->image, salvage->page, &cell, COPY_CURRENT, salvage->payload, NULL, NULL) ||
            !columns_read(salvage->payload, cell.payload_bytes, 2, columns) || !column_is_text(&columns[0]) ||
            !column_is_blob(&columns[1]) || !name_is_plain(&columns[0]))
            continue;
        memcpy(state->name, columns[0].bytes, columns[0].len);
        state->name[columns[0].len] = '\0';
        if (salvage_find_state(salvage, state->name))
            continue;
        state->value = malloc(columns[1].len + 1);
        if (!state->value)
            return;
        memcpy(state->value, columns[1].bytes, columns[1].len);
        state->len = columns[1].len;
        salvage->state_count++;
    }
}

/* ---- all pages ---- */

static enum status take_page(struct salvage *salvage, int64_t place, struct errmsg *err)
{
    if (!image_read(&salvage->image, place, salvage->page))
        return ST_OK;
    take_states(salvage, place);
    return take_records(salvage, place, err);
}

/* What a reader would see first, then all other copies: what is there twice is kept from the first. */
static enum status take_all(struct salvage *salvage, struct errmsg *err)
{
    const struct image *image = &salvage->image;
    enum status st = ST_OK;

    for (int64_t page = 2; st == ST_OK && page < image->mapped_pages; page++)
        st = take_page(salvage, image_place(image, (uint32_t)page, COPY_CURRENT), err);
    for (int64_t frame = image->frame_count; st == ST_OK && frame >= 1; frame--)
        if (image->page_of[frame] != 0 && image->latest[image->page_of[frame]] != (uint32_t)frame)
            st = take_page(salvage, -frame, err);
    for (int64_t page = 2; st == ST_OK && page <= image->page_count; page++)
        if (image->latest[page] != 0)
            st = take_page(salvage, page, err);
    return st;
}

/* Two rows of one position have both proved their hash: they are one record. Ties are broken for one order only. */
static int compare_records(const void *a, const void *b)
{
    const struct salvage_record *x = a, *y = b;

    if (x->position != y->position)
        return x->position < y->position ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

static void drop_doubles(struct salvage *salvage)
{
    size_t kept = 0;

    if (salvage->record_count > 1)
        qsort(salvage->records, salvage->record_count, sizeof *salvage->records, compare_records);
    for (size_t i = 0; i < salvage->record_count; i++)
        if (kept == 0 || salvage->records[kept - 1].position != salvage->records[i].position)
            salvage->records[kept++] = salvage->records[i];
    salvage->record_count = kept;
}

enum status salvage_open(const char *path, struct salvage **out_salvage, struct errmsg *err)
{
    struct salvage *salvage = calloc(1, sizeof *salvage);
    const struct salvage_state *dev;
    enum status st = ST_NOMEM;

    if (salvage) {
        salvage->image.file = salvage->image.log = -1;
        salvage->payload = malloc(PAYLOAD_MAX);
        salvage->page = malloc(PAGE_MAX);
    }
    if (salvage && salvage->payload && salvage->page)
        st = image_open(path, &salvage->image, err);
    else
        errmsg_set(err, "%s: out of memory", path);
    if (st == ST_OK)
        st = take_all(salvage, err);
    if (st != ST_OK) {
        salvage_close(salvage);
        return st;
    }
    drop_doubles(salvage);
    dev = salvage_find_state(salvage, JOURNAL_STATE_DEV);
    if (dev && dev->len == 8)
        salvage->dev = bytes_get_u64(dev->value);
    *out_salvage = salvage;
    return ST_OK;
}

void salvage_close(struct salvage *salvage)
{
    if (!salvage)
        return;
    for (size_t i = 0; i < salvage->state_count; i++)
        free(salvage->states[i].value);
    image_close(&salvage->image);
    free(salvage->records);
    free(salvage->payload);
    free(salvage->page);
    free(salvage);
}

size_t salvage_records(const struct salvage *salvage, const struct salvage_record **out_records)
{
    *out_records = salvage->records;
    return salvage->record_count;
}

size_t salvage_states(const struct salvage *salvage, const struct salvage_state **out_states)
{
    *out_states = salvage->states;
    return salvage->state_count;
}

uint64_t salvage_dev(const struct salvage *salvage)
{
    return salvage->dev;
}

int64_t salvage_page_count(const struct salvage *salvage)
{
    return salvage->image.page_count;
}

int64_t salvage_frame_count(const struct salvage *salvage)
{
    return salvage->image.frame_count;
}

enum status salvage_read(struct salvage *salvage, const struct salvage_record *record, char out_type[33],
                         char *out_bytes, int64_t out_pages[SALVAGE_PAGES_MAX], int *out_page_count,
                         struct errmsg *err)
{
    int n = (int)(((record->at % 65536) + 65536) % 65536), unused = 0;
    int64_t place = (record->at - n) / 65536;
    struct column columns[RECORD_COLUMNS];
    struct salvage_record again;
    struct cell cell;
    uint64_t dev;

    if (!image_read(&salvage->image, place, salvage->page) ||
        !cell_read(&salvage->image, salvage->page, place, LEAF_OF_TABLE, n, &cell) ||
        !read_cell(salvage, &cell, &again, &dev, columns, out_pages, out_page_count ? out_page_count : &unused) ||
        again.len != record->len) {
        errmsg_set(err, "record %" PRId64 " was read once and cannot be read again", record->position);
        return ST_IO;
    }
    memcpy(out_type, columns[1].bytes, columns[1].len);
    out_type[columns[1].len] = '\0';
    memcpy(out_bytes, columns[2].bytes, columns[2].len);
    return ST_OK;
}
