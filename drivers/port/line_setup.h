/* SPDX-License-Identifier: Apache-2.0 */
/*
 * line_setup - what every serial line needs, whichever library opened it: its true path, the claim to be its only
 * user, and the settings that libraries get wrong, read back and compared. Inside drivers/port only.
 */
#ifndef LOYALD_PORT_LINE_SETUP_H
#define LOYALD_PORT_LINE_SETUP_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "drivers/port/port_uri.h"

#include <stdbool.h>

/* Follows links to the device: by-id and by-path names are links, and libserialport 0.1.1 refuses links. ST_NOT_FOUND
 * when nothing is there, a broken link included. */
enum status line_resolve(const char *path, char out_path[PORT_PATH_BYTES_MAX], struct errmsg *err);
/* Whether a resolved path is a pty. */
bool line_is_pty(const char *path);
/* The status and the words for an errno of open. */
enum status line_open_error(const char *path, int code, struct errmsg *err);
/* Lock, exclusive mode, not kept over exec. ST_CONFLICT when another program has it. */
enum status line_claim(int fd, const char *path, struct errmsg *err);
void line_release(int fd);
/* The last word on termios: raw bytes, flow control as asked, no hang-up on close; then reads back what was
 * kept, and drops the bytes that came before. */
enum status line_fix(int fd, const char *path, const struct port_uri *uri, struct errmsg *err);

#endif
