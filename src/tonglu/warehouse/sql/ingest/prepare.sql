CREATE SCHEMA IF NOT EXISTS tonglu;
CREATE SCHEMA IF NOT EXISTS source;
CREATE SCHEMA IF NOT EXISTS personal;
CREATE SCHEMA IF NOT EXISTS history;
CREATE SCHEMA IF NOT EXISTS held;
CREATE SCHEMA IF NOT EXISTS quarantine;
CREATE SCHEMA IF NOT EXISTS staging;
CREATE SCHEMA IF NOT EXISTS typed;
-- What was taken in, by run; written in the run's own transaction.
CREATE TABLE IF NOT EXISTS tonglu.ingested_file (
  source_table VARCHAR, path VARCHAR, size BIGINT, mtime_ns BIGINT, sha256 VARCHAR, rows BIGINT, day DATE, watermark VARCHAR, run_no INTEGER
);
CREATE TABLE IF NOT EXISTS tonglu.check_result (
  run_no INTEGER, source_table VARCHAR, expectation VARCHAR, severity VARCHAR, success BOOLEAN, observed VARCHAR
);
CREATE TABLE IF NOT EXISTS tonglu.quarantine_action (
  quarantine_id VARCHAR, source_table VARCHAR, action VARCHAR, reason VARCHAR, done_by VARCHAR, done_at TIMESTAMP
);
-- What this run is about to take in; replaced by every ingest.
CREATE TABLE IF NOT EXISTS tonglu.staged_file (
  source_table VARCHAR, path VARCHAR, size BIGINT, mtime_ns BIGINT, sha256 VARCHAR, rows BIGINT, day DATE, watermark VARCHAR, run_no INTEGER
);
-- When a source table's rows last changed: what lets a run build only the segments that read what changed.
CREATE TABLE IF NOT EXISTS tonglu.source_change (run_no INTEGER, source_table VARCHAR);
