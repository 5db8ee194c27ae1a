/* SPDX-License-Identifier: Apache-2.0 */
/* import_members - what the parts of an import of members share: import.c takes the rows, import_identifiers.c their
 * cards and phones. */
#ifndef LOYALD_CENTRAL_IMPORT_MEMBERS_H
#define LOYALD_CENTRAL_IMPORT_MEMBERS_H

#include "agent/base/crypto.h"
#include "sync/central/import_file.h"

enum column {
    COLUMN_MEMBER,
    COLUMN_CARD,
    COLUMN_PHONE,
    COLUMN_STATE,
    COLUMN_TIER,
    COLUMN_SEGMENTS,
    COLUMN_BIRTHDAY,
    COLUMN_DISPLAY,
    COLUMN_PERSONAL,
    COLUMN_STORE,
    COLUMN_KNOWN,
    COLUMN_ATTR = COLUMN_KNOWN,
    COLUMN_POINTS
};

/* What a file of members is read with, besides what every file is. */
struct members {
    uint8_t id_key[CRYPTO_KEY_BYTES];
    enum column kinds[CSV_COLUMNS_MAX]; /* of the columns that are none of the known ones */
    int64_t attached;                   /* sales that waited for an identifier */
};

/* Takes the next of several values in one field, cut to value_max; false when there is none. */
bool import_next_value(const char **at, char *out_value, size_t value_max);
/* The row's cards or phones become its member's; prefix "card" or "phone". */
enum status import_put_identifiers(struct import_file *file, const char *prefix, enum column column,
                                   struct errmsg *err);

#endif
