-- SPDX-License-Identifier: Apache-2.0
-- Points without a date lie with the balance that they are a part of, in one row that is read and written once: most chains have no others.
-- Lots with a date keep their table; the view shows all of them.
ALTER TABLE ledger_account ADD COLUMN undated INTEGER NOT NULL DEFAULT 0; -- of a member's account; below zero: spent beyond the balance
UPDATE ledger_account SET undated = COALESCE((SELECT l.amount FROM lot l WHERE l.chain = ledger_account.chain AND l.member = ledger_account.owner
    AND l.currency = ledger_account.currency AND l.until_day = 0 AND l.from_day = 0), 0) WHERE kind = 'member';
DELETE FROM lot WHERE until_day = 0 AND from_day = 0;
DROP INDEX lot_by_expiry;
ALTER TABLE lot RENAME TO dated_lot;
CREATE INDEX dated_lot_by_expiry ON dated_lot (until_day) WHERE until_day > 0;
CREATE VIEW lot AS SELECT chain, member, currency, until_day, from_day, amount FROM dated_lot
    UNION ALL SELECT chain, owner, currency, 0, 0, undated FROM ledger_account WHERE kind = 'member' AND undated <> 0;
