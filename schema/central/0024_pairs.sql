-- SPDX-License-Identifier: Apache-2.0
-- An entry says where its points come from and where they go: one row for what were two, which cannot be out of balance. It lies with the
-- member's account, whose history is read, and nothing else finds it; both halves were written together, the member's first, since 0001.
CREATE TABLE ledger_entry_next (
    account INTEGER NOT NULL, -- of ledger_account: a member's
    posting INTEGER NOT NULL, -- of posting
    line    INTEGER NOT NULL,
    other   INTEGER NOT NULL, -- of ledger_account: gives what account gets
    amount  INTEGER NOT NULL, -- below zero: the other way round
    PRIMARY KEY (account, posting, line)
) STRICT, WITHOUT ROWID;
INSERT INTO ledger_entry_next SELECT e.account, e.posting, (e.line + 1) / 2, o.account, e.amount FROM ledger_entry e
    JOIN ledger_entry o ON o.posting = e.posting AND o.line = e.line + 1 WHERE e.line % 2 = 1;
DROP TABLE ledger_entry;
ALTER TABLE ledger_entry_next RENAME TO ledger_entry;
