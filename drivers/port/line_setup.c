/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/port/line_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>

enum status line_resolve(const char *path, char out_path[PORT_PATH_BYTES_MAX], struct errmsg *err)
{
    char resolved[PATH_MAX];

    if (!realpath(path, resolved))
        return line_open_error(path, errno, err);
    if (strlen(resolved) >= PORT_PATH_BYTES_MAX) {
        errmsg_set(err, "%s: leads to a path longer than %d bytes", path, PORT_PATH_BYTES_MAX - 1);
        return ST_INVALID;
    }
    memcpy(out_path, resolved, strlen(resolved) + 1);
    return ST_OK;
}

bool line_is_pty(const char *path)
{
    return strncmp(path, "/dev/pts/", strlen("/dev/pts/")) == 0;
}

enum status line_open_error(const char *path, int code, struct errmsg *err)
{
    switch (code) {
    case ENOENT:
    case ENOTDIR:
    case ENXIO:  /* a UART that is not fitted */
    case ENODEV: /* unplugged between look-up and open */
    case EIO:    /* a pty whose other end is gone */
        errmsg_set(err, "%s: is not there; plugged in and switched on?", path);
        return ST_NOT_FOUND;
    case EACCES:
    case EPERM:
        errmsg_set(err, "%s: this user may not open it; add it to the group dialout", path);
        return ST_DENIED;
    case EBUSY:
        errmsg_set(err, "%s: another program has it open; stop that program", path);
        return ST_CONFLICT;
    case ENOTTY:
    case EINVAL: /* what some devices answer instead */
        errmsg_set(err, "%s: is no serial line", path);
        return ST_INVALID;
    default:
        errmsg_set(err, "%s: cannot be opened: %s", path, strerrordesc_np(code));
        return ST_IO;
    }
}

enum status line_claim(int fd, const char *path, struct errmsg *err)
{
    int flags = fcntl(fd, F_GETFD);

    if (flags < 0 || fcntl(fd, F_SETFD, flags | FD_CLOEXEC) < 0)
        return line_open_error(path, errno, err);
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        return line_open_error(path, errno == EWOULDBLOCK ? EBUSY : errno, err);
    /* Not on a pty: the mark stays as long as anyone has the pty open, which the simulator at its far end does. */
    if (!line_is_pty(path) && ioctl(fd, TIOCEXCL) < 0)
        return line_open_error(path, errno, err);
    return ST_OK;
}

void line_release(int fd)
{
    (void)ioctl(fd, TIOCNXCL); /* fails when the device is gone, and then nobody needs it */
    (void)flock(fd, LOCK_UN);  /* closing does it too, unless a child has a copy */
}

/* The bits of the input and control flags that a wrong value of would lose or garble bytes. */
static const tcflag_t iflag_checked = IXON | IXOFF | IXANY | ICRNL | INLCR | IGNCR | ISTRIP;
static const tcflag_t cflag_checked = CRTSCTS | CREAD | HUPCL;
static const tcflag_t lflag_checked = ICANON | ECHO | ISIG;

static void settle_flags(struct termios *settings, const struct port_uri *uri)
{
    settings->c_iflag &= ~(IXON | IXOFF | IXANY | ICRNL | INLCR | IGNCR | ISTRIP | BRKINT | PARMRK);
    settings->c_oflag &= ~(tcflag_t)OPOST;
    settings->c_lflag &= ~(tcflag_t)(ICANON | ECHO | ECHONL | ISIG | IEXTEN);
    /* HUPCL would drop DTR at close, at which some scanners and printers start anew. */
    settings->c_cflag &= ~(tcflag_t)(CRTSCTS | HUPCL);
    settings->c_cflag |= CREAD | CLOCAL;
    /* libserialport 0.1.1 sets IXANY with XON/XOFF, so that a status byte of the printer would restart output into a
     * full buffer; and it puts CRTSCTS into the wrong word, so that RTS/CTS is never on. */
    if (uri->flow == PORT_FLOW_XONXOFF)
        settings->c_iflag |= IXON | IXOFF;
    if (uri->flow == PORT_FLOW_RTSCTS)
        settings->c_cflag |= CRTSCTS;
    /* With VMIN 0 a read of an idle line answers 0, which is also the answer of a line that hung up. */
    settings->c_cc[VMIN] = 1;
    settings->c_cc[VTIME] = 0;
}

enum status line_fix(int fd, const char *path, const struct port_uri *uri, struct errmsg *err)
{
    struct termios wanted, kept;

    if (tcgetattr(fd, &wanted) < 0)
        return line_open_error(path, errno, err);
    settle_flags(&wanted, uri);
    if (tcsetattr(fd, TCSANOW, &wanted) < 0 || tcgetattr(fd, &kept) < 0)
        return line_open_error(path, errno, err);

    if ((kept.c_cflag ^ wanted.c_cflag) & CRTSCTS) {
        errmsg_set(err, "%s: the device does not do RTS/CTS flow control; set flow=none or flow=xonxoff", path);
        return ST_UNSUPPORTED;
    }
    if (((kept.c_iflag ^ wanted.c_iflag) & iflag_checked) || ((kept.c_cflag ^ wanted.c_cflag) & cflag_checked) ||
        ((kept.c_lflag ^ wanted.c_lflag) & lflag_checked) || kept.c_cc[VMIN] != 1 || kept.c_cc[VTIME] != 0) {
        errmsg_set(err, "%s: the device did not take its settings (iflag %#x for %#x, cflag %#x for %#x)", path,
                   kept.c_iflag, wanted.c_iflag, kept.c_cflag, wanted.c_cflag);
        return ST_UNSUPPORTED;
    }
    /* A pty has no wire: its driver keeps 8 bits without parity whatever is asked. */
    if (!line_is_pty(path) && ((kept.c_cflag ^ wanted.c_cflag) & (CSIZE | PARENB | PARODD | CSTOPB))) {
        errmsg_set(err, "%s: the device does not do bits=%d with that parity and stop=%d", path, (int)uri->bits,
                   (int)uri->stop);
        return ST_UNSUPPORTED;
    }
    /* What came before this is stale: a card read for another customer, a status of another job. */
    (void)tcflush(fd, TCIFLUSH);
    return ST_OK;
}
