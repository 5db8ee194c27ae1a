-- SPDX-License-Identifier: Apache-2.0
-- Points by lot, what is set aside of them, and what went wrong with them.

-- Two kinds of account and of posting more. Made anew, since a CHECK cannot be changed in place; the child goes first.
CREATE TABLE ledger_account_next (
    id       INTEGER PRIMARY KEY,
    chain    TEXT NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('member', 'issued', 'issued_later', 'redeemed', 'spent', 'opening', 'taken_back', 'given_back',
                                           'expired', 'merged')),
    owner    TEXT NOT NULL, -- the member, '' otherwise
    currency TEXT NOT NULL,
    balance  INTEGER NOT NULL,
    UNIQUE (chain, kind, owner, currency)
) STRICT;
INSERT INTO ledger_account_next SELECT id, chain, kind, owner, currency, balance FROM ledger_account;

CREATE TABLE posting_next (
    id     INTEGER PRIMARY KEY,
    chain  TEXT NOT NULL,
    kind   TEXT NOT NULL CHECK (kind IN ('sale', 'return', 'opening', 'expiry', 'merge')),
    dev    TEXT,
    epoch  TEXT,
    seq    INTEGER,
    member TEXT NOT NULL,
    at_us  INTEGER NOT NULL,
    UNIQUE (dev, epoch, seq)
) STRICT;
INSERT INTO posting_next SELECT id, chain, kind, dev, epoch, seq, member, at_us FROM posting;

CREATE TABLE ledger_entry_next (
    posting INTEGER NOT NULL REFERENCES posting_next (id),
    line    INTEGER NOT NULL,
    account INTEGER NOT NULL REFERENCES ledger_account_next (id),
    amount  INTEGER NOT NULL,
    PRIMARY KEY (posting, line)
) STRICT;
INSERT INTO ledger_entry_next SELECT posting, line, account, amount FROM ledger_entry;

DROP TABLE ledger_entry;
DROP TABLE posting;
DROP TABLE ledger_account;
ALTER TABLE ledger_account_next RENAME TO ledger_account;
ALTER TABLE posting_next RENAME TO posting;
ALTER TABLE ledger_entry_next RENAME TO ledger_entry;
CREATE INDEX ledger_entry_by_account ON ledger_entry (account);

-- What a member's balance consists of; the lots of a currency add up to it. Days since 1970-01-01: counts from the
-- start of from_day (0: from ever) to the start of until_day (0: for ever). The lot of 0 and 0 may be below zero: that is
-- what was spent beyond the balance, and what comes in next pays it first.
CREATE TABLE lot (
    chain     TEXT NOT NULL,
    member    TEXT NOT NULL,
    currency  TEXT NOT NULL,
    until_day INTEGER NOT NULL,
    from_day  INTEGER NOT NULL,
    amount    INTEGER NOT NULL CHECK (amount <> 0 AND (amount > 0 OR (until_day = 0 AND from_day = 0))),
    PRIMARY KEY (chain, member, currency, until_day, from_day)
) STRICT;
CREATE INDEX lot_by_expiry ON lot (until_day) WHERE until_day > 0;
INSERT INTO lot SELECT chain, owner, currency, 0, 0, balance FROM ledger_account WHERE kind = 'member' AND balance <> 0;

-- From when points count and for how long; no row: at once and for ever.
CREATE TABLE point_rule (
    chain           TEXT NOT NULL REFERENCES chain (id),
    currency        TEXT NOT NULL,
    activation_days INTEGER NOT NULL,
    life_days       INTEGER NOT NULL, -- 0: for ever
    lease_cap       INTEGER NOT NULL, -- the most points set aside at one till for one member; 0: no leases
    lease_days      INTEGER NOT NULL, -- how long a till without a link may spend from one
    lost_days       INTEGER NOT NULL, -- after so many more without a word from the till it is written off
    PRIMARY KEY (chain, currency)
) STRICT;

-- Points set aside for one sale of one till. Ended by a record of that till only: its sale, or its void; no timer ends one.
-- A till enrolled with another epoch has forgotten those of the one before: they are written off as leases are.
CREATE TABLE hold_next (
    dev      TEXT NOT NULL,
    epoch    TEXT NOT NULL,
    id       TEXT NOT NULL,
    chain    TEXT NOT NULL,
    member   TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount   INTEGER NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('granted', 'refused', 'posted', 'voided', 'written_off')),
    reason   TEXT NOT NULL,
    at_us    INTEGER NOT NULL,
    PRIMARY KEY (dev, epoch, id)
) STRICT;
INSERT INTO hold_next SELECT h.dev, d.epoch, h.id, h.chain, h.member, h.currency, h.amount, h.state, h.reason, h.at_us
    FROM hold h JOIN device d ON d.dev = h.dev;
DROP TABLE hold;
ALTER TABLE hold_next RENAME TO hold;
CREATE INDEX hold_live ON hold (chain, member, currency) WHERE state = 'granted';

-- Points set aside at one till for one member, to be spent without a link. What is left of a live one is granted - used.
-- Ended by the till's lease_close, or written off: no timer ends one.
CREATE TABLE lease (
    id         TEXT PRIMARY KEY,
    chain      TEXT NOT NULL,
    dev        TEXT NOT NULL,
    epoch      TEXT NOT NULL,
    member     TEXT NOT NULL,
    currency   TEXT NOT NULL,
    granted    INTEGER NOT NULL,
    used       INTEGER NOT NULL, -- by records of this till
    state      TEXT NOT NULL CHECK (state IN ('live', 'closed', 'written_off')),
    recalled   INTEGER NOT NULL, -- 1: the till was told to close it
    expires_us INTEGER NOT NULL, -- after this the till spends nothing from it; the central keeps it set aside
    change_seq INTEGER NOT NULL,
    granted_us INTEGER NOT NULL
) STRICT;
CREATE INDEX lease_live ON lease (chain, member, currency) WHERE state = 'live';
CREATE UNIQUE INDEX lease_of_till ON lease (dev, epoch, member, currency) WHERE state = 'live';
CREATE UNIQUE INDEX lease_by_change ON lease (dev, change_seq);

