/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/scanner/capture.h"

#include "agent/base/config.h"

#include <string.h>

enum { SETTING_TEXT_MAX = 400, ROW_BYTES = 24 };

/* ---- reading ---- */

static bool set_number(struct capture *capture, const char *key, const char *value)
{
    int at;

    if (strcmp(key, "family") == 0) {
        at = config_choice(SCANNER_FAMILY_CHOICES, value);
        capture->settings.family = (enum scanner_family_id)at;
    } else if (strcmp(key, "framing") == 0) {
        at = config_choice(SCANNER_FRAMING_CHOICES, value);
        capture->framing = (enum scanner_framing)at;
    } else if (strcmp(key, "code_ids") == 0) {
        at = config_choice(SCANNER_CODE_IDS_CHOICES, value);
        capture->settings.code_ids = (enum scanner_code_ids)at;
    } else if (strcmp(key, "uid_format") == 0) {
        at = config_choice(SCANNER_UID_CHOICES, value);
        capture->settings.uid_format = (enum scanner_uid_format)at;
    } else if (strcmp(key, "uid_bytes") == 0) {
        at = strlen(value) == 1 && value[0] >= '0' && value[0] <= '9' ? value[0] - '0' : -1;
        capture->settings.uid_bytes = (size_t)at;
    } else {
        return false;
    }
    return at >= 0;
}

static enum status read_settings(const char *line, struct capture *capture, struct errmsg *err)
{
    char key[SETTING_TEXT_MAX];

    for (line += strspn(line, " "); *line; line += strspn(line, " ")) {
        size_t len = strcspn(line, " ");
        char *value;

        if (len >= sizeof key) {
            errmsg_set(err, "a setting is longer than %d bytes", SETTING_TEXT_MAX - 1);
            return ST_INVALID;
        }
        memcpy(key, line, len);
        key[len] = '\0';
        line += len;
        value = strchr(key, '=');
        if (value)
            *value++ = '\0';
        if (value && strcmp(key, "code_id_table") == 0) {
            if (code_ids_parse(value, &capture->code_id_table, err) != ST_OK)
                return ST_INVALID;
        } else if (!value || !set_number(capture, key, value)) {
            errmsg_set(err, "\"%s\" is no setting, or has a value it cannot have", key);
            return ST_INVALID;
        }
    }
    return ST_OK;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static enum status read_bytes(const char *line, struct capture *capture, struct errmsg *err)
{
    for (line += strspn(line, " \t"); *line; line += strspn(line, " \t")) {
        int high = digit(line[0]), low = high < 0 ? -1 : digit(line[1]);

        if (low < 0) {
            errmsg_set(err, "\"%.20s\" is not hexadecimal", line);
            return ST_INVALID;
        }
        if (capture->len == CAPTURE_BYTES_MAX) {
            errmsg_set(err, "more than %d bytes", CAPTURE_BYTES_MAX);
            return ST_FULL;
        }
        capture->bytes[capture->len++] = (uint8_t)(high * 16 + low);
        line += 2;
    }
    return ST_OK;
}

static enum status read_expected(const char *line, struct capture *capture, struct errmsg *err)
{
    size_t at = strlen(capture->expected), len = strlen(line);

    if (at + len + 2 > sizeof capture->expected) {
        errmsg_set(err, "more than %d bytes of results", CAPTURE_TEXT_MAX);
        return ST_FULL;
    }
    memcpy(capture->expected + at, line, len);
    memcpy(capture->expected + at + len, "\n", 2);
    return ST_OK;
}

static enum status read_line(char *line, struct capture *capture, struct errmsg *err)
{
    if (strncmp(line, "= ", 2) == 0)
        return read_expected(line + 2, capture, err);
    line[strcspn(line, "#\r")] = '\0';
    if (line[0] == '>')
        return ST_OK;
    if (line[0] == '!')
        return read_settings(line + 1, capture, err);
    if (strncmp(line, "gap", 3) != 0)
        return read_bytes(line, capture, err);
    if (line[3 + strspn(line + 3, " ")] != '\0' || capture->gap_count == CAPTURE_GAPS_MAX) {
        errmsg_set(err, "a line gap has nothing else in it; at most %d of them", CAPTURE_GAPS_MAX);
        return ST_INVALID;
    }
    capture->gaps[capture->gap_count++] = capture->len;
    return ST_OK;
}

enum status capture_parse(const char *text, size_t len, struct capture *out_capture, struct errmsg *err)
{
    char line[CAPTURE_LINE_MAX];
    int number = 1;

    memset(out_capture, 0, sizeof *out_capture);
    out_capture->settings.code_id_table = &out_capture->code_id_table;
    for (size_t at = 0; at < len; number++) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t line_len = end ? (size_t)(end - (text + at)) : len - at;
        enum status st = ST_INVALID;

        if (line_len >= sizeof line) {
            errmsg_set(err, "longer than %d bytes", CAPTURE_LINE_MAX - 1);
        } else {
            memcpy(line, text + at, line_len);
            line[line_len] = '\0';
            st = read_line(line, out_capture, err);
        }
        if (st != ST_OK) {
            errmsg_wrap(err, "line %d", number);
            return st;
        }
        at += line_len + 1;
    }
    return ST_OK;
}

/* ---- writing ---- */

void capture_write_fault(enum scanner_fault fault, struct strbuf *out)
{
    strbuf_printf(out, "fault %s\n", scanner_fault_code(fault));
}

void capture_write_result(enum symbology_verdict verdict, const struct scan *scan, struct strbuf *out)
{
    switch (verdict) {
    case SYMBOLOGY_NOTHING:
        return;
    case SYMBOLOGY_PAYMENT_CARD:
        strbuf_puts(out, "card\n");
        return;
    case SYMBOLOGY_GARBAGE:
        capture_write_fault(SCANNER_FAULT_GARBAGE, out);
        return;
    case SYMBOLOGY_CHECK_DIGIT:
        capture_write_fault(SCANNER_FAULT_CHECK_DIGIT, out);
        return;
    case SYMBOLOGY_BROKEN:
        capture_write_fault(SCANNER_FAULT_BROKEN, out);
        return;
    case SYMBOLOGY_SCAN:
        break;
    }
    strbuf_printf(out, "scan %s ", scan->symbology[0] ? scan->symbology : "-");
    for (size_t i = 0; i < scan->len; i++) {
        unsigned char c = (unsigned char)scan->text[i];

        if (c < 0x20 || c > 0x7e)
            strbuf_printf(out, "\\x%02x", c);
        else
            strbuf_putc(out, (char)c);
    }
    strbuf_putc(out, '\n');
}

void capture_write_bytes(const uint8_t *bytes, size_t len, struct strbuf *out)
{
    for (size_t i = 0; i < len; i++)
        strbuf_printf(out, "%02x%c", bytes[i], i + 1 == len || i % ROW_BYTES == ROW_BYTES - 1 ? '\n' : ' ');
}
