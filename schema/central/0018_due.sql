-- SPDX-License-Identifier: Apache-2.0
-- What a transaction of one member or till left to be done for others, where each has a transaction of its own (docs/scaling.md): "touch", a
-- member's row that tills are to hear of; "attach", the sales that waited for the card of that hash.
CREATE TABLE due (
    chain TEXT NOT NULL,
    kind  TEXT NOT NULL CHECK (kind IN ('touch', 'attach')),
    name  TEXT NOT NULL,
    PRIMARY KEY (chain, kind, name)
) STRICT;
