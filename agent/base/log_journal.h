/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_journal - a line for systemd's journal with fields of its own, by journald's native protocol (a datagram of NAME=value lines on
 * a socket; systemd's doc/JOURNAL_NATIVE_PROTOCOL). Used by log.c alone.
 *
 * Never waits: a till does not stand still because its log does.
 */
#ifndef LOYALD_BASE_LOG_JOURNAL_H
#define LOYALD_BASE_LOG_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#define LOG_JOURNAL_SOCKET "/run/systemd/journal/socket"

struct log_entry {
    int priority;       /* of syslog(3): 3 error, 4 warning, 6 info, 7 debug */
    const char *area;   /* "link", or with the line's number "link-07" */
    const char *format; /* of the text; each "key=%" before a free text in it becomes a field LOYALD_KEY */
    const char *line;   /* whole, without control characters */
    size_t len;
};

/* False when the journal is not there and the line must go elsewhere. One that it is too slow for is counted, and told of before the
 * next that it takes. errno may change. */
bool log_journal_send(const char *socket_path, const struct log_entry *entry);

#endif
