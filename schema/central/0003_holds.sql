-- SPDX-License-Identifier: Apache-2.0
-- Points set aside for one sale of one till. Ended by a record of that till only: its sale, or its void; no timer ends one.
CREATE TABLE hold (
    dev      TEXT NOT NULL,
    id       TEXT NOT NULL,
    chain    TEXT NOT NULL,
    member   TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount   INTEGER NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('granted', 'refused', 'posted', 'voided')),
    reason   TEXT NOT NULL,
    at_us    INTEGER NOT NULL,
    PRIMARY KEY (dev, id)
) STRICT;
CREATE INDEX hold_live ON hold (chain, member, currency) WHERE state = 'granted';
