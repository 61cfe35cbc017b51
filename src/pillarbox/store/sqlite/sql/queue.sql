-- name: last_id
-- The highest id that a queue row ever had.
SELECT seq FROM sqlite_sequence WHERE name = 'queue'

-- name: add
-- A recipient that waits; several rows are written at once.
INSERT INTO queue (id, message_id, recipient, domain, account_id, notify, original, due, leased, expires, sender,
    attempts, last_reply, delay_told)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '', 0)

-- name: due
-- The earliest due rows, as one JSON array of [id, domain].
SELECT json_group_array(json_array(id, domain))
FROM (SELECT id, domain FROM queue WHERE due <= ? ORDER BY due, id LIMIT ?)

-- name: lease
-- Lease rows until a time.
UPDATE queue SET due = ?, leased = 1 WHERE id IN (SELECT value FROM json_each(?))

-- name: park
-- Make rows due at a time, their lease ended.
UPDATE queue SET due = ?, leased = 0 WHERE id IN (SELECT value FROM json_each(?))

-- name: renew
-- Keep leases that still run.
UPDATE queue SET due = ? WHERE leased = 1 AND id IN (SELECT value FROM json_each(?))

-- name: unlease
-- Give leased rows back.
UPDATE queue SET due = ?, leased = 0 WHERE leased = 1 AND id IN (SELECT value FROM json_each(?))

-- name: unlease_all
-- Give all leased rows back.
UPDATE queue SET due = ?, leased = 0 WHERE leased = 1

-- name: items
-- Rows with their messages, in the order of a JSON array of ids.
SELECT queue.id, recipient, domain, account_id, notify, original, due, leased, expires, attempts, last_reply, delay_told,
    queue.sender, message.id, arrived, message.sender, size, header_size, body_type, smtputf8, ret, envelope_id, login, refs > 0, tls
FROM json_each(?) AS wanted JOIN queue ON queue.id = wanted.value JOIN message ON message.id = queue.message_id
ORDER BY wanted.key

-- name: matching
-- The ids of rows behind one that match, as one JSON array; the condition is put in by the caller.
SELECT json_group_array(id) FROM
    (SELECT queue.id FROM queue WHERE queue.id > :after AND {condition} ORDER BY queue.id LIMIT :limit)

-- name: messages_of
-- The messages of rows, as one JSON array.
SELECT json_group_array(DISTINCT message_id) FROM queue WHERE id IN (SELECT value FROM json_each(?))

-- name: hold
-- Take rows out of delivery.
UPDATE queue SET due = NULL, leased = 0 WHERE id IN (SELECT value FROM json_each(?))

-- name: make_due
-- Make rows due at a time.
UPDATE queue SET due = ? WHERE id IN (SELECT value FROM json_each(?))

-- name: waiting_ids
-- Which of the given rows still exist, as one JSON array of [id, message].
SELECT json_group_array(json_array(id, message_id)) FROM queue WHERE id IN (SELECT value FROM json_each(?))

-- name: remove
-- Remove rows.
DELETE FROM queue WHERE id IN (SELECT value FROM json_each(?))

-- name: defer
-- An attempt failed: try again at a time, unless the row was held meanwhile.
UPDATE queue SET due = iif(due IS NULL, NULL, ?), leased = 0, attempts = attempts + 1, last_reply = ?,
    delay_told = delay_told OR ?
WHERE id = ? AND message_id = ?

-- name: next_due
-- When the earliest row becomes due.
SELECT due FROM queue WHERE due IS NOT NULL ORDER BY due LIMIT 1

-- name: count
-- How many rows there are.
SELECT count(*) FROM queue
