-- Every run, in order.
SELECT run_no, as_of, definitions, entered, ended, proposals, sent, deferred, dropped, conversions FROM runs ORDER BY run_no;
