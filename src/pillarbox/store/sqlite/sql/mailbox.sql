-- name: counters
-- Folders that are filed into, as one JSON array: account, bounds, what the account holds (summed up only where there
-- is a bound), folder, counters. Wanted is a JSON array of [account, folder name].
SELECT json_group_array(json_array(account.id, quota_octets, quota_messages,
    iif(quota_octets IS NULL, 0, (SELECT sum(octets) FROM folder WHERE account_id = account.id)),
    iif(quota_messages IS NULL, 0, (SELECT sum(messages) FROM folder WHERE account_id = account.id)),
    folder.name, folder.id, uidnext, modseq, messages, unseen, octets))
FROM json_each(?) AS wanted
JOIN account ON account.id = wanted.value ->> 0
JOIN folder ON folder.account_id = wanted.value ->> 0 AND folder.name = wanted.value ->> 1

-- name: set_counters
-- Write counters back: a JSON array of [folder, uidnext, modseq, messages, unseen, octets].
UPDATE folder SET uidnext = new.value ->> 1, modseq = new.value ->> 2, messages = new.value ->> 3,
    unseen = new.value ->> 4, octets = new.value ->> 5
FROM json_each(?) AS new WHERE folder.id = new.value ->> 0

-- name: add_entry
-- A message in a folder; several rows are written at once.
INSERT INTO entry (folder_id, uid, message_id, modseq, flags, keywords, size, internal_date, prefix)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: add_folder
-- A new, empty folder of an account that exists.
INSERT INTO folder (account_id, name, uidvalidity, uidnext, modseq, messages, unseen, octets, special_use, subscribed)
SELECT id, :name, :uidvalidity, 1, 1, 0, 0, 0, :use, 1 FROM account WHERE id = :account
RETURNING id, account_id, name, uidvalidity, uidnext, modseq, messages, unseen, octets, special_use, subscribed

-- name: folders
-- An account's folders by name.
SELECT id, account_id, name, uidvalidity, uidnext, modseq, messages, unseen, octets, special_use, subscribed
FROM folder WHERE account_id = ? ORDER BY name

-- name: folder
-- One folder by its name.
SELECT id, account_id, name, uidvalidity, uidnext, modseq, messages, unseen, octets, special_use, subscribed
FROM folder WHERE account_id = ? AND name = ?

-- name: entries
-- What lies in a folder, by rising UID.
SELECT uid, message_id, modseq, flags, keywords, size, internal_date FROM entry WHERE folder_id = ? ORDER BY uid

-- name: prefix
-- The recipient's own lines.
SELECT prefix FROM entry WHERE folder_id = ? AND uid = ?

-- name: leaving
-- What is known of entries about to leave: uid, message, flags, size.
SELECT uid, message_id, flags, size FROM entry
WHERE folder_id = :folder AND uid IN (SELECT value FROM json_each(:uids)) ORDER BY uid

-- name: remove_entries
-- Remove entries of a folder.
DELETE FROM entry WHERE folder_id = :folder AND uid IN (SELECT value FROM json_each(:uids))

-- name: bury
-- Tombstones of removed entries under one MODSEQ.
INSERT INTO expunged (folder_id, modseq, uid) SELECT :folder, :modseq, value FROM json_each(:uids)

-- name: shrink_folder
-- What removed entries take from a folder's counters; the MODSEQ that tells it.
UPDATE folder SET modseq = modseq + 1, messages = messages - :messages, unseen = unseen - :unseen,
    octets = octets - :octets
WHERE id = :folder RETURNING modseq

-- name: flag_folder
-- A new MODSEQ and what changed flags do to the counter of unseen messages.
UPDATE folder SET modseq = modseq + 1, unseen = unseen + :unseen WHERE id = :folder RETURNING modseq

-- name: seen_change
-- By how much the number of unseen messages grows when flags of entries change.
SELECT coalesce(sum((flags & 1) - (((flags & ~:remove) | :add) & 1)), 0) FROM entry
WHERE folder_id = :folder AND uid IN (SELECT value FROM json_each(:uids))

-- name: set_flags
-- Change the flags of entries under one MODSEQ.
UPDATE entry SET flags = (flags & ~:remove) | :add, modseq = :modseq
WHERE folder_id = :folder AND uid IN (SELECT value FROM json_each(:uids))
