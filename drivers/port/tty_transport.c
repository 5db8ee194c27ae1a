/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tty_transport - a line through plain termios: ptys, which libserialport refuses, and real lines at usual speeds.
 */
#include "drivers/port/line_setup.h"
#include "drivers/port/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const struct {
    int32_t baud;
    speed_t speed;
} speeds[] = {
    {1200, B1200},   {2400, B2400},     {4800, B4800},     {9600, B9600},     {19200, B19200},   {38400, B38400},
    {57600, B57600}, {115200, B115200}, {230400, B230400}, {460800, B460800}, {921600, B921600},
};

static enum status find_speed(int32_t baud, speed_t *out_speed, struct errmsg *err)
{
    for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++) {
        if (speeds[i].baud == baud) {
            *out_speed = speeds[i].speed;
            return ST_OK;
        }
    }
    errmsg_set(err, "tty: has no baud=%d; use serial:, or a usual speed from 1200 to 921600", (int)baud);
    return ST_UNSUPPORTED;
}

/* The wire's own settings; flow control and raw mode are line_fix's. */
static enum status set_wire(int fd, const char *path, const struct port_uri *uri, struct errmsg *err)
{
    struct termios settings;
    speed_t speed;
    enum status st = find_speed(uri->baud, &speed, err);

    if (st != ST_OK)
        return st;
    if (tcgetattr(fd, &settings) < 0)
        return line_open_error(path, errno, err);
    cfmakeraw(&settings);
    settings.c_cflag &= ~(tcflag_t)(CSIZE | PARENB | PARODD | CSTOPB);
    settings.c_cflag |= uri->bits == 7 ? CS7 : CS8;
    if (uri->parity != PORT_PARITY_NONE)
        settings.c_cflag |= PARENB;
    if (uri->parity == PORT_PARITY_ODD)
        settings.c_cflag |= PARODD;
    if (uri->stop == 2)
        settings.c_cflag |= CSTOPB;
    if (cfsetispeed(&settings, speed) < 0 || cfsetospeed(&settings, speed) < 0 ||
        tcsetattr(fd, TCSANOW, &settings) < 0 || tcgetattr(fd, &settings) < 0)
        return line_open_error(path, errno, err);
    if (cfgetispeed(&settings) != speed || cfgetospeed(&settings) != speed) {
        errmsg_set(err, "%s: the device does not do baud=%d", path, (int)uri->baud);
        return ST_UNSUPPORTED;
    }
    return ST_OK;
}

static enum status tty_open(const struct port_uri *uri, struct port_line *out_line, struct errmsg *err)
{
    char path[PORT_PATH_BYTES_MAX];
    enum status st = line_resolve(uri->path, path, err);
    int fd;

    if (st != ST_OK)
        return st;
    fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return line_open_error(path, errno, err);
    st = line_claim(fd, path, err);
    if (st == ST_OK)
        st = set_wire(fd, path, uri, err);
    if (st == ST_OK)
        st = line_fix(fd, path, uri, err);
    if (st != ST_OK) {
        (void)close(fd);
        return st;
    }
    *out_line = (struct port_line){.transport = &tty_transport, .fd = fd};
    return ST_OK;
}

static void tty_close(struct port_line *line)
{
    line_release(line->fd);
    (void)close(line->fd);
}

static enum status tty_read(struct port_line *line, void *out_bytes, size_t max, size_t *out_len, struct errmsg *err)
{
    ssize_t len = read(line->fd, out_bytes, max);

    if (len > 0) {
        *out_len = (size_t)len;
        return ST_OK;
    }
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return ST_AGAIN;
    errmsg_set(err, "unplugged or switched off (%s)", len == 0 ? "line hung up" : strerrordesc_np(errno));
    return ST_OFFLINE;
}

static enum status tty_write(struct port_line *line, const void *bytes, size_t len, size_t *out_len,
                             struct errmsg *err)
{
    ssize_t taken = write(line->fd, bytes, len);

    if (taken > 0) {
        *out_len = (size_t)taken;
        return ST_OK;
    }
    if (taken == 0 || errno == EAGAIN || errno == EINTR)
        return ST_AGAIN;
    errmsg_set(err, "unplugged or switched off (%s)", strerrordesc_np(errno));
    return ST_OFFLINE;
}

const struct port_transport tty_transport = {
    .scheme = "tty",
    .open = tty_open,
    .close = tty_close,
    .read = tty_read,
    .write = tty_write,
};