-- What was given up as lost: points that a till may have spent and never told.
CREATE TABLE write_off (
    what     TEXT NOT NULL CHECK (what IN ('lease', 'hold')),
    id       TEXT NOT NULL,
    chain    TEXT NOT NULL,
    dev      TEXT NOT NULL,
    epoch    TEXT NOT NULL,
    member   TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount   INTEGER NOT NULL,
    at_us    INTEGER NOT NULL,
    PRIMARY KEY (dev, epoch, what, id)
) STRICT;

-- Spending beyond the balance: by which record, and how far below zero it went by it.
CREATE TABLE overdraft (
    posting  INTEGER NOT NULL REFERENCES posting (id),
    currency TEXT NOT NULL,
    chain    TEXT NOT NULL,
    dev      TEXT NOT NULL,
    member   TEXT NOT NULL,
    kind     TEXT NOT NULL,
    amount   INTEGER NOT NULL,
    at_us    INTEGER NOT NULL,
    PRIMARY KEY (posting, currency)
) STRICT;
CREATE INDEX overdraft_by_dev ON overdraft (chain, dev);

-- Sales that spent under the floor limits of the rules.
CREATE TABLE floor_sale (
    dev      TEXT NOT NULL,
    epoch    TEXT NOT NULL,
    seq      INTEGER NOT NULL,
    chain    TEXT NOT NULL,
    member   TEXT NOT NULL,
    minor    INTEGER NOT NULL,
    at_us    INTEGER NOT NULL,
    PRIMARY KEY (dev, epoch, seq)
) STRICT;

-- Where a member buys: the tills he is known at.
CREATE TABLE member_till (
    chain    TEXT NOT NULL,
    member   TEXT NOT NULL,
    dev      TEXT NOT NULL,
    sales    INTEGER NOT NULL,
    last_day INTEGER NOT NULL,
    PRIMARY KEY (chain, member, dev)
) STRICT;

-- 1: has spent more than there was, so spends nothing until it is earned back.
ALTER TABLE member ADD COLUMN overdrawn INTEGER NOT NULL DEFAULT 0;

-- Coupons known one by one: anybody's or a member's, good for so many uses.
CREATE TABLE coupon (
    chain      TEXT NOT NULL REFERENCES chain (id),
    code       TEXT NOT NULL, -- lower case, without spaces and hyphens
    change_seq INTEGER NOT NULL,
    member     TEXT NOT NULL, -- '' anybody's
    promotion  TEXT NOT NULL, -- '' as its series says
    uses_max   INTEGER NOT NULL,
    from_day   TEXT NOT NULL, -- '' at once; YYYY-MM-DD
    until_day  TEXT NOT NULL, -- '' for ever
    PRIMARY KEY (chain, code)
) STRICT;
CREATE UNIQUE INDEX coupon_by_change ON coupon (chain, change_seq);

-- A use set aside for one sale of one till; ended by that till's record of the sale, or of its void.
CREATE TABLE coupon_claim (
    dev     TEXT NOT NULL,
    epoch   TEXT NOT NULL,
    sale_id TEXT NOT NULL,
    code    TEXT NOT NULL,
    chain   TEXT NOT NULL,
    state   TEXT NOT NULL CHECK (state IN ('granted', 'refused', 'ended')),
    reason  TEXT NOT NULL,
    at_us   INTEGER NOT NULL,
    PRIMARY KEY (dev, epoch, sale_id, code)
) STRICT;
CREATE INDEX coupon_claim_live ON coupon_claim (chain, code) WHERE state = 'granted';

-- Whom a store's tills hear of without asking, when the chain says "store": whose home it is, who bought there lately.
CREATE TABLE member_store (
    chain      TEXT NOT NULL,
    store      TEXT NOT NULL,
    member     TEXT NOT NULL,
    home       INTEGER NOT NULL,
    last_day   INTEGER NOT NULL,
    gone       INTEGER NOT NULL, -- 1: the store's tills were told to forget him
    change_seq INTEGER NOT NULL, -- the member's own
    PRIMARY KEY (chain, store, member)
) STRICT;
CREATE INDEX member_store_by_change ON member_store (chain, store, change_seq);
CREATE INDEX member_store_by_member ON member_store (chain, member);
-- Stores whose tills hear of each other's members, by the office's choice; each is its own.
CREATE TABLE store_circle (
    chain TEXT NOT NULL,
    store TEXT NOT NULL,
    other TEXT NOT NULL,
    PRIMARY KEY (chain, store, other),
    FOREIGN KEY (chain, store) REFERENCES store (chain, id),
    FOREIGN KEY (chain, other) REFERENCES store (chain, id)
) STRICT;
INSERT INTO store_circle SELECT chain, id, id FROM store;
-- 'all': every till hears of every member; 'store': of its circle's.
ALTER TABLE chain ADD COLUMN audience TEXT NOT NULL DEFAULT 'all' CHECK (audience IN ('all', 'store'));
CREATE INDEX void_sale_by_id ON void_sale (chain, sale_id);
