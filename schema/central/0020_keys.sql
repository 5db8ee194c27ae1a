-- SPDX-License-Identifier: Apache-2.0
-- What is looked up by its key and nothing else lies in the order of that key: one place to find and to write in, not two. On PostgreSQL rows
-- that are written time and again have room beside them for their next version, so that no index hears of it.
CREATE TABLE lot_next (
    chain     TEXT NOT NULL,
    member    TEXT NOT NULL,
    currency  TEXT NOT NULL,
    until_day INTEGER NOT NULL,
    from_day  INTEGER NOT NULL,
    amount    INTEGER NOT NULL CHECK (amount <> 0 AND (amount > 0 OR (until_day = 0 AND from_day = 0))),
    PRIMARY KEY (chain, member, currency, until_day, from_day)
) STRICT, WITHOUT ROWID;
--pg ALTER TABLE lot_next SET (fillfactor = 80);
INSERT INTO lot_next SELECT chain, member, currency, until_day, from_day, amount FROM lot;
DROP TABLE lot;
ALTER TABLE lot_next RENAME TO lot;
CREATE INDEX lot_by_expiry ON lot (until_day) WHERE until_day > 0;

CREATE TABLE member_usage_next (
    chain     TEXT NOT NULL,
    member    TEXT NOT NULL,
    promotion TEXT NOT NULL,
    uses      INTEGER NOT NULL,
    last_day  INTEGER NOT NULL,
    day       INTEGER NOT NULL,
    week      INTEGER NOT NULL,
    month     INTEGER NOT NULL,
    PRIMARY KEY (chain, member, promotion)
) STRICT, WITHOUT ROWID;
--pg ALTER TABLE member_usage_next SET (fillfactor = 80);
INSERT INTO member_usage_next SELECT chain, member, promotion, uses, last_day, day, week, month FROM member_usage;
DROP TABLE member_usage;
ALTER TABLE member_usage_next RENAME TO member_usage;

CREATE TABLE member_till_next (
    chain    TEXT NOT NULL,
    member   TEXT NOT NULL,
    dev      TEXT NOT NULL,
    sales    INTEGER NOT NULL,
    last_day INTEGER NOT NULL,
    PRIMARY KEY (chain, member, dev)
) STRICT, WITHOUT ROWID;
--pg ALTER TABLE member_till_next SET (fillfactor = 80);
INSERT INTO member_till_next SELECT chain, member, dev, sales, last_day FROM member_till;
DROP TABLE member_till;
ALTER TABLE member_till_next RENAME TO member_till;

-- First by member, of whom a few rows are looked for with each sale; by store in that order when a till loads them all.
CREATE TABLE member_store_next (
    chain      TEXT NOT NULL,
    store      TEXT NOT NULL,
    member     TEXT NOT NULL,
    home       INTEGER NOT NULL,
    last_day   INTEGER NOT NULL,
    gone       INTEGER NOT NULL, -- 1: the store's tills were told to forget him
    change_seq INTEGER NOT NULL, -- the member's own, where tills hear by store
    PRIMARY KEY (chain, member, store)
) STRICT, WITHOUT ROWID;
--pg ALTER TABLE member_store_next SET (fillfactor = 80);
INSERT INTO member_store_next SELECT chain, store, member, home, last_day, gone, change_seq FROM member_store;
DROP TABLE member_store;
ALTER TABLE member_store_next RENAME TO member_store;
CREATE INDEX member_store_by_change ON member_store (chain, store, change_seq);
CREATE INDEX member_store_by_store ON member_store (chain, store, member);
CREATE INDEX member_store_by_age ON member_store (last_day) WHERE gone = 0 AND home = 0;

CREATE TABLE ledger_entry_next (
    posting INTEGER NOT NULL, -- of posting
    line    INTEGER NOT NULL,
    account INTEGER NOT NULL, -- of ledger_account
    amount  INTEGER NOT NULL,
    PRIMARY KEY (posting, line)
) STRICT, WITHOUT ROWID;
INSERT INTO ledger_entry_next SELECT posting, line, account, amount FROM ledger_entry;
DROP TABLE ledger_entry;
ALTER TABLE ledger_entry_next RENAME TO ledger_entry;
CREATE INDEX ledger_entry_by_account ON ledger_entry (account);

--pg ALTER TABLE ledger_account SET (fillfactor = 80);
--pg ALTER TABLE member SET (fillfactor = 80);

-- As in 0017: of two indexes that begin with the chain an empty table's looked as good as the key's, and read every sale.
--pg DROP INDEX sale_by_bundle;
--pg CREATE INDEX sale_by_bundle ON sale (bundle, chain);
