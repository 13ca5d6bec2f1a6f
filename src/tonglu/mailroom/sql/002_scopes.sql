-- Switches by product and branch, words by purpose, hours by group, and the operators' levers.

ALTER TABLE outbox ADD COLUMN product TEXT NOT NULL DEFAULT '';  -- the kind of product it is about; '' for none, or a batch of several
ALTER TABLE outbox ADD COLUMN branch TEXT NOT NULL DEFAULT '';   -- the customer's branch; '' for none, or a batch
ALTER TABLE outbox ADD COLUMN purpose TEXT NOT NULL DEFAULT 'marketing';
ALTER TABLE outbox ADD COLUMN hours TEXT NOT NULL DEFAULT '';    -- the segment whose hours hold; '' for the channel's own

CREATE TABLE switch_2 (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    scope   TEXT NOT NULL CHECK (scope IN ('all', 'channel', 'journey', 'product', 'branch')),
    name    TEXT NOT NULL,
    action  TEXT NOT NULL CHECK (action IN ('pause', 'resume', 'kill')),
    by      TEXT NOT NULL,
    reason  TEXT NOT NULL,
    at      TEXT NOT NULL
) STRICT;
INSERT INTO switch_2 SELECT seq, scope, name, action, by, reason, at FROM switch ORDER BY seq;
DROP TABLE switch;
ALTER TABLE switch_2 RENAME TO switch;

CREATE TABLE optout_2 (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id  INTEGER NOT NULL,
    channel      TEXT NOT NULL,                 -- '*' is every channel
    purpose      TEXT NOT NULL DEFAULT '*',     -- '*' is every purpose; 'profiling' is personalised marketing
    action       TEXT NOT NULL CHECK (action IN ('out', 'in')),
    at           TEXT NOT NULL,
    from_run     INTEGER NOT NULL DEFAULT 0,    -- 1: a run told it, so no run reads it
    UNIQUE (customer_id, channel, purpose, at, action)
) STRICT;
INSERT INTO optout_2 (seq, customer_id, channel, action, at, from_run)
SELECT seq, customer_id, channel, action, at, from_run FROM optout ORDER BY seq;
DROP TABLE optout;
ALTER TABLE optout_2 RENAME TO optout;

CREATE TABLE lever (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    scope   TEXT NOT NULL CHECK (scope IN ('journey', 'channel', 'product')),
    name    TEXT NOT NULL,
    factor  TEXT,                               -- null: dropped
    until   TEXT,
    by      TEXT NOT NULL,
    reason  TEXT NOT NULL,
    at      TEXT NOT NULL
) STRICT;
