/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/port/port_uri.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

static struct port_uri parsed(const char *text)
{
    struct errmsg err = ERRMSG_INIT;
    struct port_uri uri;

    cr_assert_eq(port_uri_parse(text, &uri, &err), ST_OK, "%s", err.text);
    return uri;
}

Test(port_uri, has_the_defaults_of_a_scanner)
{
    struct port_uri uri = parsed("serial:/dev/ttyUSB0");

    cr_expect_str_eq(uri.scheme, "serial");
    cr_expect_str_eq(uri.path, "/dev/ttyUSB0");
    cr_expect_eq(uri.baud, 9600);
    cr_expect_eq(uri.bits, 8);
    cr_expect_eq(uri.parity, PORT_PARITY_NONE);
    cr_expect_eq(uri.stop, 1);
    cr_expect_eq(uri.flow, PORT_FLOW_NONE);
    cr_expect_not(uri.strict);
}

Test(port_uri, takes_every_setting)
{
    struct port_uri uri = parsed("serial:/dev/ttyS1?baud=115200&bits=7&parity=even&stop=2&flow=rtscts&strict=1");

    cr_expect_eq(uri.baud, 115200);
    cr_expect_eq(uri.bits, 7);
    cr_expect_eq(uri.parity, PORT_PARITY_EVEN);
    cr_expect_eq(uri.stop, 2);
    cr_expect_eq(uri.flow, PORT_FLOW_RTSCTS);
    cr_expect(uri.strict);
    cr_expect_eq(parsed("tty:/x?flow=xonxoff&parity=odd").flow, PORT_FLOW_XONXOFF);
    cr_expect_eq(parsed("tty:/x?flow=xonxoff&parity=odd").parity, PORT_PARITY_ODD);
}

Test(port_uri, takes_names_as_udev_makes_them)
{
    const char *path = "/dev/serial/by-path/pci-0000:00:14.0-usb-0:2:1.0-port0";
    char text[256] = "serial:";

    cr_expect_str_eq(parsed(strcat(text, path)).path, path);
}

Test(port_uri, takes_usb_ids_and_tcp_addresses)
{
    struct port_uri uri = parsed("usb:05e0:1701:S/N-12?baud=115200");

    cr_expect_eq(uri.vendor, 0x05e0);
    cr_expect_eq(uri.product, 0x1701);
    cr_expect_str_eq(uri.serial, "S/N-12");
    cr_expect_eq(uri.baud, 115200);
    cr_expect_str_eq(parsed("usb:05e0:1701").serial, "");
    uri = parsed("tcp:192.0.2.7:9100");
    cr_expect_str_eq(uri.host, "192.0.2.7");
    cr_expect_eq(uri.tcp_port, 9100);
    cr_expect_str_eq(parsed("tcp:[2001:db8::7]:4001").host, "2001:db8::7");
}

struct bad_uri {
    char text[80], words[60]; /* words: part of the message */
};

ParameterizedTestParameters(port_uri, says_what_is_wrong)
{
    static struct bad_uri cases[] = {
        {"", "does not start with"},
        {"/dev/ttyUSB0", "does not start with"},
        {"serialserial:/dev/x", "does not start with"},
        {"serial:dev/ttyUSB0", "must start with /"},
        {"serial:", "must start with /"},
        {"serial:/dev/x?", "is no setting"},
        {"serial:/dev/x?baud", "is no setting"},
        {"serial:/dev/x?baud=9600&", "is no setting"},
        {"serial:/dev/x?speed=9600", "\"speed\" is no setting"},
        {"serial:/dev/x?baud=49", "from 50 to 4000000"},
        {"serial:/dev/x?baud=4000001", "from 50 to 4000000"},
        {"serial:/dev/x?baud=99999999999999999999", "from 50 to 4000000"},
        {"serial:/dev/x?baud=-9600", "from 50 to 4000000"},
        {"serial:/dev/x?baud=", "from 50 to 4000000"},
        {"serial:/dev/x?bits=9", "7 or 8"},
        {"serial:/dev/x?parity=mark", "none, even or odd"},
        {"serial:/dev/x?flow=dtrdsr", "none, rtscts or xonxoff"},
        {"serial:/dev/x?flow=none&flow=none", "given twice"},
        {"usb:5e0:1701", "vendor and product in hexadecimal"},
        {"usb:05e0:170", "vendor and product in hexadecimal"},
        {"usb:05e0:1701:", "vendor and product in hexadecimal"},
        {"usb:05e0:17012", "vendor and product in hexadecimal"},
        {"usb:-5e0:1701", "vendor and product in hexadecimal"},
        {"tcp:printer:9100", "numeric address and a port"},
        {"tcp:192.0.2.7", "numeric address and a port"},
        {"tcp:192.0.2.7:0", "numeric address and a port"},
        {"tcp:192.0.2.7:65536", "numeric address and a port"},
        {"tcp:2001:db8::7:9100", "numeric address and a port"},
        {"tcp:[192.0.2.7]:9100", "numeric address and a port"},
        {"tcp::9100", "numeric address and a port"},
        {"tcp:192.0.2.7:9100?baud=9600", "a connection has no settings"},
        {"serial:/dev/x y", "blank or a control character"},
        {"serial:/dev/x\n", "blank or a control character"},
    };

    return cr_make_param_array(struct bad_uri, cases, sizeof cases / sizeof cases[0]);
}

ParameterizedTest(struct bad_uri *c, port_uri, says_what_is_wrong)
{
    struct port_uri uri, before;
    struct errmsg err = ERRMSG_INIT;

    memset(&uri, 0x5a, sizeof uri);
    before = uri;
    cr_expect_eq(port_uri_parse(c->text, &uri, &err), ST_INVALID, "\"%s\" was taken", c->text);
    cr_expect(strstr(err.text, c->words), "\"%s\": \"%s\"", c->text, err.text);
    cr_expect_eq(memcmp(&uri, &before, sizeof uri), 0, "touched on failure");
}

Test(port_uri, refuses_what_is_too_long)
{
    char text[PORT_URI_BYTES_MAX + 1] = "serial:/";
    struct port_uri uri;
    struct errmsg err = ERRMSG_INIT;

    memset(text + 8, 'x', PORT_PATH_BYTES_MAX - 2);
    cr_expect_eq(port_uri_parse(text, &uri, &err), ST_OK, "%s", err.text);
    text[8 + PORT_PATH_BYTES_MAX - 2] = 'x';
    cr_expect_eq(port_uri_parse(text, &uri, &err), ST_INVALID);
    memset(text + 8, 'x', sizeof text - 9);
    text[sizeof text - 1] = '\0';
    cr_expect_eq(port_uri_parse(text, &uri, &err), ST_INVALID);
}
