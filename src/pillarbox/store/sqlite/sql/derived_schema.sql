-- The shape of derived.db. Whatever stands in it can be computed again from the messages; when the shape changes, the
-- file is emptied and filled anew.

-- What is looked at for every message of a folder: kept narrow, the long lists of addresses last. number is the row in
-- the index of words: small numbers that rise by one make its lists half as long as message ids would.
CREATE TABLE digest (
    message_id INTEGER PRIMARY KEY,
    number     INTEGER NOT NULL,
    cut        INTEGER NOT NULL,
    sent_day   INTEGER,
    thread     TEXT    NOT NULL,
    sender     TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    "to"       TEXT    NOT NULL,
    cc         TEXT    NOT NULL,
    bcc        TEXT    NOT NULL
) STRICT;

-- What SORT and THREAD compare.
CREATE TABLE ordering (
    message_id        INTEGER PRIMARY KEY,
    sent              REAL,
    is_reply          INTEGER NOT NULL,
    thread_id         TEXT    NOT NULL,
    "references"      TEXT    NOT NULL,
    sort_subject      TEXT    NOT NULL,
    sort_from         TEXT    NOT NULL,
    sort_to           TEXT    NOT NULL,
    sort_cc           TEXT    NOT NULL,
    sort_display_from TEXT    NOT NULL,
    sort_display_to   TEXT    NOT NULL
) STRICT;

-- What FETCH answers, as it goes over the wire.
CREATE TABLE wire (
    message_id INTEGER PRIMARY KEY,
    envelope   BLOB NOT NULL,
    body       BLOB NOT NULL,
    structure  BLOB NOT NULL,
    sections   BLOB NOT NULL,
    preview    BLOB NOT NULL
) STRICT;

-- The texts themselves, compressed: the index below only knows which three characters stand side by side somewhere.
CREATE TABLE words (
    number INTEGER PRIMARY KEY,
    fields BLOB NOT NULL,
    text   BLOB NOT NULL
) STRICT;

-- Texts are folded before they come here; two tables without detail are smaller and faster than two columns with it.
CREATE VIRTUAL TABLE in_fields USING fts5 (
    content, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram case_sensitive 1'
);
CREATE VIRTUAL TABLE in_text USING fts5 (
    content, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram case_sensitive 1'
);
