/* SPDX-License-Identifier: Apache-2.0 */
/*
 * statements - every SQL statement of the central, by name, in one dialect that SQLite and PostgreSQL both take.
 *
 * Parameters are $1, $2 ...; what answers several rows is ordered; no date functions; integers only.
 */
#ifndef LOYALD_CENTRAL_STATEMENTS_H
#define LOYALD_CENTRAL_STATEMENTS_H

/* clang-format off */
#define STATEMENTS(X) STATEMENTS_OFFICE(X) STATEMENTS_TILL(X) STATEMENTS_BOOKS(X) STATEMENTS_POINTS(X) STATEMENTS_MEMBER(X) STATEMENTS_CHANGE(X) STATEMENTS_REPORT(X) STATEMENTS_ROLLOUT(X) STATEMENTS_TRUST(X)

#define STATEMENTS_OFFICE(X)                                                                                              \
    X(META_GET, "SELECT value FROM meta WHERE name = $1")                                                                 \
    X(META_SET, "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = $2")             \
    X(CHAIN_INSERT, "INSERT INTO chain (id, name, currency, language, id_key, created_us) VALUES ($1, $2, $3, $4, $5, $6)")   \
    X(CHAIN_EXISTS, "SELECT 1 FROM chain WHERE id = $1")                                                                  \
    X(CHAIN_LIST, "SELECT id, currency FROM chain ORDER BY id")                                                           \
    X(CHAIN_SETUP, "SELECT c.id, c.name, c.currency, c.language, c.rules_threshold,"                                      \
        " (SELECT COUNT(*) FROM chain_key k WHERE k.chain = c.id), (SELECT COUNT(*) FROM store s WHERE s.chain = c.id),"  \
        " (SELECT COUNT(*) FROM device d WHERE d.chain = c.id AND d.revoked = 0) FROM chain c ORDER BY c.id")             \
    X(STORE_LIST, "SELECT s.chain, s.id, s.name, s.attrs,"                                                                \
        " (SELECT COUNT(*) FROM device d WHERE d.chain = s.chain AND d.store = s.id AND d.revoked = 0)"                   \
        " FROM store s ORDER BY s.chain, s.id LIMIT $1")                                                                  \
    X(STORE_SET, "UPDATE store SET name = $3, attrs = $4 WHERE chain = $1 AND id = $2")                                   \
    /* Of tills alone, and of tables that stay small: asked every few seconds. $1: heard of since. */                     \
    X(METRICS, "SELECT c.id, COUNT(CASE WHEN d.revoked = 0 THEN 1 END),"                                                  \
        " COUNT(CASE WHEN d.revoked = 0 AND d.last_seen_us >= $1 THEN 1 END),"                                            \
        " COUNT(CASE WHEN d.revoked = 0 AND d.quarantined_seq > 0 THEN 1 END),"                                           \
        " COUNT(CASE WHEN d.revoked = 0 AND d.bundle_refused <> '' THEN 1 END),"                                          \
        " COALESCE(SUM(CASE WHEN d.revoked = 0 AND d.till_head > d.acked THEN d.till_head - d.acked ELSE 0 END), 0),"     \
        " COALESCE(SUM(d.acked - d.counted), 0), COALESCE(SUM(d.duplicates), 0),"                                         \
        " COALESCE(MIN(CASE WHEN d.revoked = 0 THEN d.cert_not_after_us END), 0),"                                        \
        " (SELECT COALESCE(MAX(m.version), 0) FROM manifest m WHERE m.chain = c.id),"                                     \
        " COUNT(CASE WHEN d.revoked = 0 AND d.bundle_version ="                                                           \
        " (SELECT MAX(m.version) FROM manifest m WHERE m.chain = c.id) THEN 1 END),"                                      \
        " (SELECT COUNT(*) FROM dead_letter l WHERE l.chain = c.id),"                                                     \
        " (SELECT COUNT(*) FROM rollout r WHERE r.chain = c.id AND r.state = 'halted')"                                   \
        " FROM chain c LEFT JOIN device d ON d.chain = c.id GROUP BY c.id ORDER BY c.id")                                 \
    X(CHAIN_THRESHOLD, "SELECT rules_threshold FROM chain WHERE id = $1")                                                 \
    X(CHAIN_THRESHOLD_SET, "UPDATE chain SET rules_threshold = $2 WHERE id = $1")                                         \
    X(CHAIN_KEY_COUNT, "SELECT COUNT(*) FROM chain_key WHERE chain = $1")                                                 \
    X(CHAIN_ID_KEY, "SELECT id_key FROM chain WHERE id = $1")                                                             \
    X(CHAIN_KEY_INSERT, "INSERT INTO chain_key (chain, id, pem, added_us) VALUES ($1, $2, $3, $4)")                       \
    X(CHAIN_KEYS, "SELECT id, pem FROM chain_key WHERE chain = $1 ORDER BY id")                                           \
    X(STORE_INSERT, "INSERT INTO store (chain, id, name, attrs) VALUES ($1, $2, $3, $4)")                                 \
    X(STORE_EXISTS, "SELECT 1 FROM store WHERE chain = $1 AND id = $2")                                                   \
    X(STORE_GET, "SELECT s.name, s.attrs, c.currency, c.language FROM store s JOIN chain c ON c.id = s.chain"             \
        " WHERE s.chain = $1 AND s.id = $2")                                                                              \
    X(TILL_CODE_SWEEP, "DELETE FROM till_code WHERE expires_us <= $1 OR (chain = $2 AND store = $3 AND till = $4)")      \
    X(TILL_CODE_INSERT, "INSERT INTO till_code (code_hash, chain, store, till, expires_us) VALUES ($1, $2, $3, $4, $5)")  \
    X(TILL_CODE_TAKE, "DELETE FROM till_code WHERE code_hash = $1 AND expires_us > $2 RETURNING chain, store, till")      \
    X(BLOB_PUT, "INSERT INTO blob (sha256, bytes) VALUES ($1, $2) ON CONFLICT (sha256) DO NOTHING")                       \
    X(BLOB_GET, "SELECT bytes FROM blob WHERE sha256 = $1")                                                               \
    X(BLOB_RANGE, "SELECT substr(bytes, CAST(CAST($3 AS BIGINT) AS INTEGER), CAST(CAST($4 AS BIGINT) AS INTEGER)) FROM blob WHERE sha256 = $2"                                              \
        " AND EXISTS (SELECT 1 FROM manifest WHERE chain = $1 AND bundle = $2)")                                          \
    X(MANIFEST_INSERT, "INSERT INTO manifest (chain, version, change_seq, text, signatures, bundle, published_us)"        \
        " VALUES ($1, $2, $3, $4, $5, $6, $7)")                                                                           \
    X(MANIFEST_VERSION, "SELECT COALESCE(MAX(version), 0) FROM manifest WHERE chain = $1")                                \
    X(MANIFEST_LIST, "SELECT m.chain, m.version, m.bundle, length(b.bytes), m.published_us,"                              \
        " (SELECT COUNT(*) FROM device d WHERE d.chain = m.chain AND d.revoked = 0 AND d.bundle_version = m.version),"    \
        " (SELECT COUNT(*) FROM device d WHERE d.chain = m.chain AND d.revoked = 0)"                                      \
        " FROM manifest m JOIN blob b ON b.sha256 = m.bundle ORDER BY m.chain, m.version DESC")

#define STATEMENTS_TRUST(X)                                                                                               \
    X(CHAIN_KEYS_FORGET, "DELETE FROM chain_key WHERE chain = $1")                                                        \
    X(MANIFEST_IN_FORCE, "SELECT m.version, m.text, m.signatures, COALESCE(r.state, '') FROM manifest m"                  \
        " LEFT JOIN rollout r ON r.chain = m.chain AND r.version = m.version WHERE m.chain = $1"                          \
        " ORDER BY m.version DESC LIMIT $2")                                                                              \
    X(MANIFEST_WITHDRAW, "DELETE FROM manifest WHERE chain = $1")                                                         \
    X(ROOT_INSERT, "INSERT INTO trust_root (chain, version, text, signatures, published_us)"                              \
        " VALUES ($1, $2, $3, $4, $5)")                                                                                   \
    X(ROOT_VERSION, "SELECT COALESCE(MAX(version), 0) FROM trust_root WHERE chain = $1")                                  \
    X(ROOT_GET, "SELECT text, signatures FROM trust_root WHERE chain = $1 AND version = $2")                              \
    X(ROOT_LIST, "SELECT r.chain, r.version, r.published_us, r.text, COALESCE(t.text, '') FROM trust_root r"              \
        " LEFT JOIN trust_timestamp t ON t.chain = r.chain ORDER BY r.chain, r.version DESC LIMIT $1")                    \
    X(TIMESTAMP_GET, "SELECT change_seq, text, signatures FROM trust_timestamp WHERE chain = $1")                         \
    X(TIMESTAMP_PUT, "INSERT INTO trust_timestamp (chain, version, change_seq, text, signatures)"                         \
        " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (chain) DO UPDATE SET version = $2, change_seq = $3, text = $4,"        \
        " signatures = $5")

