"""The outbox's statements. Those that settle rows return (key, unit, attempt, state), which become lines of the delivery log."""

HAND_OVER = """
INSERT INTO outbox (key, unit, run_no, channel, journey, customer_id, payload, not_before, expires_at, due_at, heeds_hours,
                    heeds_opt_out, product, branch, purpose, hours, switch_seq)
VALUES (:key, :unit, :run_no, :channel, :journey, :customer_id, :payload, :not_before, :expires_at, :not_before, :heeds_hours,
        :heeds_opt_out, :product, :branch, :purpose, :hours, (SELECT coalesce(max(seq), 0) FROM switch))
ON CONFLICT (key) DO NOTHING
"""

DUE = """
SELECT key FROM outbox
WHERE state = 'waiting' AND channel = :channel AND unit = :unit
  AND due_at <= :now AND not_before <= :now AND expires_at > :now
  AND journey NOT IN (SELECT value FROM json_each(:journeys))
  AND product NOT IN (SELECT value FROM json_each(:products))
  AND branch NOT IN (SELECT value FROM json_each(:branches))
  AND (NOT heeds_hours OR coalesce((SELECT value FROM json_each(:groups) WHERE key = hours), NOT :closed))
ORDER BY due_at, key
LIMIT :limit
"""

NEXT_TOKEN = "UPDATE fencing SET token = token + 1 RETURNING token"

LEASE = """
UPDATE outbox SET state = 'leased', attempting = 0, lease_token = :token, lease_owner = :owner, lease_until = :until
WHERE key IN (SELECT value FROM json_each(:keys))
"""

LEASED = """
SELECT key, unit, channel, journey, customer_id, payload, attempt, product, branch, purpose, not_before, expires_at, heeds_hours,
    heeds_opt_out
FROM outbox
WHERE key IN (SELECT value FROM json_each(:keys))
ORDER BY due_at, key
"""

HELD_BY = """
SELECT not_before, expires_at, heeds_opt_out FROM outbox
WHERE key = :key AND state = 'leased' AND attempting = 0 AND lease_token = :token AND lease_until > :now
"""

MARK = "UPDATE outbox SET attempting = 1, attempt = attempt + 1 WHERE key = :key AND lease_token = :token"

RELEASE = """
UPDATE outbox SET state = 'waiting', lease_owner = NULL, lease_until = NULL WHERE key = :key AND lease_token = :token
"""

SETTLE = """
UPDATE outbox SET state = :state, settled_at = :now, attempting = 0, lease_owner = NULL, lease_until = NULL
WHERE key = :key AND state = 'leased' AND lease_token = :token
RETURNING key, unit, attempt, state
"""

RESCHEDULE = """
UPDATE outbox SET state = 'waiting', due_at = max(due_at, :due_at), attempting = 0, lease_owner = NULL, lease_until = NULL
WHERE key = :key AND state = 'leased' AND lease_token = :token
RETURNING key, unit, attempt
"""

LAPSED_UNKNOWN = """
UPDATE outbox SET state = 'unknown', settled_at = :now, lease_owner = NULL, lease_until = NULL
WHERE state = 'leased' AND lease_until <= :now AND attempting = 1
  AND channel IN (SELECT value FROM json_each(:served))
  AND (attempt >= :attempts OR channel NOT IN (SELECT value FROM json_each(:deduplicating)))
RETURNING key, unit, attempt, state
"""

LAPSED_WAITING = """
UPDATE outbox SET state = 'waiting', attempting = 0, lease_owner = NULL, lease_until = NULL
WHERE state = 'leased' AND lease_until <= :now AND channel IN (SELECT value FROM json_each(:served))
"""

EXPIRE = """
UPDATE outbox SET state = 'expired', settled_at = :now
WHERE state = 'waiting' AND expires_at <= :now
RETURNING key, unit, attempt, state
"""

CONFIRM = """
UPDATE outbox SET state = :state, settled_at = :now
WHERE key = :key AND state IN ('accepted', 'pending', 'unknown')
RETURNING key, unit, attempt, state
"""

CANCEL = """
UPDATE outbox SET state = 'cancelled', settled_at = :now
WHERE key IN (SELECT value FROM json_each(:keys)) AND (state = 'waiting' OR (state = 'leased' AND attempting = 0))
RETURNING key, unit, attempt, state
"""

CANCEL_REACHED = """
UPDATE outbox SET state = 'cancelled', settled_at = :now
WHERE (state = 'waiting' OR (state = 'leased' AND attempting = 0))
  AND (:scope = 'all' OR (:scope = 'channel' AND channel = :name) OR (:scope = 'journey' AND journey = :name)
    OR (:scope = 'product' AND product = :name) OR (:scope = 'branch' AND branch = :name))
RETURNING key, unit, attempt, state
"""

CANCEL_CUSTOMER = """
UPDATE outbox SET state = 'cancelled', settled_at = :now
WHERE customer_id = :customer_id AND (state = 'waiting' OR (state = 'leased' AND attempting = 0))
RETURNING key, unit, attempt, state
"""

PART = """
INSERT INTO outbox (key, unit, run_no, channel, journey, customer_id, payload, not_before, expires_at, due_at, heeds_hours,
                    heeds_opt_out, product, branch, purpose, hours, switch_seq)
SELECT :key, unit, run_no, channel, journey, customer_id, payload, not_before, expires_at, due_at, heeds_hours, heeds_opt_out, product,
    :branch, purpose, hours, switch_seq
FROM outbox WHERE key = :of
"""

PART_FILE = """
INSERT INTO batch (batch_id, path, rows, sha256, made_at) SELECT :key, :path, :rows, :sha256, made_at FROM batch WHERE batch_id = :of
"""

PART_TOUCHES = """
INSERT INTO batch_exclusion (batch_id, touch_key, reason) SELECT :first, value, :reason FROM json_each(:keys) WHERE true
ON CONFLICT (batch_id, touch_key) DO UPDATE SET reason = excluded.reason
"""

TOUCHES_OF_PART = """
SELECT touch_key FROM batch_exclusion AS e WHERE batch_id = :first AND reason = :reason
  AND NOT EXISTS (SELECT 1 FROM batch_exclusion AS o WHERE o.batch_id = :key AND o.touch_key = e.touch_key)
ORDER BY touch_key
"""

STATE = "SELECT state FROM outbox WHERE key = :key"

COUNTS = "SELECT unit, channel, state, count(*) FROM outbox GROUP BY unit, channel, state ORDER BY unit, channel, state"

NEXT_DUE = "SELECT min(due_at) FROM outbox WHERE state = 'waiting'"
