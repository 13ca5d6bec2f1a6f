-- Scarce places: who competed, what was taken of each limit in each unit and period, and how good the whole is. Amounts of capacity are
-- touches, those of budgets fen; shadow prices are yuan of value per touch, or per fen.
CREATE TABLE tonglu.contender (run_no INTEGER, entry_id BIGINT, step_key INTEGER, customer_id BIGINT, branch VARCHAR, employee VARCHAR, cost BIGINT,
    opening TIMESTAMP, latest TIMESTAMP, needs_score DECIMAL(18, 6));
CREATE TABLE tonglu.limit_use (run_no INTEGER, limit_no INTEGER, limit_name VARCHAR, gate VARCHAR, channel VARCHAR, journey VARCHAR,
    purpose VARCHAR, unit_kind VARCHAR, unit VARCHAR, period VARCHAR, starts TIMESTAMP, ends TIMESTAMP, at_most BIGINT, used_before BIGINT,
    used BIGINT, left_out BIGINT, shadow_price DECIMAL(18, 6));
CREATE TABLE tonglu.allocation (run_no INTEGER, priority INTEGER, proposals BIGINT, placed BIGINT, value DECIMAL(24, 6), bound DECIMAL(24, 6),
    gap DOUBLE, method VARCHAR);
