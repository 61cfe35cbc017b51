-- name: add
-- A new, empty folder of an account that exists; its id.
INSERT INTO folder (account_id, name, uidvalidity, uidnext, modseq, messages, unseen, octets, special_use)
SELECT id, :name, :uidvalidity, 1, 1, 0, 0, 0, :use FROM account WHERE id = :account
RETURNING id

-- name: folders
-- Folders by name; the condition is put in by the caller.
SELECT id, account_id, name, uidvalidity, uidnext, modseq, messages, unseen, octets, special_use,
    EXISTS (SELECT 1 FROM subscription WHERE subscription.account_id = folder.account_id
        AND subscription.name = folder.name), deleted, deleted_octets, recent
FROM folder WHERE {condition} ORDER BY name

-- name: owner
-- Whose folder it is, and its name.
SELECT account_id, name FROM folder WHERE id = ?

-- name: rename
-- Rename a folder and those below it; the ids of all of them.
UPDATE folder SET name = :new || substr(name, length(:old) + 1)
WHERE account_id = :account AND (name = :old OR substr(name, 1, length(:old) + 1) = :old || '/')
RETURNING id

-- name: use
-- Replace the special uses of a folder.
UPDATE folder SET special_use = ? WHERE id = ?

-- name: messages
-- How often each message lies in a folder, as one JSON array of [message, minus that number].
SELECT json_group_array(json_array(message_id, -n)) FROM
    (SELECT message_id, count(*) AS n FROM entry WHERE folder_id = ? GROUP BY message_id)

-- name: remove_entries
-- Remove all entries of a folder.
DELETE FROM entry WHERE folder_id = ?

-- name: remove_tombstones
-- Remove a folder's tombstones.
DELETE FROM expunged WHERE folder_id = ?

-- name: remove_rights
-- Remove the rights in a folder.
DELETE FROM rights WHERE folder_id = ?

-- name: remove_notes
-- Remove the notes on a folder.
DELETE FROM note WHERE folder_id = ?

-- name: remove
-- Remove a folder.
DELETE FROM folder WHERE id = ?

-- name: take_recent
-- The first UID that nobody was told of, and the next one to be given.
SELECT recent, uidnext FROM folder WHERE id = ?

-- name: told_recent
-- All that is there was told of.
UPDATE folder SET recent = uidnext WHERE id = ?

-- name: subscriptions
-- The names that an account has subscribed to.
SELECT name FROM subscription WHERE account_id = ? ORDER BY name

-- name: subscribe
-- Subscribe an account that exists to a name.
INSERT INTO subscription (account_id, name) SELECT id, :name FROM account WHERE id = :account ON CONFLICT DO NOTHING

-- name: unsubscribe
-- Take a name from the subscriptions.
DELETE FROM subscription WHERE account_id = :account AND name = :name
