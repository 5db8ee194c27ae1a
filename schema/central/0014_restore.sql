-- SPDX-License-Identifier: Apache-2.0
-- Under which incarnation a till said last what it may still spend: a central put back from a backup waits for it.
ALTER TABLE device ADD COLUMN reported TEXT NOT NULL DEFAULT '';
-- Beside a lease of the backup a till may hold one that was granted after it.
DROP INDEX lease_of_till;
CREATE INDEX lease_of_till ON lease (dev, epoch, member, currency) WHERE state = 'live';
