-- SPDX-License-Identifier: Apache-2.0
-- Whose word a chain's rules are taken by: the roots its office signed, and the timestamp that this central signs.
CREATE TABLE trust_root (
    chain        TEXT NOT NULL REFERENCES chain (id),
    version      INTEGER NOT NULL,
    text         TEXT NOT NULL, -- exactly as signed
    signatures   TEXT NOT NULL, -- JSON array
    published_us INTEGER NOT NULL,
    PRIMARY KEY (chain, version)
) STRICT;

CREATE TABLE trust_timestamp (
    chain      TEXT PRIMARY KEY REFERENCES chain (id),
    version    INTEGER NOT NULL,
    change_seq INTEGER NOT NULL,
    text       TEXT NOT NULL,
    signatures TEXT NOT NULL
) STRICT;
