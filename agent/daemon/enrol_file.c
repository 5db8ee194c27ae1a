/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/enrol_file.h"

#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "agent/base/log.h"
#include "agent/link/link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CODE_BYTES_MAX = 64 };

void enrol_file_init(struct enrol_file *file, struct link *link, const char *state_dir)
{
    *file = (struct enrol_file){.link = link, .wait_ms = ENROL_FILE_WAIT_FIRST_MS};
    (void)snprintf(file->path, sizeof file->path, "%.500s/enrol.code", state_dir);
}

/* Out of the way, so that a code that is used up is not shown to the central for ever. */
static void set_aside(const struct enrol_file *file)
{
    char aside[ENROL_FILE_PATH_MAX + 16];

    (void)snprintf(aside, sizeof aside, "%s.refused", file->path);
    if (rename(file->path, aside) != 0)
        log_warn("enrol-01", "%s cannot be set aside: %s", file->path, strerror(errno));
}

static void told(void *context, enum problem problem, const char *detail)
{
    struct enrol_file *file = context;

    file->asking = false;
    if (problem == PROBLEM_NONE) {
        log_info("enrol-02", "enrolled by the code in %s: %s", file->path, detail ? detail : "");
        if (unlink(file->path) != 0)
            log_warn("enrol-03", "%s cannot be removed: %s", file->path, strerror(errno));
        return;
    }
    if (problem == PROBLEM_NO_COURIER || problem == PROBLEM_CENTRAL_AWAY || problem == PROBLEM_BUSY) {
        file->due_mono_ms = clock_mono_ms(clock_system()) + file->wait_ms;
        file->wait_ms = file->wait_ms * 2 < ENROL_FILE_WAIT_LAST_MS ? file->wait_ms * 2 : ENROL_FILE_WAIT_LAST_MS;
        return; /* the link has said why, in the log */
    }
    log_error("enrol-04", "the code in %s is refused: %s", file->path, detail ? detail : "");
    set_aside(file);
}

void enrol_file_look(struct enrol_file *file, int64_t now_mono_ms)
{
    struct errmsg err = ERRMSG_INIT;
    char *text = NULL;
    size_t len = 0;
    enum status st;

    if (file->asking || now_mono_ms < file->due_mono_ms)
        return;
    st = file_read(file->path, CODE_BYTES_MAX, &text, &len, &err);
    if (st == ST_NOT_FOUND)
        return;
    if (st != ST_OK) {
        log_error("enrol-05", "%s", err.text);
        set_aside(file);
        return;
    }
    text[strcspn(text, " \t\r\n")] = '\0';
    file->asking = true;
    link_enrol(file->link, text, told, file);
    free(text);
}
