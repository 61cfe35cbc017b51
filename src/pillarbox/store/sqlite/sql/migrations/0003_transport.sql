-- What is known of the safety of the way to others, and how it was kept.

-- RFC 8689: what the sender wishes, "required" or "optional".
ALTER TABLE message ADD COLUMN tls TEXT;

-- RFC 8461: the policies of other domains. Octets as they were fetched; version is the id that DNS gave then.
CREATE TABLE sts_policy (
    domain  TEXT PRIMARY KEY,
    version TEXT NOT NULL,
    fetched REAL NOT NULL,
    expires REAL NOT NULL,
    policy  BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sts_policy_fetched ON sts_policy (fetched);

-- When a host was last reached with encryption.
CREATE TABLE tls_seen (
    host TEXT PRIMARY KEY,
    at   REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tls_seen_at ON tls_seen (at);

-- RFC 8460: sessions of a day by policy and result. policy and mx are JSON arrays of texts.
CREATE TABLE tls_count (
    day     TEXT    NOT NULL,
    domain  TEXT    NOT NULL,
    kind    TEXT    NOT NULL,
    policy  TEXT    NOT NULL,
    mx      TEXT    NOT NULL,
    result  TEXT    NOT NULL,
    host    TEXT    NOT NULL,
    address TEXT    NOT NULL,
    helo    TEXT    NOT NULL,
    reason  TEXT    NOT NULL,
    sessions INTEGER NOT NULL,
    PRIMARY KEY (day, domain, kind, policy, mx, result, host, address, helo, reason)
) STRICT, WITHOUT ROWID;
