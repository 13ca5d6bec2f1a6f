-- What was done and by whom, chained by hash; rows are only ever added.
CREATE TABLE audit (
    seq       INTEGER PRIMARY KEY,
    at        TEXT NOT NULL,
    what      TEXT NOT NULL,
    subject   TEXT NOT NULL,                    -- of a customer the keyed pseudonym, never the number
    by        TEXT NOT NULL,
    detail    TEXT NOT NULL,                    -- canonical JSON
    note      TEXT NOT NULL,                    -- SHA-256 of salt and words; '' without words
    previous  TEXT NOT NULL,
    hash      TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
-- Free words about a customer, apart from the chain so that they can be erased: the chain holds their salted hash.
CREATE TABLE audit_note (seq INTEGER PRIMARY KEY, salt TEXT NOT NULL, words TEXT NOT NULL) STRICT;
-- The key behind a customer's pseudonym; destroyed when the customer is forgotten.
CREATE TABLE pseudonym_key (customer_id INTEGER PRIMARY KEY, key BLOB NOT NULL) STRICT;

-- What authors put forward, each text by its hash, and who approved it.
CREATE TABLE submission (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    kind      TEXT NOT NULL CHECK (kind IN ('journey', 'policy')),
    name      TEXT NOT NULL,
    hash      TEXT NOT NULL,
    content   TEXT NOT NULL,
    reads     TEXT NOT NULL,                    -- JSON: segments and their hashes
    author    TEXT NOT NULL,
    note      TEXT NOT NULL,
    audience  INTEGER,                          -- null when it could not be counted
    needed    INTEGER NOT NULL,
    roles     TEXT NOT NULL,                    -- JSON
    at        TEXT NOT NULL
) STRICT;
CREATE TABLE approval (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    submission  INTEGER NOT NULL REFERENCES submission (seq),
    by          TEXT NOT NULL,
    at          TEXT NOT NULL,
    override    TEXT NOT NULL DEFAULT '',
    UNIQUE (submission, by)
) STRICT;
-- Group counts of the last dry run or backtest of a definition, for the limits of fairness.
CREATE TABLE fairness_seen (name TEXT PRIMARY KEY, hash TEXT NOT NULL, source TEXT NOT NULL, counts TEXT NOT NULL) STRICT;

-- Customers who are being forgotten: a row is there from the first step to the last.
CREATE TABLE forgetting (
    customer_id  INTEGER PRIMARY KEY,
    surrogate    INTEGER NOT NULL,
    salt         TEXT NOT NULL,
    by           TEXT NOT NULL,
    reason       TEXT NOT NULL,
    at           TEXT NOT NULL
) STRICT;
-- Keyed hashes of customers who were forgotten, so that no file brings them back.
CREATE TABLE suppressed (hash TEXT PRIMARY KEY, at TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE suppression_check (one INTEGER PRIMARY KEY CHECK (one = 1), hash TEXT NOT NULL) STRICT;
