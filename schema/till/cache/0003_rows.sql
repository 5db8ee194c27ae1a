-- SPDX-License-Identifier: Apache-2.0
-- The rest of what the central tells, and what the till reads fast.

-- A full reload puts every row under a new generation; what still has an older one afterwards is gone at the central, and is swept away.
ALTER TABLE member ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE alias ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lease ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;

-- Own records name a member as it was called then: what it did since must be found under each name it had.
CREATE INDEX alias_member ON alias (member);

-- What a member has by the list, one row a list: 'lots:', 'segments:' or 'offers:' and the member's id.
CREATE TABLE part (
    id         TEXT PRIMARY KEY,
    body       TEXT NOT NULL, -- JSON array, docs/protocol.md 5
    epoch      BLOB NOT NULL,
    seq        INTEGER NOT NULL,
    generation INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Listed coupons, by their code as the engine counts it.
CREATE TABLE coupon (
    code       TEXT PRIMARY KEY,
    member     TEXT NOT NULL, -- '' for anybody's
    uses       INTEGER NOT NULL,
    uses_max   INTEGER NOT NULL,
    body       TEXT NOT NULL, -- JSON object
    epoch      BLOB NOT NULL,
    seq        INTEGER NOT NULL,
    generation INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX coupon_member ON coupon (member);

-- Chain-wide uses by own records, added up: total is of all up to position. Saves adding up weeks without a link.
CREATE TABLE running (
    name     TEXT NOT NULL,
    position INTEGER NOT NULL,
    total    INTEGER NOT NULL,
    PRIMARY KEY (name, position)
) STRICT, WITHOUT ROWID;

-- What was sold, by business date and shift: name is sales, gross, discount, net, earned:<currency>, ...
CREATE TABLE total (
    day    INTEGER NOT NULL,
    shift  TEXT NOT NULL,
    name   TEXT NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (day, shift, name)
) STRICT, WITHOUT ROWID;

-- Totals are added up from the first record on: the projection begins anew.
DELETE FROM effect;
DELETE FROM sale;
DELETE FROM state WHERE name = 'projected';
