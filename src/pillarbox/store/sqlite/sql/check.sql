-- name: folder_counters
-- Folders whose counters differ from what lies in them.
SELECT 'folder ' || name || ' of account ' || account_id || ' counts ' || messages || ' messages, ' || unseen
    || ' unseen, ' || octets || ' octets, but holds ' || n || ', ' || fresh || ', ' || total
FROM (SELECT folder.*, count(uid) AS n, coalesce(sum(1 - (flags & 1)), 0) AS fresh, coalesce(sum(size), 0) AS total
      FROM folder LEFT JOIN entry ON folder_id = folder.id GROUP BY folder.id)
WHERE messages <> n OR unseen <> fresh OR octets <> total
UNION ALL
SELECT 'folder ' || name || ' of account ' || account_id || ' counts ' || deleted || ' deleted messages of '
    || deleted_octets || ' octets, but holds ' || n || ' of ' || total
FROM (SELECT folder.*, count(uid) AS n, coalesce(sum(size), 0) AS total
      FROM folder LEFT JOIN entry ON folder_id = folder.id AND flags & 8 GROUP BY folder.id)
WHERE deleted <> n OR deleted_octets <> total

-- name: folder_numbers
-- Folders that would give a UID or MODSEQ twice.
SELECT 'folder ' || name || ' of account ' || account_id || ' would give a UID or MODSEQ that was given before'
FROM folder WHERE uidnext <= (SELECT max(uid) FROM entry WHERE folder_id = folder.id)
    OR modseq < (SELECT max(modseq) FROM entry WHERE folder_id = folder.id)
    OR modseq < (SELECT max(modseq) FROM expunged WHERE folder_id = folder.id)
UNION ALL
SELECT DISTINCT 'folder ' || folder_id || ' tells wrongly what was added or changed since'
FROM (SELECT folder_id, modseq, added, lag(added) OVER (PARTITION BY folder_id ORDER BY uid) AS before FROM entry)
WHERE added < before OR added > modseq

-- name: entries_without_folder
-- Entries and folders whose owner is gone.
SELECT 'an entry lies in folder ' || folder_id || ', which does not exist'
FROM (SELECT DISTINCT folder_id FROM entry) WHERE folder_id NOT IN (SELECT id FROM folder)
UNION ALL
SELECT 'rights or notes are kept for folder ' || folder_id || ', which does not exist'
FROM (SELECT folder_id FROM rights UNION SELECT folder_id FROM note WHERE folder_id <> 0
      UNION SELECT folder_id FROM expunged)
WHERE folder_id NOT IN (SELECT id FROM folder)
UNION ALL
SELECT 'notes or subscriptions are kept for account ' || account_id || ', which does not exist'
FROM (SELECT account_id FROM note WHERE account_id <> 0 UNION SELECT account_id FROM subscription)
WHERE account_id NOT IN (SELECT id FROM account)
UNION ALL
SELECT 'folder ' || name || ' belongs to account ' || account_id || ', which does not exist'
FROM folder WHERE account_id NOT IN (SELECT id FROM account)

-- name: references
-- Messages whose references are counted wrong, or that are referred to but not there.
SELECT 'message ' || coalesce(message.id, wanted.id) || ' counts ' || coalesce(refs, 0)
    || ' references, but has ' || coalesce(n, 0)
FROM (SELECT message_id AS id, count(*) AS n FROM
         (SELECT message_id FROM entry UNION ALL SELECT message_id FROM queue) GROUP BY message_id) AS wanted
FULL JOIN message ON message.id = wanted.id
WHERE coalesce(refs, 0) <> coalesce(n, 0) OR message.id IS NULL

-- name: octets
-- Messages whose octets are missing, left over or too few, as far as the database knows.
SELECT 'message ' || message.id || iif(body.id IS NULL, ' has lost its octets', ' should have ' || size || ' octets, but has '
    || length(data))
FROM message LEFT JOIN body ON body.id = message.id
WHERE refs > 0 AND (body.id IS NULL OR (file IS NULL AND length(data) <> size))
UNION ALL
SELECT 'octets of message ' || body.id || ' are kept that nothing refers to'
FROM body LEFT JOIN message ON message.id = body.id WHERE coalesce(refs, 0) <= 0

-- name: files
-- What each body file should hold: message, name, octets.
SELECT body.id, file, message.size - length(data) + skip FROM body JOIN message ON message.id = body.id
WHERE file IS NOT NULL

-- name: file_names
-- The body files of a snapshot.
SELECT file FROM body WHERE file IS NOT NULL

-- name: still_there
-- Whether a body still names a file.
SELECT 1 FROM body WHERE id = ? AND file = ?
