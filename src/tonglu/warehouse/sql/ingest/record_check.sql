INSERT INTO tonglu.check_result (run_no, source_table, expectation, severity, success, observed)
VALUES ($run_no, $source_table, $expectation, $severity, $success, $observed);
