-- What became of the open entries of older versions when a new one was first run.
CREATE TABLE tonglu.version_migration (run_no INTEGER, journey VARCHAR, version_no INTEGER, moved BIGINT, held BIGINT, dropped BIGINT);
