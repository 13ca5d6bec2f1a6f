-- Where four eyes are required: what each run used of every journey and of the policy, as written, an earlier version, or nothing.
CREATE TABLE tonglu.governed (run_no INTEGER, kind VARCHAR, name VARCHAR, state VARCHAR, hash VARCHAR);
-- The head of the audit log as each run found it: the two stores hold each other.
CREATE TABLE tonglu.audit_head (run_no INTEGER, seq BIGINT, hash VARCHAR);
-- Who was touched, by group: customers who entered a journey as treated, of them touched, and the value offered to them in yuan.
CREATE TABLE tonglu.fairness (run_no INTEGER, journey VARCHAR, by_column VARCHAR, group_name VARCHAR, entered BIGINT, touched BIGINT, offered DECIMAL(18, 6));
-- What was erased of customers who were forgotten, and what retention removed: what replay says of it.
CREATE TABLE tonglu.erased (erased_at TIMESTAMP, source_table VARCHAR, loaded_run INTEGER, rows BIGINT);
CREATE TABLE tonglu.retained (retained_at TIMESTAMP, kind VARCHAR, before_instant TIMESTAMP, rows BIGINT);
