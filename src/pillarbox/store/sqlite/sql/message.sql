-- name: add_message
-- A message with its first chapter; several rows are written at once.
INSERT INTO message (id, arrived, sender, size, header_size, body_type, smtputf8, ret, envelope_id, login, refs, chapter,
    tls)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: add_body
-- The octets of a message, or where they lie.
INSERT INTO body (id, data, file, skip) VALUES (?, ?, ?, ?)

-- name: add_chapter
-- A later chapter of a message's story.
INSERT INTO story (message_id, chapter) VALUES (?, ?)

-- name: tell
-- A later chapter, unless the story was forgotten.
INSERT INTO story (message_id, chapter) SELECT id, ? FROM message WHERE id = ?

-- name: tell_all
-- A later chapter for several messages, a JSON array of ids, unless their stories were forgotten.
INSERT INTO story (message_id, chapter) SELECT id, :chapter FROM message
WHERE id IN (SELECT value FROM json_each(:messages)) ORDER BY id

-- name: message
-- What is known of one message.
SELECT id, arrived, sender, size, header_size, body_type, smtputf8, ret, envelope_id, login, refs > 0, tls
FROM message WHERE id = ?

-- name: sizes
-- The sizes of kept messages, as one JSON object.
SELECT json_group_object(id, size) FROM message WHERE id IN (SELECT value FROM json_each(?)) AND refs > 0

-- name: body
-- Where the octets of a message lie: data, file, skip.
SELECT data, file, skip FROM body WHERE id = ?

-- name: first_chapter
-- The chapter that a message arrived with.
SELECT chapter FROM message WHERE id = ?

-- name: later_chapters
-- What was told of a message since, oldest first.
SELECT chapter FROM story WHERE message_id = ? ORDER BY id

-- name: change_refs
-- Count references up or down: a JSON array of [message, change]. At 0 the size is 0 too.
UPDATE message SET refs = refs + change.by, size = iif(refs + change.by > 0, size, 0)
FROM (SELECT value ->> 0 AS id, value ->> 1 AS by FROM json_each(?)) AS change WHERE message.id = change.id

-- name: unneeded_files
-- The files among the bodies that nothing refers to any more, as one JSON array.
SELECT json_group_array(file) FROM body WHERE file IS NOT NULL AND id IN
    (SELECT message.id FROM message WHERE id IN (SELECT value FROM json_each(?)) AND refs <= 0)

-- name: free_bodies
-- Remove the octets that nothing refers to any more, among the given messages.
DELETE FROM body WHERE id IN
    (SELECT message.id FROM message WHERE id IN (SELECT value FROM json_each(?)) AND refs <= 0)

-- name: forgettable
-- Messages whose octets are gone and that arrived before a time, as one JSON array.
SELECT json_group_array(id) FROM (SELECT id FROM message WHERE refs = 0 AND arrived < ? ORDER BY arrived LIMIT ?)

-- name: forget_stories
-- Remove the later chapters of messages.
DELETE FROM story WHERE message_id IN (SELECT value FROM json_each(?))

-- name: forget_messages
-- Remove messages.
DELETE FROM message WHERE id IN (SELECT value FROM json_each(?))

-- name: known_files
-- Which of the given body files are in use, as one JSON array.
SELECT json_group_array(file) FROM body WHERE file IN (SELECT value FROM json_each(?))
