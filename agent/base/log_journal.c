/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/log_journal.h"

#include <ctype.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/base/hex.h"
#include "agent/base/sha256.h"

enum { HEAD_BYTES = 1024, FIELDS_BYTES = 2048, KEY_BYTES_MAX = 24, ID_BYTES = 16, PARTS = 3 };

static _Atomic int journal_fd = -1;
static _Atomic int lost_lines;

static int open_socket(void)
{
    int fd = atomic_load(&journal_fd), none = -1;

    if (fd >= 0)
        return fd;
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && !atomic_compare_exchange_strong(&journal_fd, &none, fd)) {
        (void)close(fd); /* another thread was first */
        fd = none;
    }
    return fd;
}

/* The same for every line of that number, so that "journalctl MESSAGE_ID=" finds them; in the form of a UUID version 4. */
static void make_message_id(const char *code, char out_id[2 * ID_BYTES + 1])
{
    uint8_t digest[SHA256_BYTES];
    struct sha256 hash;

    sha256_init(&hash);
    sha256_add(&hash, "loyald log ", strlen("loyald log "));
    sha256_add(&hash, code, strlen(code));
    sha256_end(&hash, digest);
    digest[6] = (uint8_t)((digest[6] & 0x0f) | 0x40);
    digest[8] = (uint8_t)((digest[8] & 0x3f) | 0x80);
    hex_encode(digest, ID_BYTES, out_id);
}

static size_t write_head(const struct log_entry *entry, char out[HEAD_BYTES])
{
    size_t area = strcspn(entry->area, "-");
    char id[2 * ID_BYTES + 1];
    int len;

    len = snprintf(out, HEAD_BYTES, "PRIORITY=%d\nSYSLOG_IDENTIFIER=%.64s\nLOYALD_AREA=%.*s\n", entry->priority,
                   program_invocation_short_name, (int)(area < 64 ? area : 64), entry->area);
    if (entry->area[area] == '-') {
        make_message_id(entry->area, id);
        len += snprintf(out + len, HEAD_BYTES - (size_t)len, "LOYALD_CODE=%.64s\nMESSAGE_ID=%s\n", entry->area, id);
    }
    len += snprintf(out + len, HEAD_BYTES - (size_t)len, "MESSAGE=");
    return (size_t)len;
}

/* The key that ends before "=%" at at; its length, 0: none. */
static size_t key_before(const char *format, const char *at, const char **out_key)
{
    const char *key = at;

    while (key > format && (islower((unsigned char)key[-1]) || key[-1] == '_'))
        key--;
    *out_key = key;
    return (size_t)(at - key);
}

/* Appends "LOYALD_KEY=value" for a key whose value stands in the line from *from on. */
static size_t write_field(const char *key, size_t len, const char **from, char *out, size_t out_max)
{
    char wanted[KEY_BYTES_MAX + 2];
    const char *value;
    size_t value_len, written;

    if (len == 0 || len >= KEY_BYTES_MAX)
        return 0;
    (void)snprintf(wanted, sizeof wanted, "%.*s=", (int)len, key);
    value = strstr(*from, wanted);
    if (!value)
        return 0;
    value += len + 1;
    value_len = strcspn(value, " ");
    *from = value + value_len;
    if (value_len > 0 && strchr(":,", value[value_len - 1]))
        value_len--;
    if (out_max < len + value_len + sizeof "\nLOYALD_=")
        return 0;
    written = (size_t)snprintf(out, out_max, "\nLOYALD_%.*s=%.*s", (int)len, key, (int)value_len, value);
    for (char *c = out + strlen("\nLOYALD_"); *c != '='; c++)
        *c = (char)toupper((unsigned char)*c);
    return written;
}

/* Stops at the first free text: what a device or a stranger sent could hold a key of ours. */
static size_t write_fields(const struct log_entry *entry, char out[FIELDS_BYTES])
{
    const char *from = entry->line;
    size_t len = 0;

    for (const char *at = strchr(entry->format, '%'); at; at = strchr(at + 1, '%')) {
        const char *key;

        if (at == entry->format || at[-1] != '=')
            break;
        len += write_field(key, key_before(entry->format, at - 1, &key), &from, out + len, FIELDS_BYTES - len);
    }
    out[len++] = '\n';
    return len;
}

static bool send_parts(const char *socket_path, struct iovec *parts, size_t count)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct msghdr message = {
        .msg_name = &address, .msg_namelen = sizeof address, .msg_iov = parts, .msg_iovlen = count};
    int fd = open_socket();

    if (fd < 0 || strlen(socket_path) >= sizeof address.sun_path)
        return false;
    memcpy(address.sun_path, socket_path, strlen(socket_path));
    if (sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
        return true;
    if (errno != EAGAIN && errno != ENOBUFS)
        return false;
    atomic_fetch_add(&lost_lines, 1);
    return true;
}

static bool send_entry(const char *socket_path, const struct log_entry *entry)
{
    char head[HEAD_BYTES], fields[FIELDS_BYTES];
    struct iovec parts[PARTS] = {{head, write_head(entry, head)},
                                 {(void *)(uintptr_t)entry->line, entry->len},
                                 {fields, write_fields(entry, fields)}};

    return send_parts(socket_path, parts, PARTS);
}

bool log_journal_send(const char *socket_path, const struct log_entry *entry)
{
    int lost = atomic_exchange(&lost_lines, 0);
    char line[96];

    if (lost > 0) {
        struct log_entry told = {.priority = 4, .area = "log-01", .format = "", .line = line};

        told.len = (size_t)snprintf(line, sizeof line, "log: the journal was too slow, lines are lost count=%d [log-01]", lost);
        if (!send_entry(socket_path, &told))
            return false;
        if (atomic_load(&lost_lines) > 0) { /* this one was lost as well */
            atomic_store(&lost_lines, lost + 1);
            return true;
        }
    }
    return send_entry(socket_path, entry);
}
