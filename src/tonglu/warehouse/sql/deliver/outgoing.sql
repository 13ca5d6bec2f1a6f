-- The touches of a run as they are handed over, filled per message by generated statements.
CREATE OR REPLACE TEMP TABLE outgoing (touch_key VARCHAR, customer_id BIGINT, journey VARCHAR, version VARCHAR, channel VARCHAR, batch_id VARCHAR,
    address VARCHAR, message VARCHAR, arm VARCHAR, variables VARCHAR, not_before TIMESTAMP, expires_at TIMESTAMP);
