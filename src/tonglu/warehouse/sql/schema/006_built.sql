-- What each profile and segment was last built from, and a digest of what came out.
CREATE TABLE tonglu.segment_built (run_no INTEGER, segment VARCHAR, signature VARCHAR, content VARCHAR);
