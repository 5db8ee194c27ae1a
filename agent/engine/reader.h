/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader - reads a bundle's JSON and collects every fault with its JSON pointer, instead of stopping at the first.
 *
 * The reader knows where it is (rd_in, rd_out). Each getter answers whether it has a good value; a wrong one is put
 * in the report and the output left as it was, so that the compiler goes on and finds the next fault.
 */
#ifndef LOYALD_ENGINE_READER_H
#define LOYALD_ENGINE_READER_H

#include "agent/engine/bundle.h"
#include "agent/engine/share.h"

#include <cjson/cJSON.h>

/* Where the members of an object stood last time among the names the format knows there: the next object of its kind
 * most often has them in the same order. */
enum { RD_KINDS = 32, RD_MEMBERS = 16 };
struct rd_order {
    const char *names;
    const char *words[RD_MEMBERS];
};

/* Where the reader is, as steps: a pointer is made of them when there is a fault to tell. What lies deeper than JSON
 * may nest is not told apart. */
enum { RD_DEPTH_MAX = 48 };
struct reader_at {
    size_t depth;
    struct {
        const char *name; /* of a member; NULL: the index of an element */
        size_t index;
    } steps[RD_DEPTH_MAX];
};

struct reader {
    struct bundle_report *report;
    struct arena *arena;
    struct arena *temp; /* for what is being put together before it is shared */
    struct sharing *sharing;
    struct reader_at at;
    struct rd_order *orders; /* RD_KINDS of them, or NULL */
};

enum need { OPTIONAL, REQUIRED };
enum { ID_BYTES_MAX = 128 };

/* Steps into a member or an element; give the answer to rd_out to step back. */
size_t rd_in(struct reader *reader, const char *name);
size_t rd_in_index(struct reader *reader, size_t index);
void rd_out(struct reader *reader, size_t mark);

/* value is each element of the member's array (NULL: none), one after the other; the reader stands at it meanwhile. The
 * loop is left by its end alone. */
#define rd_each(reader, name, array, value)                                                                          \
    for (struct rd_walk rd_walk_ = rd_walk_begin(reader, name, array); (value = rd_walk_next(reader, &rd_walk_));)
struct rd_walk {
    const cJSON *next;
    size_t mark, inner, index;
};
struct rd_walk rd_walk_begin(struct reader *reader, const char *name, const cJSON *array);
const cJSON *rd_walk_next(struct reader *reader, struct rd_walk *walk);

/* Puts a note at the place the reader is at, or at one of its members (name not NULL). */
void rd_note(struct reader *reader, bool warning, const char *name, const char *text);
#define rd_fault(reader, name, ...)                                                                                  \
    do {                                                                                                             \
        struct errmsg rd_text_ = ERRMSG_INIT;                                                                        \
        errmsg_set(&rd_text_, __VA_ARGS__);                                                                          \
        rd_note((reader), false, (name), rd_text_.text);                                                             \
    } while (0)
#define rd_warn(reader, name, ...)                                                                                   \
    do {                                                                                                             \
        struct errmsg rd_text_ = ERRMSG_INIT;                                                                        \
        errmsg_set(&rd_text_, __VA_ARGS__);                                                                          \
        rd_note((reader), true, (name), rd_text_.text);                                                              \
    } while (0)

/* Shares count elements that stand in temp. */
const void *rd_share(struct reader *reader, const void *items, size_t count, size_t bytes_each);

/* Member of an object, NULL when absent; faults its type when it is there and another. */
const cJSON *rd_get(const cJSON *object, const char *name);
const cJSON *rd_object(struct reader *reader, const cJSON *object, const char *name, enum need need);
const cJSON *rd_array(struct reader *reader, const cJSON *object, const char *name, enum need need);
/* Faults when value is no object, and every member whose name is not among the names, separated by spaces. */
bool rd_names(struct reader *reader, const cJSON *value, const char *names);

bool rd_int(struct reader *reader, const cJSON *object, const char *name, enum need need, int64_t min, int64_t max,
            int64_t *out_value);
bool rd_bool(struct reader *reader, const cJSON *object, const char *name, bool *out_value);
/* Copies. 1 to len_max bytes. */
bool rd_text(struct reader *reader, const cJSON *object, const char *name, enum need need, size_t len_max,
             const char **out_text);
/* The same for a text that no other equals: it is not looked for among what is shared. */
bool rd_own_text(struct reader *reader, const cJSON *object, const char *name, enum need need, size_t len_max,
                 const char **out_text);
/* One of the words, separated by spaces; answers its place among them. */
bool rd_word(struct reader *reader, const cJSON *object, const char *name, enum need need, const char *words,
             int *out_index);
/* An array of texts, sorted, copied. */
void rd_texts(struct reader *reader, const cJSON *object, const char *name, struct text_list *out_list);
/* A text in languages: {"en":"..","ru":".."}; a plain text has the language "". */
void rd_language_text(struct reader *reader, const cJSON *object, const char *name, enum need need,
                      const struct bundle_text **out_text);
/* Local time "2026-11-01T00:00" or with seconds; an offset is refused: stores have local time. */
bool rd_local_time(struct reader *reader, const cJSON *object, const char *name, struct local_time *out_time);

#endif