#define STATEMENTS_ROLLOUT(X)                                                                                             \
    X(MANIFEST_CHOICE, "SELECT m.change_seq, m.text, m.signatures, m.version, COALESCE(r.state, ''),"                     \
        " COALESCE(r.rings, ''), COALESCE(r.ring, 0), (SELECT COUNT(*) FROM rollout_till t WHERE t.chain = m.chain"       \
        " AND t.version = m.version AND t.dev = $2) FROM manifest m"                                                      \
        " LEFT JOIN rollout r ON r.chain = m.chain AND r.version = m.version WHERE m.chain = $1 ORDER BY m.version DESC") \
    X(MANIFEST_TOUCH, "UPDATE manifest SET change_seq = $3 WHERE chain = $1 AND version = $2")                            \
    X(ROLLOUT_INSERT, "INSERT INTO rollout (chain, version, state, reason, rings, ring, timeout_s, failures_bp,"          \
        " band_low_bp, band_high_bp, approver, back_version, back_text, back_signatures, back_bundle, started_us,"        \
        " ring_us) VALUES ($1, $2, 'running', '', $3, 0, $4, $5, $6, $7, '', $8, $9, $10, $11, $12, $12)")                \
    X(ROLLOUT_LAST, "SELECT r.version, r.state, r.rings, r.ring, r.approver, r.back_version, r.back_text,"                \
        " r.back_signatures, r.back_bundle, m.bundle FROM rollout r JOIN manifest m ON m.chain = r.chain"                 \
        " AND m.version = r.version WHERE r.chain = $1 AND r.state IN ('running', 'halted', 'done')"                      \
        " ORDER BY r.version DESC LIMIT 1")                                                                               \
    X(ROLLOUT_RUNNING, "SELECT r.chain, r.version, r.rings, r.ring, r.timeout_s, r.failures_bp, r.band_low_bp,"           \
        " r.band_high_bp, r.ring_us, m.bundle FROM rollout r JOIN manifest m ON m.chain = r.chain"                        \
        " AND m.version = r.version WHERE r.state = 'running' ORDER BY r.chain LIMIT $1")                                 \
    X(ROLLOUT_OVER, "UPDATE rollout SET state = 'over', reason = 'later rules were published'"                            \
        " WHERE chain = $1 AND state IN ('running', 'halted')")                                                   \
    X(ROLLOUT_STATE, "UPDATE rollout SET state = $3, reason = $4 WHERE chain = $1 AND version = $2")                      \
    X(ROLLOUT_RING, "UPDATE rollout SET ring = $3, ring_us = $4 WHERE chain = $1 AND version = $2")                       \
    X(ROLLOUT_APPROVER, "UPDATE rollout SET approver = $3 WHERE chain = $1 AND version = $2")                             \
    X(ROLLOUT_COUNTS, "SELECT COUNT(*), COUNT(CASE WHEN state = 'activated' THEN 1 END),"                                 \
        " COUNT(CASE WHEN state = 'healthy' THEN 1 END), COUNT(CASE WHEN state IN ('refused', 'late') THEN 1 END)"        \
        " FROM rollout_till WHERE chain = $1 AND version = $2")                                                           \
    X(ROLLOUT_SALES, "SELECT COUNT(*), COALESCE(SUM(gross_minor), 0), COALESCE(SUM(discount_minor), 0) FROM sale"         \
        " WHERE chain = $1 AND bundle = $2")                                                                              \
    X(ROLLOUT_LATE_NEXT, "SELECT dev FROM rollout_till WHERE chain = $1 AND version = $2"                                 \
        " AND state IN ('offered', 'activated') AND offered_us <= $3 AND dev > $4 ORDER BY dev LIMIT 1")                  \
    X(ROLLOUT_LATE, "UPDATE rollout_till SET state = 'late', reason = 'no word in time', told_us = $4"                    \
        " WHERE chain = $1 AND version = $2 AND dev = $3")                                                                \
    X(ROLLOUT_FAILED_NEXT, "SELECT dev FROM rollout_till WHERE chain = $1 AND version = $2"                               \
        " AND state IN ('refused', 'late') AND told_us <= $3 AND dev > $4 ORDER BY dev LIMIT 1")                          \
    X(ROLLOUT_FORGIVE, "DELETE FROM rollout_till WHERE chain = $1 AND version = $2 AND dev = $3")                         \
    X(ROLLOUT_TILL_OFFER, "INSERT INTO rollout_till (chain, version, dev, state, reason, offered_us, told_us)"            \
        " VALUES ($1, $2, $3, 'offered', '', $4, 0) ON CONFLICT (chain, version, dev) DO NOTHING")                        \
    X(ROLLOUT_TILL_HEARD, "UPDATE rollout_till SET state = $4, reason = $5, told_us = $6"                                 \
        " WHERE chain = $1 AND version = $2 AND dev = $3 AND (state IN ('offered', 'late')"                               \
        " OR (state = 'activated' AND $4 <> 'activated'))")                                                               \
    X(ROLLOUT_FAILED, "SELECT d.store, d.till, t.dev, t.state, t.reason, t.told_us FROM rollout_till t"                   \
        " JOIN device d ON d.dev = t.dev WHERE t.chain = $1 AND t.version = $2 AND t.state IN ('refused', 'late')"        \
        " ORDER BY d.store, d.till, t.dev LIMIT $3")                                                                      \
    X(ROLLOUT_LIST, "SELECT r.chain, r.version, r.state, r.reason, r.rings, r.ring, r.started_us, r.ring_us,"             \
        " r.back_version, m.bundle, r.approver FROM rollout r JOIN manifest m ON m.chain = r.chain"                       \
        " AND m.version = r.version ORDER BY r.started_us DESC, r.chain, r.version DESC LIMIT $1")

#define DEVICE_COLUMNS                                                                                                    \
    "dev, chain, store, till, mac_key, epoch, acked, head_hash, counted, counted_change, revoked, quarantined_seq,"       \
    " cert_key, next_key, carried"

