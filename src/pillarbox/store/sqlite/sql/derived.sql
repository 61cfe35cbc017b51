-- Statements on derived.db: as main in its writer, as derived beside the store in the readers.

-- name: new_ones
-- Those of some messages (a JSON array of ids) that have no digest.
SELECT json_group_array(value) FROM json_each(?) WHERE NOT EXISTS (SELECT 1 FROM digest WHERE message_id = value)

-- name: last_number
-- The largest number in the index of words.
SELECT coalesce(max(number), 0) FROM words

-- name: add_digest
-- What is looked at for every message; several rows are written at once.
INSERT INTO digest (message_id, number, cut, sent_day, thread, sender, subject, "to", cc, bcc)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: add_ordering
-- What SORT and THREAD compare; several rows are written at once.
INSERT INTO ordering (message_id, sent, is_reply, thread_id, "references", sort_subject, sort_from, sort_to, sort_cc,
    sort_display_from, sort_display_to)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: add_wire
-- What FETCH answers; several rows are written at once.
INSERT INTO wire (message_id, envelope, body, structure, sections, preview)
VALUES (?, ?, ?, ?, ?, ?)

-- name: add_words
-- The texts; several rows are written at once.
INSERT INTO words (number, fields, text)
VALUES (?, ?, ?)

-- name: index_fields
-- The words of headers; several rows are written at once.
INSERT INTO in_fields (rowid, content)
VALUES (?, ?)

-- name: index_text
-- The words of bodies; several rows are written at once.
INSERT INTO in_text (rowid, content)
VALUES (?, ?)

-- name: numbers
-- The numbers in the index of some messages (a JSON array of ids).
SELECT json_group_array(number) FROM digest WHERE message_id IN (SELECT value FROM json_each(?))

-- name: remove_in_fields
-- Take numbers out of the index.
DELETE FROM in_fields WHERE rowid IN (SELECT value FROM json_each(?))

-- name: remove_in_text
-- Take numbers out of the index.
DELETE FROM in_text WHERE rowid IN (SELECT value FROM json_each(?))

-- name: remove_words
-- Remove texts.
DELETE FROM words WHERE number IN (SELECT value FROM json_each(?))

-- name: remove_digest
-- Remove what is known of some messages.
DELETE FROM digest WHERE message_id IN (SELECT value FROM json_each(?))

-- name: remove_ordering
-- Remove what is known of some messages.
DELETE FROM ordering WHERE message_id IN (SELECT value FROM json_each(?))

-- name: remove_wire
-- Remove what is known of some messages.
DELETE FROM wire WHERE message_id IN (SELECT value FROM json_each(?))

-- name: gone
-- Digests behind a message whose messages have no octets any more: [looked at, the last one, the gone ones].
SELECT json_array(count(*), max(id), json_group_array(id) FILTER (WHERE gone)) FROM (
    SELECT message_id AS id, NOT EXISTS (SELECT 1 FROM main.message WHERE id = message_id AND refs > 0) AS gone
    FROM derived.digest WHERE message_id > ? ORDER BY message_id LIMIT ?)

-- name: all_folders
-- The ids of all folders.
SELECT json_group_array(id) FROM main.folder

-- name: folder_ends
-- The first UID not given yet, by folder, of some folders (a JSON array of ids).
SELECT json_group_object(id, uidnext) FROM main.folder WHERE id IN (SELECT value FROM json_each(?))

-- name: not_digested
-- Messages without digest above a UID of each folder: a JSON array of [folder, UID].
SELECT json_group_array(DISTINCT message_id) FROM json_each(?) AS wanted
CROSS JOIN main.entry ON folder_id = wanted.value ->> 0 AND uid > wanted.value ->> 1
WHERE NOT EXISTS (SELECT 1 FROM derived.digest WHERE digest.message_id = entry.message_id)

-- name: still_wanted
-- Those of some messages (a JSON array of ids) that are there and have no digest, by rising id.
SELECT json_group_array(id) FROM (
    SELECT message.id AS id FROM json_each(?) CROSS JOIN main.message ON message.id = value
    WHERE refs > 0 AND NOT EXISTS (SELECT 1 FROM derived.digest WHERE message_id = message.id) ORDER BY id)

-- name: without_digest
-- Entries of a folder without digest: [uid, message].
SELECT json_group_array(json_array(uid, message_id)) FROM ({entries}) AS entry
WHERE NOT EXISTS (SELECT 1 FROM derived.digest WHERE digest.message_id = entry.message_id)

-- name: wire
-- One column of what FETCH answers, of some messages (a JSON array of ids).
SELECT message_id, {column} FROM json_each(?) CROSS JOIN derived.wire ON message_id = value

-- name: thread
-- The thread of some messages (a JSON array of ids).
SELECT message_id, CAST(thread AS BLOB) FROM json_each(?) CROSS JOIN derived.digest ON message_id = value

-- name: entries_between
-- The entries from one UID to another.
SELECT uid, message_id, prefix, internal_date FROM main.entry
WHERE folder_id = :folder AND uid BETWEEN :first AND :last

-- name: entries_listed
-- The entries of some UIDs (a JSON array).
SELECT uid, message_id, prefix, internal_date FROM json_each(:uids) CROSS JOIN main.entry
ON folder_id = :folder AND uid = value

-- name: named
-- Entries whose sender, to, cc, bcc or subject contains a text.
SELECT json_group_array(uid) FROM ({entries}) AS entry
CROSS JOIN derived.digest ON digest.message_id = entry.message_id
WHERE instr("{column}", :text)

-- name: sent
-- Entries sent on one of some days.
SELECT json_group_array(uid) FROM ({entries}) AS entry
CROSS JOIN derived.digest ON digest.message_id = entry.message_id
WHERE sent_day BETWEEN :from AND :to

-- name: in_thread
-- Entries of a thread.
SELECT json_group_array(uid) FROM ({entries}) AS entry
CROSS JOIN derived.digest ON digest.message_id = entry.message_id
WHERE thread = :thread

-- name: texts
-- Entries whose texts are to be looked at, because the index (or the prefix) says so, or there is more than was kept.
SELECT uid, cut, prefix, {columns} FROM ({entries}) AS entry
CROSS JOIN derived.digest ON digest.message_id = entry.message_id
CROSS JOIN derived.words ON words.number = digest.number
WHERE {condition}

-- name: likely_in_fields
-- A condition of texts: the index of headers knows the words.
digest.number IN (SELECT rowid FROM derived.in_fields WHERE in_fields MATCH :fields_words)

-- name: likely_in_text
-- A condition of texts: the index of bodies knows the words.
digest.number IN (SELECT rowid FROM derived.in_text WHERE in_text MATCH :text_words)

-- name: likely_in_prefix
-- A condition of texts: the recipient's own lines contain the text, as far as can be told here.
instr(lower(CAST(prefix AS TEXT)), :text) OR length(CAST(prefix AS TEXT)) < length(prefix)

-- name: ordering
-- Columns that SORT compares.
SELECT uid, {columns} FROM ({entries}) AS entry
CROSS JOIN derived.ordering ON ordering.message_id = entry.message_id

-- name: threading
-- What THREAD needs, by rising UID.
SELECT uid, coalesce(sent, internal_date), sort_subject, is_reply, thread_id, "references" FROM ({entries}) AS entry
CROSS JOIN derived.ordering ON ordering.message_id = entry.message_id ORDER BY uid
