/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin_answer - the frame of every request of the office's: its body is read, the work done, the answer sent, and
 * what was done or refused said in the log. Used by the handlers of the admin server.
 */
#ifndef LOYALD_CENTRAL_ADMIN_ANSWER_H
#define LOYALD_CENTRAL_ADMIN_ANSWER_H

#include "agent/base/json_writer.h"
#include "sync/central/central.h"

struct cJSON;
struct http_request;

enum { ADMIN_BODY_MAX = 64 * 1024 };

/* One request while it is worked on. */
struct admin_call {
    struct central *central;
    struct http_request *request;
    const struct cJSON *root; /* its body, where that is JSON */
    struct json_writer *w;    /* of the answer; {} when nothing is written */
};

typedef enum status admin_work(const struct admin_call *call, struct errmsg *err);
typedef enum status admin_report(struct central *central, struct json_writer *w, struct errmsg *err);
typedef enum status admin_import(struct central *central, const char *chain, char *text, size_t len, int first_line,
                                 struct json_writer *w, struct errmsg *err);

/* Each answers the request. context is the central. */
void admin_do(void *context, struct http_request *request, admin_work *work);      /* whatever its body is */
void admin_do_json(void *context, struct http_request *request, admin_work *work); /* its body is JSON */
void admin_send_report(void *context, struct http_request *request, admin_report *report);
/* The body is a part of a file for the chain the path names; ?line= says where in the file its first row stood. */
void admin_take_file(void *context, struct http_request *request, admin_import *import);

/* Of the body. A text that must be there, one that may ("" when it is not), and a name (ids.h) that must. */
enum status admin_text(const struct cJSON *root, const char *name, const char **out_text, struct errmsg *err);
enum status admin_text_or_none(const struct cJSON *root, const char *name, const char **out_text, struct errmsg *err);
enum status admin_name(const struct cJSON *root, const char *name, const char **out_text, struct errmsg *err);

/* {name: text} */
void admin_write_one(struct json_writer *w, const char *name, const char *text);

#endif
