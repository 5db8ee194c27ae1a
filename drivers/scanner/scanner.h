/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scanner - a barcode scanner or card reader on a serial line: bytes become frames (framing.h), frames become scans
 * (symbology.h), and each scan is told once.
 *
 * What is no scan is counted and told in words: garbage, a code longer than the bound, a code that broke off, a wrong
 * check digit. A payment card is dropped before anything else sees it; only its count remains. No text of a scan is
 * ever logged here, since it may be a member's card.
 */
#ifndef LOYALD_SCANNER_SCANNER_H
#define LOYALD_SCANNER_SCANNER_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "drivers/port/device_state.h"

#include <stddef.h>
#include <stdint.h>

struct loop;
struct scanner; /* opaque */

enum { SCAN_TEXT_BYTES_MAX = 4096, SCANNER_GAP_MS = 100, SCANNER_REPEAT_MS = 300, SCANNER_FAULT_TELL_MS = 1000 };

/* What the device was told to send before the data. */
enum scanner_code_ids {
    SCANNER_CODE_IDS_NONE,  /* nothing: the symbology is not known */
    SCANNER_CODE_IDS_AIM,   /* "]E0": taken off the text; a frame without it passes with an unknown symbology */
    SCANNER_CODE_IDS_ZEBRA, /* a letter, or P and two digits, likewise; told as the AIM identifier it stands for */
    SCANNER_CODE_IDS_HONEYWELL, /* likewise */
    SCANNER_CODE_IDS_DATALOGIC, /* likewise: the European set */
    SCANNER_CODE_IDS_CUSTOM,    /* likewise, by scanner_options.code_id_table */
};

/* How a frame ends. */
enum scanner_framing {
    SCANNER_FRAMING_AUTO, /* CR, LF, CR LF or TAB; from STX to ETX; or a pause, until the device has shown one of the
                             others */
    SCANNER_FRAMING_CR,   /* CR; an LF after it is swallowed */
    SCANNER_FRAMING_LF,
    SCANNER_FRAMING_TAB,
    SCANNER_FRAMING_STX, /* from STX to ETX; CR, LF and TAB between are data, what is outside is not */
    SCANNER_FRAMING_GAP, /* a pause only */
};

/* The words of the configuration, in the order of the enums, parted by | (see config.h OPTION_ENUM). */
#define SCANNER_CODE_IDS_CHOICES "none|aim|zebra|honeywell|datalogic|custom"
#define SCANNER_FRAMING_CHOICES  "auto|cr|lf|tab|stx|gap"
#define SCANNER_FAMILY_CHOICES   "ascii|ssi|honeywell|datalogic|stripe|em4100|desk|pn532"
#define SCANNER_UID_CHOICES      "hex|hex_lsb|dec|wiegand"
#define SCANNER_ANSWER_CHOICES   "none|ack|nak|bel"

/* What speaks at the other end; each is a row of the table in family.c. */
enum scanner_family_id {
    SCANNER_ASCII,     /* text with an end: most scanners */
    SCANNER_SSI,       /* Zebra's Simple Serial Interface */
    SCANNER_HONEYWELL, /* text, and replies to menu commands */
    SCANNER_DATALOGIC, /* text, and replies to service commands */
    SCANNER_STRIPE,    /* magnetic stripe */
    SCANNER_EM4100,    /* radio cards as text */
    SCANNER_DESK,      /* radio cards as binary packets */
    SCANNER_PN532,     /* NXP's PN532 by its UART, asked again and again */
};

/* Returns a view of the word of the configuration: "ascii". */
const char *scanner_family_text(enum scanner_family_id id);

/* How this reader writes the number of a radio card; told is always hexadecimal, most significant byte first. */
enum scanner_uid_format { SCANNER_UID_HEX, SCANNER_UID_HEX_LSB, SCANNER_UID_DEC, SCANNER_UID_WIEGAND };

