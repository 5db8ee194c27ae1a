-- SPDX-License-Identifier: Apache-2.0
-- Which key a till's certificate is for, the one that is to follow it, and what the till last told of itself.
ALTER TABLE device ADD COLUMN cert_key TEXT NOT NULL DEFAULT ''; -- '': not known, the first request that bears the MAC tells
ALTER TABLE device ADD COLUMN cert_issuer TEXT NOT NULL DEFAULT ''; -- key of the authority that issued it
ALTER TABLE device ADD COLUMN next_key TEXT NOT NULL DEFAULT ''; -- '', or a renewal that the till has not used yet
ALTER TABLE device ADD COLUMN next_issuer TEXT NOT NULL DEFAULT '';
ALTER TABLE device ADD COLUMN next_not_after_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE device ADD COLUMN trusts TEXT NOT NULL DEFAULT ''; -- the set of authorities the till told it trusts
ALTER TABLE device ADD COLUMN told TEXT NOT NULL DEFAULT ''; -- its last status, JSON as it came
ALTER TABLE device ADD COLUMN told_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE device ADD COLUMN skew_ms INTEGER NOT NULL DEFAULT 0; -- its clock less ours, when it told
