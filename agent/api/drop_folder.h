/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drop_folder - the files of the drop folder: which is ready to be taken, its bytes, the answer beside it. Inside
 * agent/api.
 *
 * A file NAME.json is taken when it was renamed into the folder, or when nobody has changed it for DROP_QUIET_MS and
 * nobody holds it open for writing, in the order of names. Its answer is NAME.answer, there whole or not at all.
 * Links and other special files are passed over, and a file for whose answer there is no place, since a folder has its
 * name: it waits until that is gone. Everything goes through the folder's descriptor, so a folder swapped
 * meanwhile is not written to.
 */
#ifndef LOYALD_API_DROP_FOLDER_H
#define LOYALD_API_DROP_FOLDER_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum {
    DROP_NAME_MAX = 127,     /* of NAME.json; one with a longer name is not taken, and said */
    DROP_WAITING_MAX = 64,   /* files looked at, the first by name; more wait until these are taken */
    DROP_ENTRIES_MAX = 8192, /* of the folder read in one look */
    DROP_ANSWERS_MAX = 1000, /* more, or older than a day: the oldest go */
    DROP_ANSWER_LIFE_S = 24 * 3600,
    DROP_QUIET_MS = 1000,
};

struct drop_waiting {
    char name[DROP_NAME_MAX + 1];
    int64_t size; /* -1: not looked at yet */
    struct timespec changed;
    int64_t since_mono_ms; /* it has been as it is */
    bool whole;            /* it was renamed in */
    bool there;            /* seen by the look under way */
};

struct drop_folder {
    int fd; /* -1: not open */
    struct drop_waiting waiting[DROP_WAITING_MAX];
    int waiting_count;
    bool warned; /* of what is passed over; once is enough */
};

void drop_folder_init(struct drop_folder *folder);
enum status drop_folder_open(struct drop_folder *folder, const char *path, struct errmsg *err);
void drop_folder_close(struct drop_folder *folder);
/* Somebody has removed the folder; a new one of that name is another. */
bool drop_folder_is_gone(const struct drop_folder *folder);
/* A file of that name was renamed in just now. */
void drop_folder_came(struct drop_folder *folder, const char *name);
/* Reads the folder; true and a name when a file is ready. */
bool drop_folder_look(struct drop_folder *folder, int64_t now_mono_ms, char out_name[DROP_NAME_MAX + 1]);
/* Returns owned the bytes. ST_AGAIN: somebody writes it; ST_FULL: longer than len_max; ST_NOT_FOUND: gone, or no
 * plain file. */
enum status drop_folder_read(struct drop_folder *folder, const char *name, size_t len_max, char **out_bytes,
                             size_t *out_len, struct errmsg *err);
/* Puts the answer beside the file, then removes the file. ST_CONFLICT: a folder has the answer's name by now; the file
 * stays, and is passed over. */
enum status drop_folder_answer(struct drop_folder *folder, const char *name, const char *text, size_t len,
                               struct errmsg *err);
/* Removes answers that nobody took. */
void drop_folder_tidy(struct drop_folder *folder, int64_t now_unix_s);

#endif
