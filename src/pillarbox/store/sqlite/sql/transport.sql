-- name: policy
-- The kept MTA-STS policy of a domain.
SELECT domain, version, fetched, expires, policy FROM sts_policy WHERE domain = ?

-- name: old_policies
-- Policies that were fetched before a time, oldest first.
SELECT domain, version, fetched, expires, policy FROM sts_policy WHERE fetched < ? ORDER BY fetched LIMIT ?

-- name: keep_policy
-- Keep a policy.
INSERT INTO sts_policy (domain, version, fetched, expires, policy) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (domain) DO UPDATE SET version = excluded.version, fetched = excluded.fetched, expires = excluded.expires,
    policy = excluded.policy

-- name: forget_policies
-- Remove policies that no longer count.
DELETE FROM sts_policy WHERE expires < ?

-- name: seen
-- When a host was last reached with encryption.
SELECT at FROM tls_seen WHERE host = ?

-- name: note_seen
-- A host was reached with encryption.
INSERT INTO tls_seen (host, at) VALUES (?, ?) ON CONFLICT (host) DO UPDATE SET at = max(at, excluded.at)

-- name: forget_seen
-- Forget one host.
DELETE FROM tls_seen WHERE host = ?

-- name: forget_seen_before
-- Forget hosts that were not reached with encryption for long.
DELETE FROM tls_seen WHERE at < ?

-- name: count
-- Count sessions.
INSERT INTO tls_count (day, domain, kind, policy, mx, result, host, address, helo, reason, sessions)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (day, domain, kind, policy, mx, result, host, address, helo, reason)
DO UPDATE SET sessions = sessions + excluded.sessions

-- name: counts
-- The counted sessions of a day.
SELECT day, domain, kind, policy, mx, result, host, address, helo, reason, sessions FROM tls_count WHERE day = ?
ORDER BY domain, kind, policy, mx, result, host, address, helo, reason

-- name: forget_counts
-- Remove the counted sessions of the days before one.
DELETE FROM tls_count WHERE day < ?
