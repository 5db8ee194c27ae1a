/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/port/port_uri.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* A setting: a number in a range when words is NULL, else the position of one of the words. */
struct setting {
    const char *key;
    const char *const *words; /* ends with NULL */
    int32_t min, max;
    void (*set)(struct port_uri *uri, int32_t value);
    const char *legal; /* for the message */
};

static void set_baud(struct port_uri *uri, int32_t value)
{
    uri->baud = value;
}

static void set_bits(struct port_uri *uri, int32_t value)
{
    uri->bits = value;
}

static void set_stop(struct port_uri *uri, int32_t value)
{
    uri->stop = value;
}

static void set_parity(struct port_uri *uri, int32_t value)
{
    uri->parity = (enum port_parity)value;
}

static void set_flow(struct port_uri *uri, int32_t value)
{
    uri->flow = (enum port_flow)value;
}

static void set_strict(struct port_uri *uri, int32_t value)
{
    uri->strict = value != 0;
}

static const char *const parity_words[] = {"none", "even", "odd", NULL};
static const char *const flow_words[] = {"none", "rtscts", "xonxoff", NULL};

static const struct setting settings[] = {
    {"baud", NULL, PORT_BAUD_MIN, PORT_BAUD_MAX, set_baud, "a number from 50 to 4000000"},
    {"bits", NULL, 7, 8, set_bits, "7 or 8"},
    {"parity", parity_words, 0, 0, set_parity, "none, even or odd"},
    {"stop", NULL, 1, 2, set_stop, "1 or 2"},
    {"flow", flow_words, 0, 0, set_flow, "none, rtscts or xonxoff"},
    {"strict", NULL, 0, 1, set_strict, "0 or 1"},
};
enum { SETTING_COUNT = sizeof settings / sizeof settings[0] };

/* Part of the text: at most len bytes from start, no NUL. */
struct part {
    const char *start;
    size_t len;
};

static bool part_is(struct part part, const char *word)
{
    return strlen(word) == part.len && memcmp(part.start, word, part.len) == 0;
}

static bool parse_number(struct part part, int32_t min, int32_t max, int32_t *out_value)
{
    int32_t value = 0;

    if (part.len == 0 || part.len > 7) /* seven digits hold the greatest, PORT_BAUD_MAX */
        return false;
    for (size_t i = 0; i < part.len; i++) {
        if (part.start[i] < '0' || part.start[i] > '9')
            return false;
        value = value * 10 + (part.start[i] - '0');
    }
    if (value < min || value > max)
        return false;
    *out_value = value;
    return true;
}

static bool parse_word(struct part part, const char *const *words, int32_t *out_value)
{
    for (int32_t i = 0; words[i]; i++) {
        if (part_is(part, words[i])) {
            *out_value = i;
            return true;
        }
    }
    return false;
}

static enum status parse_setting(struct part key, struct part value, unsigned *seen, struct port_uri *uri,
                                 struct errmsg *err)
{
    for (unsigned i = 0; i < SETTING_COUNT; i++) {
        const struct setting *setting = &settings[i];
        int32_t number = 0;
        bool good;

        if (!part_is(key, setting->key))
            continue;
        if (*seen & (1u << i)) {
            errmsg_set(err, "%s is given twice", setting->key);
            return ST_INVALID;
        }
        *seen |= 1u << i;
        good = setting->words ? parse_word(value, setting->words, &number)
                              : parse_number(value, setting->min, setting->max, &number);
        if (!good) {
            errmsg_set(err, "%s=%.*s: must be %s", setting->key, (int)value.len, value.start, setting->legal);
            return ST_INVALID;
        }
        setting->set(uri, number);
        return ST_OK;
    }
    errmsg_set(err, "\"%.*s\" is no setting: there are baud, bits, parity, stop, flow and strict", (int)key.len,
               key.start);
    return ST_INVALID;
}

/* text is what stands after the '?'. */
static enum status parse_settings(const char *text, struct port_uri *uri, struct errmsg *err)
{
    unsigned seen = 0;

    for (;;) {
        size_t len = strcspn(text, "&");
        const char *equals = memchr(text, '=', len);
        enum status st;

        if (!equals) {
            errmsg_set(err, "\"%.*s\" is no setting: write key=value, parted by &", (int)len, text);
            return ST_INVALID;
        }
        st = parse_setting((struct part){text, (size_t)(equals - text)},
                           (struct part){equals + 1, len - (size_t)(equals + 1 - text)}, &seen, uri, err);
        if (st != ST_OK)
            return st;
        if (text[len] == '\0')
            return ST_OK;
        text += len + 1;
    }
}

