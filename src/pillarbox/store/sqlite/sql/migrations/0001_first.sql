-- The first shape of the store. Times are POSIX seconds, sizes octets, texts UTF-8.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta (name, value) VALUES ('version', 0), ('uidvalidity', 0), ('reopened', 0);

-- One row a message, immutable but for refs and size. Its first chapter lies here, so that accepting writes one row
-- less; the later ones lie in story. refs counts entries and queue rows; at 0 the octets are gone and size is 0.
CREATE TABLE message (
    id          INTEGER PRIMARY KEY,
    arrived     REAL    NOT NULL,
    sender      TEXT    NOT NULL,
    size        INTEGER NOT NULL,
    header_size INTEGER NOT NULL,
    body_type   TEXT    NOT NULL,
    smtputf8    INTEGER NOT NULL,
    ret         TEXT,
    envelope_id TEXT,
    login       TEXT,
    refs        INTEGER NOT NULL,
    chapter     TEXT    NOT NULL
) STRICT;
CREATE INDEX message_gone ON message (arrived) WHERE refs = 0;

-- The octets: data whole when file is NULL, else data and then the file without its first skip octets.
CREATE TABLE body (
    id   INTEGER PRIMARY KEY,
    data BLOB    NOT NULL,
    file TEXT,
    skip INTEGER NOT NULL
) STRICT;
CREATE INDEX body_file ON body (file) WHERE file IS NOT NULL;

CREATE TABLE story (
    id         INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL,
    chapter    TEXT    NOT NULL
) STRICT;
CREATE INDEX story_message ON story (message_id);

CREATE TABLE domain (
    name      TEXT PRIMARY KEY,
    catch_all TEXT,
    delimiter TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    address          TEXT    NOT NULL UNIQUE,
    domain           TEXT    NOT NULL,
    name             TEXT    NOT NULL,
    password         TEXT,
    scram_salt       BLOB,
    scram_iterations INTEGER,
    scram_stored_key BLOB,
    scram_server_key BLOB,
    quota_octets     INTEGER,
    quota_messages   INTEGER,
    enabled          INTEGER NOT NULL,
    created          REAL    NOT NULL
) STRICT;
CREATE INDEX account_domain ON account (domain, address);

CREATE TABLE alias (
    address  TEXT PRIMARY KEY,
    domain   TEXT    NOT NULL,
    may_send INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX alias_domain ON alias (domain, address);

-- target is the text as people write it, target_key the form that is compared.
CREATE TABLE alias_target (
    address    TEXT    NOT NULL,
    n          INTEGER NOT NULL,
    target     TEXT    NOT NULL,
    target_key TEXT    NOT NULL,
    PRIMARY KEY (address, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX alias_target_key ON alias_target (target_key);

CREATE TABLE route (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    position         INTEGER NOT NULL,
    recipient_domain TEXT    NOT NULL,
    sender           TEXT    NOT NULL,
    smart_host       TEXT    NOT NULL,
    tls              TEXT    NOT NULL,
    username         TEXT,
    password_file    TEXT
) STRICT;

-- The counters are kept in every transaction that touches an entry.
CREATE TABLE folder (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id  INTEGER NOT NULL,
    name        TEXT    NOT NULL,
    uidvalidity INTEGER NOT NULL,
    uidnext     INTEGER NOT NULL,
    modseq      INTEGER NOT NULL,
    messages    INTEGER NOT NULL,
    unseen      INTEGER NOT NULL,
    octets      INTEGER NOT NULL,
    special_use TEXT,
    subscribed  INTEGER NOT NULL,
    UNIQUE (account_id, name)
) STRICT;

-- One message in one folder; size counts prefix and message.
CREATE TABLE entry (
    folder_id     INTEGER NOT NULL,
    uid           INTEGER NOT NULL,
    message_id    INTEGER NOT NULL,
    modseq        INTEGER NOT NULL,
    flags         INTEGER NOT NULL,
    keywords      TEXT    NOT NULL,
    size          INTEGER NOT NULL,
    internal_date REAL    NOT NULL,
    prefix        BLOB    NOT NULL,
    PRIMARY KEY (folder_id, uid)
) STRICT, WITHOUT ROWID;

-- Tombstones for QRESYNC (RFC 7162 §3.2.5): what left a folder since a MODSEQ.
CREATE TABLE expunged (
    folder_id INTEGER NOT NULL,
    modseq    INTEGER NOT NULL,
    uid       INTEGER NOT NULL,
    PRIMARY KEY (folder_id, modseq, uid)
) STRICT, WITHOUT ROWID;

-- One row a recipient that still has to be reached. due is when it may be claimed: the end of its lease while leased
-- is 1, NULL while it is held. Ids are never used twice, because a runner may settle a row that was dropped meanwhile.
CREATE TABLE queue (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id INTEGER NOT NULL,
    recipient  TEXT    NOT NULL,
    domain     TEXT    NOT NULL,
    account_id INTEGER,
    notify     INTEGER,
    original   TEXT,
    due        REAL,
    leased     INTEGER NOT NULL,
    expires    REAL    NOT NULL,
    attempts   INTEGER NOT NULL,
    last_reply TEXT    NOT NULL,
    delay_told INTEGER NOT NULL
) STRICT;
CREATE INDEX queue_due ON queue (due) WHERE due IS NOT NULL;
CREATE INDEX queue_leased ON queue (id) WHERE leased = 1;
CREATE INDEX queue_message ON queue (message_id);
CREATE INDEX queue_account ON queue (account_id) WHERE account_id IS NOT NULL;

CREATE TABLE secret (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
