-- SPDX-License-Identifier: Apache-2.0
-- The central's tables. Rules that keep the same text fit for a second engine: 64-bit integers in microseconds for time,
-- 0/1 for yes and no, JSON kept as text, no date functions, no generated keys that code relies on being without gaps.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- One counter for every change a till may hear of. Bumped once for each row changed, in the transaction that changes it.
CREATE TABLE change_counter (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    value INTEGER NOT NULL
) STRICT;
INSERT INTO change_counter (one, value) VALUES (1, 0);

CREATE TABLE chain (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    currency   TEXT NOT NULL,
    language   TEXT NOT NULL,
    id_key     BLOB NOT NULL CHECK (length(id_key) = 32),
    created_us INTEGER NOT NULL
) STRICT;

-- Public keys whose signature on a manifest the chain accepts.
CREATE TABLE chain_key (
    chain    TEXT NOT NULL REFERENCES chain (id),
    id       TEXT NOT NULL,
    pem      TEXT NOT NULL,
    added_us INTEGER NOT NULL,
    PRIMARY KEY (chain, id)
) STRICT;

CREATE TABLE store (
    chain TEXT NOT NULL REFERENCES chain (id),
    id    TEXT NOT NULL,
    name  TEXT NOT NULL,
    attrs TEXT NOT NULL,
    PRIMARY KEY (chain, id)
) STRICT;

-- Codes to enrol with, by their hash: one till of one store, one use, a quarter of an hour.
CREATE TABLE till_code (
    code_hash  TEXT PRIMARY KEY,
    chain      TEXT NOT NULL,
    store      TEXT NOT NULL,
    till       TEXT NOT NULL,
    expires_us INTEGER NOT NULL,
    FOREIGN KEY (chain, store) REFERENCES store (chain, id)
) STRICT;

-- A till and its cursor. acked and head_hash are the authority for "exactly once" of the epoch at hand.
CREATE TABLE device (
    dev               TEXT PRIMARY KEY,
    chain             TEXT NOT NULL,
    store             TEXT NOT NULL,
    till              TEXT NOT NULL,
    mac_key           BLOB NOT NULL CHECK (length(mac_key) = 32),
    cert_not_after_us INTEGER NOT NULL,
    epoch             TEXT NOT NULL,
    acked             INTEGER NOT NULL,
    head_hash         BLOB NOT NULL CHECK (length(head_hash) = 32),
    counted           INTEGER NOT NULL,
    counted_change    INTEGER NOT NULL, -- the change counter after the last record interpreted
    duplicates        INTEGER NOT NULL,
    revoked           INTEGER NOT NULL,
    quarantined_seq   INTEGER NOT NULL, -- 0, or where its history split from ours
    till_head         INTEGER NOT NULL, -- as the till last told
    version           TEXT NOT NULL,
    bundle_version    INTEGER NOT NULL,
    bundle_refused    TEXT NOT NULL,
    enrolled_us       INTEGER NOT NULL,
    last_seen_us      INTEGER NOT NULL,
    FOREIGN KEY (chain, store) REFERENCES store (chain, id)
) STRICT;
CREATE INDEX device_by_till ON device (chain, store, till);

-- Every record, as it came.
CREATE TABLE journal (
    dev         TEXT NOT NULL REFERENCES device (dev),
    epoch       TEXT NOT NULL,
    seq         INTEGER NOT NULL,
    type        TEXT NOT NULL,
    bytes       BLOB NOT NULL,
    hash        BLOB NOT NULL,
    received_us INTEGER NOT NULL,
    PRIMARY KEY (dev, epoch, seq)
) STRICT;

CREATE TABLE dead_letter (
    dev    TEXT NOT NULL,
    epoch  TEXT NOT NULL,
    seq    INTEGER NOT NULL,
    chain  TEXT NOT NULL,
    type   TEXT NOT NULL,
    reason TEXT NOT NULL,
    at_us  INTEGER NOT NULL,
    PRIMARY KEY (dev, epoch, seq)
) STRICT;

CREATE TABLE sale (
    chain          TEXT NOT NULL,
    sale_id        TEXT NOT NULL,
    dev            TEXT NOT NULL,
    epoch          TEXT NOT NULL,
    seq            INTEGER NOT NULL,
    store          TEXT NOT NULL,
    till           TEXT NOT NULL,
    member         TEXT NOT NULL, -- '' when none
    identifier     TEXT NOT NULL, -- '' when none was shown
    business_date  TEXT NOT NULL,
    gross_minor    INTEGER NOT NULL,
    discount_minor INTEGER NOT NULL,
    redeemed_minor INTEGER NOT NULL,
    net_minor      INTEGER NOT NULL,
    line_count     INTEGER NOT NULL,
    bundle         TEXT NOT NULL,
    digest         TEXT NOT NULL,
    compared       TEXT NOT NULL CHECK (compared IN ('same', 'different', 'unknown_bundle', 'no_bundle')),
    printed        TEXT NOT NULL, -- '' until the till tells
    PRIMARY KEY (chain, sale_id)
) STRICT;
CREATE UNIQUE INDEX sale_by_record ON sale (dev, epoch, seq);
CREATE INDEX sale_by_member ON sale (chain, member);

-- Sales given up after tender had begun.
CREATE TABLE void_sale (
    chain   TEXT NOT NULL,
    sale_id TEXT NOT NULL,
    dev     TEXT NOT NULL,
    epoch   TEXT NOT NULL,
    seq     INTEGER NOT NULL,
    reason  TEXT NOT NULL,
    PRIMARY KEY (dev, epoch, seq)
) STRICT;

