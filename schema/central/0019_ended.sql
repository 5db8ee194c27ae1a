-- SPDX-License-Identifier: Apache-2.0
-- What a till holds is found by the till and what it was asked for, in whichever of its epochs: a record that it carried
-- into another one ends it all the same.
CREATE INDEX hold_of_till ON hold (dev, id) WHERE state = 'granted';
CREATE INDEX coupon_claim_of_till ON coupon_claim (dev, sale_id) WHERE state = 'granted';
