-- Whom a risk rule hits as of the run: a hit that lapses in time, or lasts until it is cleared; the later end of a customer's hits counts.
CREATE TEMP TABLE risk_rule (rule_no INTEGER, rule VARCHAR, title_zh VARCHAR, title_en VARCHAR, dimension VARCHAR, action VARCHAR, mode VARCHAR, hours INTERVAL);
INSERT INTO risk_rule VALUES
    (1, 'watch_list', '命中关注名单', 'On a watch list', 'customer', 'alert', 'live', NULL),
    (2, 'dormant_woken', '睡眠户突然动账', 'A dormant account woken', 'account', 'hold', 'live', NULL),
    (3, 'newly_opened', '新开账户', 'A newly opened account', 'account', 'hold', 'shadow', INTERVAL 168 HOUR),
    (4, 'in_and_out', '快进快出', 'In and out within the hour', 'transaction', 'hold', 'live', INTERVAL 72 HOUR),
    (5, 'many_new_payees', '一日内多名新收款人', 'Many new payees in a day', 'transaction', 'alert', 'live', INTERVAL 72 HOUR),
    (6, 'night_large_transfer', '夜间大额转账', 'A large transfer at night', 'transaction', 'hold', 'shadow', INTERVAL 72 HOUR),
    (7, 'new_device', '新设备登录', 'A new device', 'device', 'hold', 'live', INTERVAL 48 HOUR),
    (8, 'screen_sharing', '屏幕共享', 'Screen sharing', 'device', 'alert', 'live', INTERVAL 48 HOUR),
    (9, 'impossible_travel', '异地登录', 'Logins too far apart', 'location', 'hold', 'live', INTERVAL 48 HOUR),
    (10, 'password_then_limit', '重置密码后调高限额', 'Password reset, then a higher limit', 'operation', 'alert', 'live', INTERVAL 72 HOUR);
CREATE TEMP TABLE risk_hit AS
WITH hit AS (
    SELECT 1 AS rule_no, * FROM risk.watch_list
    UNION ALL SELECT 2, * FROM risk.dormant_woken
    UNION ALL SELECT 3, * FROM risk.newly_opened
    UNION ALL SELECT 4, * FROM risk.in_and_out
    UNION ALL SELECT 5, * FROM risk.many_new_payees
    UNION ALL SELECT 6, * FROM risk.night_large_transfer
    UNION ALL SELECT 7, * FROM risk.new_device
    UNION ALL SELECT 8, * FROM risk.screen_sharing
    UNION ALL SELECT 9, * FROM risk.impossible_travel
    UNION ALL SELECT 10, * FROM risk.password_then_limit
)
SELECT rule_no, r.rule, r.mode = 'live' AS live, h.customer_id,
    CASE WHEN bool_and(least(h.until, h.since + r.hours) IS NOT NULL) THEN max(least(h.until, h.since + r.hours)) END AS until
FROM hit AS h JOIN risk_rule AS r USING (rule_no)
WHERE (h.since IS NULL OR h.since <= as_of()) AND coalesce(least(h.until, h.since + r.hours) > as_of(), TRUE)
GROUP BY ALL;