static enum status parse_scheme(const char *text, struct port_uri *uri, const char **out_rest, struct errmsg *err)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz");

    if (len == 0 || len >= sizeof uri->scheme || text[len] != ':') {
        errmsg_set(err, "does not start with serial:, usb:, tty: or tcp:");
        return ST_INVALID;
    }
    memcpy(uri->scheme, text, len);
    uri->scheme[len] = '\0';
    *out_rest = text + len + 1;
    return ST_OK;
}

static enum status check_path(struct port_uri *uri, struct errmsg *err)
{
    if (uri->path[0] == '/')
        return ST_OK;
    errmsg_set(err, "the path must start with /, as in %s:/dev/ttyUSB0", uri->scheme);
    return ST_INVALID;
}

/* Four hexadecimal digits. */
static bool parse_id(const char *text, uint16_t *out_id)
{
    char digits[5] = "";
    char *end = NULL;

    if (strnlen(text, 4) < 4)
        return false;
    memcpy(digits, text, 4);
    *out_id = (uint16_t)strtoul(digits, &end, 16);
    return end == digits + 4 && digits[0] != '-' && digits[0] != '+';
}

static enum status check_usb(struct port_uri *uri, struct errmsg *err)
{
    const char *text = uri->path;
    size_t len = strlen(text);

    if (!parse_id(text, &uri->vendor) || text[4] != ':' || !parse_id(text + 5, &uri->product) ||
        (len > 9 && (text[9] != ':' || len == 10))) {
        errmsg_set(err, "must be vendor and product in hexadecimal, as in usb:05e0:1701 or usb:05e0:1701:SERIAL");
        return ST_INVALID;
    }
    if (len > 9)
        memcpy(uri->serial, text + 10, len - 9);
    return ST_OK;
}

static enum status check_tcp(struct port_uri *uri, struct errmsg *err)
{
    const char *colon = strrchr(uri->path, ':');
    const char *start = uri->path;
    size_t len = colon ? (size_t)(colon - start) : 0;
    uint8_t address[16];
    int32_t number = 0;
    bool bracketed = len > 2 && start[0] == '[' && start[len - 1] == ']';

    if (bracketed) {
        start++;
        len -= 2;
    }
    if (colon && len > 0 && len < sizeof uri->host) {
        memcpy(uri->host, start, len);
        uri->host[len] = '\0';
    }
    if (!uri->host[0] || inet_pton(bracketed ? AF_INET6 : AF_INET, uri->host, address) != 1 ||
        !parse_number((struct part){colon + 1, strlen(colon + 1)}, 1, 65535, &number)) {
        errmsg_set(err, "must be a numeric address and a port, as in tcp:192.0.2.7:9100 or tcp:[2001:db8::7]:9100");
        return ST_INVALID;
    }
    uri->tcp_port = (uint16_t)number;
    return ST_OK;
}

static enum status parse_path(const char *text, struct port_uri *uri, const char **out_rest, struct errmsg *err)
{
    size_t len = strcspn(text, "?");

    if (len >= sizeof uri->path) {
        errmsg_set(err, "the path is longer than %d bytes", (int)sizeof uri->path - 1);
        return ST_INVALID;
    }
    memcpy(uri->path, text, len);
    uri->path[len] = '\0';
    *out_rest = text + len;
    if (strcmp(uri->scheme, "usb") == 0)
        return check_usb(uri, err);
    return strcmp(uri->scheme, "tcp") == 0 ? check_tcp(uri, err) : check_path(uri, err);
}

enum status port_uri_parse(const char *text, struct port_uri *out_uri, struct errmsg *err)
{
    struct port_uri uri = {.baud = 9600, .bits = 8, .stop = 1};
    const char *rest = text;
    enum status st;

    if (strnlen(text, PORT_URI_BYTES_MAX) == PORT_URI_BYTES_MAX) {
        errmsg_set(err, "device: longer than %d bytes", PORT_URI_BYTES_MAX - 1);
        return ST_INVALID;
    }
    for (const char *at = text; *at; at++) {
        if ((unsigned char)*at <= ' ' || *at == 0x7f) {
            errmsg_set(err, "device \"%s\": holds a blank or a control character", text);
            return ST_INVALID;
        }
    }
    st = parse_scheme(text, &uri, &rest, err);
    if (st == ST_OK)
        st = parse_path(rest, &uri, &rest, err);
    if (st == ST_OK && *rest == '?' && uri.host[0]) {
        errmsg_set(err, "a connection has no settings: leave out what follows the ?");
        st = ST_INVALID;
    } else if (st == ST_OK && *rest == '?') {
        st = parse_settings(rest + 1, &uri, err);
    }
    if (st != ST_OK) {
        errmsg_wrap(err, "device \"%s\"", text);
        return st;
    }
    *out_uri = uri;
    return ST_OK;
}
