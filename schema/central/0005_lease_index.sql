-- SPDX-License-Identifier: Apache-2.0
-- Two members merged may have a lease each at one till.
DROP INDEX lease_of_till;
CREATE INDEX lease_of_till ON lease (dev, epoch, member, currency) WHERE state = 'live';
CREATE INDEX member_till_by_dev ON member_till (chain, dev);