#define STATEMENTS_TILL(X)                                                                                                \
    X(DEVICE_GET, "SELECT " DEVICE_COLUMNS " FROM device WHERE dev = $1")                                                 \
    X(DEVICE_PUT, "INSERT INTO device (dev, chain, store, till, mac_key, cert_not_after_us, epoch, acked, head_hash,"     \
        " counted, counted_change, duplicates, revoked, quarantined_seq, till_head, version, bundle_version,"             \
        " bundle_refused, enrolled_us, last_seen_us, cert_key, cert_issuer)"                                              \
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8, 0, 0, 0, 0, $8, $10, 0, '', $11, $11, $12, $13)"                \
        " ON CONFLICT (dev) DO UPDATE SET chain = $2, store = $3, till = $4, mac_key = $5, cert_not_after_us = $6,"       \
        " quarantined_seq = CASE WHEN device.epoch = $7 THEN device.quarantined_seq ELSE 0 END,"                          \
        " epoch = $7, acked = $8, head_hash = $9, counted = $8, revoked = 0, till_head = $8, version = $10,"              \
        " enrolled_us = $11, last_seen_us = $11, cert_key = $12, cert_issuer = $13, next_key = '', next_issuer = '',"     \
        " next_not_after_us = 0, trusts = ''")                                                                            \
    X(DEVICE_REPORTED, "UPDATE device SET reported = $2 WHERE dev = $1")                                                  \
    X(DEVICE_UNREPORTED, "SELECT COUNT(*) FROM device WHERE (chain = $1 OR $1 = '') AND revoked = 0"                      \
        " AND quarantined_seq = 0 AND reported <> $2 AND last_seen_us > $3")                                              \
    X(DEVICE_NEXT_KEY, "UPDATE device SET next_key = $2, next_issuer = $3, next_not_after_us = $4 WHERE dev = $1")        \
    X(DEVICE_USE_NEXT, "UPDATE device SET cert_key = next_key, cert_issuer = next_issuer,"                                \
        " cert_not_after_us = next_not_after_us, next_key = '', next_issuer = '', next_not_after_us = 0 WHERE dev = $1")  \
    X(DEVICE_ADOPT_KEY, "UPDATE device SET cert_key = $2 WHERE dev = $1")                                                 \
    X(DEVICE_KEYED, "SELECT dev FROM device WHERE (cert_key <> '' OR next_key <> '') AND dev > $1"                          \
        " ORDER BY dev LIMIT 1")                                                                                          \
    X(DEVICE_FORGET_KEYS, "UPDATE device SET cert_key = '', next_key = '' WHERE dev = $1")                                \
    X(DEVICE_TRUSTS, "UPDATE device SET trusts = $2, last_seen_us = $3 WHERE dev = $1")                                   \
    X(DEVICE_BEHIND, "SELECT COUNT(*) FROM device WHERE revoked = 0 AND (trusts <> $1 OR cert_issuer <> $2)")             \
    X(DEVICE_LIST, "SELECT dev, chain, store, till, epoch, version, bundle_refused, acked, counted, duplicates,"          \
        " till_head, bundle_version, quarantined_seq, enrolled_us, last_seen_us, cert_not_after_us, revoked, head_hash"   \
        " FROM device ORDER BY chain, store, till, dev")                                                                  \
    X(DEVICE_REVOKE, "UPDATE device SET revoked = 1 WHERE dev = $1")                                                      \
    X(DEVICE_STATUS, "UPDATE device SET version = $2, till_head = $3, bundle_version = CASE WHEN CAST($4 AS BIGINT) > 0 THEN $4"          \
        " ELSE bundle_version END, last_seen_us = $5, told_us = $5, told = $6, skew_ms = $7 WHERE dev = $1")              \
    X(DEVICE_FLEET, "SELECT d.dev, d.chain, d.store, d.till, d.version, d.bundle_version,"                                \
        " COALESCE((SELECT MAX(m.version) FROM manifest m WHERE m.chain = d.chain), 0), d.cert_not_after_us,"             \
        " d.last_seen_us, d.told_us, d.skew_ms, d.quarantined_seq, d.trusts, d.cert_issuer, d.told"                       \
        " FROM device d WHERE d.revoked = 0 ORDER BY d.chain, d.store, d.till, d.dev")                                                     \
    /* Reads the till and keeps its row from everybody else until the transaction ends. */                                \
    X(DEVICE_LOCK, "UPDATE device SET last_seen_us = $2 WHERE dev = $1 RETURNING " DEVICE_COLUMNS)                        \
    X(DEVICE_CURSOR, "UPDATE device SET acked = $2, head_hash = $3, duplicates = duplicates + $4,"                        \
        " till_head = CASE WHEN till_head < $2 THEN $2 ELSE till_head END WHERE dev = $1")                                \
    X(DEVICE_COUNTED, "UPDATE device SET counted = $2, counted_change = $3 WHERE dev = $1")                               \
    X(DEVICE_BEHIND_NEXT, "SELECT dev FROM device WHERE counted < acked AND dev > $1 ORDER BY dev LIMIT 1")               \
    X(DEVICE_UNCOUNTED, "SELECT COALESCE(SUM(acked - counted), 0) FROM device WHERE counted < acked")                     \
    X(DEVICE_SEEN, "UPDATE device SET last_seen_us = $2 WHERE dev = $1 AND last_seen_us < CAST($2 AS BIGINT) - $3")                       \
    X(DEVICE_QUARANTINE, "UPDATE device SET quarantined_seq = $2 WHERE dev = $1")                                         \
    X(DEVICE_ACTIVATED, "UPDATE device SET bundle_version = $2, bundle_refused = '' WHERE dev = $1")                      \
    X(DEVICE_REFUSED, "UPDATE device SET bundle_refused = $2 WHERE dev = $1")                                             \
    X(DEVICE_CARRIED, "UPDATE device SET carried = 1 WHERE dev = $1")                                                     \
    X(CARRIED_KNOWN, "SELECT COUNT(*) FROM journal WHERE dev = $1 AND epoch = $2 AND seq = $3 AND hash = $4")             \
    X(CARRIED_GET, "SELECT by_dev, by_epoch, by_seq FROM carried WHERE dev = $1 AND epoch = $2 AND seq = $3 AND hash = $4")  \
    X(CARRIED_PUT, "INSERT INTO carried (dev, epoch, seq, hash, by_dev, by_epoch, by_seq)"                                \
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (dev, epoch, seq, hash) DO NOTHING")                            \
    X(CARRIED_HERE, "SELECT COUNT(*) FROM carried c JOIN journal j ON j.dev = c.dev AND j.epoch = c.epoch"                \
        " AND j.seq = c.seq AND j.hash = c.hash WHERE c.dev = $1 AND c.epoch = $2 AND c.seq = $3")                        \
    X(JOURNAL_INSERT, "INSERT INTO journal (dev, epoch, seq, type, bytes, hash, received_us)"                             \
        " VALUES ($1, $2, $3, $4, $5, $6, $7)")                                                                           \
    X(JOURNAL_FROM, "SELECT bytes FROM journal WHERE dev = $1 AND epoch = $2 AND seq > $3 ORDER BY seq LIMIT $4")         \
    X(JOURNAL_HASH, "SELECT hash FROM journal WHERE dev = $1 AND epoch = $2 AND seq = $3")                                \
    X(JOURNAL_HEAD, "SELECT seq, hash FROM journal WHERE dev = $1 AND epoch = $2 ORDER BY seq DESC LIMIT 1")              \
    X(DEAD_INSERT, "INSERT INTO dead_letter (dev, epoch, seq, chain, type, reason, at_us)"                                \
        " VALUES ($1, $2, $3, $4, $5, $6, $7)")

