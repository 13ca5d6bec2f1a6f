-- Instants are text of fixed width, UTC, so that comparing text compares time.

CREATE TABLE outbox (
    key          TEXT PRIMARY KEY,              -- touch_key, or batch_id when unit is 'batch'
    unit         TEXT NOT NULL CHECK (unit IN ('touch', 'batch')),
    run_no       INTEGER NOT NULL,
    channel      TEXT NOT NULL,
    journey      TEXT NOT NULL DEFAULT '',      -- '' for a batch of several
    customer_id  INTEGER,                       -- null for a batch
    payload      TEXT,                          -- JSON; null once erased
    not_before   TEXT NOT NULL,
    expires_at   TEXT NOT NULL,
    due_at       TEXT NOT NULL,                 -- not_before, later after a retry
    state        TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN
        ('waiting', 'leased', 'accepted', 'pending', 'delivered', 'failed', 'unknown', 'cancelled', 'expired')),
    attempt      INTEGER NOT NULL DEFAULT 0,    -- attempts begun
    attempting   INTEGER NOT NULL DEFAULT 0,    -- 1 from the moment the touch may have left
    lease_token  INTEGER NOT NULL DEFAULT 0,
    lease_owner  TEXT,
    lease_until  TEXT,
    switch_seq   INTEGER NOT NULL DEFAULT 0,    -- the last switch known when it was handed over
    heeds_hours   INTEGER NOT NULL DEFAULT 1,   -- 0: may leave although its channel is closed
    heeds_opt_out INTEGER NOT NULL DEFAULT 1,   -- 0: may leave to somebody who opted out
    settled_at   TEXT
) STRICT;
CREATE INDEX outbox_due ON outbox (state, channel, due_at);
CREATE INDEX outbox_customer ON outbox (customer_id);
CREATE INDEX outbox_kept ON outbox (settled_at) WHERE payload IS NOT NULL;

CREATE TABLE fencing (one INTEGER PRIMARY KEY CHECK (one = 1), token INTEGER NOT NULL) STRICT;
INSERT INTO fencing VALUES (1, 0);

CREATE TABLE batch (
    batch_id  TEXT PRIMARY KEY REFERENCES outbox (key),
    path      TEXT,                             -- relative to the folder of staged batches; null once erased
    rows      INTEGER NOT NULL,
    sha256    TEXT NOT NULL,
    made_at   TEXT NOT NULL
) STRICT;

CREATE TABLE batch_exclusion (
    batch_id   TEXT NOT NULL REFERENCES batch (batch_id),
    touch_key  TEXT NOT NULL,
    reason     TEXT NOT NULL,
    PRIMARY KEY (batch_id, touch_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE delivery_log (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    touch_key  TEXT,                            -- null when the whole batch is meant
    batch_id   TEXT,
    state      TEXT NOT NULL,
    at         TEXT NOT NULL,
    attempt    INTEGER NOT NULL,
    detail     TEXT NOT NULL,
    CHECK (touch_key IS NOT NULL OR batch_id IS NOT NULL)
) STRICT;

CREATE TABLE inbox (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind         TEXT NOT NULL,
    id           TEXT NOT NULL,
    content      TEXT NOT NULL,                 -- sha256 of customer and payload
    customer_id  INTEGER,
    payload      TEXT,                          -- JSON; null once erased
    received_at  TEXT NOT NULL,
    UNIQUE (kind, id, content)
) STRICT;
CREATE INDEX inbox_customer ON inbox (customer_id);
CREATE INDEX inbox_kept ON inbox (received_at) WHERE payload IS NOT NULL;

CREATE TABLE switch (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    scope   TEXT NOT NULL CHECK (scope IN ('all', 'channel', 'journey')),
    name    TEXT NOT NULL,
    action  TEXT NOT NULL CHECK (action IN ('pause', 'resume', 'kill')),
    by      TEXT NOT NULL,
    reason  TEXT NOT NULL,
    at      TEXT NOT NULL
) STRICT;

CREATE TABLE optout (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id  INTEGER NOT NULL,
    channel      TEXT NOT NULL,                 -- '*' is every channel
    action       TEXT NOT NULL CHECK (action IN ('out', 'in')),
    at           TEXT NOT NULL,
    from_run     INTEGER NOT NULL DEFAULT 0,    -- 1: a run told it, so no run reads it
    UNIQUE (customer_id, channel, at, action)
) STRICT;
