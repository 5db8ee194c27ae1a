-- SPDX-License-Identifier: Apache-2.0
-- journal.db, precious: everything that happened at this till, append-only and hash-chained (docs/protocol.md 2).

-- An epoch is a life of this journal under one random name. Positions never restart; seq = position - base.
CREATE TABLE epoch (
    no             INTEGER PRIMARY KEY,
    epoch          BLOB    NOT NULL UNIQUE CHECK (length(epoch) = 8),
    base           INTEGER NOT NULL UNIQUE,
    opened_unix_ms INTEGER NOT NULL
) STRICT;

-- One row a record, one row a sale. bytes are exact and for ever; hash = SHA-256(previous hash || bytes), zero before the first of an epoch.
CREATE TABLE record (
    position INTEGER PRIMARY KEY,
    type     TEXT NOT NULL,
    bytes    BLOB NOT NULL,
    hash     BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- What must outlive a lost cache: identity, keys agreed with the central, ack, ratchets, the active bundle's hash.
CREATE TABLE state (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