#define STATEMENTS_BOOKS(X)                                                                                               \
    X(SALE_INSERT, "INSERT INTO sale (chain, sale_id, dev, epoch, seq, store, till, member, identifier, business_date,"   \
        " gross_minor, discount_minor, redeemed_minor, net_minor, line_count, bundle, digest, compared, printed)"         \
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, '')")                  \
    X(SALE_RECORD, "SELECT j.bytes, s.member FROM sale s JOIN journal j ON j.dev = s.dev AND j.epoch = s.epoch AND j.seq = s.seq"  \
        " WHERE s.chain = $1 AND s.sale_id = $2")                                                                         \
    X(RETURN_INSERT, "INSERT INTO sale_return (chain, return_id, sale_id, dev, epoch, seq, store, till, member, policy,"  \
        " refund_minor, result, compared) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)")               \
    X(RETURN_LIST, "SELECT r.return_id, r.result FROM sale_return r JOIN journal j ON j.dev = r.dev AND j.epoch = r.epoch"  \
        " AND j.seq = r.seq WHERE r.chain = $1 AND r.sale_id = $2"                                                        \
        " ORDER BY j.received_us, r.dev, r.epoch, r.seq LIMIT $3")                                                        \
    X(RETURN_SUM, "SELECT COALESCE(SUM(refund_minor), 0) FROM sale_return"                                                 \
        " WHERE chain = $1 AND sale_id = $2 AND return_id <> $3")                                                         \
    X(SALE_LATER, "SELECT a.currency, SUM(e.amount), s.net_minor FROM sale s"                                              \
        " JOIN posting p ON p.dev = s.dev AND p.epoch = s.epoch AND p.seq = s.seq"                                        \
        " JOIN ledger_account a ON a.chain = p.chain AND a.kind = 'member' AND a.owner = p.member"                        \
        " JOIN ledger_entry e ON e.account = a.id AND e.posting = p.id JOIN ledger_account o ON o.id = e.other"           \
        " WHERE s.chain = $1 AND s.sale_id = $2 AND o.kind = 'issued_later'"                                              \
        " GROUP BY a.currency, s.net_minor ORDER BY a.currency")                                                          \
    X(SALE_MEMBER, "UPDATE sale SET member = $3 WHERE chain = $1 AND sale_id = $2")                                       \
    X(SALE_PRINTED, "UPDATE sale SET printed = $3 WHERE chain = $1 AND sale_id = $2 AND dev = $4")                        \
    X(VOID_INSERT, "INSERT INTO void_sale (chain, sale_id, dev, epoch, seq, reason) VALUES ($1, $2, $3, $4, $5, $6)")     \
    X(DIFFERENCE_INSERT, "INSERT INTO difference (dev, epoch, seq, chain, sale_id, bundle, till_digest, central_digest,"  \
        " reason, at_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")                                               \
    X(UNATTACHED_INSERT, "INSERT INTO unattached (dev, epoch, seq, chain, hash) VALUES ($1, $2, $3, $4, $5)")             \
    X(UNATTACHED_COUNT, "SELECT COUNT(*) FROM unattached WHERE chain = $1 AND hash = $2")                                 \
    X(UNATTACHED_NEXT, "SELECT u.dev, u.epoch, u.seq, j.bytes FROM unattached u"                                          \
        " JOIN journal j ON j.dev = u.dev AND j.epoch = u.epoch AND j.seq = u.seq"                                        \
        " WHERE u.chain = $1 AND u.hash = $2 ORDER BY j.received_us, u.dev, u.epoch, u.seq LIMIT 1")                      \
    X(UNATTACHED_DELETE, "DELETE FROM unattached WHERE dev = $1 AND epoch = $2 AND seq = $3")                             \
    X(DUE_PUT, "INSERT INTO due (chain, kind, name) VALUES ($1, $2, $3) ON CONFLICT (chain, kind, name) DO NOTHING")      \
    X(DUE_NEXT, "SELECT chain, kind, name FROM due ORDER BY chain, kind, name LIMIT 1")                                   \
    X(DUE_DONE, "DELETE FROM due WHERE chain = $1 AND kind = $2 AND name = $3")                                           \
    X(POSTING_INSERT, "INSERT INTO posting (id, chain, kind, dev, epoch, seq, member, at_us)"                             \
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")                                                                       \
    X(ACCOUNT_PUT, "INSERT INTO ledger_account (id, chain, kind, owner, currency, balance, undated)"                      \
        " VALUES ($1, $2, $3, $4, $5, $6, $7)")                                                                           \
    X(ACCOUNT_SET, "UPDATE ledger_account SET balance = $2, undated = $3 WHERE id = $1")                                  \
    /* What is kept in memory of one owner (sheet.h), in no order: the member, his points, his stores. */                 \
    X(SHEET_LOAD, "SELECT 1, merged_into, '', 0, 0, 0 FROM member WHERE chain = $1 AND id = $2"                           \
        " UNION ALL SELECT 2, kind, currency, id, balance, undated FROM ledger_account WHERE chain = $1 AND owner = $2"   \
        " AND kind = 'member'"                                                                                            \
        " UNION ALL SELECT 3, store, '', 0, last_day, 0 FROM member_store WHERE chain = $1 AND member = $2 AND gone = 0") \
    /* His other accounts, or a till's. */                                                                                \
    X(SHEET_LOAD_OTHERS, "SELECT 2, kind, currency, id, balance, undated FROM ledger_account WHERE chain = $1"            \
        " AND owner = $2 AND kind <> 'member'")                                                                           \
    X(ACCOUNT_OF_MEMBER, "SELECT currency, balance FROM ledger_account WHERE chain = $1 AND kind = 'member' AND owner = $2"   \
        " ORDER BY currency")                                                                                             \
    X(ENTRY_INSERT, "INSERT INTO ledger_entry (account, posting, line, other, amount) VALUES ($1, $2, $3, $4, $5)")        \
    X(POSTING_COUNT, "SELECT COUNT(*) FROM posting")                                                                      \
    X(ENTRY_COUNT, "SELECT COUNT(*) FROM ledger_entry")                                                                   \
    X(ACCOUNT_COUNT, "SELECT COUNT(*) FROM ledger_account")                                                               \
    X(POSTING_UNBALANCED, "SELECT COUNT(DISTINCT e.posting) FROM ledger_entry e"                                          \
        " LEFT JOIN ledger_account a ON a.id = e.account LEFT JOIN ledger_account o ON o.id = e.other"                    \
        " WHERE a.id IS NULL OR o.id IS NULL OR a.currency <> o.currency OR a.chain <> o.chain")                          \
    X(ACCOUNT_WRONG, "SELECT COUNT(*) FROM ledger_account a LEFT JOIN (SELECT account, SUM(amount) AS amount FROM"        \
        " (SELECT account, amount FROM ledger_entry UNION ALL SELECT other, -amount FROM ledger_entry) AS halves"         \
        " GROUP BY account) AS e ON e.account = a.id WHERE a.balance <> COALESCE(e.amount, 0)")

