-- risk: newly_opened
-- dimension: account
-- title: 新开账户 / A newly opened account
-- owner: risk
-- action: hold
-- hours: 168
-- mode: shadow
--
-- [D] An account of less than seven days. In shadow: it would also hold the greeting of a new payroll customer back.
SELECT a.customer_id, CAST(a.opened_on AS TIMESTAMP) - INTERVAL 8 HOUR AS since -- midnight at the bank
FROM accounts AS a
WHERE a.closed_on IS NULL AND a.opened_on > as_of_date() - 8
