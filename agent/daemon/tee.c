/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/tee.h"

#include "agent/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

enum { PTY_MODE = 0660 };

struct tee {
    int fd; /* our end */
    char link[TEE_PATH_MAX], terminal[TEE_PATH_MAX];
    char suffix[TEE_SUFFIX_MAX];
    int64_t passed_count, dropped_count;
    bool warned; /* of drops, until one passes again */
};

static enum status fail(const char *what, const char *path, struct errmsg *err)
{
    errmsg_set(err, "[tee] %s: %s: %s", path, what, strerror(errno));
    return ST_IO;
}

/* Raw from the start, or the terminal would echo what the scanner says back to us. It stays so while we hold our end.
 */
static enum status make_raw(struct tee *tee, struct errmsg *err)
{
    struct termios settings;
    int fd = open(tee->terminal, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    enum status st = ST_OK;

    if (fd < 0)
        return fail("cannot be opened", tee->terminal, err);
    if (tcgetattr(fd, &settings) != 0) {
        st = fail("cannot be made raw", tee->terminal, err);
    } else {
        cfmakeraw(&settings);
        if (tcsetattr(fd, TCSANOW, &settings) != 0 || fchmod(fd, PTY_MODE) != 0)
            st = fail("cannot be made raw", tee->terminal, err);
    }
    (void)close(fd); /* from now on our end tells whether somebody has it open */
    return st;
}

static enum status open_terminal(struct tee *tee, struct errmsg *err)
{
    tee->fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (tee->fd < 0 || grantpt(tee->fd) != 0 || unlockpt(tee->fd) != 0 ||
        ptsname_r(tee->fd, tee->terminal, sizeof tee->terminal) != 0)
        return fail("no pseudo-terminal to be had", "/dev/ptmx", err);
    return make_raw(tee, err);
}

/* By a rename: the path leads to a terminal that works, or nowhere. */
static enum status make_link(const struct tee *tee, struct errmsg *err)
{
    char made[TEE_PATH_MAX + 8];
    struct stat info;

    if (lstat(tee->link, &info) == 0 && !S_ISLNK(info.st_mode)) {
        errmsg_set(err, "[tee] %s: is there and is no link; move it away or configure another path", tee->link);
        return ST_CONFLICT;
    }
    (void)snprintf(made, sizeof made, "%s.new", tee->link);
    (void)unlink(made); /* left by one that was killed */
    if (symlink(tee->terminal, made) != 0)
        return fail("the link cannot be made", tee->link, err);
    if (rename(made, tee->link) != 0) {
        enum status st = fail("the link cannot be made", tee->link, err);

        (void)unlink(made);
        return st;
    }
    return ST_OK;
}

enum status tee_create(const char *link, const char *suffix, struct tee **out_tee, struct errmsg *err)
{
    struct tee *tee = calloc(1, sizeof *tee);
    enum status st = tee ? ST_OK : ST_NOMEM;

    if (tee) {
        tee->fd = -1;
        (void)snprintf(tee->link, sizeof tee->link, "%s", link);
        (void)snprintf(tee->suffix, sizeof tee->suffix, "%s", suffix);
        st = open_terminal(tee, err);
    }
    if (st == ST_OK)
        st = make_link(tee, err);
    if (st == ST_OK) {
        *out_tee = tee;
        return ST_OK;
    }
    if (tee && tee->fd >= 0)
        (void)close(tee->fd);
    free(tee);
    return st;
}

/* The link of a later run is not ours to remove. */
static bool link_is_ours(const struct tee *tee)
{
    char target[TEE_PATH_MAX];
    ssize_t len = readlink(tee->link, target, sizeof target - 1);

    if (len < 0)
        return false;
    target[len] = '\0';
    return strcmp(target, tee->terminal) == 0;
}

void tee_destroy(struct tee *tee)
{
    if (!tee)
        return;
    if (link_is_ours(tee))
        (void)unlink(tee->link); /* a stale one is made anew by the next start */
    (void)close(tee->fd);
    free(tee);
}

/* ---- passing ---- */

static bool is_open(const struct tee *tee)
{
    struct pollfd end = {.fd = tee->fd, .events = POLLOUT};

    return poll(&end, 1, 0) >= 0 && !(end.revents & (POLLHUP | POLLERR));
}

/* What the POS has not read yet, asked at its own end, which it holds open too. */
static int unread_bytes(const struct tee *tee)
{
    int fd = open(tee->terminal, O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK), count = 0;

    if (fd < 0 || ioctl(fd, FIONREAD, &count) != 0)
        count = TEE_UNREAD_MAX;
    if (fd >= 0)
        (void)close(fd);
    return count;
}

static bool write_scan(struct tee *tee, const char *text, size_t len)
{
    char line[TEE_UNREAD_MAX];
    size_t suffix_len = strlen(tee->suffix);

    if (len + suffix_len > sizeof line || !is_open(tee) ||
        (size_t)unread_bytes(tee) + len + suffix_len > TEE_UNREAD_MAX)
        return false;
    memcpy(line, text, len);
    memcpy(line + len, tee->suffix, suffix_len);
    /* Far below what the terminal takes, so it goes whole or, when the POS has closed meanwhile, not at all. */
    return write(tee->fd, line, len + suffix_len) == (ssize_t)(len + suffix_len);
}

/* What a POS sends to its scanner (a beep, a setting) is read and dropped, or the terminal fills up. */
static void drop_input(const struct tee *tee)
{
    char bytes[256];

    for (int i = 0; i < 64 && read(tee->fd, bytes, sizeof bytes) > 0; i++)
        continue;
}

void tee_pass(void *context, const char *text, size_t len)
{
    struct tee *tee = context;

    drop_input(tee);
    if (write_scan(tee, text, len)) {
        tee->passed_count++;
        tee->warned = false;
        return;
    }
    tee->dropped_count++;
    if (!tee->warned)
        log_warn("tee-01", "a scan was not passed on: the POS does not read link=%s", tee->link);
    tee->warned = true;
}

void tee_write(const struct tee *tee, struct json_writer *w)
{
    jw_object_begin(w);
    jw_field_text(w, "link", tee->link);
    jw_field_text(w, "state", is_open(tee) ? "open" : "closed");
    jw_field_int(w, "passed", tee->passed_count);
    jw_field_int(w, "dropped", tee->dropped_count);
    jw_object_end(w);
}
