/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enrol_file - enrolment without hands: a file with the office's code, dropped into the state directory by an image
 * or by Ansible.
 *
 *   enrol.code --- enrolled ------------------------> removed
 *              --- refused by the central ----------> enrol.code.refused, the reason in the log
 *              --- no loyald-sync, no link ---------> stays, asked again, ever more rarely
 *
 * A till that is enrolled already does not look at it. Used from the loop only.
 */
#ifndef LOYALD_DAEMON_ENROL_FILE_H
#define LOYALD_DAEMON_ENROL_FILE_H

#include <stdbool.h>
#include <stdint.h>

struct link;

enum { ENROL_FILE_WAIT_FIRST_MS = 2000, ENROL_FILE_WAIT_LAST_MS = 60 * 1000, ENROL_FILE_PATH_MAX = 600 };

struct enrol_file {
    struct link *link; /* borrowed */
    char path[ENROL_FILE_PATH_MAX];
    bool asking;
    int64_t wait_ms, due_mono_ms;
};

void enrol_file_init(struct enrol_file *file, struct link *link, const char *state_dir);
/* Looks whether there is one, and enrols; called now and then while the till is not enrolled. */
void enrol_file_look(struct enrol_file *file, int64_t now_mono_ms);

#endif
