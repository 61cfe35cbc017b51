-- name: rights
-- The rights in a folder by identifier.
SELECT identifier, rights FROM rights WHERE folder_id = ? ORDER BY identifier

-- name: rights_in
-- The rights in folders, a JSON array of ids.
SELECT folder_id, identifier, rights FROM rights WHERE folder_id IN (SELECT value FROM json_each(?))
ORDER BY folder_id, identifier

-- name: set_rights
-- Give an identifier rights in a folder that exists.
INSERT INTO rights (folder_id, identifier, rights) SELECT id, :identifier, :rights FROM folder WHERE id = :folder
ON CONFLICT (folder_id, identifier) DO UPDATE SET rights = excluded.rights

-- name: remove_rights
-- Remove the rights of an identifier.
DELETE FROM rights WHERE folder_id = :folder AND identifier = :identifier

-- name: shared_with
-- Folders of others that name this account or anyone among those with rights: the owner's address and the folder's id.
SELECT owner.address, folder.id FROM folder JOIN account AS owner ON owner.id = folder.account_id
WHERE folder.account_id <> :account AND folder.id IN
    (SELECT folder_id FROM rights
     WHERE identifier IN ('anyone', (SELECT address FROM account WHERE id = :account)))
ORDER BY owner.address, folder.name

-- name: notes
-- The notes on a folder that an account sees.
SELECT name, value FROM note WHERE folder_id = ? AND account_id IN (0, ?) ORDER BY name

-- name: set_note
-- Keep a note.
INSERT INTO note (folder_id, account_id, name, value) VALUES (?, ?, ?, ?)
ON CONFLICT (folder_id, account_id, name) DO UPDATE SET value = excluded.value

-- name: remove_note
-- Remove a note.
DELETE FROM note WHERE folder_id = ? AND account_id = ? AND name = ?
