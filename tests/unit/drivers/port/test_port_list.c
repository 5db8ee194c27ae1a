/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of a machine, played by a tree that looks like its /sys and /dev. */
#include "drivers/port/port_list.h"
#include "drivers/sim/sim_pty.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char root[] = "/tmp/loyald-list-XXXXXX", sys[64], dev[64];
static struct port_list_roots roots = {sys, dev};
static struct port_found found[PORT_LIST_MAX];

static void shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void shell(const char *format, ...)
{
    char command[2048];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(command, sizeof command, format, args);
    va_end(args);
    cr_assert_eq(system(command), 0, "%s", command);
}

/* A USB device with a serial line, as the kernel lays it out: tty, port, interface, device. */
static void add_usb(const char *name, const char *bus, const char *vendor, const char *product, const char *serial)
{
    shell("cd %s && d=devices/usb1/%s && mkdir -p $d/1.0/%s/tty/%s class/tty bus/drivers/cp210x && "
          "echo %s >$d/idVendor && echo %s >$d/idProduct && echo 'Zebra' >$d/manufacturer && "
          "echo 'DS2208' >$d/product && { [ -z '%s' ] || echo '%s' >$d/serial; } && "
          "ln -s ../../../%s $d/1.0/%s/tty/%s/device && ln -s ../../../../../bus/drivers/cp210x $d/1.0/%s/driver && "
          "ln -s ../../$d/1.0/%s/tty/%s class/tty/%s && touch %s/%s",
          sys, bus, name, name, vendor, product, serial, serial, name, name, name, name, name, name, name, dev, name);
}

static void begin(void)
{
    cr_assert_not_null(mkdtemp(root));
    (void)snprintf(sys, sizeof sys, "%s/sys", root);
    (void)snprintf(dev, sizeof dev, "%s/dev", root);
    shell("mkdir -p %s/class/tty %s/serial/by-id %s/serial/by-path", sys, dev, dev);
}

static void end(void)
{
    shell("rm -rf %s", root);
}

TestSuite(port_list, .init = begin, .fini = end);

Test(port_list, names_what_is_plugged_in)
{
    add_usb("ttyUSB0", "1-2", "05e0", "1701", "S123");
    shell("ln -s ../../ttyUSB0 %s/serial/by-id/usb-Zebra_S123-if00 && ln -s ../../ttyUSB0 "
          "%s/serial/by-path/pci-usb-0:2",
          dev, dev);
    /* A port without a chip, and a console without a device, are none. */
    shell("cd %s && mkdir -p devices/platform/serial8250/tty/ttyS3 && echo 0 "
          ">devices/platform/serial8250/tty/ttyS3/type && "
          "ln -s ../../../serial8250 devices/platform/serial8250/tty/ttyS3/device && "
          "ln -s ../../devices/platform/serial8250/tty/ttyS3 class/tty/ttyS3 && mkdir class/tty/tty0",
          sys);
    cr_assert_eq(port_list(&roots, found, PORT_LIST_MAX), 1u);
    cr_expect_str_eq(strrchr(found[0].path, '/'), "/ttyUSB0");
    cr_expect(found[0].is_usb);
    cr_expect_eq(found[0].vendor, 0x05e0);
    cr_expect_eq(found[0].product, 0x1701);
    cr_expect_str_eq(found[0].serial, "S123");
    cr_expect_str_eq(found[0].maker, "Zebra");
    cr_expect_str_eq(found[0].title, "DS2208");
    cr_expect_str_eq(found[0].driver, "cp210x");
    cr_expect_str_eq(strrchr(found[0].by_id, '/'), "/usb-Zebra_S123-if00");
    cr_expect_str_eq(strrchr(found[0].by_path, '/'), "/pci-usb-0:2");
}

Test(port_list, counts_what_it_has_no_room_for)
{
    add_usb("ttyUSB0", "1-2", "05e0", "1701", "");
    add_usb("ttyUSB1", "1-3", "05e0", "1701", "");
    cr_expect_eq(port_list(&roots, found, 1), 2u);
}

Test(port_list, finds_a_device_by_its_ids)
{
    char path[PORT_PATH_BYTES_MAX] = "untouched";
    struct errmsg err = ERRMSG_INIT;

    add_usb("ttyACM0", "1-2", "05e0", "1701", "S123");
    add_usb("ttyACM1", "1-3", "05e0", "1701", "S124");
    add_usb("ttyACM2", "1-4", "0c2e", "0b61", "");
    cr_expect_eq(port_list_usb(&roots, 0x05e0, 0x1701, "", path, &err), ST_CONFLICT);
    cr_expect(strstr(err.text, "2 devices fit"), "%s", err.text);
    cr_expect_eq(port_list_usb(&roots, 0x05e0, 0x1701, "S125", path, &err), ST_NOT_FOUND);
    cr_expect_str_eq(path, "untouched");
    cr_expect_eq(port_list_usb(&roots, 0x05e0, 0x1701, "S124", path, &err), ST_OK);
    cr_expect_str_eq(strrchr(path, '/'), "/ttyACM1");
    cr_expect_eq(port_list_usb(&roots, 0x0c2e, 0x0b61, "", path, &err), ST_OK);
    cr_expect_str_eq(strrchr(path, '/'), "/ttyACM2");
}

Test(port_list, says_who_holds_a_line)
{
    char link[96], real[64], name[PORT_LIST_TEXT_MAX];
    struct sim_pty pty = SIM_PTY_INIT;
    int ready[2], state;
    pid_t child, holder = 0;
    ssize_t len;
    char byte;

    (void)snprintf(link, sizeof link, "%s/line", root);
    cr_assert_eq(sim_pty_plug(&pty, link, NULL), ST_OK);
    len = readlink(link, real, sizeof real - 1);
    cr_assert_gt(len, 0);
    real[len] = '\0';
    cr_expect_not(port_holder(real, &holder, name), "we ourselves do not count");
    cr_assert_eq(pipe(ready), 0);
    child = fork();
    if (child == 0) { /* has a copy of our end until it is told to go */
        (void)close(ready[1]);
        _exit(read(ready[0], &byte, 1) != 0); /* the other end closes */
    }
    cr_expect(port_holder(real, &holder, name));
    cr_expect_eq(holder, child);
    cr_expect(name[0]);
    (void)close(ready[0]);
    (void)close(ready[1]);
    cr_assert_eq(waitpid(child, &state, 0), child);
    sim_pty_unplug(&pty);
}
