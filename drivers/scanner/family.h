/* SPDX-License-Identifier: Apache-2.0 */
/*
 * family - what differs between kinds of scanners and readers, one row of a table each (family.c).
 *
 * Bytes to packets and packets to meaning are apart: NAME_packets.c finds packets and knows no meaning, NAME.c gives
 * them one and carries the dialogue. Both are without clock, line and memory of their own, so that a test, a fuzzer
 * and a capture run them as they are. docs/drivers.md says how to write one. Inside drivers/scanner, and for its
 * tests.
 */
#ifndef LOYALD_SCANNER_FAMILY_H
#define LOYALD_SCANNER_FAMILY_H

#include "drivers/scanner/code_ids.h"
#include "drivers/scanner/framing.h"
#include "drivers/scanner/symbology.h"

enum { READER_UID_BYTES_MAX = 10, READER_WHY_BYTES_MAX = 120, READER_SEND_BYTES_MAX = 264 };

struct reader_settings {
    enum scanner_family_id family;
    enum scanner_code_ids code_ids;
    const struct code_id_table *code_id_table; /* borrows; of custom */
    enum scanner_uid_format uid_format;
    size_t uid_bytes; /* 0: all */
};

/* How well the device does, as far as its family can tell. */
enum reader_health { READER_PROBING, READER_READY, READER_DEGRADED };

struct ssi {
    int phase, tries;
    uint32_t last_sum; /* of the packet that was acknowledged last; the retransmit bit left out */
    bool has_last;
    int damaged;                           /* packets in a row */
    uint8_t gathered[SCAN_TEXT_BYTES_MAX]; /* of a code in several packets */
    size_t gathered_len;
    uint8_t gathered_type;
    bool gathering, overflow;
};

struct pn532 {
    int phase, tries;
    uint8_t uid[READER_UID_BYTES_MAX]; /* of the card that lies there */
    size_t uid_len;
    int misses;
};

struct reader {
    const struct scanner_family *family;
    struct reader_settings settings;
    /* Gives bytes to the line; what does not fit is lost, as on a line that drops bytes. */
    void (*send)(void *context, const uint8_t *bytes, size_t len);
    void *context;

    int64_t now_ms; /* set by the owner before every call */
    int64_t due_ms; /* when tick is wanted; 0: never */
    enum reader_health health;
    char why[READER_WHY_BYTES_MAX]; /* of probing and degraded */
    char device[48];                /* what the device says of itself */
    uint64_t resent_count;
    union {
        struct ssi ssi;
        struct pn532 pn532;
    } state;
};

struct scanner_family {
    const char *name;
    framing_find *find;   /* NULL: text, by scanner_options.framing */
    framing_reply *reply; /* NULL: sends none */
    /* The line is ready: begins a dialogue. NULL: nothing to say, it is ready at once. */
    void (*begin)(struct reader *reader);
    /* due_ms has come. */
    void (*tick)(struct reader *reader);
    /* A frame of any kind, except oversize and stray ones of text. */
    enum symbology_verdict (*read)(struct reader *reader, const struct frame *frame, struct scan *out_scan,
                                   const char **out_why);
};

/* Returns a view of the row. */
const struct scanner_family *scanner_family(enum scanner_family_id id);

void reader_init(struct reader *reader, const struct reader_settings *settings,
                 void (*send)(void *context, const uint8_t *bytes, size_t len), void *context);
/* The line is ready, or ready again: all of the dialogue begins anew. */
void reader_begin(struct reader *reader, int64_t now_ms);
void reader_tick(struct reader *reader, int64_t now_ms);
enum symbology_verdict reader_read(struct reader *reader, int64_t now_ms, const struct frame *frame,
                                   struct scan *out_scan, const char **out_why);

/* ---- for the families ---- */

void reader_set_health(struct reader *reader, enum reader_health health, const char *why);
/* Tells the number of a radio card, as bytes with the most significant first unless the settings say otherwise. */
enum symbology_verdict reader_take_uid(const struct reader *reader, const uint8_t *uid, size_t len,
                                       struct scan *out_scan, const char **out_why);

framing_find ssi_find, pn532_find, desk_find;
framing_reply honeywell_ends_reply, datalogic_ends_reply;
enum symbology_verdict text_read(struct reader *, const struct frame *, struct scan *, const char **);
enum symbology_verdict honeywell_read(struct reader *, const struct frame *, struct scan *, const char **);
enum symbology_verdict datalogic_read(struct reader *, const struct frame *, struct scan *, const char **);
enum symbology_verdict stripe_read(struct reader *, const struct frame *, struct scan *, const char **);
enum symbology_verdict em4100_read(struct reader *, const struct frame *, struct scan *, const char **);
enum symbology_verdict desk_read(struct reader *, const struct frame *, struct scan *, const char **);
enum symbology_verdict ssi_read(struct reader *, const struct frame *, struct scan *, const char **);
enum symbology_verdict pn532_read(struct reader *, const struct frame *, struct scan *, const char **);
void honeywell_begin(struct reader *reader), honeywell_tick(struct reader *reader);
void ssi_begin(struct reader *reader), ssi_tick(struct reader *reader);
void pn532_begin(struct reader *reader), pn532_tick(struct reader *reader);

#endif
