-- risk: night_large_transfer
-- dimension: transaction
-- title: 夜间大额转账 / A large transfer at night
-- owner: risk
-- action: hold
-- hours: 72
-- mode: shadow
--
-- [D] A transfer of 50,000 yuan or more to a person between midnight and five. In shadow until its figures have been looked at.
SELECT t.customer_id, t.occurred_at AS since
FROM transactions AS t
WHERE t.direction = 'out' AND t.counterparty_kind = 'person' AND t.amount >= 5000000
  AND hour(t.occurred_at + INTERVAL 8 HOUR) < 5
