/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kill_shim - LD_PRELOADed: the process dies, as by kill -9, in the middle of its work and not at a time.
 *
 * LOYALD_KILL="WHAT:N": at the Nth call of its kind from the start on, where WHAT is
 *   before_sync  a commit is written and not on disk      after_sync  it is on disk, and nobody knows
 *   before_send  something is about to be said            after_send  it was said, and what follows was not done
 *   before_page  paper is about to be printed             after_page  the printer has that much of it
 *   after_answer what the printer answered since a page was read, and nothing was made of it
 * Sends are those to sockets; syncs fsync and fdatasync; pages writes to a serial line that are longer than a
 * question to a printer. Threads count together. LOYALD_KILL_FROM=FILE: only from when that file is there;
 * LOYALD_KILL_FILE=NAME: of syncs only those of files whose path ends so.
 */
#include <dlfcn.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum kind { SYNC, SEND, PAGE, ANSWER, KINDS };

enum { PAGE_BYTES_MIN = 32 };

static atomic_long calls[KINDS];

static void die_if(enum kind kind, bool after, long call)
{
    static const char *const names[KINDS][2] = {{"before_sync:", "after_sync:"},
                                                {"before_send:", "after_send:"},
                                                {"before_page:", "after_page:"},
                                                {"before_answer:", "after_answer:"}};
    const char *wanted = getenv("LOYALD_KILL"), *name = names[kind][after];

    if (wanted && strncmp(wanted, name, strlen(name)) == 0 && atol(wanted + strlen(name)) == call)
        (void)kill(getpid(), SIGKILL);
}

/* Whether calls count already. */
static bool is_on(void)
{
    const char *from = getenv("LOYALD_KILL_FROM");

    return !from || access(from, F_OK) == 0;
}

/* Whether the syncs of that file count. */
static bool is_counted(int fd)
{
    const char *name = getenv("LOYALD_KILL_FILE");
    char link[40], path[PATH_MAX];
    ssize_t len;

    if (!name)
        return true;
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    len = readlink(link, path, sizeof path);
    return len >= (ssize_t)strlen(name) && memcmp(path + len - strlen(name), name, strlen(name)) == 0;
}

/* The function of that name behind this one. */
static void real(const char *name, void *out_function)
{
    void *found = dlsym(RTLD_NEXT, name);

    memcpy(out_function, &found, sizeof found); /* ISO C has no cast from one to the other */
}

#define COUNTED(kind, call)                                                                                          \
    do {                                                                                                             \
        long nth = is_on() ? atomic_fetch_add(&calls[kind], 1) + 1 : 0;                                              \
        die_if(kind, false, nth);                                                                                    \
        result = call;                                                                                               \
        die_if(kind, true, nth);                                                                                     \
    } while (0)

int fdatasync(int fd)
{
    int (*function)(int fd), result;

    real("fdatasync", &function);
    if (!is_counted(fd))
        return function(fd);
    COUNTED(SYNC, function(fd));
    return result;
}

int fsync(int fd)
{
    int (*function)(int fd), result;

    real("fsync", &function);
    if (!is_counted(fd))
        return function(fd);
    COUNTED(SYNC, function(fd));
    return result;
}

ssize_t send(int fd, const void *bytes, size_t len, int flags)
{
    ssize_t (*function)(int fd, const void *bytes, size_t len, int flags), result;

    real("send", &function);
    COUNTED(SEND, function(fd, bytes, len, flags));
    return result;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    ssize_t (*function)(int fd, const struct msghdr *message, int flags), result;

    real("sendmsg", &function);
    COUNTED(SEND, function(fd, message, flags));
    return result;
}

/* OpenSSL writes to its socket, a driver to its serial line. */
ssize_t write(int fd, const void *bytes, size_t len)
{
    ssize_t (*function)(int fd, const void *bytes, size_t len), result;
    struct stat at;

    real("write", &function);
    if (fstat(fd, &at) == 0 && S_ISSOCK(at.st_mode))
        COUNTED(SEND, function(fd, bytes, len));
    else if (len >= PAGE_BYTES_MIN && isatty(fd))
        COUNTED(PAGE, function(fd, bytes, len));
    else
        return function(fd, bytes, len);
    return result;
}

ssize_t read(int fd, void *bytes, size_t size)
{
    ssize_t (*function)(int fd, void *bytes, size_t size), result;

    real("read", &function);
    result = function(fd, bytes, size);
    if (result > 0 && atomic_load(&calls[PAGE]) > 0 && isatty(fd))
        die_if(ANSWER, true, atomic_fetch_add(&calls[ANSWER], 1) + 1);
    return result;
}
