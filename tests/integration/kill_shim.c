/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kill_shim - LD_PRELOADed: the process dies, as by kill -9, in the middle of its work and not at a time.
 *
 * LOYALD_KILL="WHAT:N": at the Nth call of its kind from the start on, where WHAT is
 *   before_sync  a commit is written and not on disk      after_sync  it is on disk, and nobody knows
 *   before_send  something is about to be said            after_send  it was said, and what follows was not done
 * Sends are those to sockets; syncs fsync and fdatasync. Threads count together.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum kind { SYNC, SEND };

static atomic_long calls[2];

static void die_if(enum kind kind, bool after, long call)
{
    static const char *const names[2][2] = {{"before_sync:", "after_sync:"}, {"before_send:", "after_send:"}};
    const char *wanted = getenv("LOYALD_KILL"), *name = names[kind][after];

    if (wanted && strncmp(wanted, name, strlen(name)) == 0 && atol(wanted + strlen(name)) == call)
        (void)kill(getpid(), SIGKILL);
}

/* The function of that name behind this one. */
static void real(const char *name, void *out_function)
{
    void *found = dlsym(RTLD_NEXT, name);

    memcpy(out_function, &found, sizeof found); /* ISO C has no cast from one to the other */
}

#define COUNTED(kind, call)                                                                                          \
    do {                                                                                                             \
        long nth = atomic_fetch_add(&calls[kind], 1) + 1;                                                            \
        die_if(kind, false, nth);                                                                                    \
        result = call;                                                                                               \
        die_if(kind, true, nth);                                                                                     \
    } while (0)

int fdatasync(int fd)
{
    int (*function)(int fd), result;

    real("fdatasync", &function);
    COUNTED(SYNC, function(fd));
    return result;
}

int fsync(int fd)
{
    int (*function)(int fd), result;

    real("fsync", &function);
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

/* OpenSSL writes to its socket. */
ssize_t write(int fd, const void *bytes, size_t len)
{
    ssize_t (*function)(int fd, const void *bytes, size_t len), result;
    struct stat at;

    real("write", &function);
    if (fstat(fd, &at) != 0 || !S_ISSOCK(at.st_mode))
        return function(fd, bytes, len);
    COUNTED(SEND, function(fd, bytes, len));
    return result;
}
