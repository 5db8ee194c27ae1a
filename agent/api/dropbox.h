/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dropbox - the API for a POS that can only write files: calls as NAME.json in a folder, the answer as NAME.answer
 * beside it.
 *
 * A file holds one call {"method","path","body"}, or an array of at most DROPBOX_CALLS_MAX of them, which run in
 * order up to the first that is refused. The answer is {"status","calls","body"}: of the last call that ran, and how
 * many went well. One file is worked on at a time, and it goes only once its answer is there, so that after a crash
 * it is asked again, as a POS would. Files are noticed by inotify, and by a look every two seconds where there is
 * none (network shares).
 */
#ifndef LOYALD_API_DROPBOX_H
#define LOYALD_API_DROPBOX_H

#include "agent/api/api.h"

struct dropbox;

enum { DROPBOX_CALLS_MAX = 8, DROPBOX_FILE_MAX = 1024 * 1024, DROPBOX_LOOK_MS = 2000, DROPBOX_LOOK_SOON_MS = 250 };

struct dropbox_options {
    struct loop *loop;
    struct till *till;
    struct api_hooks hooks; /* journal_failed is called */
    const char *dir;        /* borrowed; need not be there yet */
};

enum status dropbox_create(const struct dropbox_options *options, struct dropbox **out_dropbox, struct errmsg *err);
void dropbox_destroy(struct dropbox *dropbox); /* before the till; accepts NULL */
/* Writes {"dir","state","reason","files","refused"}. */
void dropbox_write(const struct dropbox *dropbox, struct json_writer *w);

#endif
