-- Touches that a person must confirm or make. Whether an item is open is the state of its outbox row ('pending') and nothing else.

CREATE TABLE work_item (
    key           TEXT PRIMARY KEY REFERENCES outbox (key),
    channel       TEXT NOT NULL,
    journey       TEXT NOT NULL,
    customer_id   INTEGER NOT NULL,
    branch_id     INTEGER,
    employee_id   INTEGER,                       -- null: whoever of the branch is free
    name          TEXT,                          -- this and the next three: null once erased
    address       TEXT,
    title         TEXT,
    body          TEXT,
    message       TEXT NOT NULL,
    arm           TEXT NOT NULL,
    not_before    TEXT NOT NULL,
    due_at        TEXT NOT NULL,                 -- the earliest instant of the next attempt
    expires_at    TEXT NOT NULL,
    heeds_hours   INTEGER NOT NULL,
    heeds_opt_out INTEGER NOT NULL,
    attempts      INTEGER NOT NULL DEFAULT 0,
    version       INTEGER NOT NULL DEFAULT 1,    -- rises with every change
    outcome       TEXT NOT NULL DEFAULT '',      -- of the last attempt
    lease_token   INTEGER NOT NULL DEFAULT 0,
    lease_by      TEXT,
    lease_until   TEXT,
    withdrawn     TEXT                           -- why it is to be cancelled as soon as nobody holds it
) STRICT;
CREATE INDEX work_item_place ON work_item (branch_id, employee_id, due_at);
CREATE INDEX work_item_customer ON work_item (customer_id);

CREATE TABLE work_attempt (
    key           TEXT NOT NULL REFERENCES work_item (key),
    attempt       INTEGER NOT NULL,
    outcome       TEXT NOT NULL,
    receipt       TEXT NOT NULL,
    at            TEXT NOT NULL,
    by            TEXT NOT NULL,
    note          TEXT,                          -- null once erased
    call_back_at  TEXT,
    PRIMARY KEY (key, attempt)
) STRICT, WITHOUT ROWID;

-- Who did what to which item, and who looked at whom: 'take', 'done', 'pass', 'late', 'reveal', 'export', 'import'.
CREATE TABLE work_log (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    key     TEXT,
    action  TEXT NOT NULL,
    by      TEXT NOT NULL,
    at      TEXT NOT NULL,
    detail  TEXT NOT NULL
) STRICT;
