-- name: domains
-- All our domains.
SELECT name, catch_all, delimiter FROM domain ORDER BY name

-- name: domain
-- One of our domains.
SELECT name, catch_all, delimiter FROM domain WHERE name = ?

-- name: put_domain
-- Add a domain or change it.
INSERT INTO domain (name, catch_all, delimiter) VALUES (?, ?, ?)
ON CONFLICT (name) DO UPDATE SET catch_all = excluded.catch_all, delimiter = excluded.delimiter

-- name: domain_users
-- How many accounts and aliases a domain has.
SELECT (SELECT count(*) FROM account WHERE domain = :name), (SELECT count(*) FROM alias WHERE domain = :name)

-- name: remove_keys
-- Remove the signing keys of a domain.
DELETE FROM dkim_key WHERE domain = ?

-- name: remove_domain
-- Remove a domain.
DELETE FROM domain WHERE name = ? RETURNING name

-- name: accounts
-- Accounts with what they hold; the condition is put in by the caller.
SELECT account.id, address, account.name, password, scram_salt, scram_iterations, scram_stored_key, scram_server_key,
    quota_octets, quota_messages, enabled, created,
    (SELECT coalesce(sum(octets), 0) FROM folder WHERE account_id = account.id),
    (SELECT coalesce(sum(messages), 0) FROM folder WHERE account_id = account.id)
FROM account WHERE {condition} ORDER BY address

-- name: add_account
-- A new user; the id.
INSERT INTO account (address, domain, name, password, scram_salt, scram_iterations, scram_stored_key, scram_server_key,
    quota_octets, quota_messages, enabled, created)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id

-- name: set_password
-- Replace what a login is checked against.
UPDATE account SET password = ?, scram_salt = ?, scram_iterations = ?, scram_stored_key = ?, scram_server_key = ?
WHERE id = ?

-- name: change_account
-- Replace name, quota and enabled.
UPDATE account SET name = ?, quota_octets = ?, quota_messages = ?, enabled = ? WHERE id = ?

-- name: account_messages
-- How often each message lies in an account's folders, as one JSON array of [message, minus that number].
SELECT json_group_array(json_array(message_id, -n)) FROM
    (SELECT message_id, count(*) AS n FROM entry
     WHERE folder_id IN (SELECT id FROM folder WHERE account_id = ?) GROUP BY message_id)

-- name: account_waiting
-- The late local copies of an account, as one JSON array of ids.
SELECT json_group_array(id) FROM queue WHERE account_id = ?

-- name: remove_entries
-- Remove all an account's entries.
DELETE FROM entry WHERE folder_id IN (SELECT id FROM folder WHERE account_id = ?)

-- name: remove_tombstones
-- Remove all an account's tombstones.
DELETE FROM expunged WHERE folder_id IN (SELECT id FROM folder WHERE account_id = ?)

-- name: remove_subscriptions
-- Remove all an account's subscriptions.
DELETE FROM subscription WHERE account_id = ?

-- name: remove_rights
-- Remove the rights in an account's folders, and those of its address: a later user of it is somebody else.
DELETE FROM rights WHERE folder_id IN (SELECT id FROM folder WHERE account_id = ?1)
    OR ltrim(identifier, '-') = (SELECT address FROM account WHERE id = ?1)

-- name: remove_own_notes
-- Remove what only this account sees.
DELETE FROM note WHERE account_id <> 0 AND account_id = ?

-- name: remove_folder_notes
-- Remove the notes on an account's folders.
DELETE FROM note WHERE folder_id IN (SELECT id FROM folder WHERE account_id = ?)

-- name: remove_folders
-- Remove all an account's folders; their ids.
DELETE FROM folder WHERE account_id = ? RETURNING id

-- name: remove_account
-- Remove a user.
DELETE FROM account WHERE id = ? RETURNING id

-- name: aliases
-- Aliases with their targets, one row a target; the condition is put in by the caller.
SELECT alias.address, may_send, target FROM alias LEFT JOIN alias_target USING (address)
WHERE {condition} ORDER BY alias.address, n

-- name: put_alias
-- Add an alias or change it.
INSERT INTO alias (address, domain, may_send) VALUES (?, ?, ?)
ON CONFLICT (address) DO UPDATE SET may_send = excluded.may_send

-- name: add_target
-- One target of an alias.
INSERT INTO alias_target (address, n, target, target_key) VALUES (?, ?, ?, ?)

-- name: remove_targets
-- Remove an alias' targets.
DELETE FROM alias_target WHERE address = ?

-- name: remove_alias
-- Remove an alias.
DELETE FROM alias WHERE address = ? RETURNING address

-- name: routes
-- The stored routing rules in their order.
SELECT id, position, recipient_domain, sender, smart_host, tls, username, password_file FROM route ORDER BY position, id

-- name: add_route
-- A rule behind the others; its id.
INSERT INTO route (position, recipient_domain, sender, smart_host, tls, username, password_file)
VALUES ((SELECT coalesce(max(position), 0) + 1 FROM route), ?, ?, ?, ?, ?, ?) RETURNING id

-- name: remove_route
-- Remove a rule.
DELETE FROM route WHERE id = ? RETURNING id
