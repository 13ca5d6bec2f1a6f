-- Who joined and who left, all segments in one pass.
CREATE TEMP TABLE change AS
WITH member AS (
    SELECT 'closed_account' AS segment, customer_id FROM segment.closed_account
    UNION ALL SELECT 'county', customer_id FROM segment.county
    UNION ALL SELECT 'micro_business', customer_id FROM segment.micro_business
    UNION ALL SELECT 'new_citizen', customer_id FROM segment.new_citizen
    UNION ALL SELECT 'open_complaint', customer_id FROM segment.open_complaint
    UNION ALL SELECT 'payroll', customer_id FROM segment.payroll
    UNION ALL SELECT 'payroll_agreement', customer_id FROM segment.payroll_agreement
    UNION ALL SELECT 'payroll_detected', customer_id FROM segment.payroll_detected
    UNION ALL SELECT 'payroll_lost', customer_id FROM segment.payroll_lost
    UNION ALL SELECT 'payroll_missed_pay_day', customer_id FROM segment.payroll_missed_pay_day
    UNION ALL SELECT 'payroll_new', customer_id FROM segment.payroll_new
    UNION ALL SELECT 'payroll_outflow_48h', customer_id FROM segment.payroll_outflow_48h
    UNION ALL SELECT 'pension_received', customer_id FROM segment.pension_received
    UNION ALL SELECT 'risk_hold', customer_id FROM segment.risk_hold
    UNION ALL SELECT 'silver_haired', customer_id FROM segment.silver_haired
    UNION ALL SELECT 'silver_pension_day', customer_id FROM segment.silver_pension_day
    UNION ALL SELECT 'youth', customer_id FROM segment.youth
)
SELECT segment, customer_id, o.entered_run IS NULL AS joined
FROM member AS m FULL JOIN (FROM tonglu.membership WHERE left_run IS NULL) AS o USING (segment, customer_id)
WHERE m.segment IS NULL OR o.segment IS NULL;
UPDATE tonglu.membership SET left_run = run_no(), left_at = as_of()
FROM change AS c
WHERE c.segment = membership.segment AND c.customer_id = membership.customer_id AND NOT c.joined AND membership.left_run IS NULL;
INSERT INTO tonglu.membership SELECT segment, customer_id, run_no(), as_of(), NULL, NULL FROM change WHERE joined ORDER BY segment, customer_id;
INSERT INTO tonglu.segment_size
SELECT run_no(), z.segment, z.title_zh, z.members + count(*) FILTER (WHERE c.joined) - count(*) FILTER (WHERE NOT c.joined),
    count(*) FILTER (WHERE c.joined), count(*) FILTER (WHERE NOT c.joined)
FROM tonglu.segment_size AS z LEFT JOIN change AS c USING (segment)
WHERE z.run_no = run_no() - 1 GROUP BY z.segment, z.title_zh, z.members;
