-- When a source table's rows last changed, and what each profile and segment was last built from: what lets a run build only what changed.
CREATE TABLE tonglu.source_change (run_no INTEGER, source_table VARCHAR);
CREATE TABLE tonglu.segment_built (run_no INTEGER, segment VARCHAR, signature VARCHAR);
