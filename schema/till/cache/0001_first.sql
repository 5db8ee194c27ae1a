-- SPDX-License-Identifier: Apache-2.0
-- cache.db, disposable: what the central told last, and the journal's projection. Each row that own sales can change carries the last
-- own (epoch, seq) it counts; what the till shows is the row plus the effects of later own records.

CREATE TABLE member (
    id          TEXT PRIMARY KEY,
    profile     TEXT NOT NULL, -- JSON: state, display and the member as the engine takes it (tier, balances, usage, ...)
    identifiers BLOB NOT NULL, -- hashes one after the other: says which rows of identifier to take away, without an index there
    epoch       BLOB NOT NULL,
    seq         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE identifier (
    hash   BLOB PRIMARY KEY CHECK (length(hash) = 16),
    member TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE alias (
    old_member TEXT PRIMARY KEY,
    member     TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE usage (
    promotion TEXT PRIMARY KEY, -- or "coupon:" and the code of a single-use coupon
    uses      INTEGER NOT NULL,
    epoch     BLOB NOT NULL,
    seq       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE lease (
    id              TEXT PRIMARY KEY,
    member          TEXT NOT NULL,
    currency        TEXT NOT NULL,
    granted         INTEGER NOT NULL,
    used            INTEGER NOT NULL,
    expires_unix_ms INTEGER NOT NULL,
    epoch           BLOB NOT NULL,
    seq             INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX lease_member ON lease (member, currency);

-- The journal's projection: what own records did, by journal position. kind says what name means:
-- points (a currency; amount may be negative), use (a promotion, chain-wide), member_use (a promotion), coupon (a code), lease (a lease's id).
CREATE TABLE effect (
    subject  TEXT    NOT NULL,  -- the member's id, or '' for chain-wide kinds
    kind     TEXT    NOT NULL CHECK (kind IN ('points', 'use', 'member_use', 'coupon', 'lease')),
    name     TEXT    NOT NULL,
    position INTEGER NOT NULL,
    amount   INTEGER NOT NULL,
    day      INTEGER NOT NULL,  -- business date, days since 1970-01-01
    PRIMARY KEY (subject, kind, name, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE sale (
    id       TEXT PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE state (
    name  TEXT PRIMARY KEY, -- cursor, incarnation, projected (the journal position the projection reaches)
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
