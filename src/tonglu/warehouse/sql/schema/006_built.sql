-- What each profile and segment was last built from.
CREATE TABLE tonglu.segment_built (run_no INTEGER, segment VARCHAR, signature VARCHAR);
