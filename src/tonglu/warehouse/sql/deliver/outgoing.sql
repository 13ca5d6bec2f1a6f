-- The touches of a run as they are handed over, filled per message by generated statements.
CREATE OR REPLACE TEMP TABLE outgoing (touch_key VARCHAR, customer_id BIGINT, journey VARCHAR, version VARCHAR, channel VARCHAR, batch_id VARCHAR,
    address VARCHAR, message VARCHAR, arm VARCHAR, variables VARCHAR, not_before TIMESTAMP, expires_at TIMESTAMP,
    heeds_hours BOOLEAN, heeds_opt_out BOOLEAN, topic VARCHAR, branch VARCHAR, purpose VARCHAR, segment VARCHAR);
-- Who they go to, and what the deliverer must look at again: looked up once for the whole run. A touch whose address is gone stays in.
CREATE OR REPLACE TEMP TABLE recipient AS
SELECT t.touch_key, t.customer_id, t.journey, t.version_no, v.hash AS version, t.channel, t.batch_id, a.address, contact.name, t.message, t.arm,
    t.not_before, t.expires_at, NOT list_contains($skip_hours, t.purpose) AS heeds_hours,
    NOT list_contains($skip_consent, t.purpose) AS heeds_opt_out,
    k.topic, t.purpose, h.segment
FROM tonglu.touch AS t
JOIN tonglu.version AS v USING (version_no)
LEFT JOIN tonglu.topic AS k ON k.version_no = t.version_no AND k.message = t.message
LEFT JOIN (SELECT * FROM tonglu.hours_group WHERE run_no = $run_no) AS h ON h.entry_id = t.entry_id AND h.step = t.step
LEFT JOIN personal.addresses AS a ON a.customer_id = t.customer_id AND a.channel = t.channel
LEFT JOIN personal.contacts AS contact ON contact.customer_id = t.customer_id
WHERE t.run_no = $run_no;
CREATE OR REPLACE TEMP TABLE reader AS SELECT * FROM tonglu.profile WHERE customer_id IN (SELECT customer_id FROM recipient);
