/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serial_shim - makes a pty pass for a serial line before libserialport, by LD_PRELOAD, so that tests run that
 * library where there is no serial line.
 *
 * The library looks for /sys/class/tty/pts/N, which no pty has, and asks for modem lines, which no pty has either.
 * Both are answered here; all else goes to the system. A test can also make the device forget flags it is given, as
 * real ones do, through serial_shim_forgotten_cflag and _iflag.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

/* What the test reads and sets, found by dlsym. */
extern atomic_int serial_shim_lookups; /* how often the library asked for a pty's folder: proof that it ran */
extern atomic_int serial_shim_modem;   /* lines on, as TIOCM_ bits */
extern atomic_uint serial_shim_forgotten_cflag, serial_shim_forgotten_iflag;
extern atomic_int serial_shim_busy_writes; /* so many writes more are answered with EAGAIN */
extern atomic_int serial_shim_empty_reads; /* so many reads more are answered with 0 */
atomic_int serial_shim_lookups, serial_shim_busy_writes, serial_shim_empty_reads;
atomic_int serial_shim_modem = TIOCM_CTS | TIOCM_DSR | TIOCM_CAR;
atomic_uint serial_shim_forgotten_cflag, serial_shim_forgotten_iflag;

extern int __lxstat(int version, const char *path, struct stat *out_stat);

static int is_pty_folder(const char *path)
{
    return strncmp(path, "/sys/class/tty/pts/", strlen("/sys/class/tty/pts/")) == 0;
}

static int pretend_link(struct stat *out_stat)
{
    atomic_fetch_add(&serial_shim_lookups, 1);
    memset(out_stat, 0, sizeof *out_stat);
    out_stat->st_mode = S_IFLNK | 0777;
    return 0;
}

/* The name that programs built against a glibc before 2.33 use, the library among them. */
int __lxstat(int version, const char *path, struct stat *out_stat)
{
    (void)version;
    return lstat(path, out_stat);
}

int lstat(const char *restrict path, struct stat *restrict out_stat)
{
    if (is_pty_folder(path))
        return pretend_link(out_stat);
    return fstatat(AT_FDCWD, path, out_stat, AT_SYMLINK_NOFOLLOW);
}

ssize_t readlink(const char *restrict path, char *restrict out_target, size_t max)
{
    static const char target[] = "../../devices/virtual/tty/pretended";

    if (is_pty_folder(path) && max >= sizeof target) {
        memcpy(out_target, target, sizeof target - 1);
        return sizeof target - 1;
    }
    return readlinkat(AT_FDCWD, path, out_target, max);
}

static int modem_ioctl(unsigned long request, int *lines)
{
    switch (request) {
    case TIOCMGET:
        *lines = atomic_load(&serial_shim_modem);
        return 0;
    case TIOCMSET:
        atomic_store(&serial_shim_modem, *lines);
        return 0;
    case TIOCMBIS:
        atomic_fetch_or(&serial_shim_modem, *lines);
        return 0;
    case TIOCMBIC:
        atomic_fetch_and(&serial_shim_modem, ~*lines);
        return 0;
    default:
        errno = ENOTTY;
        return -1;
    }
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list args;
    void *argument;
    long rc;

    va_start(args, request);
    argument = va_arg(args, void *);
    va_end(args);
    rc = syscall(SYS_ioctl, fd, request, argument);
    if (rc < 0 && (errno == ENOTTY || errno == EINVAL) && isatty(fd))
        return modem_ioctl(request, argument);
    return (int)rc;
}

/* Whether one of those ordered falls to this call. */
static int take_one(atomic_int *ordered, int fd)
{
    return atomic_load(ordered) > 0 && isatty(fd) && atomic_fetch_sub(ordered, 1) > 0;
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    if (take_one(&serial_shim_busy_writes, fd)) {
        errno = EAGAIN;
        return -1;
    }
    return syscall(SYS_write, fd, bytes, len);
}

ssize_t read(int fd, void *out_bytes, size_t max)
{
    if (take_one(&serial_shim_empty_reads, fd))
        return 0;
    return syscall(SYS_read, fd, out_bytes, max);
}

int tcsetattr(int fd, int actions, const struct termios *settings)
{
    int (*real)(int, int, const struct termios *) =
        (int (*)(int, int, const struct termios *))dlsym(RTLD_NEXT, "tcsetattr");
    struct termios kept = *settings;

    kept.c_cflag &= ~(tcflag_t)atomic_load(&serial_shim_forgotten_cflag);
    kept.c_iflag &= ~(tcflag_t)atomic_load(&serial_shim_forgotten_iflag);
    return real(fd, actions, &kept);
}
