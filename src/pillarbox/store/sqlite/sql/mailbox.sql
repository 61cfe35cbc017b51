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

-- name: by_use
-- The folders that serve special uses, as one JSON array of [account, use, name]; of several the first by name. Wanted
-- is a JSON array of [account, use].
SELECT json_group_array(json_array(account, use, name)) FROM (
    SELECT account_id AS account, wanted.value ->> 1 AS use, min(name) AS name
    FROM json_each(?) AS wanted JOIN folder ON folder.account_id = wanted.value ->> 0
        AND instr(' ' || special_use || ' ', ' ' || (wanted.value ->> 1) || ' ')
    GROUP BY 1, 2)

-- name: set_counters
-- Write counters back: a JSON array of [folder, uidnext, modseq, messages, unseen, octets].
UPDATE folder SET uidnext = new.value ->> 1, modseq = new.value ->> 2, messages = new.value ->> 3,
    unseen = new.value ->> 4, octets = new.value ->> 5
FROM json_each(?) AS new WHERE folder.id = new.value ->> 0

-- name: more_deleted
-- Messages that were filed as deleted: number, octets, folder.
UPDATE folder SET deleted = deleted + ?, deleted_octets = deleted_octets + ? WHERE id = ?

-- name: holding
-- What an account may hold and holds.
SELECT quota_octets, quota_messages, coalesce(sum(octets), 0), coalesce(sum(messages), 0)
FROM account LEFT JOIN folder ON account_id = account.id WHERE account.id = ? GROUP BY account.id

-- name: add_entry
-- A message in a folder; several rows are written at once.
INSERT INTO entry (folder_id, uid, message_id, modseq, flags, keywords, size, internal_date, prefix, added, saved)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
