-- name: keys
-- All signing keys, the oldest first.
SELECT domain, selector, algorithm, private, state, made, changed FROM dkim_key ORDER BY domain, made, selector

-- name: put_key
-- Add a signing key or change it.
INSERT INTO dkim_key (domain, selector, algorithm, private, state, made, changed) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (domain, selector) DO UPDATE SET state = excluded.state, changed = excluded.changed

-- name: remove_key
-- Remove a signing key.
DELETE FROM dkim_key WHERE domain = ? AND selector = ? RETURNING selector

-- name: count
-- Count messages; several rows are written at once.
INSERT INTO dmarc_count (day, domain, record, evidence, messages) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (day, domain, record, evidence) DO UPDATE SET messages = messages + excluded.messages

-- name: days
-- For which domains and days something was counted before a day.
SELECT DISTINCT day, domain FROM dmarc_count WHERE day < ? ORDER BY day, domain LIMIT ?

-- name: counts
-- What was counted on a day for a domain.
SELECT day, domain, record, evidence, messages FROM dmarc_count WHERE day = ? AND domain = ?
ORDER BY messages DESC, record, evidence LIMIT ?

-- name: forget_counts
-- Remove what was counted on a day for a domain.
DELETE FROM dmarc_count WHERE day = ? AND domain = ?

-- name: sent
-- For which domains the report on a day has gone out.
SELECT domain FROM report_sent WHERE kind = ? AND day = ?

-- name: note_sent
-- A report has gone out.
INSERT INTO report_sent (kind, day, domain) VALUES (?, ?, ?) ON CONFLICT DO NOTHING

-- name: forget_sent
-- Forget which reports on the days before one have gone out.
DELETE FROM report_sent WHERE day < ?

-- name: keep_report
-- Keep a report that we got, unless we have it.
INSERT INTO report (kind, domain, reporter, number, begins, ends, received, message_id, document)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING number

-- name: reports
-- Reports about a domain from a time on, the newest first.
SELECT kind, domain, reporter, number, begins, ends, received, message_id, document FROM report
WHERE kind = ? AND domain = ? AND begins >= ? ORDER BY begins DESC, reporter, number LIMIT ?

-- name: forget_reports
-- Remove reports that came before a time.
DELETE FROM report WHERE received < ?
