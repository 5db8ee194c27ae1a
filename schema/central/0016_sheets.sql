-- SPDX-License-Identifier: Apache-2.0
-- What a record changes lies with its till or with its member. The other half of what a till's records earn and spend is an account of that
-- till (owner is its dev), of what the office does one of that member; the rows of '' keep what was before. Made anew so that the accounts of
-- an owner lie side by side, and that an entry refers to rows that a spread database keeps elsewhere; the child goes first.

CREATE TABLE ledger_account_next (
    id       INTEGER PRIMARY KEY,
    chain    TEXT NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('member', 'issued', 'issued_later', 'redeemed', 'spent', 'opening', 'taken_back', 'given_back',
                                           'expired', 'merged')),
    owner    TEXT NOT NULL, -- the member, or the till
    currency TEXT NOT NULL,
    balance  INTEGER NOT NULL,
    UNIQUE (chain, owner, kind, currency)
) STRICT;
INSERT INTO ledger_account_next SELECT id, chain, kind, owner, currency, balance FROM ledger_account;

CREATE TABLE ledger_entry_next (
    posting INTEGER NOT NULL, -- of posting
    line    INTEGER NOT NULL,
    account INTEGER NOT NULL, -- of ledger_account
    amount  INTEGER NOT NULL,
    PRIMARY KEY (posting, line)
) STRICT;
INSERT INTO ledger_entry_next SELECT posting, line, account, amount FROM ledger_entry;

DROP TABLE ledger_entry;
DROP TABLE ledger_account;
ALTER TABLE ledger_account_next RENAME TO ledger_account;
ALTER TABLE ledger_entry_next RENAME TO ledger_entry;
CREATE INDEX ledger_entry_by_account ON ledger_entry (account);

-- Postings and accounts are numbered by the counter of changes from here on, which has to be past them all.
UPDATE change_counter SET value = (SELECT MAX(v.number) FROM (SELECT value AS number FROM change_counter
    UNION ALL SELECT MAX(id) FROM posting UNION ALL SELECT MAX(id) FROM ledger_account) AS v);

-- Nobody asks by these.
DROP INDEX sale_by_record;
DROP INDEX sale_by_member;
DROP INDEX member_till_by_dev;