/* What the device is sent after a read, for those that wait for it or can beep. */
enum scanner_answer {
    SCANNER_ANSWER_NONE,
    SCANNER_ANSWER_ACK, /* 06 after a good read, 15 after a bad one */
    SCANNER_ANSWER_NAK, /* 15 after a bad one only */
    SCANNER_ANSWER_BEL, /* 07 after a bad one only */
};

struct scan {
    char symbology[4]; /* "]E0" as in the AIM table; "MS1" to "MS3" a stripe's track, "RF1" a radio card; "" when not
                          known */
    char text[SCAN_TEXT_BYTES_MAX + 1]; /* UTF-8, printable, may hold GS (1D); NUL-terminated */
    size_t len;
    int64_t received_ns; /* clock_measure_ns (CLOCK_MONOTONIC) when the frame's last byte came, its suffix included */
    const char *device;  /* view: the scanner's name */
};

enum scanner_fault {
    SCANNER_FAULT_GARBAGE,     /* bytes that are no printable text */
    SCANNER_FAULT_OVERSIZE,    /* more than SCAN_TEXT_BYTES_MAX bytes without an end */
    SCANNER_FAULT_BROKEN,      /* a code that stopped before its end */
    SCANNER_FAULT_CHECK_DIGIT, /* an EAN or UPC whose digits do not add up */
    SCANNER_FAULT_COUNT,
};
/* Returns a view of the code for IT: "scan_garbage", "scan_oversize", "scan_broken", "scan_check_digit". */
const char *scanner_fault_code(enum scanner_fault fault);

struct scanner_options {
    const char *name;  /* copies */
    const char *uri;   /* copies; see port.h */
    struct loop *loop; /* borrows */
    enum scanner_family_id family;
    enum scanner_code_ids code_ids;
    const char *code_id_table; /* copies; of SCANNER_CODE_IDS_CUSTOM: "d=]E0,j=]C0" */
    enum scanner_framing framing;
    enum scanner_uid_format uid_format;
    int64_t uid_bytes; /* 0: all; else the last so many, for readers that tell fewer than others */
    enum scanner_answer answer;
    int64_t gap_ms;    /* pause that ends a frame; 0: SCANNER_GAP_MS */
    int64_t repeat_ms; /* the same code again within this time of the last is one scan; 0: SCANNER_REPEAT_MS, below 0:
                          never */
    /* The view is valid during the call. */
    void (*on_scan)(void *context, const struct scan *scan);
    /* code as scanner_fault_code; text in words for the cashier, without the code's content. At most one of a kind in
     * SCANNER_FAULT_TELL_MS, so that a noisy line does not flood the screen; the counts miss none. May be NULL. */
    void (*on_fault)(void *context, const char *code, const char *text);
    /* The device came or went. May be NULL. */
    void (*on_state)(void *context, enum port_state state);
    void *context;
};

/* On ST_OK the caller owns *out_scanner. A device that is absent is no error. Every callback may destroy the scanner.
 */
enum status scanner_create(const struct scanner_options *options, struct scanner **out_scanner, struct errmsg *err);
void scanner_destroy(struct scanner *scanner); /* accepts NULL */
/* The till made nothing of the last scan: the device is told as after a bad read. */
void scanner_bad_read(struct scanner *scanner);

enum { SCANNER_UNREADABLE_MAX = 3 /* in a row: then it is degraded, until a code can be read */ };

struct scanner_status {
    enum device_state state;
    int64_t since_mono_ms;              /* of the system clock, as port_status has it */
    char reason[PORT_REASON_BYTES_MAX]; /* why it is not ready; "" when it is */
    char device[48];                    /* what the device says of itself, "" when it says nothing */
    struct port_status port;
    uint64_t scan_count;
    uint64_t repeat_count; /* dropped as the same code again */
    uint64_t garbage_count, oversize_count, broken_count, check_digit_count;
    uint64_t payment_card_count; /* dropped unseen */
    uint64_t resent_count;       /* packets that came again after they were acknowledged */
    int64_t last_scan_mono_ms;   /* of the system clock; 0: none yet */
};
void scanner_status(const struct scanner *scanner, struct scanner_status *out_status);

#endif
