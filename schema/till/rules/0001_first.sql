-- SPDX-License-Identifier: Apache-2.0
-- rules.db, kept: the active bundle and the one before, so that discounts survive a lost cache without a link; and one being fetched.
CREATE TABLE bundle (
    sha256         BLOB    PRIMARY KEY CHECK (length(sha256) = 32),
    version        INTEGER NOT NULL,
    state          TEXT    NOT NULL CHECK (state IN ('fetching', 'staged', 'active', 'previous')),
    manifest       TEXT    NOT NULL, -- exact, as signed
    signatures     TEXT    NOT NULL, -- JSON array
    total_bytes    INTEGER NOT NULL,
    changed_unix_ms INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX bundle_state ON bundle (state);

-- The bundle's bytes in pieces as they were fetched, so that a fetch goes on where it broke off.
CREATE TABLE piece (
    sha256 BLOB    NOT NULL REFERENCES bundle (sha256) ON DELETE CASCADE,
    offset INTEGER NOT NULL,
    bytes  BLOB    NOT NULL,
    PRIMARY KEY (sha256, offset)
) STRICT, WITHOUT ROWID;
