-- What shows others that mail is ours, and what they and we tell each other of it.

-- The reverse-path of one recipient, where it is not the message's (SRS of forwarded mail).
ALTER TABLE queue ADD COLUMN sender TEXT;

-- RFC 6376: keys that sign for our domains. state: made, active, retired.
CREATE TABLE dkim_key (
    domain    TEXT NOT NULL,
    selector  TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    private   TEXT NOT NULL,
    state     TEXT NOT NULL,
    made      REAL NOT NULL,
    changed   REAL NOT NULL,
    PRIMARY KEY (domain, selector)
) STRICT, WITHOUT ROWID;

-- RFC 9990: messages of a day by the domain whose policy counted, its record, and what was found (JSON).
CREATE TABLE dmarc_count (
    day      TEXT    NOT NULL,
    domain   TEXT    NOT NULL,
    record   TEXT    NOT NULL,
    evidence TEXT    NOT NULL,
    messages INTEGER NOT NULL,
    PRIMARY KEY (day, domain, record, evidence)
) STRICT, WITHOUT ROWID;

-- Which reports on a day have gone out; kind is dmarc or tls.
CREATE TABLE report_sent (
    kind   TEXT NOT NULL,
    day    TEXT NOT NULL,
    domain TEXT NOT NULL,
    PRIMARY KEY (kind, day, domain)
) STRICT, WITHOUT ROWID;

-- Reports that others sent us about our domains; document is what they said (JSON).
CREATE TABLE report (
    kind       TEXT    NOT NULL,
    domain     TEXT    NOT NULL,
    reporter   TEXT    NOT NULL,
    number     TEXT    NOT NULL,
    begins     REAL    NOT NULL,
    ends       REAL    NOT NULL,
    received   REAL    NOT NULL,
    message_id INTEGER NOT NULL,
    document   TEXT    NOT NULL,
    PRIMARY KEY (kind, domain, reporter, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX report_received ON report (received);
CREATE INDEX report_begins ON report (kind, domain, begins);
