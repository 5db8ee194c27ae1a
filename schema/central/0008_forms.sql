-- SPDX-License-Identifier: Apache-2.0
-- What shoppers are asked to agree to when a card is issued; a version, once given, keeps its text. The latest of a language is in force.
CREATE TABLE consent (
    chain    TEXT NOT NULL REFERENCES chain (id),
    language TEXT NOT NULL,
    version  TEXT NOT NULL,
    text     TEXT NOT NULL,
    place    INTEGER NOT NULL, -- 1, 2, ... within the language
    at_us    INTEGER NOT NULL,
    PRIMARY KEY (chain, language, version)
) STRICT;
CREATE UNIQUE INDEX consent_by_place ON consent (chain, language, place);

-- Forms filled in at a till, unsealed. One for each record; the latest of a member is the one that counts.
CREATE TABLE member_form (
    dev      TEXT NOT NULL,
    epoch    TEXT NOT NULL,
    seq      INTEGER NOT NULL,
    chain    TEXT NOT NULL,
    member   TEXT NOT NULL,
    consent  TEXT NOT NULL,
    name     TEXT NOT NULL,
    phone    TEXT NOT NULL,
    email    TEXT NOT NULL,
    birthday TEXT NOT NULL,
    at_us    INTEGER NOT NULL,
    PRIMARY KEY (dev, epoch, seq)
) STRICT;
CREATE INDEX member_form_by_member ON member_form (chain, member);
