/* SPDX-License-Identifier: Apache-2.0 */
/*
 * export - the file of records that a person carries to the central (loyalctl export-unsynced and salvage write it, loyal-central till
 * import reads it): one record a line, their exact bytes, then a closing line.
 *
 * Each record holds the hash of the one before it, so alone the last one could be altered, or any number of them be cut off, unseen. The
 * closing line names the last record and its hash, under a MAC of the till's key where it has one. Pure: the caller runs the HMAC.
 */
#ifndef LOYALD_PROTOCOL_EXPORT_H
#define LOYALD_PROTOCOL_EXPORT_H

#include "sync/protocol/record.h"

#include <stdbool.h>

enum { EXPORT_END_BYTES_MAX = 512, EXPORT_MAC_BYTES = SHA256_BYTES };

struct export_end {
    uint64_t dev, epoch;
    int64_t records;            /* how many stand before it; 0: the central had all when it was written */
    int64_t seq;                /* of the last record, in the file or not; 0: the epoch has none */
    uint8_t hash[SHA256_BYTES]; /* the chain's, with it */
    bool has_mac;
    uint8_t mac[EXPORT_MAC_BYTES];
};

/* Appends what the MAC is made over. */
void export_end_cover(const struct export_end *end, struct strbuf *out);
/* Appends the closing line, its newline too. */
void export_end_write(const struct export_end *end, struct strbuf *out);
/* Whether a line is meant as a closing line: no record begins as it does. */
bool export_is_end(const char *line, size_t len);
/* Exactly what export_end_write writes, with or without the newline; ST_INVALID in words otherwise. */
enum status export_end_read(const char *line, size_t len, struct export_end *out_end, struct errmsg *err);

/* Reads a whole file: every line a record that follows the one before it within its epoch, the last one as the closing line says.
 * *out_records_len: the bytes before the closing line. ST_NOT_FOUND where there is no closing line: the file was cut, or is of a version
 * that wrote none. ST_INVALID with the line in words where it was altered. The MAC is the caller's to look at. */
enum status export_check(const char *text, size_t len, struct export_end *out_end, size_t *out_records_len, struct errmsg *err);

#endif
