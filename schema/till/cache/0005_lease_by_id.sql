-- SPDX-License-Identifier: Apache-2.0
-- What own records took of a lease stands under the lease alone: a member who was merged since would hide what was taken under his other name.
UPDATE effect SET subject = '' WHERE kind = 'lease';
