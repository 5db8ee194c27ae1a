-- SPDX-License-Identifier: Apache-2.0
-- How many of a chain's keys must sign its rules: 2 is the office's four eyes.
ALTER TABLE chain ADD COLUMN rules_threshold INTEGER NOT NULL DEFAULT 1;
