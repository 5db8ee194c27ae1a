/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serial_transport - a line through libserialport, with what version 0.1.1 gets wrong set right.
 *
 * It refuses links, so the path is resolved first; it opens without a claim, so line_claim follows; its flow control
 * is wrong, so line_fix has the last word. Of its reads and writes only the non-blocking ones are used.
 */
#include "drivers/port/line_setup.h"
#include "drivers/port/port_list.h"
#include "drivers/port/transport.h"

#include <errno.h>
#include <libserialport.h>
#include <string.h>

static enum status library_error(const char *path, const char *what, enum sp_return code, struct errmsg *err)
{
    switch (code) {
    case SP_ERR_ARG:
        errmsg_set(err, "%s: libserialport knows no such serial line (%s)", path, what);
        return ST_INVALID;
    case SP_ERR_SUPP:
        errmsg_set(err, "%s: the device does not do this (%s)", path, what);
        return ST_UNSUPPORTED;
    case SP_ERR_MEM:
        errmsg_set(err, "%s: out of memory", path);
        return ST_NOMEM;
    case SP_ERR_FAIL:
    case SP_OK:
        break;
    }
    return line_open_error(path, errno, err);
}

static enum status set_wire(struct sp_port *handle, const char *path, const struct port_uri *uri, struct errmsg *err)
{
    static const enum sp_parity parities[] = {SP_PARITY_NONE, SP_PARITY_EVEN, SP_PARITY_ODD};
    static const enum sp_flowcontrol flows[] = {SP_FLOWCONTROL_NONE, SP_FLOWCONTROL_RTSCTS, SP_FLOWCONTROL_XONXOFF};
    const char *what = "baud";
    enum sp_return code = sp_set_baudrate(handle, uri->baud);

    if (code == SP_OK) {
        what = "bits";
        code = sp_set_bits(handle, uri->bits);
    }
    if (code == SP_OK) {
        what = "parity";
        code = sp_set_parity(handle, parities[uri->parity]);
    }
    if (code == SP_OK) {
        what = "stop";
        code = sp_set_stopbits(handle, uri->stop);
    }
    if (code == SP_OK) {
        what = "flow";
        code = sp_set_flowcontrol(handle, flows[uri->flow]);
    }
    return code == SP_OK ? ST_OK : library_error(path, what, code, err);
}

static enum status open_handle(const char *path, const struct port_uri *uri, struct sp_port *handle,
                               struct port_line *out_line, struct errmsg *err)
{
    int fd = -1;
    enum sp_return code = sp_open(handle, SP_MODE_READ_WRITE);
    enum status st;

    if (code != SP_OK)
        return library_error(path, "open", code, err);
    code = sp_get_port_handle(handle, &fd);
    st = code == SP_OK ? ST_OK : library_error(path, "handle", code, err);
    if (st == ST_OK)
        st = line_claim(fd, path, err);
    if (st == ST_OK)
        st = set_wire(handle, path, uri, err);
    if (st == ST_OK)
        st = line_fix(fd, path, uri, err);
    if (st != ST_OK) {
        (void)sp_close(handle);
        return st;
    }
    *out_line = (struct port_line){.transport = &serial_transport, .fd = fd, .handle = handle};
    return ST_OK;
}

static enum status serial_open(const struct port_uri *uri, struct port_line *out_line, struct errmsg *err)
{
    char path[PORT_PATH_BYTES_MAX];
    struct sp_port *handle = NULL;
    enum sp_return code;
    enum status st = line_resolve(uri->path, path, err);

    if (st != ST_OK)
        return st;
    if (line_is_pty(path) && !uri->strict)
        return tty_transport.open(uri, out_line, err); /* port.c says so in the log */
    /* Its default handler may write to standard error between a system call and our look at errno. */
    sp_set_debug_handler(NULL);
    code = sp_get_port_by_name(path, &handle);
    if (code != SP_OK)
        return library_error(path, "name", code, err);
    st = open_handle(path, uri, handle, out_line, err);
    if (st != ST_OK)
        sp_free_port(handle);
    return st;
}

static void serial_close(struct port_line *line)
{
    line_release(line->fd);
    (void)sp_close(line->handle); /* says SP_OK on a device that is gone, too */
    sp_free_port(line->handle);
}

static enum status serial_read(struct port_line *line, void *out_bytes, size_t max, size_t *out_len,
                               struct errmsg *err)
{
    enum sp_return len;

    /* The library answers 0 both for "nothing now" and for "hung up"; errno tells them apart, since line_fix set VMIN
     * to 1 and an idle line therefore fails with EAGAIN inside. */
    errno = 0;
    len = sp_nonblocking_read(line->handle, out_bytes, max);
    if (len > 0) {
        *out_len = (size_t)len;
        return ST_OK;
    }
    if (errno == EAGAIN || errno == EINTR)
        return ST_AGAIN;
    errmsg_set(err, "unplugged or switched off (%s)", errno == 0 ? "line hung up" : strerrordesc_np(errno));
    return ST_OFFLINE;
}

static enum status serial_write(struct port_line *line, const void *bytes, size_t len, size_t *out_len,
                                struct errmsg *err)
{
    enum sp_return taken;

    errno = 0;
    taken = sp_nonblocking_write(line->handle, bytes, len);
    if (taken > 0) {
        *out_len = (size_t)taken;
        return ST_OK;
    }
    /* 0.1.1 answers SP_ERR_FAIL with EAGAIN where later versions answer 0. */
    if (taken == 0 || errno == EAGAIN || errno == EINTR)
        return ST_AGAIN;
    errmsg_set(err, "unplugged or switched off (%s)", strerrordesc_np(errno));
    return ST_OFFLINE;
}

static enum status usb_open(const struct port_uri *uri, struct port_line *out_line, struct errmsg *err)
{
    static const struct port_list_roots roots = {"/sys", "/dev"};
    struct port_uri found = *uri;
    enum status st = port_list_usb(&roots, uri->vendor, uri->product, uri->serial, found.path, err);

    return st == ST_OK ? serial_open(&found, out_line, err) : st;
}

const struct port_transport serial_transport = {
    .scheme = "serial",
    .open = serial_open,
    .close = serial_close,
    .read = serial_read,
    .write = serial_write,
};

/* Only how it is found differs; the line itself is serial_transport's. */
const struct port_transport usb_transport = {.scheme = "usb", .open = usb_open};
