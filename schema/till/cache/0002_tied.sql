-- SPDX-License-Identifier: Apache-2.0
-- A kind more: 'tied' says that one document names another. subject is the one named (the sale that a return is of, an exchange), name the one
-- that names it.
CREATE TABLE effect_next (
    subject  TEXT    NOT NULL,
    kind     TEXT    NOT NULL CHECK (kind IN ('points', 'use', 'member_use', 'coupon', 'lease', 'tied')),
    name     TEXT    NOT NULL,
    position INTEGER NOT NULL,
    amount   INTEGER NOT NULL,
    day      INTEGER NOT NULL,
    PRIMARY KEY (subject, kind, name, position)
) STRICT, WITHOUT ROWID;
INSERT INTO effect_next SELECT subject, kind, name, position, amount, day FROM effect;
DROP TABLE effect;
ALTER TABLE effect_next RENAME TO effect;
