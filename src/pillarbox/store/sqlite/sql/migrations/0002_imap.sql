-- What IMAP asks of folders and entries.

-- The MODSEQ an entry was added under never changes, and rises with its UID: entries added since a MODSEQ are found
-- from the newest backwards, and only those that were changed after they were added need an index. So filing a message
-- costs no index. Entries from before this step count as changed. saved is NULL where it is the internal date.
ALTER TABLE entry ADD COLUMN added INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entry ADD COLUMN saved REAL;
CREATE INDEX entry_changed ON entry (folder_id, modseq) WHERE modseq <> added;

ALTER TABLE folder ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE folder ADD COLUMN deleted_octets INTEGER NOT NULL DEFAULT 0;
ALTER TABLE folder ADD COLUMN recent INTEGER NOT NULL DEFAULT 1;
UPDATE folder SET deleted = found.n, deleted_octets = found.octets
FROM (SELECT folder_id, count(*) AS n, sum(size) AS octets FROM entry WHERE flags & 8 GROUP BY folder_id) AS found
WHERE folder.id = found.folder_id;

-- Names, not folders: they may be subscribed to before there is such a folder, and after (RFC 9051 §6.3.7).
CREATE TABLE subscription (
    account_id INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    PRIMARY KEY (account_id, name)
) STRICT, WITHOUT ROWID;
INSERT INTO subscription (account_id, name) SELECT account_id, name FROM folder WHERE subscribed;
ALTER TABLE folder DROP COLUMN subscribed;

-- RFC 4314: who may do what in a folder. The identifier is an address, "anyone", or either behind "-".
CREATE TABLE rights (
    folder_id  INTEGER NOT NULL,
    identifier TEXT    NOT NULL,
    rights     TEXT    NOT NULL,
    PRIMARY KEY (folder_id, identifier)
) STRICT, WITHOUT ROWID;
CREATE INDEX rights_identifier ON rights (identifier);

-- RFC 5464: notes on a folder, or on the server where folder_id is 0. account_id is 0 for those that all may see.
CREATE TABLE note (
    folder_id  INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    value      BLOB    NOT NULL,
    PRIMARY KEY (folder_id, account_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX note_account ON note (account_id) WHERE account_id <> 0;