-- Sales whose result the central computes otherwise. Reported, never corrected.
CREATE TABLE difference (
    dev            TEXT NOT NULL,
    epoch          TEXT NOT NULL,
    seq            INTEGER NOT NULL,
    chain          TEXT NOT NULL,
    sale_id        TEXT NOT NULL,
    bundle         TEXT NOT NULL,
    till_digest    TEXT NOT NULL,
    central_digest TEXT NOT NULL,
    reason         TEXT NOT NULL,
    at_us          INTEGER NOT NULL,
    PRIMARY KEY (dev, epoch, seq)
) STRICT;

CREATE TABLE member (
    chain       TEXT NOT NULL REFERENCES chain (id),
    id          TEXT NOT NULL,
    change_seq  INTEGER NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('active', 'inactive', 'blocked', 'expired')),
    tier        TEXT NOT NULL,
    birthday    TEXT NOT NULL,
    segments    TEXT NOT NULL, -- JSON array
    attrs       TEXT NOT NULL, -- JSON object
    personal    TEXT NOT NULL, -- JSON array
    lists       TEXT NOT NULL, -- JSON object
    display     TEXT NOT NULL,
    purchases   INTEGER NOT NULL,
    merged_into TEXT NOT NULL, -- '' or the member this one became
    created_us  INTEGER NOT NULL,
    PRIMARY KEY (chain, id)
) STRICT;
CREATE UNIQUE INDEX member_by_change ON member (chain, change_seq);

CREATE TABLE identifier (
    chain  TEXT NOT NULL,
    hash   TEXT NOT NULL,
    member TEXT NOT NULL,
    PRIMARY KEY (chain, hash),
    FOREIGN KEY (chain, member) REFERENCES member (chain, id)
) STRICT;
CREATE UNIQUE INDEX identifier_by_member ON identifier (chain, member, hash);

-- Chain-wide uses by promotion, and by "coupon:" and the code.
CREATE TABLE usage (
    chain      TEXT NOT NULL,
    name       TEXT NOT NULL,
    uses       INTEGER NOT NULL,
    change_seq INTEGER NOT NULL,
    PRIMARY KEY (chain, name)
) STRICT;
CREATE UNIQUE INDEX usage_by_change ON usage (chain, change_seq);

-- A member's uses. day, week and month count those of the day, week and month of last_day (days since 1970-01-01).
CREATE TABLE member_usage (
    chain     TEXT NOT NULL,
    member    TEXT NOT NULL,
    promotion TEXT NOT NULL,
    uses      INTEGER NOT NULL,
    last_day  INTEGER NOT NULL,
    day       INTEGER NOT NULL,
    week      INTEGER NOT NULL,
    month     INTEGER NOT NULL,
    PRIMARY KEY (chain, member, promotion)
) STRICT;

-- Points, double entry: the entries of a posting sum to zero in each currency; a balance is the sum of its entries.
CREATE TABLE ledger_account (
    id       INTEGER PRIMARY KEY,
    chain    TEXT NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('member', 'issued', 'issued_later', 'redeemed', 'spent', 'opening')),
    owner    TEXT NOT NULL, -- the member, '' otherwise
    currency TEXT NOT NULL,
    balance  INTEGER NOT NULL,
    UNIQUE (chain, kind, owner, currency)
) STRICT;

CREATE TABLE posting (
    id     INTEGER PRIMARY KEY,
    chain  TEXT NOT NULL,
    kind   TEXT NOT NULL CHECK (kind IN ('sale', 'opening')),
    dev    TEXT,
    epoch  TEXT,
    seq    INTEGER,
    member TEXT NOT NULL,
    at_us  INTEGER NOT NULL,
    UNIQUE (dev, epoch, seq)
) STRICT;

CREATE TABLE ledger_entry (
    posting INTEGER NOT NULL REFERENCES posting (id),
    line    INTEGER NOT NULL,
    account INTEGER NOT NULL REFERENCES ledger_account (id),
    amount  INTEGER NOT NULL,
    PRIMARY KEY (posting, line)
) STRICT;
CREATE INDEX ledger_entry_by_account ON ledger_entry (account);

-- Sales with a card that no member has yet: posted when one gets it.
CREATE TABLE unattached (
    dev   TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq   INTEGER NOT NULL,
    chain TEXT NOT NULL,
    hash  TEXT NOT NULL,
    PRIMARY KEY (dev, epoch, seq)
) STRICT;
CREATE INDEX unattached_by_hash ON unattached (chain, hash);

CREATE TABLE blob (
    sha256 TEXT PRIMARY KEY,
    bytes  BLOB NOT NULL
) STRICT;

CREATE TABLE manifest (
    chain        TEXT NOT NULL REFERENCES chain (id),
    version      INTEGER NOT NULL,
    change_seq   INTEGER NOT NULL,
    text         TEXT NOT NULL, -- exactly as signed
    signatures   TEXT NOT NULL, -- JSON array
    bundle       TEXT NOT NULL REFERENCES blob (sha256),
    published_us INTEGER NOT NULL,
    PRIMARY KEY (chain, version)
) STRICT;
CREATE INDEX manifest_by_bundle ON manifest (bundle);
CREATE UNIQUE INDEX manifest_by_change ON manifest (chain, change_seq);

-- What the office, and the till it names, should know.
CREATE TABLE notice (
    id         INTEGER PRIMARY KEY,
    chain      TEXT NOT NULL,
    change_seq INTEGER NOT NULL,
    dev        TEXT NOT NULL, -- '' for no till in particular
    text       TEXT NOT NULL,
    at_us      INTEGER NOT NULL
) STRICT;
CREATE INDEX notice_by_change ON notice (chain, dev, change_seq);
