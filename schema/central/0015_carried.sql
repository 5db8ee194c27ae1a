-- SPDX-License-Identifier: Apache-2.0
-- Records that a till carried over into another epoch (docs/protocol.md 7), by where they were first written: whichever of the two
-- comes later is booked no more. device.carried says that some of this till's came so, so that nobody else's are looked up.
CREATE TABLE carried (
    dev      TEXT NOT NULL,
    epoch    TEXT NOT NULL,
    seq      INTEGER NOT NULL,
    hash     BLOB NOT NULL,
    by_dev   TEXT NOT NULL,
    by_epoch TEXT NOT NULL,
    by_seq   INTEGER NOT NULL,
    PRIMARY KEY (dev, epoch, seq, hash)
) STRICT;
ALTER TABLE device ADD COLUMN carried INTEGER NOT NULL DEFAULT 0;
