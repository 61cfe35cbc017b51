-- name: secret
-- A secret by its name.
SELECT value FROM secret WHERE name = ?

-- name: keep_secret
-- Keep a new secret, unless another process was first.
INSERT INTO secret (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING

-- name: next_uidvalidity
-- A UIDVALIDITY that was never given before and is at least a time (RFC 9051 §2.3.1.1).
UPDATE meta SET value = max(value + 1, ?) WHERE name = 'uidvalidity' RETURNING value

-- name: prove_writing
-- A harmless write, to see that writing is durable again.
UPDATE meta SET value = value + 1 WHERE name = 'reopened'

-- name: leave_gap
-- After a restore: UIDs and MODSEQs that were given since the backup are not given again (RFC 9051 §2.3.1.1).
UPDATE folder SET uidnext = uidnext + 1000000, modseq = modseq + 1000000

-- name: hold_all
-- Take everything that waits out of delivery.
UPDATE queue SET due = NULL, leased = 0
