"""The worklist's statements. An item is open while its outbox row is `pending`; it is held while its lease lasts."""

PUT = """
INSERT INTO work_item (key, channel, journey, customer_id, branch_id, employee_id, name, address, title, body, message, arm, not_before,
                       due_at, expires_at, heeds_hours, heeds_opt_out)
VALUES (:key, :channel, :journey, :customer_id, :branch_id, :employee_id, :name, :address, :title, :body, :message, :arm, :not_before,
        :not_before, :expires_at, :heeds_hours, :heeds_opt_out)
ON CONFLICT (key) DO NOTHING
"""

COLUMNS = """
SELECT i.key, i.channel, i.journey, i.customer_id, i.branch_id, i.employee_id, coalesce(i.name, ''), coalesce(i.address, ''), i.message,
    i.arm, coalesce(i.title, ''), coalesce(i.body, ''), i.not_before, i.due_at, i.expires_at, o.state, i.attempts, i.version, i.outcome,
    i.lease_by, i.lease_until, i.lease_token, i.withdrawn, i.heeds_opt_out, i.heeds_hours,
    o.product, o.branch, o.purpose
FROM work_item AS i JOIN outbox AS o USING (key)
"""

ITEM = COLUMNS + "WHERE i.key = :key AND o.state NOT IN ('waiting', 'leased')"

LIKE = "SELECT key FROM work_item WHERE substr(key, 1, length(:prefix)) = :prefix ORDER BY key LIMIT 2"

LISTED = (
    COLUMNS
    + """
WHERE o.state = 'pending' AND (i.withdrawn IS NULL OR i.lease_until > :now) AND i.expires_at > :now
  AND (:branch_id IS NULL OR i.branch_id = :branch_id) AND (:employee_id IS NULL OR i.employee_id = :employee_id)
  AND (:channel IS NULL OR i.channel = :channel) AND (NOT :due OR i.due_at <= :now)
ORDER BY i.due_at, i.expires_at, i.key
"""
)

TAKE = """
UPDATE work_item SET lease_token = :token, lease_by = :by, lease_until = :until, version = version + 1 WHERE key = :key
"""

ATTEMPT = """
INSERT INTO work_attempt (key, attempt, outcome, receipt, at, by, note, call_back_at)
VALUES (:key, :attempt, :outcome, :receipt, :at, :by, :note, :call_back_at)
"""

TRIED = """
UPDATE work_item SET attempts = :attempt, outcome = :outcome, due_at = :due_at, lease_by = NULL, lease_until = NULL, version = version + 1
WHERE key = :key
"""

ATTEMPTS = "SELECT attempt, outcome, receipt, at, by, note, call_back_at FROM work_attempt WHERE key = :key ORDER BY attempt"

HAND_ON = """
UPDATE work_item SET employee_id = :employee_id, branch_id = coalesce(:branch_id, branch_id), lease_by = NULL, lease_until = NULL,
    version = version + 1
WHERE key = :key
"""

WITHDRAW = """
UPDATE work_item SET withdrawn = :reason, version = version + 1
WHERE withdrawn IS NULL AND key IN (SELECT value FROM json_each(:keys)) AND key IN (SELECT key FROM outbox WHERE state = 'pending')
"""

WITHDRAW_REACHED = """
UPDATE work_item SET withdrawn = :reason, version = version + 1
WHERE withdrawn IS NULL AND key IN (SELECT key FROM outbox WHERE state = 'pending')
  AND (:scope = 'all' OR (:scope = 'channel' AND channel = :name) OR (:scope = 'journey' AND journey = :name)
    OR (:scope = 'product' AND key IN (SELECT key FROM outbox WHERE product = :name))
    OR (:scope = 'branch' AND key IN (SELECT key FROM outbox WHERE branch = :name)))
"""

WITHDRAW_CUSTOMERS = """
UPDATE work_item SET withdrawn = :reason, version = version + 1
WHERE withdrawn IS NULL AND key IN (SELECT key FROM outbox WHERE state = 'pending') AND (:channel IS NULL OR channel = :channel)
  AND (:purpose IS NULL OR key IN (SELECT key FROM outbox WHERE purpose = :purpose))
  AND (heeds_opt_out OR :heedless) AND customer_id IN (SELECT value FROM json_each(:customers))
"""

PENDING_CHANNELS = (
    "SELECT DISTINCT i.channel, o.purpose FROM work_item AS i JOIN outbox AS o USING (key) WHERE o.state = 'pending'"
)

LAPSED = """
UPDATE work_item SET lease_by = NULL, lease_until = NULL, version = version + 1 WHERE lease_until <= :now
"""

LET_GO = "UPDATE work_item SET lease_by = NULL, lease_until = NULL, version = version + 1 WHERE customer_id = :customer_id"

OVER = (
    COLUMNS
    + "WHERE o.state = 'pending' AND i.lease_until IS NULL AND (i.withdrawn IS NOT NULL OR i.expires_at <= :now) ORDER BY i.key"
)

CLOSE = """
UPDATE work_item SET lease_by = NULL, lease_until = NULL, withdrawn = coalesce(withdrawn, :reason), version = version + 1 WHERE key = :key
"""

NOTE = "INSERT INTO work_log (key, action, by, at, detail) VALUES (:key, :action, :by, :at, :detail)"

KNOWN = "SELECT 1 FROM work_log WHERE action = :action AND detail = :detail LIMIT 1"

NOTED = "SELECT key, action, by, at, detail FROM work_log ORDER BY seq"

ERASE = """
UPDATE work_item SET name = NULL, address = NULL, title = NULL, body = NULL
WHERE body IS NOT NULL AND (customer_id = :customer_id OR key IN (
    SELECT key FROM outbox WHERE settled_at < :before AND state NOT IN ('waiting', 'leased', 'pending')))
"""

ERASE_NOTES = """
UPDATE work_attempt SET note = NULL, call_back_at = NULL
WHERE (note IS NOT NULL OR call_back_at IS NOT NULL) AND key IN (SELECT key FROM work_item WHERE body IS NULL)
"""

ERASE_WORDS = """
UPDATE work_log SET detail = '' WHERE detail <> '' AND key IN (SELECT key FROM work_item WHERE customer_id = :customer_id)
"""
