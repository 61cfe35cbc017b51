-- name: entries
-- What lies in a folder, by rising UID.
SELECT uid, message_id, modseq, flags, keywords, size, internal_date, coalesce(saved, internal_date)
FROM entry WHERE folder_id = ? ORDER BY uid

-- name: uids
-- The UIDs of a folder.
SELECT uid FROM entry WHERE folder_id = ? ORDER BY uid

-- name: newest
-- What lies in a folder from the newest backwards, each with the MODSEQ it was added under, which falls with the UID.
SELECT added, uid, message_id, modseq, flags, keywords, size, internal_date, coalesce(saved, internal_date)
FROM entry WHERE folder_id = ? ORDER BY uid DESC

-- name: changed
-- What was changed since a MODSEQ after it was added.
SELECT uid, message_id, modseq, flags, keywords, size, internal_date, coalesce(saved, internal_date)
FROM entry INDEXED BY entry_changed WHERE folder_id = ? AND modseq > ? AND modseq <> added AND added <= ?

-- name: gone
-- The UIDs that left a folder since a MODSEQ.
SELECT uid FROM expunged WHERE folder_id = ? AND modseq > ? ORDER BY uid

-- name: prefix
-- The recipient's own lines.
SELECT prefix FROM entry WHERE folder_id = ? AND uid = ?

-- name: octets
-- The octets of entries in the order of a JSON array of UIDs; none where they lie in a file.
SELECT uid, message_id, prefix, iif(file IS NULL, data, NULL) FROM json_each(?) AS wanted
CROSS JOIN entry ON folder_id = ? AND uid = wanted.value JOIN body ON body.id = message_id

-- name: marks
-- What is known of entries that may change: uid, modseq, flags, keywords, size.
SELECT uid, modseq, flags, keywords, size FROM entry
WHERE folder_id = :folder AND uid IN (SELECT value FROM json_each(:uids)) ORDER BY uid

-- name: set_marks
-- Give entries flags and keywords under one MODSEQ.
UPDATE entry SET flags = :flags, keywords = :keywords, modseq = :modseq
WHERE folder_id = :folder AND uid IN (SELECT value FROM json_each(:uids))

-- name: leaving
-- What is known of entries about to leave or to be copied: uid, message, flags, size.
SELECT uid, message_id, flags, size FROM entry
WHERE folder_id = :folder AND uid IN (SELECT value FROM json_each(:uids)) ORDER BY uid

-- name: copy
-- Copies of entries under one MODSEQ and rising UIDs, with no other flags than these, and perhaps with the keywords.
INSERT INTO entry (folder_id, uid, message_id, modseq, flags, keywords, size, internal_date, prefix, added, saved)
SELECT :target, :uidnext - 1 + row_number() OVER (ORDER BY uid), message_id, :modseq, flags & :flags,
    CASE WHEN :keywords THEN keywords ELSE '' END, size, internal_date, prefix, :modseq, :now
FROM entry WHERE folder_id = :folder AND uid IN (SELECT value FROM json_each(:uids)) ORDER BY uid

-- name: remove
-- Remove entries of a folder.
DELETE FROM entry WHERE folder_id = :folder AND uid IN (SELECT value FROM json_each(:uids))

-- name: bury
-- Tombstones of removed entries under one MODSEQ.
INSERT INTO expunged (folder_id, modseq, uid) SELECT :folder, :modseq, value FROM json_each(:uids)

-- name: count
-- Count a folder's counters on; its next UID and MODSEQ.
UPDATE folder SET modseq = modseq + 1, uidnext = uidnext + :given, messages = messages + :messages,
    unseen = unseen + :unseen, octets = octets + :octets, deleted = deleted + :deleted,
    deleted_octets = deleted_octets + :deleted_octets
WHERE id = :folder RETURNING uidnext, modseq
