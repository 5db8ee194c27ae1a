-- SPDX-License-Identifier: Apache-2.0
-- Roll-outs: rules that reach tills ring by ring. A version without one is every till's at once.
CREATE TABLE rollout (
    chain           TEXT NOT NULL REFERENCES chain (id),
    version         INTEGER NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('running', 'halted', 'done', 'back', 'over')),
    reason          TEXT NOT NULL, -- of its state, in words
    rings           TEXT NOT NULL, -- JSON: [{"name","stores":[...],"share_bp"}], from the first to the last
    ring            INTEGER NOT NULL, -- the place of the one reached
    timeout_s       INTEGER NOT NULL, -- a till that has not confirmed by then has failed
    failures_bp     INTEGER NOT NULL, -- a larger share of failures halts it
    band_low_bp     INTEGER NOT NULL, -- of the discount's share of the gross, while it is new
    band_high_bp    INTEGER NOT NULL,
    approver        TEXT NOT NULL, -- the key that asked first for all rings at once; '' none
    back_version    INTEGER NOT NULL, -- the way back, signed beforehand; 0: none
    back_text       TEXT NOT NULL,
    back_signatures TEXT NOT NULL,
    back_bundle     TEXT NOT NULL,
    started_us      INTEGER NOT NULL,
    ring_us         INTEGER NOT NULL,
    PRIMARY KEY (chain, version)
) STRICT;

-- What became of it at each till that was told.
CREATE TABLE rollout_till (
    chain      TEXT NOT NULL,
    version    INTEGER NOT NULL,
    dev        TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('offered', 'activated', 'healthy', 'refused', 'late')),
    reason     TEXT NOT NULL,
    offered_us INTEGER NOT NULL,
    told_us    INTEGER NOT NULL,
    PRIMARY KEY (chain, version, dev),
    FOREIGN KEY (chain, version) REFERENCES rollout (chain, version)
) STRICT;

CREATE INDEX sale_by_bundle ON sale (chain, bundle);
