INSERT INTO tonglu.run VALUES (run_no(), as_of(), 'floor', NULL);
COMMIT;
