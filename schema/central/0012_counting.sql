-- SPDX-License-Identifier: Apache-2.0
-- Records are taken in first and booked after (docs/protocol.md 7): the tills that have some to be booked are found by this.
CREATE INDEX device_behind ON device (dev) WHERE counted < acked;