#define STATEMENTS_POINTS(X)                                                                                              \
    X(LOT_GET, "SELECT amount FROM dated_lot WHERE chain = $1 AND member = $2 AND currency = $3 AND until_day = $4"             \
        " AND from_day = $5")                                                                                             \
    X(LOT_PUT, "INSERT INTO dated_lot (chain, member, currency, until_day, from_day, amount) VALUES ($1, $2, $3, $4, $5, $6)"   \
        " ON CONFLICT (chain, member, currency, until_day, from_day) DO UPDATE SET amount = excluded.amount")                          \
    X(LOT_DELETE, "DELETE FROM dated_lot WHERE chain = $1 AND member = $2 AND currency = $3 AND until_day = $4"                 \
        " AND from_day = $5")                                                                                             \
    X(LOT_DATED, "SELECT from_day, until_day, amount FROM dated_lot WHERE chain = $1 AND member = $2 AND currency = $3"   \
        " ORDER BY until_day, from_day")                                              \
    X(LOT_ANY, "SELECT currency, from_day, until_day, amount FROM lot WHERE chain = $1 AND member = $2"                   \
        " ORDER BY currency, until_day, from_day LIMIT 1")                                                                \
    X(LOT_LIST, "SELECT currency, from_day, until_day, amount FROM lot WHERE chain = $1 AND member = $2"                  \
        " ORDER BY currency, until_day, from_day")                                                                        \
    X(LOT_SUMS, "SELECT (SELECT COALESCE(SUM(amount), 0) FROM lot WHERE chain = $1 AND member = $2 AND currency = $3),"   \
        " (SELECT COALESCE(SUM(amount), 0) FROM lot WHERE chain = $1 AND member = $2 AND currency = $3"                   \
        " AND from_day <= $4 AND (until_day = 0 OR until_day > $4)),"                                                     \
        " (SELECT COALESCE(SUM(granted - used), 0) FROM lease WHERE chain = $1 AND member = $2 AND currency = $3"         \
        " AND state = 'live'),"                                                                                           \
        " (SELECT COALESCE(SUM(amount), 0) FROM hold WHERE chain = $1 AND member = $2 AND currency = $3"                  \
        " AND state = 'granted')")                                                                                        \
    X(LOT_EXPIRED, "SELECT DISTINCT chain, member, currency FROM dated_lot WHERE until_day > 0 AND until_day <= $1"             \
        " AND (chain, member, currency) > ($2, $3, $4) ORDER BY chain, member, currency LIMIT $5")                        \
    X(LOT_EXPIRED_SUM, "SELECT COALESCE(SUM(amount), 0) FROM dated_lot WHERE chain = $1 AND member = $2 AND currency = $3"      \
        " AND until_day > 0 AND until_day <= $4")                                                                         \
    X(LOT_WRONG, "SELECT COUNT(*) FROM (SELECT owner FROM (SELECT chain, owner, currency, balance AS amount"              \
        " FROM ledger_account WHERE kind = 'member' UNION ALL SELECT chain, member, currency, -amount FROM lot) AS parts" \
        " GROUP BY chain, owner, currency HAVING SUM(amount) <> 0) AS wrong")                                             \
    X(POINT_RULE_GET, "SELECT activation_days, life_days, lease_cap, lease_days, lost_days FROM point_rule"               \
        " WHERE chain = $1 AND currency = $2")                                                                            \
    X(POINT_RULE_DATED, "SELECT COUNT(*) FROM point_rule WHERE chain = $1 AND (activation_days > 0 OR life_days > 0)")    \
    X(POINT_RULE_DELAYED, "SELECT currency, activation_days FROM point_rule WHERE chain = $1 AND activation_days > 0"      \
        " ORDER BY currency")                                                                                             \
    X(POINT_RULE_PUT, "INSERT INTO point_rule (chain, currency, activation_days, life_days, lease_cap, lease_days,"       \
        " lost_days) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (chain, currency) DO UPDATE SET"                     \
        " activation_days = $3, life_days = $4, lease_cap = $5, lease_days = $6, lost_days = $7")                         \
    X(POINT_RULE_LIST, "SELECT chain, currency, activation_days, life_days, lease_cap, lease_days, lost_days"             \
        " FROM point_rule ORDER BY chain, currency LIMIT $1")                                                             \
    X(OVERDRAFT_PUT, "INSERT INTO overdraft (posting, currency, chain, dev, member, kind, amount, at_us)"                 \
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"                                                                        \
        " ON CONFLICT (posting, currency) DO UPDATE SET amount = overdraft.amount + $7")                                  \
    X(ACCOUNT_LEFT, "SELECT currency, balance FROM ledger_account WHERE chain = $1 AND kind = 'member' AND owner = $2"    \
        " AND balance <> 0 ORDER BY currency LIMIT 1")                                                                    \
    X(LEASE_OVERPROMISED, "SELECT COUNT(*) FROM (SELECT l.chain, l.member, l.currency, SUM(l.granted - l.used) AS leased" \
        " FROM lease l JOIN member m ON m.chain = l.chain AND m.id = l.member AND m.overdrawn = 0"                        \
        " WHERE l.state = 'live' GROUP BY l.chain, l.member, l.currency) AS live"                                         \
        " WHERE live.leased > COALESCE((SELECT a.balance FROM ledger_account a WHERE a.chain = live.chain"                \
        " AND a.kind = 'member' AND a.owner = live.member AND a.currency = live.currency), 0)")                           \
    X(HOLD_GET, "SELECT state, reason FROM hold WHERE dev = $1 AND epoch = $2 AND id = $3")                               \
    X(HOLD_PUT, "INSERT INTO hold (dev, epoch, id, chain, member, currency, amount, state, reason, at_us)"                \
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")                                                              \
    X(HOLD_BOOK, "INSERT INTO hold (dev, epoch, id, chain, member, currency, amount, state, reason, at_us)"              \
        " VALUES ($1, $2, $3, $4, $5, $6, $7, 'granted', '', $8) ON CONFLICT (dev, epoch, id) DO NOTHING")                \
    X(HOLD_END, "INSERT INTO hold (dev, epoch, id, chain, member, currency, amount, state, reason, at_us)"                \
        " VALUES ($1, $2, $3, $4, '', '', 0, $5, '', $6)"                                                                 \
        " ON CONFLICT (dev, epoch, id) DO UPDATE SET state = CASE WHEN hold.state IN ('posted', 'refused')"               \
        " THEN hold.state ELSE $5 END") \
    X(HOLD_END_EARLIER, "UPDATE hold SET state = $4 WHERE dev = $1 AND epoch <> $2 AND id = $3 AND state = 'granted'")   \
    X(COUPON_GET, "SELECT uses_max, member, promotion, from_day, until_day FROM coupon WHERE chain = $1 AND code = $2")   \
    X(COUPON_PUT, "INSERT INTO coupon (chain, code, change_seq, member, promotion, uses_max, from_day, until_day)"        \
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (chain, code) DO UPDATE SET change_seq = $3,"               \
        " member = $4, promotion = $5, uses_max = $6, from_day = $7, until_day = $8")                                     \
    X(COUPON_TOUCH, "UPDATE coupon SET change_seq = $3 WHERE chain = $1 AND code = $2")                                   \
    X(USAGE_GET, "SELECT uses FROM usage WHERE chain = $1 AND name = $2")                                                 \
    X(CLAIM_GET, "SELECT state, reason FROM coupon_claim WHERE dev = $1 AND epoch = $2 AND sale_id = $3 AND code = $4")   \
    X(CLAIM_LIVE, "SELECT COUNT(*) FROM coupon_claim WHERE chain = $1 AND code = $2 AND state = 'granted'")               \
    X(CLAIM_PUT, "INSERT INTO coupon_claim (dev, epoch, sale_id, code, chain, state, reason, at_us)"                      \
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")                                                                       \
    X(CLAIM_END, "UPDATE coupon_claim SET state = 'ended' WHERE dev = $1 AND sale_id = $2 AND state = 'granted'")        \
    X(CLAIM_END_CODE, "UPDATE coupon_claim SET state = 'ended' WHERE dev = $1 AND sale_id = $2 AND code = $3"             \
        " AND state = 'granted'")                                                                                         \
    X(CLAIM_LOST_NEXT, "SELECT c.dev FROM coupon_claim c JOIN device d ON d.dev = c.dev WHERE c.state = 'granted'"        \
        " AND c.at_us < $1 AND (d.epoch <> c.epoch OR d.last_seen_us < $1) ORDER BY c.dev LIMIT 1")                       \
    X(CLAIM_LOST, "UPDATE coupon_claim SET state = 'ended' WHERE dev = $2 AND state = 'granted' AND at_us < $1"           \
        " AND EXISTS (SELECT 1 FROM device d WHERE d.dev = coupon_claim.dev"                                              \
        " AND (d.epoch <> coupon_claim.epoch OR d.last_seen_us < $1))")                                                   \
    X(CLAIM_VOID, "INSERT INTO coupon_claim (dev, epoch, sale_id, code, chain, state, reason, at_us)"                      \
        " VALUES ($1, $2, $3, $4, $5, 'ended', '', $6) ON CONFLICT (dev, epoch, sale_id, code) DO UPDATE SET"              \
        " state = CASE WHEN coupon_claim.state = 'granted' THEN 'ended' ELSE coupon_claim.state END")                      \
    X(SALE_OVER, "SELECT (SELECT COUNT(*) FROM sale WHERE chain = $1 AND sale_id = $2)"                                   \
        " + (SELECT COUNT(*) FROM void_sale WHERE chain = $1 AND sale_id = $2)")          \
    X(LEASE_RULES, "SELECT currency, lease_cap, lease_days FROM point_rule WHERE chain = $1 AND lease_cap > 0"            \
        " ORDER BY currency LIMIT $2")                                                                                    \
    X(MEMBER_TILL_COUNT, "INSERT INTO member_till (chain, member, dev, sales, last_day) VALUES ($1, $2, $3, $4, $5)"      \
        " ON CONFLICT (chain, member, dev) DO UPDATE SET sales = member_till.sales + excluded.sales, last_day ="          \
        " CASE WHEN member_till.last_day < excluded.last_day THEN excluded.last_day ELSE member_till.last_day END")       \
    X(MEMBER_TILLS, "SELECT dev, sales FROM member_till WHERE chain = $1 AND member = $2"                                 \
        " ORDER BY sales DESC, last_day DESC, dev LIMIT $3")                                                              \
    X(LEASE_PUT, "INSERT INTO lease (id, chain, dev, epoch, member, currency, granted, used, state, recalled,"            \
        " expires_us, change_seq, granted_us) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 'live', 0, $8, $9, $10)")            \
    X(LEASE_FILL, "UPDATE lease SET granted = granted + $2, expires_us = $3, change_seq = $4 WHERE id = $1")              \
    X(LEASE_OWN, "SELECT COALESCE(MIN(id), ''), COALESCE(SUM(granted - used), 0), COALESCE(MAX(recalled), 0) FROM lease"  \
        " WHERE dev = $1 AND epoch = $2 AND member = $3 AND currency = $4 AND state = 'live'")                            \
    /* Whether points are set aside at tills, and whether they will be. */                                               \
    X(LEASE_ANY, "SELECT (SELECT COUNT(*) FROM (SELECT member FROM lease WHERE chain = $1 AND state = 'live'"             \
        " ORDER BY member LIMIT 1) AS live), (SELECT COUNT(*) FROM point_rule WHERE chain = $1 AND lease_cap > 0)")       \
    X(LEASE_COUNT, "SELECT COUNT(*) FROM lease WHERE chain = $1 AND member = $2 AND currency = $3 AND state = 'live'")    \
    X(LEASE_GET, "SELECT chain, member, currency, granted, used, state, recalled, expires_us FROM lease"                  \
        " WHERE id = $1 AND dev = $2 AND epoch = $3")                                                                     \
    X(LEASE_KNOWN, "SELECT COUNT(*) FROM lease WHERE id = $1")                                                            \
    X(LEASE_USE, "UPDATE lease SET used = $2, change_seq = $3 WHERE id = $1")                                             \
    X(LEASE_END, "UPDATE lease SET state = $2, change_seq = $3 WHERE id = $1")                                            \
    X(LEASE_RECALL, "UPDATE lease SET recalled = 1, change_seq = $2 WHERE id = $1 AND state = 'live'")                    \
    X(LEASE_DUE, "SELECT l.id, r.lease_days FROM lease l JOIN point_rule r ON r.chain = l.chain"                          \
        " AND r.currency = l.currency WHERE l.dev = $1 AND l.epoch = $2 AND l.state = 'live' AND l.recalled = 0"          \
        " AND l.expires_us - $3 < r.lease_days * $4 ORDER BY l.id LIMIT 1")                                               \
    /* Silent for the days the rule says, since it was heard of last and could spend last; or made anew. */                \
    X(LOST_NEXT, "SELECT 'lease', l.id, l.chain, l.dev, l.epoch, l.member, l.currency, d.store, d.till,"                  \
        " l.granted - l.used FROM lease l JOIN device d ON d.dev = l.dev"                                                 \
        " JOIN point_rule r ON r.chain = l.chain AND r.currency = l.currency"                                             \
        " WHERE l.state = 'live' AND l.expires_us < $1 - r.lost_days * $2"                                                \
        " AND (d.epoch <> l.epoch OR d.last_seen_us < $1 - r.lost_days * $2)"                                             \
        " UNION ALL SELECT 'hold', h.id, h.chain, h.dev, h.epoch, h.member, h.currency, d.store, d.till, h.amount"        \
        " FROM hold h JOIN device d ON d.dev = h.dev JOIN point_rule r ON r.chain = h.chain"                              \
        " AND r.currency = h.currency WHERE h.state = 'granted' AND h.at_us < $1 - r.lost_days * $2"                      \
        " AND (d.epoch <> h.epoch OR d.last_seen_us < $1 - r.lost_days * $2) ORDER BY 1, 2 LIMIT 1")                      \
    X(WRITE_OFF_PUT, "INSERT INTO write_off (what, id, chain, dev, epoch, member, currency, amount, at_us)"               \
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")                                                                   \
    X(HOLD_WRITE_OFF, "UPDATE hold SET state = 'written_off' WHERE dev = $1 AND epoch = $2 AND id = $3")                  \
    X(FLOOR_PUT, "INSERT INTO floor_sale (dev, epoch, seq, chain, member, minor, at_us) VALUES ($1, $2, $3, $4, $5, $6, $7)")          \
    X(LEASE_NEXT_OF, "SELECT id FROM lease WHERE chain = $1 AND member = $2 AND state = 'live' ORDER BY id LIMIT 1")      \
    X(LEASE_MOVE, "UPDATE lease SET member = $3, change_seq = $4 WHERE chain = $1 AND id = $2")                           \
    X(COUPON_NEXT_OF, "SELECT code FROM coupon WHERE chain = $1 AND member = $2 AND member <> '' ORDER BY code LIMIT 1")                   \
    X(COUPON_MOVE, "UPDATE coupon SET member = $3, change_seq = $4 WHERE chain = $1 AND code = $2")                       \
    X(ALIAS_NEXT, "SELECT id FROM member WHERE chain = $1 AND merged_into = $2 AND merged_into <> '' ORDER BY id LIMIT 1")                      \
    X(ALIAS_MOVE, "UPDATE member SET merged_into = $3, change_seq = $4 WHERE chain = $1 AND id = $2")                     \
    X(MERGE_HOLDS, "UPDATE hold SET member = $3 WHERE chain = $1 AND member = $2 AND state = 'granted'")                  \
    X(MERGE_IDENTIFIERS, "UPDATE identifier SET member = $3 WHERE chain = $1 AND member = $2")                            \
    X(MERGE_TILLS, "INSERT INTO member_till (chain, member, dev, sales, last_day)"                                        \
        " SELECT chain, $3, dev, sales, last_day FROM member_till WHERE chain = $1 AND member = $2"                       \
        " ON CONFLICT (chain, member, dev) DO UPDATE SET sales = member_till.sales + excluded.sales,"                     \
        " last_day = CASE WHEN member_till.last_day < excluded.last_day THEN excluded.last_day"                           \
        " ELSE member_till.last_day END")                                                                                 \
    X(MERGE_TILLS_GONE, "DELETE FROM member_till WHERE chain = $1 AND member = $2 AND member <> $3")                      \
    X(MERGE_STORES, "INSERT INTO member_store (chain, store, member, home, last_day, gone, change_seq)"                   \
        " SELECT chain, store, $3, home, last_day, gone, 0 FROM member_store WHERE chain = $1 AND member = $2"            \
        " ON CONFLICT (chain, store, member) DO UPDATE SET gone = 0,"                                                     \
        " last_day = CASE WHEN member_store.last_day < excluded.last_day THEN excluded.last_day"                          \
        " ELSE member_store.last_day END")                                                                                \
    X(MERGE_STORES_GONE, "UPDATE member_store SET home = 0 WHERE chain = $1 AND member = $2 AND member <> $3")            \
    X(MERGE_PURCHASES, "UPDATE member SET purchases = purchases + (SELECT o.purchases FROM member o WHERE o.chain = $1"   \
        " AND o.id = $2) WHERE chain = $1 AND id = $3")                                                                   \
    X(MERGE_MEMBER, "UPDATE member SET merged_into = $3, purchases = 0 WHERE chain = $1 AND id = $2")          \
    X(MEMBER_USAGE_ANY, "SELECT promotion FROM member_usage WHERE chain = $1 AND member = $2 ORDER BY promotion LIMIT 1") \
    X(MEMBER_USAGE_DELETE, "DELETE FROM member_usage WHERE chain = $1 AND member = $2 AND promotion = $3")                \
    X(AUDIENCE_GET, "SELECT audience, audience_change FROM chain WHERE id = $1")                                          \
    X(AUDIENCE_SET, "UPDATE chain SET audience = $2 WHERE id = $1")                                                       \
    X(AUDIENCE_CHANGED, "UPDATE chain SET audience_change = $2 WHERE id = $1")                                            \
    X(CIRCLE_PUT, "INSERT INTO store_circle (chain, store, other) VALUES ($1, $2, $3)"                                    \
        " ON CONFLICT (chain, store, other) DO NOTHING")                                                                  \
    X(MEMBER_STORE_SEEN, "INSERT INTO member_store (chain, store, member, home, last_day, gone, change_seq)"              \
        " VALUES ($1, $2, $3, 0, $4, 0, $5) ON CONFLICT (chain, store, member) DO UPDATE SET gone = 0,"                   \
        " change_seq = excluded.change_seq, last_day = CASE WHEN member_store.last_day < excluded.last_day"               \
        " THEN excluded.last_day ELSE member_store.last_day END")                                                         \
    X(MEMBER_STORE_HOME, "INSERT INTO member_store (chain, store, member, home, last_day, gone, change_seq)"              \
        " VALUES ($1, $2, $3, 1, $4, 0, 0) ON CONFLICT (chain, store, member) DO UPDATE SET gone = 0, home = 1")          \
    X(MEMBER_STORE_NO_HOME, "UPDATE member_store SET home = 0 WHERE chain = $1 AND member = $2 AND home = 1")             \
    X(MEMBER_STORE_TOUCH, "UPDATE member_store SET change_seq = $3 WHERE chain = $1 AND member = $2 AND gone = 0"         \
        " AND change_seq <> $3")                                                                                          \
    X(MEMBER_STORE_OLD, "SELECT chain, store, member FROM member_store WHERE gone = 0 AND home = 0 AND last_day < $1"     \
        " ORDER BY last_day LIMIT 1")                                                                                     \
    X(MEMBER_STORE_GONE, "UPDATE member_store SET gone = 1 WHERE chain = $1 AND store = $2 AND member = $3") \
    X(LEASE_LIST, "SELECT l.id, l.chain, d.store, d.till, l.member, l.currency, l.granted, l.used, l.recalled,"           \
        " l.expires_us FROM lease l JOIN device d ON d.dev = l.dev WHERE l.state = 'live'"                                \
        " ORDER BY l.chain, d.store, d.till, l.id LIMIT $1")                                                              \
    X(TOTAL_OVERDRAWN, "SELECT COUNT(*) FROM member WHERE chain = $1 AND overdrawn = 1")                                  \
    X(MANIFEST_BUNDLE, "SELECT bundle FROM manifest WHERE chain = $1 ORDER BY version DESC LIMIT 1")                      \
    X(EXPOSURE_TILLS, "SELECT d.store, d.till, d.dev, d.last_seen_us, COUNT(f.seq), COALESCE(SUM(f.minor), 0)"            \
        " FROM device d LEFT JOIN floor_sale f ON f.dev = d.dev WHERE d.chain = $1 AND d.revoked = 0"                     \
        " GROUP BY d.store, d.till, d.dev, d.last_seen_us ORDER BY 6 DESC, d.store, d.till, d.dev LIMIT $2")              \
    X(EXPOSURE_POINTS, "SELECT COALESCE(d.store, ''), COALESCE(d.till, ''), p.dev, p.currency, SUM(p.leased),"            \
        " SUM(p.held), SUM(p.lost), SUM(p.beyond) FROM ("                                                                 \
        "SELECT dev, currency, granted - used AS leased, 0 AS held, 0 AS lost, 0 AS beyond FROM lease"                    \
        " WHERE chain = $1 AND state = 'live'"                                                                            \
        " UNION ALL SELECT dev, currency, 0, amount, 0, 0 FROM hold WHERE chain = $1 AND state = 'granted'"               \
        " UNION ALL SELECT dev, currency, 0, 0, amount, 0 FROM write_off WHERE chain = $1"                                \
        " UNION ALL SELECT dev, currency, 0, 0, 0, amount FROM overdraft WHERE chain = $1) AS p"                          \
        " LEFT JOIN device d ON d.dev = p.dev GROUP BY d.store, d.till, p.dev, p.currency"                                \
        " ORDER BY 8 DESC, 1, 2, p.dev, p.currency LIMIT $2")

#define STATEMENTS_MEMBER(X)                                                                                              \
    X(MEMBER_GET, "SELECT state, tier, birthday, segments, attrs, personal, lists, display, purchases, overdrawn FROM member"        \
        " WHERE chain = $1 AND id = $2")                                                                                  \
    X(MEMBER_STATE, "SELECT CASE state WHEN 'active' THEN 1 WHEN 'inactive' THEN 1 ELSE 0 END FROM member"                \
        " WHERE chain = $1 AND id = $2")                                                                                  \
    X(MEMBER_SPENDS, "SELECT CASE WHEN state = 'active' AND overdrawn = 0 THEN 1 ELSE 0 END FROM member WHERE chain = $1 AND id = $2")        \
    X(MEMBER_MERGED, "SELECT merged_into FROM member WHERE chain = $1 AND id = $2")                                       \
    X(MEMBER_PUT, "INSERT INTO member (chain, id, change_seq, state, tier, birthday, segments, attrs, personal, lists,"   \
        " display, purchases, merged_into, created_us) VALUES ($1, $2, $3, COALESCE($4, 'active'), COALESCE($5, ''),"     \
        " COALESCE($6, ''), COALESCE($7, '[]'), COALESCE($8, '{}'), COALESCE($9, '[]'), COALESCE($10, '{}'),"             \
        " COALESCE($11, ''), 0, '', $12)"                                                                                 \
        " ON CONFLICT (chain, id) DO UPDATE SET change_seq = $3, state = COALESCE($4, member.state),"                     \
        " tier = COALESCE($5, member.tier), birthday = COALESCE($6, member.birthday),"                                    \
        " segments = COALESCE($7, member.segments), attrs = COALESCE($8, member.attrs),"                                  \
        " personal = COALESCE($9, member.personal), lists = COALESCE($10, member.lists),"                                 \
        " display = COALESCE($11, member.display)")                                                                       \
    /* $5: he is below zero; $6: the chain has leases, which may be more than his points. */                              \
    X(MEMBER_TOUCH, "UPDATE member SET change_seq = $3, purchases = purchases + $4, overdrawn = CASE WHEN CAST($5 AS BIGINT) = 1"     \
        " OR CAST($6 AS BIGINT) = 1 AND EXISTS (SELECT 1 FROM lease l WHERE l.chain = $1 AND l.member = $2 AND l.state = 'live' GROUP BY l.currency" \
        " HAVING SUM(l.granted - l.used) > COALESCE((SELECT a.balance FROM ledger_account a WHERE a.chain = $1"           \
        " AND a.kind = 'member' AND a.owner = $2 AND a.currency = l.currency), 0)) THEN 1 ELSE 0 END"                     \
        " WHERE chain = $1 AND id = $2")                                                                                  \
    X(MEMBER_CHAINS, "SELECT chain FROM member WHERE id = $1 ORDER BY chain")                                             \
    X(MEMBER_POSTINGS, "SELECT p.id, p.kind, a.currency, e.amount, o.kind, p.at_us FROM ledger_account a"                 \
        " JOIN ledger_entry e ON e.account = a.id JOIN posting p ON p.id = e.posting"                                     \
        " JOIN ledger_account o ON o.id = e.other"                                                                        \
        " WHERE a.chain = $1 AND a.kind = 'member' AND a.owner = $2 ORDER BY p.id DESC, e.line LIMIT $3")                 \
    X(MEMBER_USAGE_GET, "SELECT uses, last_day, day, week, month FROM member_usage"                                       \
        " WHERE chain = $1 AND member = $2 AND promotion = $3")                                                           \
    X(MEMBER_USAGE_PUT, "INSERT INTO member_usage (chain, member, promotion, uses, last_day, day, week, month)"           \
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (chain, member, promotion)"                                 \
        " DO UPDATE SET uses = excluded.uses, last_day = excluded.last_day, day = excluded.day, week = excluded.week,"    \
        " month = excluded.month")                                                                                        \
    X(MEMBER_USAGE_SET, "UPDATE member_usage SET uses = $4, last_day = $5, day = $6, week = $7, month = $8"               \
        " WHERE chain = $1 AND member = $2 AND promotion = $3")                                                           \
    X(MEMBER_USAGE_LIST, "SELECT promotion, uses, last_day, day, week, month FROM member_usage"                           \
        " WHERE chain = $1 AND member = $2 ORDER BY promotion")                                                           \
    X(MEMBER_BIRTHDAY, "UPDATE member SET birthday = $3 WHERE chain = $1 AND id = $2")                                    \
    X(CONSENT_INSERT, "INSERT INTO consent (chain, language, version, text, place, at_us) SELECT $1, $2, $3, $4,"         \
        " COALESCE(MAX(place), 0) + 1, $5 FROM consent WHERE chain = $1 AND language = $2")                               \
    X(CONSENT_LIST, "SELECT c.language, c.version, c.text FROM consent c WHERE c.chain = $1 AND c.place ="                \
        " (SELECT MAX(o.place) FROM consent o WHERE o.chain = $1 AND o.language = c.language) ORDER BY c.language")       \
    X(FORM_INSERT, "INSERT INTO member_form (dev, epoch, seq, chain, member, consent, name, phone, email, birthday,"      \
        " at_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)")                                                  \
    X(FORM_LIST, "SELECT consent, name, phone, email, birthday FROM member_form WHERE chain = $1 AND member = $2"         \
        " ORDER BY at_us DESC, dev, epoch, seq DESC LIMIT $3")                                                            \
    X(IDENTIFIER_GET, "SELECT member FROM identifier WHERE chain = $1 AND hash = $2")                                     \
    X(IDENTIFIER_PUT, "INSERT INTO identifier (chain, hash, member) VALUES ($1, $2, $3)"                                  \
        " ON CONFLICT (chain, hash) DO UPDATE SET member = $3")                                                           \
    X(IDENTIFIER_LIST, "SELECT hash FROM identifier WHERE chain = $1 AND member = $2 ORDER BY hash")                      \
    X(USAGE_RELEASE, "UPDATE usage SET uses = uses - 1, change_seq = $3 WHERE chain = $1 AND name = $2 AND uses > 0")      \
    X(USAGE_TOUCH, "UPDATE usage SET change_seq = $3 WHERE chain = $1 AND name = $2")                                    \
    X(USAGE_COUNT, "INSERT INTO usage (chain, name, uses, change_seq) VALUES ($1, $2, $3, $4)"                            \
        " ON CONFLICT (chain, name) DO UPDATE SET uses = usage.uses + excluded.uses, change_seq = excluded.change_seq")

/* What changed for a till besides members: $1 chain, $2 dev, $3 after, $5 epoch. */
#define OTHER_CHANGES                                                                                                     \
    "SELECT change_seq, 'usage' AS kind, name, uses AS number, '' AS other FROM usage WHERE chain = $1"                   \
    " AND change_seq > $3"                                                                                                \
    " UNION ALL SELECT change_seq, 'manifest', '', version, '' FROM manifest WHERE chain = $1 AND change_seq > $3"        \
    " UNION ALL SELECT change_seq, 'timestamp', '', version, '' FROM trust_timestamp WHERE chain = $1 AND change_seq > $3"\
    " UNION ALL SELECT change_seq, 'notice', text, id, '' FROM notice WHERE chain = $1 AND dev = $2 AND change_seq > $3"  \
    " UNION ALL SELECT change_seq, 'coupon', code, 0, '' FROM coupon WHERE chain = $1 AND change_seq > $3"                \
    " UNION ALL SELECT change_seq, 'lease', id, 0, '' FROM lease WHERE dev = $2 AND epoch = $5 AND change_seq > $3"

#define STATEMENTS_CHANGE(X)                                                                                              \
    X(CHANGE_SET, "UPDATE change_counter SET value = $1 WHERE one = 1")                                                   \
    X(CHANGE_LAST, "SELECT value FROM change_counter WHERE one = 1")                                                      \
    /* Plain unions, none inside a SELECT: so SQLite merges the indexes instead of sorting all that is left. */                    \
    X(CHANGE_OTHERS, OTHER_CHANGES " ORDER BY change_seq LIMIT $4")                                                       \
    X(CHANGE_LIST, OTHER_CHANGES                                                                                          \
        " UNION ALL SELECT change_seq, 'member', id, 0, merged_into FROM member WHERE chain = $1 AND change_seq > $3"     \
        " ORDER BY change_seq LIMIT $4")                                                                                  \
    /* A change of a member is one row however many stores of the circle know him; gone when none of them does. */                \
    X(CHANGE_LIST_STORE, OTHER_CHANGES                                                                                    \
        " UNION ALL SELECT s.change_seq, CASE WHEN MIN(s.gone) = 1 THEN 'gone' ELSE 'member' END, s.member, 0,"           \
        " (SELECT m.merged_into FROM member m WHERE m.chain = $1 AND m.id = s.member)"                                    \
        " FROM store_circle c JOIN member_store s ON s.chain = c.chain AND s.store = c.other"                             \
        " WHERE c.chain = $1 AND c.store = $6 AND s.change_seq > $3 GROUP BY s.change_seq, s.member"                      \
        " ORDER BY change_seq LIMIT $4")                                                                                  \
    X(MEMBERS_ALL, "SELECT id, merged_into FROM member WHERE chain = $1 AND id > $2 ORDER BY id LIMIT $3")                \
    X(MEMBERS_STORE, "SELECT DISTINCT m.id, m.merged_into FROM store_circle c JOIN member_store s ON s.chain = c.chain"   \
        " AND s.store = c.other JOIN member m ON m.chain = s.chain AND m.id = s.member"                                   \
        " WHERE c.chain = $1 AND c.store = $4 AND s.gone = 0 AND s.member > $2 ORDER BY m.id LIMIT $3")                   \
    X(NOTICE_INSERT, "INSERT INTO notice (chain, change_seq, dev, text, at_us) VALUES ($1, $2, $3, $4, $5)")

#define STATEMENTS_REPORT(X)                                                                                              \
    X(TOTAL_STORES, "SELECT COUNT(*) FROM store WHERE chain = $1")                                                        \
    X(TOTAL_TILLS, "SELECT COUNT(*) FROM device WHERE chain = $1 AND revoked = 0")                                        \
    X(TOTAL_MEMBERS, "SELECT COUNT(*) FROM member WHERE chain = $1")                                                      \
    X(TOTAL_RECORDS, "SELECT COUNT(*) FROM journal j JOIN device d ON d.dev = j.dev WHERE d.chain = $1")                  \
    X(TOTAL_DUPLICATES, "SELECT COALESCE(SUM(duplicates), 0) FROM device WHERE chain = $1")                               \
    X(TOTAL_DEAD, "SELECT COUNT(*) FROM dead_letter WHERE chain = $1")                                                    \
    X(TOTAL_DIFFERENCES, "SELECT COUNT(*) FROM difference WHERE chain = $1")                                              \
    X(TOTAL_UNATTACHED, "SELECT COUNT(*) FROM unattached WHERE chain = $1")                                               \
    X(TOTAL_VOIDS, "SELECT COUNT(*) FROM void_sale WHERE chain = $1")                                                     \
    X(TOTAL_QUARANTINED, "SELECT COUNT(*) FROM device WHERE chain = $1 AND quarantined_seq > 0")                          \
    X(TOTAL_RETURNS, "SELECT COUNT(*), COALESCE(SUM(refund_minor), 0) FROM sale_return WHERE chain = $1")                 \
    X(TOTAL_SALES, "SELECT COUNT(*), COALESCE(SUM(gross_minor), 0), COALESCE(SUM(discount_minor), 0),"                    \
        " COALESCE(SUM(redeemed_minor), 0), COALESCE(SUM(net_minor), 0),"                                                 \
        " COALESCE(SUM(CASE WHEN compared = 'same' THEN 1 ELSE 0 END), 0),"                                               \
        " COALESCE(SUM(CASE WHEN member <> '' THEN 1 ELSE 0 END), 0) FROM sale WHERE chain = $1")                         \
    X(TOTAL_POINTS, "SELECT currency, -SUM(CASE WHEN kind = 'issued' THEN balance ELSE 0 END),"                           \
        " -SUM(CASE WHEN kind = 'issued_later' THEN balance ELSE 0 END),"                                                 \
        " SUM(CASE WHEN kind = 'redeemed' THEN balance ELSE 0 END),"                                                      \
        " SUM(CASE WHEN kind = 'spent' THEN balance ELSE 0 END),"                                                         \
        " -SUM(CASE WHEN kind = 'opening' THEN balance ELSE 0 END),"                                                      \
        " SUM(CASE WHEN kind = 'taken_back' THEN balance ELSE 0 END),"                                                    \
        " -SUM(CASE WHEN kind = 'given_back' THEN balance ELSE 0 END),"                                                   \
        " SUM(CASE WHEN kind = 'member' THEN balance ELSE 0 END)"                                                         \
        " FROM ledger_account WHERE chain = $1 GROUP BY currency ORDER BY currency")                                      \
    X(DIFFERENCE_LIST, "SELECT f.chain, d.store, d.till, f.dev, f.epoch, f.seq, f.sale_id, f.bundle, f.till_digest,"      \
        " f.central_digest, f.reason, f.at_us FROM difference f JOIN device d ON d.dev = f.dev"                                     \
        " ORDER BY f.at_us DESC, f.dev, f.epoch, f.seq DESC LIMIT $1")                                                    \
    X(DEAD_LIST, "SELECT l.chain, d.store, d.till, l.dev, l.epoch, l.seq, l.type, l.reason, l.at_us FROM dead_letter l"   \
        " JOIN device d ON d.dev = l.dev ORDER BY l.at_us DESC, l.dev, l.epoch, l.seq DESC LIMIT $1")                     \
    X(TOLD_LIST, "SELECT d.chain, d.store, d.till, j.bytes, j.received_us FROM journal j JOIN device d ON d.dev = j.dev"  \
        " WHERE j.type IN ('keyed_entry', 'override') AND j.received_us >= $1"                                            \
        " ORDER BY j.received_us DESC, j.dev, j.seq DESC LIMIT $2")                                                       \
    X(NOTICE_LIST, "SELECT id, chain, dev, text, at_us FROM notice ORDER BY id DESC LIMIT $1")
/* clang-format on */

/*
 * What only PostgreSQL needs. Whoever writes holds the change counter from the first statement to the commit, as BEGIN
 * IMMEDIATE makes it in SQLite. In the same transaction each process signs with a number of its own: after a commit
 * whose answer was lost, the number tells whether it came through.
 */
#define PG_SQL_SET_UP                                                                                                \
    "SET synchronous_commit = on; SET statement_timeout = %d; SET lock_timeout = %d;"                                \
    " SET idle_in_transaction_session_timeout = %d; SET plan_cache_mode = force_generic_plan; SET jit = off;"        \
    " SET client_min_messages = warning; SET bytea_output = hex"
#define PG_SQL_BEGIN     "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
#define PG_SQL_SNAPSHOT  "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
#define PG_SQL_LOCK      "SELECT value FROM change_counter WHERE one = 1 FOR UPDATE"
#define PG_SQL_TRY       PG_SQL_LOCK " SKIP LOCKED"
#define PG_SQL_SIGN                                                                                                  \
    "INSERT INTO central_process (id, signature) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET signature = $2"
#define PG_SQL_SIGN_FIRST "INSERT INTO central_process (id, signature) VALUES ($1, 0) ON CONFLICT (id) DO NOTHING"
#define PG_SQL_SIGNED    "SELECT signature FROM central_process WHERE id = $1 FOR UPDATE"
/* Tables are small when a server first thinks of how to join them, and it keeps to that. */
#define PG_SQL_BY_KEY                                                                                                \
    "SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),"                  \
    " set_config('enable_mergejoin', 'off', true)"
#define PG_SQL_COMMIT    "COMMIT"
#define PG_SQL_ROLLBACK  "ROLLBACK"
#define PG_SQL_MARK      "SAVEPOINT mark"
#define PG_SQL_MARK_KEEP "RELEASE SAVEPOINT mark"
#define PG_SQL_MARK_UNDO "ROLLBACK TO SAVEPOINT mark"
#define PG_SQL_MIGRATE_BEGIN                                                                                         \
    "BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock(4808331);"     \
    " CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)"
/* A month's table: its name, and from when to when in microseconds. Made beside the journal, filled with what came before it
 * was there, then taken in. */
#define PG_SQL_MONTH_HAS    "SELECT 1 WHERE to_regclass('%s') IS NOT NULL"
#define PG_SQL_MONTH_MAKE   "CREATE TABLE %s (LIKE journal INCLUDING ALL)"
#define PG_SQL_MONTH_FILL                                                                                            \
    "WITH early AS (DELETE FROM journal_other WHERE received_us >= %lld AND received_us < %lld RETURNING *)"         \
    " INSERT INTO %s SELECT * FROM early"
#define PG_SQL_MONTH_TAKE   "ALTER TABLE journal ATTACH PARTITION %s FOR VALUES FROM (%lld) TO (%lld)"
#define PG_SQL_VERSION      "SELECT COALESCE(MAX(version), 0) FROM schema_version"
#define PG_SQL_VERSION_HAS  "SELECT to_regclass('schema_version') IS NOT NULL"
#define PG_SQL_VERSION_MARK "DELETE FROM schema_version; INSERT INTO schema_version (version) VALUES (%d)"

#define STATEMENT_NAME(name, text) STATEMENT_##name,
enum statement { STATEMENTS(STATEMENT_NAME) STATEMENT_COUNT };

/* Views of static texts. */
const char *statement_name(enum statement statement);
const char *statement_text(enum statement statement);

#endif
