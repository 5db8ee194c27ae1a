-- SPDX-License-Identifier: Apache-2.0
-- What a merge looks for.
CREATE INDEX member_by_merge ON member (chain, merged_into) WHERE merged_into <> '';
CREATE INDEX coupon_by_member ON coupon (chain, member) WHERE member <> '';

-- Cursors of before this change are of another audience and begin anew.
ALTER TABLE chain ADD COLUMN audience_change INTEGER NOT NULL DEFAULT 0;
CREATE INDEX member_store_by_age ON member_store (last_day) WHERE gone = 0 AND home = 0;
